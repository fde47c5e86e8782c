"""Being on a request: claims, what ends them, and what they ask of others."""

from datetime import timedelta

import pytest
from django.http import QueryDict

from promoflow.audit.models import Entry
from promoflow.errors import NotAllowed, Taken, WrongState
from promoflow.outbox.models import Message
from promoflow.promotions import selectors
from promoflow.promotions.forms.filtering import QueueForm
from promoflow.promotions.models import Claim, State
from promoflow.promotions.pages.queue import Queue
from promoflow.promotions.services import claiming, drafting, review
from tests.promotions import lives
from tests.promotions.lives import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def pending(aurora, olivia):
    return lives.submitted(aurora, by=olivia)


def claim(request, by, **more):
    return claiming.claim(**{"reference": request.reference, "by": by, "at": NOW, **more})


def holder(request, at=NOW):
    held = selectors.claim_of(lives.again(request), at=at)
    return held and held.claimed_by


def test_a_claim_says_who_is_on_it_and_is_recorded(pending, sam):
    made = claim(pending, sam)

    entry = Entry.objects.get(event="request.claimed")
    assert (holder(pending), made.ends_at) == (sam, NOW + claiming.LASTS)
    assert (entry.actor_name, entry.subject, entry.outcome) == ("Sam", pending.reference, "done")
    assert not Message.objects.filter(notice__contains="claim").exists()


def test_a_claim_moves_nothing(pending, sam):
    before = lives.again(pending)

    claim(pending, sam)

    after = lives.again(pending)
    assert (after.state, after.step) == (before.state, before.step)


def test_who_may_not_decide_does_not_claim(pending, olivia, oscar, twin, ada):
    for person in (olivia, oscar, twin, ada):
        with pytest.raises(NotAllowed):
            claim(pending, person)

    assert Claim.objects.count() == 0
    assert Entry.objects.filter(event="request.claim_refused", outcome="refused").count() == 4


def test_only_what_is_in_review_is_claimed(aurora, olivia, sam):
    with pytest.raises(WrongState):
        claim(lives.drafted(aurora, by=olivia), sam)


def test_somebody_elses_claim_is_taken_over_only_by_naming_it(pending, sam, sue):
    first = claim(pending, sam)

    with pytest.raises(WrongState, match="Sam is on"):
        claim(pending, sue)
    with pytest.raises(WrongState, match="Sam is on"):
        claim(pending, sue, over=first.pk + 1)
    claim(pending, sue, over=first.pk)

    first.refresh_from_db()
    assert (holder(pending), first.released_by) == (sue, sue)
    assert Entry.objects.filter(event="request.claimed").last().before == {"claimed_by": "Sam"}


def test_claiming_again_begins_the_time_anew(pending, sam):
    claim(pending, sam)

    later = claim(pending, sam, at=NOW + timedelta(minutes=10))

    assert later.ends_at == NOW + timedelta(minutes=10) + claiming.LASTS
    assert Claim.objects.filter(released_at__isnull=True).get() == later


def test_a_claim_lapses_by_itself_and_leaves_the_request_free(pending, sam, sue):
    claim(pending, sam)
    over = NOW + claiming.LASTS

    assert holder(pending, over - timedelta(seconds=1)) == sam
    assert holder(pending, over) is None

    claim(pending, sue, at=over)

    assert holder(pending, over) == sue


def test_the_queue_says_who_is_on_what(aurora, olivia, pending, sam, sue):
    free = lives.submitted(aurora, lives.price_discount(lives.SET), by=olivia)
    over = NOW + claiming.LASTS
    claim(pending, sam)
    claim(pending, sue, at=over)
    claim(free, sam)
    claiming.release(reference=free.reference, by=sam, at=NOW)

    lines = Queue(sam, QueueForm(QueryDict("")), at=over).lines

    said = {line.request.reference: line.claim and line.claim.claimed_by for line in lines}
    assert len(lines) == 2
    assert said == {pending.reference: sue, free.reference: None}


def test_only_its_owner_releases_a_claim(pending, sam, sue):
    claim(pending, sam)

    with pytest.raises(WrongState, match="You are not on"):
        claiming.release(reference=pending.reference, by=sue, at=NOW)
    claiming.release(reference=pending.reference, by=sam, at=NOW)

    assert holder(pending) is None
    assert Entry.objects.get(event="request.claim_released").actor_name == "Sam"


def test_a_decision_an_edit_and_a_withdrawal_end_the_claim(aurora, olivia, sam):
    def returned(request):
        lives.send_back(request, by=sam, note="Shorter.")

    def edited(request):
        drafting.edit(
            reference=request.reference, revision=1, typed=lives.coupon(percent="15.00"), by=olivia, at=NOW
        )

    def withdrawn(request):
        drafting.withdraw(reference=request.reference, by=olivia, at=NOW)

    for deed in (returned, edited, withdrawn, lambda request: lives.approve(request, by=sam)):
        request = lives.submitted(aurora, by=olivia)
        claim(request, sam)

        deed(request)

        assert holder(request) is None


def test_submitting_again_begins_without_a_claim(pending, olivia, sam):
    claim(pending, sam)
    drafting.edit(
        reference=pending.reference, revision=1, typed=lives.coupon(percent="15.00"), by=olivia, at=NOW
    )

    lives.submit(pending, by=olivia)

    assert holder(pending) is None


def test_approving_what_somebody_else_is_on_asks_to_take_it_over_first(pending, sam, sue):
    first = claim(pending, sam)

    with pytest.raises(Taken, match=r"Sam is on .* Take it over first"):
        lives.approve(pending, by=sue)
    claim(pending, sue, over=first.pk)
    lives.approve(pending, by=sue)

    assert lives.again(pending).state == State.APPROVED
    assert Entry.objects.filter(event="request.approve_refused").count() == 1


def test_a_claim_does_not_hold_up_returning_rejecting_or_approving_once_it_lapsed(aurora, olivia, sam, sue):
    returned, rejected, approved = (
        lives.submitted(aurora, lives.coupon(asin), by=olivia)
        for asin in (lives.LAMP, lives.FLOOR_LAMP, lives.SET)
    )
    for request in (returned, rejected, approved):
        claim(request, sam)

    for deed, request in ((review.send_back, returned), (review.reject, rejected)):
        shown = lives.as_shown(request)["revision"]
        deed(reference=request.reference, by=sue, at=NOW, confirmed_at=NOW, revision=shown, note="No.")
    lives.approve(approved, by=sue, at=NOW + claiming.LASTS)

    states = [lives.again(request).state for request in (returned, rejected, approved)]
    assert states == [State.DRAFT, State.REJECTED, State.APPROVED]
