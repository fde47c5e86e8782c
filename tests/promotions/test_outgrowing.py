"""A route is frozen against later rules, not against what is approved beside the request meanwhile."""

from datetime import timedelta

import pytest
from django.urls import reverse

from promoflow.audit.models import Entry
from promoflow.catalog.models import Sku
from promoflow.errors import Blocked
from promoflow.promotions.models import Decision, State
from tests import cast
from tests.answers import text_of
from tests.policies import drafts
from tests.promotions import lives
from tests.promotions.lives import SET

pytestmark = pytest.mark.django_db


@pytest.fixture
def both(aurora, olivia):
    """A coupon and a price discount of 22 percent each, submitted before either is approved."""
    coupon = lives.submitted(aurora, lives.coupon(SET, percent="22.00"), by=olivia)
    discount = lives.submitted(aurora, lives.price_discount(SET, percent="22.00"), by=olivia)
    assert (coupon.route["approvals"], discount.route["approvals"]) == (1, 1)
    return coupon, discount


@pytest.mark.parametrize("turn", [(0, 1), (1, 0)], ids=["coupon first", "discount first"])
def test_of_two_that_are_deep_together_the_second_takes_two_people(both, olivia, sam, sue, turn):
    first, second = (both[place] for place in turn)
    lives.approve(first, by=sam)

    with pytest.raises(Blocked, match=r"the worst price is 44 % off; from \d+ % on two people approve\."):
        lives.approve(second, by=sam)

    assert lives.again(second).state == State.IN_REVIEW
    assert not Decision.objects.filter(request=second).exists()
    assert Entry.objects.get(event="request.approve_refused").subject == second.reference
    lives.send_back(second, by=sam, note="It takes two now.")
    again = lives.submit(lives.again(second), by=olivia)
    assert again.route["approvals"] == 2
    lives.approve(again, by=sam)
    lives.approve(again, by=sue)
    assert lives.again(second).state == State.APPROVED


@pytest.mark.usefixtures("now")
def test_the_page_says_so_before_anybody_tries(client, both, sam):
    lives.approve(both[0], by=sam)
    client.force_login(sam)

    page = text_of(client.get(reverse("request", args=[both[1].reference])))

    assert "More is at stake than when it was submitted" in page
    assert 'type="submit" data-key="a"' not in " ".join(page.split())


def test_a_manager_is_asked_where_the_depth_takes_one(aurora, olivia, sam, sue, mia, both):
    drafts.published(
        {"routing.managers_from_percent.value": 40, "routing.two_unbounded_from_percent.value": None},
        manager=mia,
        publisher=cast.two_step(sue),
    )
    lives.approve(both[0], by=sam)

    with pytest.raises(Blocked, match="only a manager"):
        lives.approve(both[1], by=sam)


def test_where_a_manager_decides_already_a_greater_depth_asks_for_no_other(aurora, olivia, sam, sue, mia):
    drafts.published({"routing.managers_from_percent.value": 20}, manager=mia, publisher=cast.two_step(sue))
    coupon = lives.submitted(aurora, lives.coupon(SET, percent="22.00"), by=olivia)
    discount = lives.submitted(aurora, lives.price_discount(SET, percent="15.00"), by=olivia)
    assert (coupon.route["role"], discount.route["role"]) == ("manager", "supervisor")
    lives.approve(discount, by=sam)

    lives.approve(coupon, by=cast.two_step(mia))

    assert lives.again(coupon).state == State.APPROVED


def test_stricter_rules_alone_change_no_route(aurora, olivia, sam, sue, mia):
    request = lives.submitted(aurora, lives.coupon(SET, percent="22.00"), by=olivia)
    drafts.published({"routing.two_from_percent.value": 20}, manager=mia, publisher=cast.two_step(sue))

    lives.approve(request, by=sam)

    assert lives.again(request).state == State.APPROVED


def capped(store, *, by):
    """A fifth off the set for 1000 units, each in an order of its own: 24,000 at its price of 120.00."""
    typed = lives.price_discount(SET, percent="20.00", kind="percentage_off", claim_type="none") | {
        "one_per_customer": True,
        "units_per_order": 1,
        "max_redemptions": 1000,
    }
    return lives.submitted(store, typed, by=by)


def test_what_may_cost_more_than_one_person_answers_for_takes_two_people(aurora, olivia, sam):
    request = capped(aurora, by=olivia)
    aurora.products.filter(asin=SET).update(price=130)

    with pytest.raises(Blocked, match=r"More is at stake than when it was submitted.* \$25,000"):
        lives.approve(request, by=sam)


def test_what_costs_less_than_when_it_was_submitted_does_not(aurora, olivia, sam, sue, mia):
    request = capped(aurora, by=olivia)
    aurora.products.filter(asin=SET).update(price=119)
    drafts.published(
        {"routing.two_above.amounts.USD": 20000},
        manager=mia,
        publisher=cast.two_step(sue),
    )

    lives.approve(request, by=sam)

    assert lives.again(request).state == State.APPROVED


def test_what_nothing_ends_any_more_takes_two_people(aurora, olivia, sam):
    """So much was in stock when it was submitted, and by now nobody knows."""
    soon = lives.NOW + timedelta(hours=12)
    window = {"starts_at": lives._z(soon), "ends_at": lives._z(soon + timedelta(hours=6))}
    stock = Sku.objects.create(
        store=aurora, product=aurora.products.get(asin=SET), sku="S", quantity=10, status="Active"
    )
    typed = lives.price_discount(SET, percent="45.00") | window
    request = lives.submitted(aurora, typed, by=olivia)
    assert (request.route["approvals"], request.exposed) == (1, 540)
    Sku.objects.filter(pk=stock.pk).update(quantity=None)

    with pytest.raises(Blocked, match="More is at stake than when it was submitted"):
        lives.approve(request, by=sam)
