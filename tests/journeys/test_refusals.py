"""What the desk refuses on the way, page by page: the sentence is read, and nothing has happened."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from django.utils import timezone

from promoflow.audit.models import Entry
from promoflow.promotions.content import decode
from promoflow.promotions.models import State
from promoflow.promotions.services import drafting
from promoflow.rulebook.texts import as_text
from tests.promotions import lives

pytestmark = pytest.mark.django_db

ZONE = ZoneInfo("America/Los_Angeles")


def midnight(number):
    today = datetime.now(ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    return as_text(today + timedelta(days=number))


def window(first, last):
    return {"starts_at": midnight(first), "ends_at": midnight(last)}


def address(name, request):
    return reverse(f"request-{name}" if name else "request", args=[request.reference])


def refused_entries():
    return list(Entry.objects.filter(outcome="refused").values_list("event", "actor_name"))


def test_a_draft_that_the_rules_block_cannot_be_submitted(aurora, olivia, oscar, sam, sue, arrive):
    now = timezone.now()
    running = lives.approved(
        aurora, lives.coupon(percent="50.00", **window(5, 9)), by=oscar, supervisor=sam, at=now
    )
    lives.approve(running, by=sue, at=now)
    draft = lives.drafted(aurora, lives.social_code(percent="50.00", **window(6, 8)), by=olivia, at=now)
    operator = arrive(olivia)

    page = operator.open(address("", draft))

    assert "These two kinds never meet (social code, coupon)" in page.words
    assert f"{running.reference} (coupon, 50 % off)" in page.words
    assert "give it away for $0.00" in page.words
    assert "Submit" in page.disabled
    operator.send(address("submit", draft))
    assert operator.status == 422
    assert "The rules forbid this as it stands." in operator.page.words
    assert lives.again(draft).state == State.DRAFT
    assert refused_entries() == [("request.submit_refused", "Olivia")]


def test_nobody_finds_a_way_to_approve_their_own(aurora, olivia, twin, arrive):
    request = lives.submitted(aurora, lives.coupon(**window(5, 9)), by=olivia, at=timezone.now())
    same_human = arrive(twin)

    page = same_human.open(address("", request))
    forged = same_human.client.post(address("approve", request), lives.as_shown(request, at=timezone.now()))

    assert "Approve" in page.disabled
    assert "Another supervisor decides on it." in page.words
    assert not page.has_form(address("approve", request))
    assert forged.status_code == 403
    assert lives.again(request).state == State.IN_REVIEW
    assert refused_entries() == [("request.approve_refused", "Twin")]


def test_a_decision_on_a_page_that_is_out_of_date_is_refused(aurora, olivia, oscar, sam, arrive):
    now = timezone.now()
    request = lives.submitted(aurora, lives.coupon(**window(5, 9)), by=olivia, at=now)
    supervisor = arrive(sam)
    supervisor.open(address("", request))
    changed = lives.coupon(percent="45.00", **window(5, 9))
    drafting.edit(reference=request.reference, revision=1, typed=changed, by=oscar, at=now)
    lives.submit(request, by=oscar, at=now)

    supervisor.send(address("approve", request))

    assert supervisor.status == 409
    assert "Oscar has changed" in supervisor.page.words
    assert lives.again(request).state == State.IN_REVIEW
    assert decode(lives.again(request).newest.body)["discount_value"] == "45.00"


def test_what_appeared_beside_it_meanwhile_is_read_before_it_is_approved(
    aurora, olivia, oscar, sam, sue, arrive
):
    now = timezone.now()
    request = lives.submitted(aurora, lives.coupon(**window(5, 9)), by=olivia, at=now)
    supervisor = arrive(sam)
    supervisor.open(address("", request))
    lives.approved(
        aurora, lives.price_discount(percent="10.00", **window(6, 7)), by=oscar, supervisor=sue, at=now
    )

    supervisor.send(address("approve", request))
    assert supervisor.status == 409
    supervisor.open(address("", request))
    supervisor.send(address("approve", request))
    assert supervisor.status in (409, 422)
    assert lives.again(request).state == State.IN_REVIEW
    warning = lives.as_shown(request, at=timezone.now())["acknowledged"]
    supervisor.open(address("", request))
    supervisor.send(address("approve", request), acknowledged=warning)

    assert lives.again(request).state == State.APPROVED


def test_a_stranger_learns_nothing(aurora, olivia, stranger, arrive):
    request = lives.drafted(aurora, lives.coupon(**window(5, 9)), by=olivia, at=timezone.now())
    nobody = arrive(stranger)

    nobody.open(address("", request))

    assert nobody.status == 404
    assert "Save on lamps" not in nobody.page.words
