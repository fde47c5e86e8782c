"""Every state x every deed x everybody: decided here, and red when one of them is new."""

from collections.abc import Iterator

import pytest
from django.db import transaction
from django_fsm import get_all_FIELD_transitions

from accounts.models import User
from accounts.roles import AUDITOR, OPERATOR, SUPERVISOR
from promoflow.errors import Refused
from promoflow.promotions import permissions
from promoflow.promotions.models import PromotionRequest, State
from tests import cast
from tests.promotions import lives
from tests.promotions.deeds import DECIDERS, DEEDS, MAY, OPERATORS, SUPERVISORS, in_state

pytestmark = pytest.mark.django_db

EVERYBODY = OPERATORS | SUPERVISORS | {"auditor", "manager", "stranger", "superuser"}
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


@pytest.fixture(params=State.values)
def request_in_state(request, aurora, olivia, sue) -> PromotionRequest:
    found = in_state(request.param, aurora, olivia, sue)
    assert found.state == request.param
    return found


def _outcome(deed: str, request: PromotionRequest, by: User) -> str:
    """What came of it; then it is undone, by a bare savepoint: the services allow no block around theirs."""
    before = transaction.savepoint()
    try:
        DEEDS[deed](lives.again(request), by=by)
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
