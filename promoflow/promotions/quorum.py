"""Whether a request is approved: what its frozen route asks for, and whose approvals count."""

from collections.abc import Iterable
from itertools import chain
from typing import Final
from uuid import UUID

from django.db.models import QuerySet, Value

from accounts.roles import SUPERVISOR
from promoflow.prepared import Prepared
from promoflow.promotions.models import Decision, PromotionRequest, Verdict


def needed(request: PromotionRequest) -> int:
    """How many distinct humans must approve it."""
    return int(request.route.get("approvals", 1))


def role(request: PromotionRequest) -> str:
    """The role of the store that whoever decides on it holds."""
    return str(request.route.get("role", SUPERVISOR))


def approvals(request: PromotionRequest) -> list[Decision]:
    """The valid approvals of exactly the current content, the oldest first; of one human at most one."""
    found = _valid(request.decisions.all(), request.current_id)
    return list(found.select_related("decided_by").order_by("pk"))


def _valid(decisions: QuerySet[Decision], revision: "int | Value | None") -> QuerySet[Decision]:
    return decisions.filter(revision=revision, verdict=Verdict.APPROVE, valid=True)


def approved_by(request: PromotionRequest) -> set[UUID]:
    """The humans behind them: those of then, and those whom their accounts have been joined with since."""
    return set(chain.from_iterable(_APPROVED_BY(request=request.pk, revision=request.current_id)))


_APPROVED_BY: Final = Prepared(
    lambda request, revision: (
        _valid(Decision.objects.filter(request=request), revision)
        .order_by()
        .values_list("decided_by_human", "decided_by__person_id")
    )
)


def counted(request: PromotionRequest, decisions: Iterable[Decision]) -> list[Decision]:
    """The same among decisions that are read already."""
    return [
        decision
        for decision in decisions
        if decision.valid
        and decision.verdict == Verdict.APPROVE
        and decision.revision_id == request.current_id
    ]


def humans(found: list[Decision]) -> set[UUID]:
    """Who is behind these approvals today: two accounts may since have been found to be one human."""
    return {approval.decided_by.person_id for approval in found}


def is_met(request: PromotionRequest, found: list[Decision]) -> bool:
    """The one function that says "approved": whether these approvals are as many humans as it takes."""
    return bool(found) and len(humans(found)) >= needed(request)
