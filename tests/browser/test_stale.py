"""A supervisor's page that went stale while they read it, in a real browser."""

import re
from decimal import Decimal

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from promoflow.catalog.models import Product
from promoflow.catalog.services import products
from promoflow.catalog.services.products import Facts
from promoflow.promotions.models import State
from tests.browser.ahead import days
from tests.promotions import lives


@pytest.mark.parametrize(
    ("phone", "scripted"),
    [(False, True), (True, True), (False, False)],
    ids=["desktop", "phone", "without JavaScript"],
)
def test_a_page_that_went_stale_says_what_changed_and_the_second_press_approves(
    browse, aurora, olivia, oscar, sam, sue, mia, phone, scripted
):
    now = timezone.now()
    request = lives.submitted(aurora, lives.coupon(**days(10, 13)), by=olivia, at=now)
    page = browse(sam, phone=phone, scripted=scripted)
    page.goto(f"/requests/{request.reference}/")
    page.get_by_label("Note").first.fill("Stock is there.")
    other = lives.price_discount(percent="10.00", **days(10, 13))
    beside = lives.approved(aurora, other, by=oscar, supervisor=sue, at=now)
    seen = Facts.of(Product.objects.get(asin=lives.LAMP))
    products.change(
        store=aurora,
        asin=lives.LAMP,
        seen=seen,
        to=seen._replace(price=Decimal("25.00")),
        why="",
        by=mia,
        at=now,
    )

    page.get_by_role("button", name="Approve").press("Enter")

    refusal = page.get_by_role("region", name="This changed while you were reading")
    expect(refusal).to_contain_text(f"New beside it: {beside.reference} (Price Discount, 10 % off)")
    expect(refusal).to_contain_text("price $19.99 → $25.00; worst price $15.99 → $17.50")
    expect(refusal).to_contain_text(re.compile(f"New warning: {beside.reference} .* runs on {lives.LAMP}"))
    expect(page.get_by_label("Note").first).to_have_value("Stock is there.")
    assert page.evaluate("document.documentElement.scrollWidth") == (390 if phone else 1440)
    if scripted:
        expect(refusal).to_be_focused()

    page.get_by_role("checkbox", name="I have read this").check()
    page.get_by_role("button", name="Approve").press("Enter")

    expect(page.get_by_text("is approved. An operator marks it live next.")).to_be_visible()
    request = lives.again(request)
    assert request.state == State.APPROVED
    assert request.decisions.get().note == "Stock is there."
