"""Who may do what to a request, and when: one sentence for the button and for the refusal."""

from collections.abc import Callable
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import QuerySet
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts import selectors as people
from accounts.models import User
from accounts.permissions import why_not
from accounts.roles import AUDITOR, MANAGER, OPERATOR, ROLES, SUPERVISOR
from promoflow.catalog.models import Store
from promoflow.errors import Blocked, NotAllowed, WrongState
from promoflow.promotions import absences, neighbours, quorum, selectors
from promoflow.promotions.models import (
    BEFORE_LIVE,
    NEVER_LIVE,
    OVER,
    Decision,
    Delegation,
    PromotionRequest,
    State,
)
from promoflow.promotions.models.absence import LONGEST

Check = Callable[[User, PromotionRequest], None]


def _check_role(by: User, store_id: int, role: str, sentence: str) -> None:
    """Reads the grant under a share lock, so that a revoke at the same moment waits or is seen."""
    if not people.lock_role(by, store_id, role):
        raise NotAllowed(sentence)


def _check_operator(by: User, store_id: int) -> None:
    _check_role(
        by, store_id, OPERATOR, _("Only an operator of the store does this. Ask its manager for the role.")
    )


def _check_supervisor(by: User, store_id: int) -> None:
    _check_role(
        by, store_id, SUPERVISOR, _("Only a supervisor of the store does this. Ask its manager for the role.")
    )


def _check_operator_or_supervisor(by: User, store_id: int) -> None:
    """Stopping, and making it less, is easy: either of them does it alone and at once."""
    if not people.lock_role(by, store_id, OPERATOR):
        _check_supervisor(by, store_id)


def _check_manager(by: User, store_id: int) -> None:
    sentence = _("So much is at stake that only a manager of the store decides. Ask one of them.")
    _check_role(by, store_id, MANAGER, sentence)


def _check_state(request: PromotionRequest, *states: str, why: str) -> None:
    if request.state not in states:
        raise WrongState(
            _("%(reference)s is %(state)s. %(why)s")
            % {"reference": request.reference, "state": request.get_state_display().lower(), "why": why}
        )


def check_can_draft(by: User, store: Store) -> None:
    _check_operator(by, store.pk)


def check_can_edit(by: User, request: PromotionRequest) -> None:
    _check_operator(by, request.store_id)
    if request.state in NEVER_LIVE:
        sentence = _("It is over and keeps its content: make a new draft of it.")
    else:
        sentence = _("What has run or ended keeps its content: copy it into a new draft.")
    _check_state(request, *BEFORE_LIVE, why=sentence)


def check_can_copy(by: User, request: PromotionRequest) -> None:
    _check_operator(by, request.store_id)


def check_can_submit(by: User, request: PromotionRequest) -> None:
    _check_operator(by, request.store_id)
    _check_state(request, State.DRAFT, why=_("Only a draft is submitted."))


def check_can_withdraw(by: User, request: PromotionRequest) -> None:
    _check_operator_or_supervisor(by, request.store_id)
    sentence = _("What is live is stopped instead; what has ended is over.")
    _check_state(request, *BEFORE_LIVE, why=sentence)


def check_can_decide(by: User, request: PromotionRequest) -> None:
    """A second human with the role that its route names decides, while it is in review."""
    if quorum.role(request) == MANAGER:
        _check_manager(by, request.store_id)
    else:
        _check_supervisor(by, request.store_id)
    if by.person_id in selectors.contributors(request):
        raise NotAllowed(
            _(
                "You wrote, edited or submitted %(reference)s, under this account or another one of yours. "
                "Another supervisor decides on it."
            )
            % {"reference": request.reference}
        )
    _check_state(request, State.IN_REVIEW, why=_("Only a request in review is decided."))


def check_can_approve(by: User, request: PromotionRequest) -> None:
    """Of several approvals that it takes, each is another human's."""
    check_can_decide(by, request)
    if by.person_id in quorum.approved_by(request):
        raise NotAllowed(
            _(
                "You have approved %(reference)s, under this account or another one of yours. It takes "
                "%(needed)d people: another one approves it too."
            )
            % {"reference": request.reference, "needed": quorum.needed(request)}
        )


check_can_return: Check = check_can_decide
check_can_reject: Check = check_can_decide


