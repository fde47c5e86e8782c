"""Of several approvals that it takes, each is of the worst price that its giver saw, or of a deeper one."""

from datetime import timedelta

import pytest
from django.urls import reverse

from promoflow.audit.models import Entry
from promoflow.outbox.models import Message
from promoflow.promotions import checker, outgrowing, quorum
from promoflow.promotions.models import Decision, State
from promoflow.promotions.services import delegating
from tests.answers import text_of
from tests.promotions import lives
from tests.promotions.lives import SET

pytestmark = pytest.mark.django_db


@pytest.fixture
def discount(aurora, oscar):
    """A tenth off the set, which is in review before the coupon is; it may be sold for 20."""
    aurora.products.filter(asin=SET).update(floor_price=20)
    return lives.submitted(aurora, lives.price_discount(SET, percent="10.00"), by=oscar)


@pytest.fixture
def deep(discount, aurora, olivia, sam):
    """A coupon that halves the price, with the first of its two approvals."""
    request = lives.submitted(aurora, lives.deep(), by=olivia)
    lives.approve(request, by=sam)
    return lives.again(request)


def first_of(request, person):
    return Decision.objects.get(request=request, decided_by=person, valid=False)


def test_an_approval_of_a_shallower_worst_price_counts_no_more(deep, discount, sam, sue, olivia):
    lives.approve(discount, by=sue)

    lives.approve(deep, by=sue)

    request = lives.again(deep)
    assert request.state == State.IN_REVIEW
    assert quorum.humans(quorum.approvals(request)) == {sue.person_id}
    assert first_of(request, sam).voided_by == sue
    assert Entry.objects.get(event="request.endorsed", actor=sue).before == {"approved_by": ["Sam"]}


def test_its_giver_is_told_why_and_approves_what_is_found_now(deep, discount, sam, sue):
    lives.approve(discount, by=sue)
    lives.approve(deep, by=sue)

    [told] = Message.objects.filter(recipient=sam, subject_id=deep.pk, context__by="Sue")
    assert (told.notice, told.why) == ("request_outgrown", "approved")
    assert f"Sam approved {deep.reference} while the worst price of {SET} was $" in told.context["note"]
    lives.approve(deep, by=sam)
    assert lives.again(deep).state == State.APPROVED


def test_nobody_decides_in_place_of_its_giver_who_has_spoken(deep, discount, aurora, sam, sue):
    lives.approve(discount, by=sue)
    delegating.name(
        store=aurora,
        delegate=sue,
        starts_at=lives.NOW,
        ends_at=lives.NOW + timedelta(days=1),
        by=sam,
        at=lives.NOW,
    )

    lives.approve(deep, by=sue)

    assert Decision.objects.get(request=deep, decided_by=sue).on_behalf_of is None
    assert Entry.objects.get(event="request.endorsed", actor=sue).before == {"approved_by": ["Sam"]}
    assert "on_behalf_of" not in Entry.objects.get(event="request.endorsed", actor=sue).after


def test_the_page_says_it_before_the_decision(client, monkeypatch, deep, discount, sue):
    monkeypatch.setattr("django.utils.timezone.now", lambda: lives.NOW)
    client.force_login(sue)
    address = reverse("request", args=[deep.reference])
    said = f"Sam approved {deep.reference} while the worst price of {SET} was"

    before = text_of(client.get(address))
    lives.approve(discount, by=sue)

    assert said not in before
    assert said in text_of(client.get(address))


def test_an_approval_of_the_same_or_a_deeper_worst_price_counts(deep, sue):
    lives.approve(deep, by=sue)

    assert lives.again(deep).state == State.APPROVED


def test_a_price_that_the_seller_lowers_makes_no_promotion_deeper(deep, aurora, sue):
    aurora.products.filter(asin=SET).update(price=100)

    lives.approve(deep, by=sue)

    assert lives.again(deep).state == State.APPROVED


def test_an_approval_that_is_void_already_is_not_told_of_as_outgrown(deep, discount, sam, sue):
    lives.approve(discount, by=sue)
    found = checker.report_of(lives.again(deep), at=lives.NOW)
    assert len(outgrowing.outgrown(lives.again(deep), deep.decisions.all(), found)) == 1

    lives.approve(deep, by=sue)

    assert outgrowing.outgrown(lives.again(deep), deep.decisions.all(), found) == []
