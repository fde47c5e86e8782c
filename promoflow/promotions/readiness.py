"""Whether an approved request may be set up at Amazon at all: asked before anybody goes to Seller Central."""

from collections.abc import Iterable
from datetime import datetime

from django.utils.translation import gettext as _

from promoflow import phrases
from promoflow.errors import Blocked, WrongState
from promoflow.promotions import neighbours, permissions, quorum
from promoflow.promotions.checker import Report
from promoflow.promotions.models import Decision, PromotionRequest
from promoflow.rulebook.policy import Policy


def check(request: PromotionRequest, found: Report, *, at: datetime) -> None:
    """That somebody can mark it live as it stands."""
    counting = permissions.still_counting(request)
    if not quorum.is_met(request, counting):
        raise WrongState(_who_left(request, lost(request, counting), found.policy, at))
    if found.blocks:
        raise Blocked(
            _(
                "The rules block it as it stands, so nobody can mark it live. Do not set it up in Seller "
                "Central, and end it there if it is set up already; then edit it here, or withdraw it."
            ),
            findings=found.blocks,
        )


def lost(request: PromotionRequest, counting: Iterable[Decision]) -> list[Decision]:
    """The approvals that are not among those which still count."""
    still = list(counting)
    return [approval for approval in quorum.approvals(request) if approval not in still]


def names(approvals: Iterable[Decision]) -> str:
    return phrases.listed(approval.decided_by.name for approval in approvals)


def is_too_late(request: PromotionRequest, policy: Policy, at: datetime) -> bool:
    """Whether nobody could decide on it any more, were it in review."""
    return at >= policy.decide_by(neighbours.offer_of(request))


def _who_left(request: PromotionRequest, gone: Iterable[Decision], policy: Policy, at: datetime) -> str:
    sentence = (
        _(
            "%(names)s approved %(reference)s and may no longer decide on it for this store, and for another "
            "decision it is too late. Do not set it up in Seller Central, and undo there what was set up "
            "already; if it is still wanted, copy it."
        )
        if is_too_late(request, policy, at)
        else _(
            "%(names)s approved %(reference)s and may no longer decide on it for this store. Do not set it "
            "up in Seller Central: within a minute the desk sends it back to review, and one who may decides "
            "on it anew."
        )
    )
    return sentence % {"names": names(gone), "reference": request.reference}
