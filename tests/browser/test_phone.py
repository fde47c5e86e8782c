"""The desk on a narrow phone: no word stands alone in its line, and nothing is printed over its neighbour."""

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from tests.browser.ahead import days
from tests.promotions import lives
from tests.promotions.lives import LAMP

pytestmark = pytest.mark.django_db(transaction=True)

# Of a dossier, on each side.
MARGIN = 12

NARROW = pytest.mark.parametrize("width", [360, 390])


def phone(browse, person, width):
    page = browse(person, phone=True)
    page.set_viewport_size({"width": width, "height": 800})
    return page


@NARROW
def test_a_time_in_the_lists_of_the_desk_stands_in_one_line(browse, aurora, olivia, sam, width):
    lives.submitted(aurora, lives.coupon(LAMP), by=olivia)
    page = phone(browse, sam, width)

    page.goto(reverse("desk"))

    time = page.locator("table.compact td.number > span").first
    expect(time).to_be_visible()
    assert time.bounding_box()["height"] < 30


@NARROW
def test_whoever_may_decide_is_led_to_the_decision_below(browse, aurora, olivia, sam, width):
    request = lives.submitted(aurora, lives.coupon(LAMP, **days(5, 8)), by=olivia, at=timezone.now())
    page = phone(browse, sam, width)
    page.goto(reverse("request", args=[request.reference]))
    decision = page.get_by_role("heading", name="Your decision")
    expect(decision).not_to_be_in_viewport()

    page.get_by_role("link", name="Your decision").click()

    expect(decision).to_be_in_viewport()


@NARROW
def test_each_line_of_a_dossiers_tables_has_the_width_of_the_page(browse, aurora, olivia, sam, width):
    request = lives.live(
        aurora, lives.coupon(LAMP, **days(1, 4)), by=olivia, supervisor=sam, at=timezone.now()
    )
    page = phone(browse, sam, width)

    page.goto(reverse("request-dossier", args=[request.reference]))

    assert page.evaluate("document.documentElement.scrollWidth") == width
    cells = page.locator(".paper-table td, .paper-table tbody th")
    assert {round(cell.bounding_box()["width"]) for cell in cells.all()} == {width - 2 * MARGIN}
    price = page.locator(".paper-table td.number").first
    assert price.evaluate("one => getComputedStyle(one, '::before').content") == '"Price"'
    assert price.evaluate("one => getComputedStyle(one).textAlign") == "start"


@NARROW
def test_an_amount_stands_beside_what_takes_it_off(browse, aurora, olivia, oscar, sam, width):
    lives.approved(
        aurora, lives.price_discount(LAMP, percent="11.00", days=9, start=8), by=oscar, supervisor=sam
    )
    request = lives.submitted(aurora, lives.coupon(LAMP, percent="5.00"), by=olivia)
    page = phone(browse, sam, width)

    page.goto(reverse("request", args=[request.reference]))

    lines = page.locator(".reached > li:has(.money)")
    expect(lines.first).to_be_visible()
    for line in lines.all():
        amount = line.locator(".money")
        assert amount.evaluate("one => one.scrollWidth <= one.clientWidth")


@NARROW
def test_the_only_button_beside_a_heading_is_as_wide_as_the_page(browse, aurora, mia, width):
    page = phone(browse, mia, width)

    page.goto(reverse("policy-list"))

    button, content = page.locator(".page-actions .btn"), page.locator(".page-top")
    assert button.bounding_box()["width"] == content.bounding_box()["width"]


@NARROW
def test_what_leaves_a_product_out_stands_beside_it(browse, aurora, olivia, width):
    request = lives.drafted(aurora, lives.coupon(LAMP), by=olivia)
    page = phone(browse, olivia, width)

    page.goto(reverse("request-edit", args=[request.reference]))

    product, leave_out = page.locator(".chosen .product"), page.locator(".chosen button")
    assert leave_out.bounding_box()["y"] < product.bounding_box()["y"] + product.bounding_box()["height"]
    assert leave_out.bounding_box()["x"] >= product.bounding_box()["x"] + product.bounding_box()["width"]
