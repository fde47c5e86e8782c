"""The whole way of a request, and what the database says at each commit."""

import pytest

from promoflow.audit.models import Entry
from promoflow.promotions.models import Reservation, State
from promoflow.promotions.services import running
from tests.promotions import lives

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_people_take_a_coupon_from_draft_to_its_second_look(aurora, olivia, sam, sue):
    request = lives.live(aurora, lives.coupon(lives.LAMP), by=olivia, supervisor=sam)

    running.verify(reference=request.reference, by=sue, at=lives.NOW, shown=lives.shown_as_approved(request))

    request = lives.again(request)
    assert request.state == State.LIVE
    assert request.activation.verified_by == sue
    entries = Entry.objects.filter(subject=request.reference).order_by("id")
    assert [(entry.event, entry.actor_name) for entry in entries] == [
        ("request.drafted", "Olivia"),
        ("request.submitted", "Olivia"),
        ("request.approved", "Sam"),
        ("request.marked_live", "Olivia"),
        ("request.verified", "Sue"),
    ]


def test_a_stopped_coupon_holds_its_product_to_its_original_end(aurora, olivia, sam):
    request = lives.live(aurora, lives.coupon(lives.LAMP, start=1, days=5), by=olivia, supervisor=sam)
    during = lives.NOW.replace(day=24)

    running.stop(reference=request.reference, by=olivia, at=during)

    held = Reservation.objects.filter(request=request, held=True, conflict_group=0).get()
    assert lives.again(request).state == State.ENDED
    assert held.danger.upper >= request.current.ends_at
