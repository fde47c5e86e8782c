"""Every state x every deed x everybody: decided here, and red when one of them is new."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django_fsm import get_all_FIELD_transitions

from accounts.models import User
from accounts.roles import AUDITOR, OPERATOR, SUPERVISOR
from promoflow.errors import Refused
from promoflow.promotions import checker, permissions
from promoflow.promotions.models import PromotionRequest, State
from promoflow.promotions.services import amending, discussing, drafting, review, running
from tests import cast
from tests.promotions import lives

pytestmark = pytest.mark.django_db

DURING = lives.NOW + timedelta(days=11)
AFTER = lives.NOW + timedelta(days=30)
CHANGED = lives.coupon(percent="15.00")

Deed = Callable[[PromotionRequest, User], object]


def _revision(request: PromotionRequest) -> str:
    return bytes(request.newest.digest).hex()


def _report(request: PromotionRequest, at: datetime) -> str:
    return checker.report_of(request, at=at).digest.hex()


def _edit(request: PromotionRequest, by: User) -> object:
    return drafting.edit(
        reference=request.reference, revision=request.newest.number, typed=CHANGED, by=by, at=lives.NOW
    )


def _note(deed: Callable[..., object]) -> Deed:
    def do(request: PromotionRequest, by: User) -> object:
        return deed(
            reference=request.reference,
            by=by,
            at=lives.NOW,
            confirmed_at=lives.NOW,
            revision=_revision(request),
            note="Look again.",
        )

    return do


def _verify(request: PromotionRequest, by: User) -> object:
    shown = lives.shown_as_approved(request)
    return running.verify(
        reference=request.reference, by=by, at=lives.NOW, confirmed_at=lives.NOW, shown=shown
    )


def _comment(request: PromotionRequest, by: User) -> object:
    return discussing.say(
        reference=request.reference, by=by, at=lives.NOW, revision=_revision(request), body="Well?"
    )


DEEDS: dict[str, Deed] = {
    "edit": _edit,
    "copy": lambda request, by: drafting.copy(reference=request.reference, by=by, at=lives.NOW),
    "submit": lambda request, by: lives.submit(request, by=by),
    "withdraw": lambda request, by: drafting.withdraw(
        reference=request.reference, by=by, at=lives.NOW, may_run=True
    ),
    "approve": lambda request, by: lives.approve(request, by=by),
    "return": _note(review.send_back),
    "reject": _note(review.reject),
    "go_live": lambda request, by: lives.go_live(request, by=by),
    "verify": _verify,
    "comment": _comment,
    "stop": lambda request, by: running.stop(reference=request.reference, by=by, at=DURING),
    "amend": lambda request, by: amending.amend(reference=request.reference, by=by, at=DURING),
    "shorten": lambda request, by: amending.shorten(
        reference=request.reference, by=by, at=DURING, budget=Decimal(200)
    ),
}

OPERATORS = frozenset({"author", "other operator", "author who supervises"})
DECIDERS = frozenset({"supervisor", "other supervisor"})
SUPERVISORS = DECIDERS | {"author who supervises", "twin of the author"}
BY_NAME = ("author", "other operator", "author who supervises", "twin of the author", *sorted(DECIDERS))
EVERYBODY = frozenset({*BY_NAME, "auditor", "manager", "stranger", "superuser"})

# Who may, in which states. Everywhere else a person of the role is told WrongState, anybody else NotAllowed.
MAY: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "edit": (OPERATORS, frozenset({State.DRAFT, State.IN_REVIEW, State.APPROVED})),
    "copy": (OPERATORS, frozenset(State.values)),
    "submit": (OPERATORS, frozenset({State.DRAFT})),
    "withdraw": (OPERATORS | SUPERVISORS, frozenset({State.DRAFT, State.IN_REVIEW, State.APPROVED})),
    "approve": (DECIDERS, frozenset({State.IN_REVIEW})),
    "return": (DECIDERS, frozenset({State.IN_REVIEW})),
    "reject": (DECIDERS, frozenset({State.IN_REVIEW})),
    "go_live": (OPERATORS, frozenset({State.APPROVED})),
    # The author marked it live, so neither the author nor the twin takes the second look.
    "verify": (SUPERVISORS, frozenset({State.LIVE})),
    "stop": (OPERATORS | SUPERVISORS, frozenset({State.LIVE})),
    "comment": (OPERATORS | SUPERVISORS | {"auditor", "manager"}, frozenset(State.values)),
    "amend": (OPERATORS, frozenset({State.LIVE})),
    "shorten": (OPERATORS | SUPERVISORS, frozenset({State.LIVE})),
}
NOT_THE_SECOND = frozenset({"author who supervises", "twin of the author"})

LEADS_TO = {
    "edit": State.DRAFT,
    "submit": State.IN_REVIEW,
    "withdraw": State.CANCELLED,
    "approve": State.APPROVED,
    "return": State.DRAFT,
    "reject": State.REJECTED,
    "go_live": State.LIVE,
    "verify": State.LIVE,
    "stop": State.ENDED,
    "amend": State.LIVE,
    "shorten": State.LIVE,
}


@pytest.fixture
def everybody(aurora, olivia, oscar, sam, sue, twin, ada, mia, stranger, root) -> dict[str, User]:
    return {
        "author": olivia,
        "other operator": oscar,
        "supervisor": sam,
        "other supervisor": sue,
        "twin of the author": twin,
        "auditor": ada,
        "manager": mia,
        "stranger": stranger,
        "superuser": root,
    }


def _in_state(state: str, store, author: User, supervisor: User) -> PromotionRequest:
    match state:
        case State.DRAFT:
            return lives.drafted(store, by=author)
        case State.IN_REVIEW:
            return lives.submitted(store, by=author)
        case State.APPROVED:
            return lives.approved(store, by=author, supervisor=supervisor)
        case State.LIVE:
            return lives.live(store, by=author, supervisor=supervisor)
        case State.ENDED:
            request = lives.live(store, by=author, supervisor=supervisor)
            running.move_due(at=AFTER)
        case State.REJECTED:
            request = lives.submitted(store, by=author)
            DEEDS["reject"](request, supervisor)
        case State.CANCELLED:
            request = lives.drafted(store, by=author)
            drafting.withdraw(reference=request.reference, by=author, at=lives.NOW)
    return lives.again(request)


@pytest.fixture(params=State.values)
def request_in_state(request, aurora, olivia, sue) -> PromotionRequest:
    found = _in_state(request.param, aurora, olivia, sue)
    assert found.state == request.param
    return found


def _outcome(deed: str, request: PromotionRequest, by: User) -> str:
    """What came of it; then it is undone, by a bare savepoint: the services allow no block around theirs."""
    before = transaction.savepoint()
    try:
        DEEDS[deed](lives.again(request), by)
        # To copy and to comment leaves it where it was.
        assert lives.again(request).state == LEADS_TO.get(deed, request.state)
        return "done"
    except Refused as refusal:
        return type(refusal).__name__
    finally:
        transaction.savepoint_rollback(before)


def _expected(deed: str, state: str, who: str) -> str:
    people, states = MAY[deed]
    if who not in people and not (deed in {"approve", "return", "reject"} and who in SUPERVISORS):
        return "NotAllowed"
    if deed in {"approve", "return", "reject"} and who not in DECIDERS:
        return "NotAllowed"
    if state not in states:
        return "WrongState"
    if deed == "verify" and who in NOT_THE_SECOND:
        return "NotAllowed"
    return "done"


@pytest.mark.parametrize("deed", DEEDS)
def test_everybody_may_exactly_what_the_table_says(deed, request_in_state, everybody, aurora):
    found = {who: _outcome(deed, request_in_state, person) for who, person in everybody.items()}
    cast.grant(everybody["author"], aurora, SUPERVISOR)
    found["author who supervises"] = _outcome(deed, request_in_state, everybody["author"])

    assert found == {who: _expected(deed, request_in_state.state, who) for who in found}
    assert set(found) == EVERYBODY


@pytest.mark.parametrize("deed", DEEDS)
def test_the_button_says_what_the_service_does(deed, request_in_state, everybody):
    for person in everybody.values():
        request = lives.again(request_in_state)
        allowed = permissions.can(deed, person, request)

        assert allowed == (_outcome(deed, request, person) not in {"NotAllowed", "WrongState"})


def test_every_deed_and_every_transition_is_decided():
    by_the_clock = {"expire", "end"}
    by_other_names = {
        "send_back": "return",
        "revise": "edit",
        "revoke": "withdraw",
        # Approving by one of two, and going live when an approver counts no more.
        "endorse": "approve",
        "lapse": "go_live",
    }
    field = PromotionRequest._meta.get_field("state")
    transitions = {found.name for found in get_all_FIELD_transitions(PromotionRequest(), field)}

    assert {by_other_names.get(name, name) for name in transitions - by_the_clock} | {
        *("copy", "comment", "amend"),
    } == set(DEEDS)
    assert set(permissions.CHECKS) == set(DEEDS) == set(MAY)


def _deeds_of_a_role(role: str) -> Iterator[str]:
    of = {OPERATOR: "author", SUPERVISOR: "supervisor", AUDITOR: "auditor"}[role]
    return (deed for deed, (people, _) in MAY.items() if of in people)


def test_an_auditor_only_reads_and_comments():
    assert list(_deeds_of_a_role(AUDITOR)) == ["comment"]
