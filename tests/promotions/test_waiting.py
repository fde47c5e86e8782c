"""Whoever had to wait for a colleague's deed acts on what is there by then, and nobody waits in a circle."""

from datetime import timedelta

import pytest

from promoflow.errors import Stale, WrongState
from promoflow.promotions.models import State
from promoflow.promotions.services import amending, drafting, review, running
from tests.promotions import lives, turns

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]


def edit(request, *, by, title):
    typed = {**drafting.typed_of(request), "title": title}
    return lambda: drafting.edit(reference=request.reference, revision=1, typed=typed, by=by, at=lives.NOW)


def test_who_edits_behind_an_edit_reads_what_their_colleague_wrote(aurora, olivia, oscar, database_url):
    request = lives.again(lives.drafted(aurora, by=olivia))

    _, refusal = turns.in_turn(
        database_url,
        turns.the_request(request.pk),
        edit(request, by=olivia, title="Hers"),
        edit(request, by=oscar, title="His"),
    )

    assert isinstance(refusal, Stale)
    assert [change.after for change in refusal.changes] == ["Hers"]


@pytest.mark.parametrize("reached", [lives.drafted, lives.submitted])
def test_who_withdraws_behind_an_edit_withdraws_what_was_written(
    aurora, olivia, oscar, reached, database_url
):
    request = lives.again(reached(aurora, by=olivia))

    turns.in_turn(
        database_url,
        turns.the_request(request.pk),
        edit(request, by=oscar, title="His"),
        lambda: drafting.withdraw(reference=request.reference, by=olivia, at=lives.NOW),
    )

    withdrawn = lives.again(request)
    assert (withdrawn.state, withdrawn.newest.title) == (State.CANCELLED, "His")


def test_who_verifies_behind_a_verification_reads_who_was_faster(aurora, olivia, sam, sue, database_url):
    request = lives.live(aurora, by=olivia, supervisor=sam)

    _, refusal = turns.in_turn(
        database_url, turns.the_request(request.pk), verify(request, by=sam), verify(request, by=sue)
    )

    assert isinstance(refusal, WrongState)
    assert "Sam has already verified" in str(refusal)


def verify(request, *, by):
    return lambda: running.verify(
        reference=request.reference,
        by=by,
        at=lives.NOW,
        shown=lives.shown_as_approved(request),
        confirmed_at=lives.NOW,
    )


def approve(request, *, by):
    page = lives.as_shown(request)
    return lambda: lives.approve_as_shown(request, page, by=by)


def send_back(request, *, by):
    return lambda: review.send_back(
        reference=request.reference,
        by=by,
        at=lives.NOW,
        revision=bytes(request.newest.digest).hex(),
        note="Make it smaller.",
        confirmed_at=lives.NOW,
    )


def go_live(request, *, by):
    return lambda: lives.go_live(request, by=by)


def stop(request, *, by):
    return lambda: running.stop(reference=request.reference, by=by, at=lives.NOW)


def shorten(request, *, by):
    ends_at = request.newest.ends_at - timedelta(days=1)
    return lambda: amending.shorten(reference=request.reference, by=by, at=lives.NOW, ends_at=ends_at)


@pytest.mark.parametrize(
    ("state", "deed"),
    [
        (State.DRAFT, lambda request, olivia, sue: edit(request, by=olivia, title="Hers")),
        (State.IN_REVIEW, lambda request, olivia, sue: approve(request, by=sue)),
        (State.IN_REVIEW, lambda request, olivia, sue: send_back(request, by=sue)),
        (State.APPROVED, lambda request, olivia, sue: go_live(request, by=olivia)),
        (State.LIVE, lambda request, olivia, sue: verify(request, by=sue)),
        (State.LIVE, lambda request, olivia, sue: shorten(request, by=sue)),
        (State.LIVE, lambda request, olivia, sue: stop(request, by=sue)),
    ],
    ids=["edit", "approve", "return", "go live", "verify", "shorten", "stop"],
)
def test_a_deed_and_the_copy_of_its_request_are_both_done(
    aurora, olivia, oscar, sam, sue, state, deed, database_url
):
    """The copy is first at the chain and names the row that the deed holds, which waits for the chain."""
    request = lives.again(brought_to(state, aurora, olivia, sam))

    came = turns.in_turn(database_url, turns.THE_CHAIN, copy(request, by=oscar), deed(request, olivia, sue))

    assert [one for one in came if isinstance(one, Exception)] == []


def brought_to(state, store, olivia, sam):
    if state == State.DRAFT:
        return lives.drafted(store, by=olivia)
    if state == State.IN_REVIEW:
        return lives.submitted(store, by=olivia)
    reached = lives.approved if state == State.APPROVED else lives.live
    return reached(store, by=olivia, supervisor=sam)


def copy(request, *, by):
    return lambda: drafting.copy(reference=request.reference, by=by, at=lives.NOW)
