"""Whoever had to wait for a colleague's deed acts on what is there by then."""

import pytest

from promoflow.errors import Stale, WrongState
from promoflow.promotions.models import State
from promoflow.promotions.services import drafting, running
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
