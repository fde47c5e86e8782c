"""Back to review: an approved request of which too few approvers still count."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.models import User
from promoflow.policies import selectors as policies
from promoflow.promotions import permissions, quorum, readiness, selectors
from promoflow.promotions.models import Decision, PromotionRequest, State
from promoflow.promotions.services import reminding, reserving
from promoflow.promotions.services.steps import record, tell, void_approvals


def lapse_where_lost(request: PromotionRequest, *, at: datetime) -> bool:
    """What the clock asks of what is approved, so that nobody sets up what no longer counts; it is locked."""
    counting = permissions.still_counting(request)
    if quorum.is_met(request, counting):
        return False
    back_to_review(request, counting, by=None, at=at)
    return True


def back_to_review(
    request: PromotionRequest, counting: Sequence[Decision], *, by: User | None, at: datetime
) -> str:
    """Void what no longer counts and ask for it anew, its content untouched; the sentence for the operator.

    Part of the transaction that found it out: nothing of it stays approved in between.
    """
    lost = void_lost(request, counting, by=by, at=at)
    too_late = readiness.is_too_late(request, policies.current(), at)
    sentence = _sentence(request, lost, too_late=too_late)
    request.lapse()
    record(
        "request.approval_lapsed",
        request,
        by=by,
        at=at,
        came_from=State.APPROVED,
        why=gettext_noop("Whoever approved it may no longer decide for this store."),
        before={"approved_by": [approval.decided_by.name for approval in lost]},
    )
    reserving.release(request, may_run=True)
    tell(
        "request_lapsed",
        request,
        to=selectors.still_asked(request),
        by=None,
        at=at,
        lost=[approval.decided_by.name for approval in lost],
        too_late=too_late,
    )
    if not too_late:
        reminding.alarm_where_out_of_reach(request, selectors.eligible_supervisors(request), at=at)
    return sentence


def void_lost(
    request: PromotionRequest, counting: Sequence[Decision], *, by: User | None, at: datetime
) -> list[Decision]:
    """The approvals that are not among those which still count: they are void from now on."""
    lost = readiness.lost(request, counting)
    void_approvals(request, by=by, at=at, only=[approval.pk for approval in lost])
    return lost


def _sentence(request: PromotionRequest, lost: Sequence[Decision], *, too_late: bool) -> str:
    sentence = (
        _(
            "%(names)s approved %(reference)s and may no longer decide on it for this store, and for another "
            "decision it is too late: it expires. Undo in Seller Central what was set up of it; if it is "
            "still wanted, copy it into a new draft."
        )
        if too_late
        else _(
            "%(names)s approved %(reference)s and may no longer decide on it for this store. "
            "It is back in review, and its supervisors are told: one who may decides on it anew."
        )
    )
    return sentence % {"names": readiness.names(lost), "reference": request.reference}
