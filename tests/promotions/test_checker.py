"""What the checker looks at in the database: families that grew, days before, and stock."""

from decimal import Decimal

import pytest

from promoflow.catalog.models import Product, Sku
from promoflow.errors import Blocked
from promoflow.promotions import checker
from tests.promotions import lives
from tests.promotions.lives import FLOOR_LAMP, LAMP, SET

pytestmark = pytest.mark.django_db


def codes(request):
    return {finding.code for finding in checker.report_of(lives.again(request), at=lives.NOW).findings}


def adopt(store, child, *, by):
    """The child becomes a variation of the lamp set, as an import would have it."""
    parent = Product.objects.get(store=store, asin=by)
    Product.objects.filter(store=store, asin=child).update(parent=parent)


def test_a_child_that_joins_after_the_draft_blocks_until_it_is_saved_again(aurora, olivia):
    request = lives.drafted(aurora, lives.coupon(SET), by=olivia)
    adopt(aurora, LAMP, by=SET)

    assert "family-grown" in codes(request)
    with pytest.raises(Blocked):
        lives.submit(request, by=olivia)
    again = lives.drafted(aurora, lives.coupon(SET), by=olivia)
    assert "family-grown" not in codes(again)


def test_a_child_that_joins_after_the_approval_is_seen_before_it_goes_live(aurora, olivia, sam):
    request = lives.approved(aurora, lives.coupon(SET), by=olivia, supervisor=sam)
    adopt(aurora, LAMP, by=SET)

    with pytest.raises(Blocked) as refused:
        lives.go_live(request, by=olivia)

    assert {finding.code for finding in refused.value.findings} == {"family-grown"}


def test_a_promotion_on_a_parent_meets_a_child_that_joined_later(aurora, olivia, sam):
    coupon = lives.approved(aurora, lives.coupon(SET), by=olivia, supervisor=sam)
    adopt(aurora, LAMP, by=SET)
    code = lives.drafted(aurora, lives.social_code(LAMP), by=olivia)

    report = checker.report_of(lives.again(code), at=lives.NOW)

    [finding] = report.blocks
    assert (finding.code, finding.asin, finding.others) == ("kinds-forbidden", LAMP, (coupon.reference,))
    assert report.worst[LAMP].worst.price < Decimal("19.99") * Decimal("0.6")


def test_what_ended_days_before_is_remembered_as_the_policy_asks(aurora, olivia, sam):
    lives.approved(aurora, lives.price_discount(start=8, days=2), by=olivia, supervisor=sam)
    request = lives.drafted(aurora, lives.price_discount(start=10, percent="15.00"), by=olivia)

    assert "reference-price" in codes(request)
    far = lives.drafted(aurora, lives.price_discount(start=45, percent="15.00"), by=olivia)
    assert "reference-price" not in codes(far)


def test_small_steps_are_counted_over_what_has_been_decided_and_what_is_in_review(aurora, olivia, sam):
    lives.approved(aurora, lives.price_discount(start=8, days=2), by=olivia, supervisor=sam)
    lives.submitted(aurora, lives.price_discount(start=10, days=2), by=olivia)
    request = lives.drafted(aurora, lives.price_discount(start=12, days=2, percent="10.00"), by=olivia)

    assert "small-steps" in codes(request)


def test_the_stock_of_the_skus_on_sale_says_what_it_may_cost(aurora, olivia):
    lamp = Product.objects.get(store=aurora, asin=LAMP)
    Sku.objects.create(store=aurora, product=lamp, sku="L-1", quantity=400, status="Active")
    request = lives.drafted(aurora, lives.social_code(LAMP), by=olivia)

    report = checker.report_of(lives.again(request), at=lives.NOW)

    [shared] = [finding for finding in report.findings if finding.code == "code-shared-with-influencers"]
    assert shared.details["units"] == "400"
    assert shared.details["cost"] == "2400.00"


def test_the_page_says_what_it_may_cost(client, monkeypatch, aurora, olivia, sam):
    monkeypatch.setattr("django.utils.timezone.now", lambda: lives.NOW)
    lamp = Product.objects.get(store=aurora, asin=LAMP)
    Sku.objects.create(store=aurora, product=lamp, sku="L-1", quantity=400, status="Active")
    request = lives.submitted(aurora, lives.coupon(LAMP), by=olivia)
    client.force_login(sam)

    page = client.get(f"/requests/{request.reference}/").content.decode()

    assert "The 400 units in stock by now would cost $1,600.00, with up to $4.00 off each." in page


def test_only_what_may_touch_a_sale_with_it_stands_beside_it(aurora, olivia, sam):
    before = lives.approved(aurora, lives.price_discount(start=6, days=2), by=olivia, supervisor=sam)
    with_it = lives.approved(aurora, lives.price_discount(start=10, days=2), by=olivia, supervisor=sam)
    request = lives.drafted(aurora, lives.coupon(LAMP, percent="10.00"), by=olivia)

    report = checker.report_of(lives.again(request), at=lives.NOW)

    assert [other.reference for other in report.others] == [before.reference, with_it.reference]
    assert [other.reference for other in report.beside] == [with_it.reference]


def test_the_same_questions_are_asked_of_one_product_and_of_three(aurora, olivia, django_assert_num_queries):
    one = lives.again(lives.drafted(aurora, lives.coupon(LAMP), by=olivia))
    three = lives.again(lives.drafted(aurora, lives.coupon(LAMP, FLOOR_LAMP, SET), by=olivia))

    for request in (one, three):
        with django_assert_num_queries(3):
            checker.report_of(request, at=lives.NOW)
