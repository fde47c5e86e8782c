"""Statements that attack the promises, and the database's refusal by name."""

import psycopg
import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError

from accounts.models import User
from promoflow.promotions.models import Decision, PromotionRequest
from tests.promotions import lives

# The first statement of an attack by what runs the desk; the role goes with the transaction.
AS_THE_APPLICATION = "SET LOCAL ROLE promoflow_app"


def done(*statements: tuple[str, list[object]] | str) -> None:
    """Run statements as one transaction, which the database takes."""
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in statements:
            sql, values = (statement, []) if isinstance(statement, str) else statement
            cursor.execute(sql, values)


def refused(rule: str, *statements: tuple[str, list[object]] | str) -> None:
    """Run statements as one transaction and see that the database refuses it by the rule of this name."""
    with pytest.raises(DatabaseError) as refusal:
        done(*statements)
    cause = refusal.value.__cause__
    assert isinstance(cause, psycopg.Error)
    assert cause.diag.constraint_name == rule, str(refusal.value)


def recorded(request: PromotionRequest, came_from: str, to: str) -> tuple[str, list[object]]:
    """A forged entry, so that an attack is not merely refused for being unrecorded."""
    return (
        "INSERT INTO audit_entry (at, event, outcome, actor_name, store_name, subject_type, subject_id, subject, asins,"
        " step, state_before, state_after, before, after, why, address, user_agent)"
        " VALUES (now(), 'request.edited', 'done', 'Mallory', '', 'promotions.promotionrequest', %s, %s, '{}',"
        " %s, %s, %s, '{}', '{}', '', '', '')",
        [request.pk, request.reference, request.step + 1, came_from, to],
    )


def moved(request: PromotionRequest, to: str) -> tuple[str, list[object]]:
    return (
        "UPDATE promotions_promotionrequest SET state = %s, step = step + 1 WHERE id = %s",
        [to, request.pk],
    )


def approval(request: PromotionRequest, by: int, **changed: object) -> tuple[str, list[object]]:
    revision = request.newest
    row = {
        "request_id": request.pk,
        "revision_id": revision.pk,
        "digest": bytes(revision.digest),
        "editor_id": revision.edited_by_id,
        "report_id": revision.reports.last().pk,
        "report_digest": bytes(revision.reports.last().digest),
        "verdict": "approve",
        "note": "",
        "acknowledged": [],
        "retyped_asin": "",
        "fields": [],
        "decided_at": lives.NOW,
        "decided_by_id": by,
        "decided_by_human": str(User.objects.get(pk=by).person_id),
        "confirmed_at": lives.NOW,
        "valid": True,
        **changed,
    }
    columns = ", ".join(row)
    return (
        f"INSERT INTO promotions_decision ({columns}) VALUES ({', '.join(['%s'] * len(row))})",
        list(row.values()),
    )


def activation(request: PromotionRequest, decision: Decision, *, live_by: int) -> tuple[str, list[object]]:
    return (
        "INSERT INTO promotions_activation (request_id, revision_id, digest, editor_id, decision_id, approver_id,"
        " report_id, amazon_id, evidence, live_at, live_by_id)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, 'A1', '{}', now(), %s)",
        [
            request.pk,
            decision.revision_id,
            bytes(decision.digest),
            decision.editor_id,
            decision.pk,
            decision.decided_by_id,
            decision.report_id,
            live_by,
        ],
    )
