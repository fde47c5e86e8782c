"""Overrides and late verifications: whatever did not simply go the ordinary way, one by one."""

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django_stubs_ext import StrPromise

from promoflow import phrases
from promoflow.catalog.models import Store
from promoflow.promotions import evidence
from promoflow.promotions.content import Difference, decode
from promoflow.promotions.models import DECIDING
from promoflow.promotions.reports.frame import (
    ABOUT_REQUESTS,
    HUMANS,
    WHO_EXACTLY,
    Column,
    Kind,
    Link,
    Question,
    Report,
    Row,
    ask,
    joined,
)
from promoflow.promotions.wording import presenting
from promoflow.promotions.wording.sentences import name_of_key
from promoflow.templatetags.desk import lasting

KINDS: Final[Mapping[str, StrPromise]] = {
    "acknowledged": gettext_lazy("Approved with warnings acknowledged"),
    "unconfirmed": gettext_lazy("Decided without a fresh code"),
    "retyped": gettext_lazy("So much at stake that an ASIN was typed anew"),
    "delegated": gettext_lazy("Decided in somebody's place"),
    "settled": gettext_lazy("Alarm settled"),
    "lapsed": gettext_lazy("Approval lapsed"),
    "looked": gettext_lazy("Second look late"),
    "unlooked": gettext_lazy("Second look missing"),
    "otherwise": gettext_lazy("Second look saw something else"),
    "stopped": gettext_lazy("Promotion stopped"),
    "code": gettext_lazy("Failed to confirm with a code"),
}

# What a single entry says of itself; an approval may be several of these at once.
_SAID: Final = """
    said AS (
        SELECT 'acknowledged' AS kind, e.* FROM audit_entry e
        WHERE e.store_id = ANY(%(stores)s) AND e.event = ANY(%(approving)s) AND e.outcome = 'done'
            AND e.at >= %(since)s AND e.at < %(until)s AND jsonb_array_length(e.after -> 'acknowledged') > 0
        UNION ALL
        SELECT 'retyped', e.* FROM audit_entry e
        WHERE e.store_id = ANY(%(stores)s) AND e.event = ANY(%(approving)s) AND e.outcome = 'done'
            AND e.at >= %(since)s AND e.at < %(until)s AND e.after ? 'retyped_asin'
        UNION ALL
        SELECT 'delegated', e.* FROM audit_entry e
        WHERE e.store_id = ANY(%(stores)s) AND e.event = ANY(%(deciding)s) AND e.outcome = 'done'
            AND e.at >= %(since)s AND e.at < %(until)s AND e.after ? 'on_behalf_of'
        UNION ALL
        SELECT 'unconfirmed', e.* FROM audit_entry e
        JOIN promotions_decision d ON d.request_id = e.subject_id AND d.decided_at = e.at
            AND d.decided_by_id = e.actor_id
        WHERE e.store_id = ANY(%(stores)s) AND e.event = ANY(%(deciding)s) AND e.outcome = 'done'
            AND e.at >= %(since)s AND e.at < %(until)s AND d.confirmed_at IS NULL
        UNION ALL
        SELECT (%(kinds)s::jsonb) ->> e.event, e.* FROM audit_entry e
        WHERE e.store_id = ANY(%(stores)s) AND e.event = ANY(%(events)s) AND e.outcome = 'done'
            AND e.at >= %(since)s AND e.at < %(until)s
        UNION ALL
        SELECT 'code', e.* FROM audit_entry e
        WHERE %(everywhere)s AND e.store_id IS NULL AND e.event = 'person.confirm_failed'
            AND e.at >= %(since)s AND e.at < %(until)s
    )
"""