def check_can_go_live(by: User, request: PromotionRequest) -> None:
    """An operator marks it live; whether its approvers still count is read when they do (still_counting)."""
    _check_operator(by, request.store_id)
    _check_state(request, State.APPROVED, why=_("Only an approved request is marked live."))


def still_counting(request: PromotionRequest) -> list[Decision]:
    """The approvals whose people could approve it today, one per human; true until the transaction ends."""
    wrote, role, humans = selectors.contributors(request), quorum.role(request), set[UUID]()
    counting = []
    for approval in quorum.approvals(request):
        approver = approval.decided_by
        counts = approver.person_id not in wrote | humans
        if counts and people.lock_role(approver, request.store_id, role):
            humans.add(approver.person_id)
            counting.append(approval)
    return counting


def check_can_verify(by: User, request: PromotionRequest) -> None:
    """The second look is another human's than the one who marked it live."""
    _check_supervisor(by, request.store_id)
    _check_state(request, State.LIVE, why=_("Only a live promotion is verified."))
    if request.activation.verified_at is not None:
        raise WrongState(
            _("%(name)s has already verified %(reference)s.")
            % {"name": request.activation.verified_by, "reference": request.reference}
        )
    if people.same_person(by, request.activation.live_by):
        raise NotAllowed(
            _("You marked %(reference)s live. The second look is another person's.")
            % {"reference": request.reference}
        )


def check_can_stop(by: User, request: PromotionRequest) -> None:
    _check_operator_or_supervisor(by, request.store_id)
    _check_in_its_place(request)
    _check_state(request, State.LIVE, why=_("Only a live promotion is stopped."))


def _check_in_its_place(request: PromotionRequest) -> None:
    """Whoever is to end what runs is not told that it has ended where an amendment of it runs on."""
    newest = request
    while hasattr(newest, "succession"):
        newest = newest.succession.amendment
    if newest != request and newest.state == State.LIVE:
        raise WrongState(
            _("%(amendment)s has taken the place of %(reference)s, and runs on. Stop or shorten that one.")
            % {"amendment": newest.reference, "reference": request.reference}
        )


def check_can_settle(by: User, request: PromotionRequest) -> None:
    """That it may stay although the rules block it is a second human's word, as its approval was."""
    _check_supervisor(by, request.store_id)
    if by.person_id in selectors.contributors(request):
        raise NotAllowed(
            _(
                "You wrote, edited or submitted %(reference)s, under this account or another one of yours. "
                "Another supervisor settles its alarm."
            )
            % {"reference": request.reference}
        )
    if selectors.alarm_of(request) is None:
        raise WrongState(_("No alarm of %(reference)s is open.") % {"reference": request.reference})


check_can_claim: Check = check_can_decide


def check_can_delegate(by: User, store: Store, delegate: User) -> None:
    """Both supervise the store, and they are two humans."""
    _check_supervisor(by, store.pk)
    if people.same_person(by, delegate):
        raise NotAllowed(_("That is you, under this account or another one: name somebody else."))
    if not people.lock_role(delegate, store.pk, SUPERVISOR):
        raise NotAllowed(
            _("%(name)s does not supervise %(store)s: name somebody who does.")
            % {"name": delegate.name, "store": store}
        )


def check_absence(
    by: User, store: Store, delegate: User, starts_at: datetime, ends_at: datetime, *, at: datetime
) -> None:
    """It lies ahead, has an end in sight, and meanwhile nobody is to decide who is away themselves."""
    if ends_at <= max(starts_at, at):
        raise Blocked(_("It ends before it begins, or has ended already."))
    if ends_at - starts_at > LONGEST:
        raise Blocked(
            _("At most %(days)d days: who is away for longer hands the role over.") % {"days": LONGEST.days}
        )
    meanwhile = absences.within(store, starts_at, ends_at)
    if found := meanwhile.filter(absent=by).first():
        raise Blocked(
            _("%(name)s decides for you in part of that time already. End that first.")
            % {"name": found.delegate.name}
        )
    _check_one_of_them_is_there(by, delegate, meanwhile)


