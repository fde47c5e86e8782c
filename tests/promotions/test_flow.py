"""The whole way of a request, and what the database says at each commit."""

from decimal import Decimal

import pytest

from promoflow.audit.models import PEOPLES, Entry
from promoflow.promotions.models import Reservation, State
from promoflow.promotions.services import running
from tests.promotions import lives
from tests.promotions.lives import LAMP

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_people_take_a_coupon_from_draft_to_its_second_look(aurora, olivia, sam, sue):
    request = lives.live(aurora, lives.coupon(lives.LAMP), by=olivia, supervisor=sam)

    lives.verify(request, by=sue)

    request = lives.again(request)
    assert request.state == State.LIVE
    assert request.activation.verified_by == sue
    entries = Entry.objects.filter(PEOPLES, subject=request.reference).order_by("id")
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


def test_a_submitted_request_is_weighed_and_a_draft_is_not(aurora, olivia, sam):
    request = lives.submitted(aurora, lives.coupon(LAMP, percent="20.00"), by=olivia)
    assert (request.worst_percent, request.exposed) == (Decimal("20.01"), None)
    assert request.warned == len(request.reasons)

    lives.send_back(request, by=sam, note="Less.")

    request = lives.again(request)
    assert (request.worst_percent, request.exposed, request.warned) == (None, None, None)