# Due by the rules under which it went live; what ended before that needed no second look.
_LOOKS: Final = """
    live AS (
        SELECT e.*, e.at + make_interval(mins =>
            (convert_from(v.body, 'UTF8')::jsonb #>> '{going_live,verify_within_minutes,value}')::int) AS due
        FROM audit_entry e
        JOIN promotions_activation a ON a.request_id = e.subject_id
        JOIN promotions_conflictreport r ON r.id = a.report_id
        JOIN policies_policyversion v ON v.number = r.policy_id
        WHERE e.store_id = ANY(%(stores)s) AND e.event = 'request.marked_live' AND e.outcome = 'done'
            AND e.at >= %(since)s AND e.at < %(until)s
    ),
    looked AS (
        SELECT l.*, after_it.looked_at, after_it.looked_by, after_it.ended_at
        FROM live l CROSS JOIN LATERAL (
            SELECT min(n.at) FILTER (WHERE n.event = 'request.verified') AS looked_at,
                min(n.actor_id) FILTER (WHERE n.event = 'request.verified') AS looked_by,
                min(n.at) FILTER (WHERE n.state_after = 'ended') AS ended_at
            FROM audit_entry n
            WHERE n.subject_type = %(about_requests)s AND n.subject_id = l.subject_id AND n.id > l.id
                AND n.outcome = 'done'
        ) after_it
    )
"""

_OVERRIDES: Final = f"""
    WITH {HUMANS}, {_SAID}, {_LOOKS},
    found AS (
        SELECT kind, id, at, store_id, store_name, subject, subject_type, subject_id, actor_id, why, before,
            after, revision_digest, NULL::float8 AS late
        FROM said
        UNION ALL
        SELECT CASE WHEN looked_at IS NULL THEN 'unlooked' ELSE 'looked' END, id, at, store_id, store_name,
            subject, subject_type, subject_id, coalesce(looked_by, actor_id), '', before, '{{}}', NULL,
            extract(epoch FROM coalesce(looked_at, ended_at, %(at)s) - due)::float8
        FROM looked WHERE coalesce(looked_at, ended_at, %(at)s) > due
    )
    SELECT f.kind, f.id, f.at, f.store_id, f.store_name, f.subject, f.subject_type, u.name AS who, u.email,
        u.id AS accounts, f.why, f.before, f.after, f.late, submitted.after AS reasons,
        approved.body AS content
    FROM found f
    LEFT JOIN called u ON u.id = f.actor_id
    LEFT JOIN promotions_revision approved ON f.kind = 'otherwise' AND approved.request_id = f.subject_id
        AND approved.digest = f.revision_digest
    LEFT JOIN LATERAL (
        SELECT s.after FROM audit_entry s
        WHERE f.kind = 'acknowledged' AND s.subject_type = %(about_requests)s
            AND s.subject_id = f.subject_id AND s.id < f.id AND s.event = 'request.submitted'
            AND s.outcome = 'done'
        ORDER BY s.id DESC LIMIT 1
    ) submitted ON true
    WHERE (%(kind)s = '' OR f.kind = %(kind)s) AND (%(person)s::uuid IS NULL OR u.person_id = %(person)s)
"""  # noqa: S608

_OF_EVENTS: Final = {
    "request.alarm_settled": "settled",
    "request.approval_lapsed": "lapsed",
    "request.looked_otherwise": "otherwise",
    "request.stopped": "stopped",
}


def _rows(question: Question) -> Iterator[Row]:
    events = {"events": [*_OF_EVENTS], "kinds": json.dumps(_OF_EVENTS), "deciding": [*DECIDING]}
    stores = Store.objects.in_bulk(question.stores)
    for row in ask(_OVERRIDES, question, **events):
        about = row["subject_type"] == ABOUT_REQUESTS
        yield Row(
            values={
                "at": row["at"],
                "kind": str(KINDS[row["kind"]]),
                "subject": row["subject"] if about else "",
                "store_name": row["store_name"],
                "who": row["who"],
                "email": row["email"],
                "accounts": row["accounts"],
                "late": row["late"],
                "details": _details(row, stores),
                "codes": " ".join(_codes(row)),
            },
            links={
                "at": Link("history-entry", (row["id"],)),
                **({"subject": Link("request", (row["subject"],))} if about else {}),
            },
            flags=_flags(row),
        )