def _check_one_of_them_is_there(by: User, delegate: User, meanwhile: QuerySet[Delegation]) -> None:
    """Whoever is to decide in somebody's place is not away: else nobody is asked who is there."""
    if found := meanwhile.filter(absent__person_id=delegate.person_id).first():
        raise Blocked(
            _(
                "%(name)s is away from %(first)s to %(last)s. Name somebody who is there, "
                "or choose other days."
            )
            % _told(found, delegate)
        )
    if found := meanwhile.filter(delegate__person_id=by.person_id).first():
        raise Blocked(
            _(
                "%(name)s is away from %(first)s to %(last)s and named you to decide. Choose other days, or "
                "ask them to name somebody else."
            )
            % _told(found, found.absent)
        )


def _told(absence: Delegation, person: User) -> dict[str, str]:
    days = {"first": absence.first_day, "last": absence.last_day}
    return {"name": person.name, **{name: date_format(day) for name, day in days.items()}}


def check_can_end_delegation(by: User, delegation: Delegation, *, at: datetime) -> None:
    if by.pk != delegation.absent_id and not people.lock_role(by, delegation.store_id, MANAGER):
        raise NotAllowed(
            _("Only %(name)s ends this, or a manager of the store.") % {"name": delegation.absent.name}
        )
    if delegation.ended_at is not None or delegation.ends_at <= at:
        raise WrongState(_("It has ended already."))


def check_can_clear(by: User, request: PromotionRequest, *, at: datetime) -> None:
    """That it is not at Amazon is one person's word, as it is where that person withdraws it.

    Of what is live or ended, it is about what that was before it became another kind or left a product.
    """
    _check_operator_or_supervisor(by, request.store_id)
    _check_state(
        request,
        State.LIVE,
        *OVER,
        why=_("Whether it is in Seller Central is said as it is withdrawn or marked live."),
    )
    if not neighbours.may_run(request, at=at):
        raise WrongState(
            _("Nobody is warned of %(reference)s: there is nothing to clear.")
            % {"reference": request.reference}
        )


def check_can_comment(by: User, request: PromotionRequest) -> None:
    """Anybody with a role on the store, in every state: words move nothing."""
    if not any(people.lock_role(by, request.store_id, role) for role in ROLES):
        raise NotAllowed(_("Only people with a role on the store comment. Ask its manager for one."))


def check_can_amend(by: User, request: PromotionRequest) -> None:
    """An operator drafts it; a second person approves it like any request."""
    _check_operator(by, request.store_id)
    _check_state(request, State.LIVE, why=_("Only a live promotion is amended; before that, edit it."))
    if selectors.open_amendments(request).exists():
        raise WrongState(
            _("An amendment of %(reference)s is under way already. Finish or withdraw that one first.")
            % {"reference": request.reference}
        )


def check_can_shorten(by: User, request: PromotionRequest) -> None:
    _check_operator_or_supervisor(by, request.store_id)
    _check_in_its_place(request)
    _check_state(request, State.LIVE, why=_("Only a live promotion is shortened; before that, edit it."))


def check_can_set_hours(by: User, store: Store) -> None:
    sentence = _("Only a manager of %(store)s sets its office hours.") % {"store": store}
    _check_role(by, store.pk, MANAGER, sentence)


def check_can_read_reports(by: User) -> tuple[int, ...]:
    """The stores whose reports they read, as they audit or manage them; nobody does for being a superuser."""
    stores = tuple(sorted(people.stores_of(by, AUDITOR, MANAGER)))
    if not stores:
        raise NotAllowed(
            _("Only auditors and managers of a store read its reports. Ask its manager for the role.")
        )
    return stores


CHECKS: Final[dict[str, Check]] = {
    "edit": check_can_edit,
    "copy": check_can_copy,
    "submit": check_can_submit,
    "withdraw": check_can_withdraw,
    "approve": check_can_approve,
    "return": check_can_return,
    "reject": check_can_reject,
    "go_live": check_can_go_live,
    "verify": check_can_verify,
    "stop": check_can_stop,
    "comment": check_can_comment,
    "amend": check_can_amend,
    "shorten": check_can_shorten,
}


def refusal(action: str, by: User, request: PromotionRequest) -> str:
    """The sentence that would refuse this action now, or nothing: the tooltip of its disabled button."""
    return why_not(CHECKS[action], by, request)


def can(action: str, by: User, request: PromotionRequest) -> bool:
    return not refusal(action, by, request)
