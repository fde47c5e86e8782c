"""Back to review: an approved request of which too few approvers still count."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.models import User
from promoflow.promotions import quorum, selectors
from promoflow.promotions.models import Decision, PromotionRequest, State
from promoflow.promotions.services import reminding, reserving
from promoflow.promotions.services.steps import record, tell, void_approvals


def back_to_review(request: PromotionRequest, counting: Sequence[Decision], *, by: User, at: datetime) -> str:
    """Void what no longer counts and ask for it anew, its content untouched; the sentence for the operator.

    Part of the transaction that wanted to go live: nothing of it stays approved in between.
    """
    lost = void_lost(request, counting, by=by, at=at)
    sentence = _sentence(request, lost)
    request.lapse()
    record(
        "request.approval_lapsed",
        request,
        by=by,
        at=at,
        came_from=State.APPROVED,
        why=sentence,
        before={"approved_by": [approval.decided_by.name for approval in lost]},
    )
    reserving.release(request, may_run=True)
    tell("request_lapsed", request, to=selectors.still_asked(request), by=None, at=at, note=sentence)
    reminding.alarm_where_out_of_reach(request, selectors.eligible_supervisors(request), at=at)
    return sentence


def void_lost(
    request: PromotionRequest, counting: Sequence[Decision], *, by: User, at: datetime
) -> list[Decision]:
    """The approvals that are not among those which still count: they are void from now on."""
    lost = [approval for approval in quorum.approvals(request) if approval not in counting]
    if lost:
        void_approvals(request, by=by, at=at, only=[approval.pk for approval in lost])
    return lost


def _sentence(request: PromotionRequest, lost: Sequence[Decision]) -> str:
    names = pgettext("between the names of a list", ", ").join(approval.decided_by.name for approval in lost)
    return _(
        "%(names)s approved %(reference)s and may no longer decide on it for this store. "
        "It is back in review, and its supervisors are told: one who may decides on it anew."
    ) % {"names": names, "reference": request.reference}