def _flags(row: Mapping[str, Any]) -> tuple[str, ...]:
    late = {"length": lasting(timedelta(seconds=row["late"] or 0))}
    words = {
        "looked": _("The second look came %(length)s late") % late,
        "unlooked": _("Nobody took the second look; it was due %(length)s before") % late,
        "otherwise": _("Seller Central showed something else than was approved"),
        "unconfirmed": _("No code was asked for"),
    }
    return joined([words.get(row["kind"], "")])


def _details(row: Mapping[str, Any], stores: Mapping[int, Store]) -> str:
    """What was overridden, and the reasons that people gave."""
    match row["kind"]:
        case "acknowledged":
            return phrases.in_a_line([*_reasons(row), row["why"]])
        case "retyped":
            return str(row["after"]["retyped_asin"])
        case "lapsed":
            gone = phrases.listed(row["before"].get("approved_by", ()))
            return _("%(name)s: %(text)s") % {"name": gone, "text": _(row["why"])}
        case "delegated":
            return _("in place of %(name)s") % {"name": row["after"]["on_behalf_of"]}
        case "otherwise":
            return phrases.in_a_line(_seen_otherwise(row, stores[row["store_id"]]))
    return str(row["why"])


def _reasons(row: Mapping[str, Any]) -> list[str]:
    """Each warning that was acknowledged, with the reason that its author gave."""
    given = row["reasons"] or {}
    said = {key: name_of_key(key) for key in row["after"]["acknowledged"]}
    return [
        _("%(name)s: %(text)s") % {"name": name, "text": given[key]} if given.get(key) else name
        for key, name in said.items()
    ]


def _seen_otherwise(row: Mapping[str, Any], store: Store) -> list[str]:
    """Each field in which Seller Central differed: what was approved, and what it showed."""
    differing = [
        Difference(field, row["before"][field], row["after"].get(field)) for field in _differing(row)
    ]
    lines = presenting.difference_lines(
        differing,
        zone=store.marketplace.time_zone,
        currency=store.marketplace.currency,
        content=decode(row["content"]) if row["content"] else None,
    )
    return [str(line) for line in lines]


def _codes(row: Mapping[str, Any]) -> list[str]:
    """What the history calls the warnings or fields that the details tell of."""
    match row["kind"]:
        case "acknowledged":
            return list(row["after"]["acknowledged"])
        case "otherwise":
            return _differing(row)
    return []


def _differing(row: Mapping[str, Any]) -> list[str]:
    """In the order in which they are read off Seller Central; the history keeps them in none."""
    return [field for field in evidence.FIELDS if field in row["before"]]


OVERRIDES: Final = Report(
    code="overrides",
    icon="alert-triangle",
    title=gettext_lazy("Overrides and late second looks"),
    shows=gettext_lazy(
        "Whatever did not simply go the ordinary way: warnings acknowledged, with the reasons that were "
        "given; ASINs typed anew; decisions in somebody's place; alarms settled and approvals lapsed; "
        "second looks that came late or never, or saw something else; stops; and codes that were wrong. "
        "Look for the same names, and for reasons that say nothing."
    ),
    nothing=gettext_lazy("Nothing was overridden in these days, and no second look was late."),
    columns=(
        Column("at", gettext_lazy("When"), Kind.INSTANT),
        Column("kind", pgettext_lazy("report", "What"), is_sentence=True),
        Column("subject", gettext_lazy("Request")),
        Column("store_name", gettext_lazy("Store")),
        Column("who", gettext_lazy("Who")),
        Column("late", gettext_lazy("How late"), Kind.LENGTH),
        Column("details", gettext_lazy("Reason"), is_sentence=True),
        *WHO_EXACTLY,
        Column("codes", gettext_lazy("Codes"), is_for_machines=True),
    ),
    rows=_rows,
    order="-at",
    asks=("person", "kind"),
)
