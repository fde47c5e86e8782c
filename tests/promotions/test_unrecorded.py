"""Where the history cannot be written, nothing has happened."""

import json
from collections.abc import Callable

import pytest
from django.db import connection

from accounts.models import User
from promoflow.audit.models import Entry
from promoflow.outbox.models import Message
from promoflow.promotions.models import (
    Activation,
    Attachment,
    Claim,
    Comment,
    ConflictReport,
    Decision,
    Delegation,
    Discrepancy,
    PromotionRequest,
    Reservation,
    Revision,
    State,
    Succession,
)
from promoflow.promotions.screenshots import Screenshot
from promoflow.promotions.services import claiming, clearing, delegating, drafting, running
from tests import cast
from tests.promotions import attachments, lives
from tests.promotions.deeds import AFTER, DEEDS, MAY, in_state

pytestmark = pytest.mark.django_db

TABLES = (
    *(PromotionRequest, Revision, ConflictReport, Decision, Reservation, Activation, Claim),
    *(Attachment, Comment, Delegation, Discrepancy, Succession, Entry, Message),
)
SHOT = Screenshot(attachments.picture(), "image/png")


class Full(Exception):
    """The history's disk is full."""


@pytest.fixture
def full_history(monkeypatch) -> Callable[[], None]:
    def fill() -> None:
        def refuse(*_: object, **__: object) -> None:
            raise Full

        monkeypatch.setattr(Entry.objects, "create", refuse)

    return fill


def _everything() -> dict[str, list[str]]:
    found = {}
    with connection.cursor() as cursor:
        for model in TABLES:
            cursor.execute(f"SELECT to_jsonb(t) FROM {model._meta.db_table} t ORDER BY t.id")
            found[model.__name__] = [row for (row,) in cursor.fetchall()]
    return found


@pytest.mark.parametrize("deed", DEEDS)
def test_an_unrecorded_deed_did_not_happen(deed, aurora, olivia, sam, sue, full_history):
    people, states = MAY[deed]
    who: User = olivia if "author" in people else sam
    request = in_state(sorted(states, key=list(State.values).index)[0], aurora, olivia, sue)
    before = _everything()
    full_history()

    with pytest.raises(Full):
        DEEDS[deed](request, by=who)

    assert _everything() == before


def test_an_unrecorded_draft_was_not_drafted(aurora, olivia, full_history):
    before = _everything()
    full_history()

    with pytest.raises(Full):
        drafting.create(store=aurora, typed=lives.coupon(), by=olivia, at=lives.NOW)

    assert _everything() == before


def test_what_is_cleared_unrecorded_still_warns(aurora, olivia, sam, full_history):
    request = lives.approved(aurora, by=olivia, supervisor=sam)
    drafting.withdraw(reference=request.reference, by=olivia, at=lives.NOW, may_run=True)
    before = _everything()
    full_history()

    with pytest.raises(Full):
        clearing.clear(reference=request.reference, by=olivia, at=lives.NOW)

    assert _everything() == before


def test_an_unrecorded_claim_is_no_claim_and_an_unrecorded_release_no_release(
    aurora, olivia, sam, sue, full_history
):
    free, held = (lives.submitted(aurora, lives.coupon(asin), by=olivia) for asin in (lives.LAMP, lives.SET))
    claiming.claim(reference=held.reference, by=sam, at=lives.NOW)
    before = _everything()
    full_history()

    for deed, request in ((claiming.claim, free), (claiming.release, held)):
        with pytest.raises(Full):
            deed(reference=request.reference, by=sam, at=lives.NOW)

    assert _everything() == before


@pytest.mark.parametrize("state", [State.IN_REVIEW, State.APPROVED, State.LIVE])
def test_the_clock_moves_nothing_unrecorded(state, aurora, olivia, sue, full_history):
    in_state(state, aurora, olivia, sue)
    before = _everything()
    full_history()

    assert running.move_due(at=AFTER) == 0

    after = _everything()
    owed = [row for row in after["Message"] if row not in before["Message"]]
    # What it could not end runs on, and whoever should take the second look still hears of it.
    assert {json.loads(row)["notice"] for row in owed} == (
        {"request_not_verified"} if state == State.LIVE else set()
    )
    assert {**after, "Message": before["Message"]} == before


def test_an_unrecorded_screenshot_was_not_attached(aurora, olivia, sam, full_history):
    request = lives.approved(aurora, by=olivia, supervisor=sam)
    before = _everything()
    full_history()

    with pytest.raises(Full):
        lives.go_live(request, by=olivia, screenshot=SHOT)

    assert _everything() == before


def test_an_unrecorded_look_that_differs_alarms_nobody(aurora, olivia, sam, sue, full_history):
    request = lives.live(aurora, by=olivia, supervisor=sam)
    shown = lives.shown_as_approved(request) | {"discount_value": "50.00"}
    before = _everything()
    full_history()

    with pytest.raises(Full):
        lives.verify(request, by=sue, shown=shown, screenshot=SHOT)

    assert _everything() == before


def test_an_unrecorded_amendment_takes_no_place(aurora, olivia, sam, full_history):
    amended = lives.live(aurora, by=olivia, supervisor=sam)
    amendment = lives.amended(amended, {"budget": "900.00"}, by=olivia, supervisor=sam)
    before = _everything()
    full_history()

    with pytest.raises(Full):
        lives.go_live(amendment, by=olivia)

    assert _everything() == before


def test_no_message_no_deed(aurora, olivia, sam, monkeypatch):
    """The other way round: what cannot be told is not done either."""
    request = lives.submitted(aurora, by=olivia)
    before = _everything()

    def refuse(*_: object, **__: object) -> None:
        raise Full

    monkeypatch.setattr(Message.objects, "bulk_create", refuse)

    with pytest.raises(Full):
        lives.send_back(request, by=sam, note="The title.")

    assert _everything() == before


@pytest.fixture
def away(aurora, sam, sue):
    return delegating.name(
        store=aurora, delegate=sue, starts_at=lives.NOW, ends_at=AFTER, by=sam, at=lives.NOW
    )


def test_the_first_of_two_approvals_is_not_given_unrecorded(aurora, olivia, sam, full_history):
    request = lives.submitted(aurora, lives.deep(), by=olivia)
    before = _everything()
    full_history()

    with pytest.raises(Full):
        lives.approve(request, by=sam)

    assert _everything() == before


def test_nothing_goes_back_to_review_unrecorded(aurora, olivia, sam, sue, full_history):
    request = lives.approved(aurora, by=olivia, supervisor=sam)
    cast.committed()
    cast.revoke(sam, aurora, "supervisor")
    before = _everything()
    full_history()

    with pytest.raises(Full):
        lives.go_live(request, by=olivia)

    assert _everything() == before


def test_nobody_is_named_or_let_go_unrecorded(aurora, sam, sue, away, full_history):
    before = _everything()
    full_history()

    with pytest.raises(Full):
        delegating.end(pk=away.pk, by=sam, at=lives.NOW)
    with pytest.raises(Full):
        delegating.name(store=aurora, delegate=sam, starts_at=lives.NOW, ends_at=AFTER, by=sue, at=lives.NOW)

    assert _everything() == before
