"""A supervisor clears the queue without the mouse, in a real browser."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from promoflow.catalog.models import Product
from promoflow.promotions.models import Decision, PromotionRequest, State
from promoflow.promotions.services import claiming
from tests import cast
from tests.browser.ahead import days
from tests.browser.doing import asked_for
from tests.promotions import lives

TEN = 10
# By then the filter has asked for what it is to show: it waits 300 milliseconds for more letters.
FILTERED = 600


@pytest.fixture
def ten(aurora, olivia, oscar, sue):
    """Ten coupons, the first due first; every second one with a warning, beside a price discount."""
    now = timezone.now()
    asins = [f"B0QUEUE{n:03}" for n in range(TEN)]
    Product.objects.bulk_create(
        Product(store=aurora, asin=asin, title=f"Lamp {asin}", price=50, floor_price=5) for asin in asins
    )
    requests = []
    for number, asin in enumerate(asins):
        when = days(10 + number, 13 + number)
        if number % 2:
            beside = lives.price_discount(asin, percent="10.00", **when)
            lives.approved(aurora, beside, by=oscar, supervisor=sue, at=now)
        requests.append(lives.submitted(aurora, lives.coupon(asin, **when), by=olivia, at=now))
    return requests


def approve_by_keyboard(page: Page) -> int:
    """Tick each warning and approve; how many there were."""
    warnings = page.locator("input[name=acknowledged]")
    count = warnings.count()
    for number in range(count):
        page.keyboard.press("w")
        expect(warnings.nth(number)).to_be_focused()
        page.keyboard.press("Space")
        expect(warnings.nth(number)).to_be_checked()
    page.keyboard.press("a")
    return count


def test_a_supervisor_clears_ten_requests_by_keyboard_alone(browse, ten, sam):
    page = browse(sam)
    page.goto("/review/")
    page.keyboard.press("j")
    first = page.get_by_role("link", name=ten[0].reference)
    expect(first).to_be_focused()
    page.keyboard.press("o")

    warned = 0
    for request in ten:
        expect(page.get_by_role("heading", level=1)).to_contain_text(request.reference)
        warned += approve_by_keyboard(page)
        expect(page.get_by_text(f"{request.reference} is approved.")).to_be_visible()

    assert warned == TEN / 2
    states = {lives.again(request).state for request in ten}
    assert states == {State.APPROVED}
    assert set(Decision.objects.filter(request__in=ten).values_list("decided_by__name", flat=True)) == {"Sam"}
    page.goto("/review/")
    expect(page.get_by_text("Nothing waits for your decision")).to_be_visible()


def test_the_keys_move_through_the_rows_and_through_the_requests(browse, ten, sam):
    page = browse(sam)
    page.goto("/review/")
    for key in ("j", "n", "j", "k", "p"):
        page.keyboard.press(key)
    expect(page.get_by_role("link", name=ten[0].reference)).to_be_focused()

    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text(ten[1].reference)
    page.keyboard.press("n")
    expect(page.get_by_role("heading", level=1)).to_contain_text(ten[2].reference)
    page.keyboard.press("k")
    expect(page.get_by_role("heading", level=1)).to_contain_text(ten[1].reference)
    page.keyboard.press("p")
    expect(page.get_by_role("heading", level=1)).to_contain_text(ten[0].reference)
    page.keyboard.press("q")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Review")


def test_the_question_mark_lists_the_keys_of_the_page_and_escape_closes_the_list(browse, ten, sam):
    page = browse(sam)
    page.goto("/review/")
    page.keyboard.press("?")

    listed = page.get_by_role("dialog", name="Keys on this page")
    expect(listed).to_contain_text("Next row")
    expect(listed).to_contain_text("Tick or untick the row")
    page.keyboard.press("j")
    expect(page.get_by_role("link", name=ten[0].reference)).not_to_be_focused()
    page.keyboard.press("Escape")
    expect(listed).to_be_hidden()

    page.goto(f"/requests/{ten[1].reference}/")
    page.keyboard.press("?")
    expect(listed).to_contain_text("Approve")
    expect(listed).to_contain_text("To the next warning")
    expect(listed).to_contain_text("Claim it")


def test_a_key_typed_into_a_field_is_a_letter(browse, ten, sam):
    page = browse(sam)
    page.goto(f"/requests/{ten[0].reference}/")
    note = page.locator("#approve textarea[name=note]")
    note.focus()
    page.keyboard.type("a jar, and a kiosk?")

    expect(note).to_have_value("a jar, and a kiosk?")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("Escape")
    page.evaluate("document.getElementById('approve').addEventListener('submit', () => (window.sent = true))")
    page.keyboard.press("Control+a")
    assert page.evaluate("window.sent") is None
    page.keyboard.press("a")
    expect(page.get_by_text(f"{ten[0].reference} is approved.")).to_be_visible()


def test_several_are_ticked_and_returned_by_keyboard(browse, ten, sam):
    page = browse(sam)
    page.goto("/review/")
    for key in ("j", "x", "j", "j", "x", "r"):
        page.keyboard.press(key)
    page.keyboard.type("Shorter, please.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(page.get_by_text(f"{ten[2].reference} is returned.")).to_be_visible()
    returned = PromotionRequest.objects.filter(state=State.DRAFT).values_list("pk", flat=True)
    assert set(returned) == {ten[0].pk, ten[2].pk}


def test_what_is_typed_outside_the_filter_asks_for_no_other_queue(browse, ten, sam):
    page = browse(sam, confirmed_minutes_ago=11)
    page.goto("/review/")
    for key in ("j", "x", "j", "j", "x", "r"):
        page.keyboard.press(key)
    page.keyboard.type("Shorter, please.")
    page.keyboard.press("Tab")
    asked = asked_for(page)
    page.keyboard.type(cast.code())
    page.wait_for_timeout(FILTERED)

    assert asked == []
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"{ten[2].reference} is returned.")).to_be_visible()
    returned = PromotionRequest.objects.filter(state=State.DRAFT).values_list("pk", flat=True)
    assert set(returned) == {ten[0].pk, ten[2].pk}


def test_a_filter_is_named_and_saved(browse, ten, sam):
    page = browse(sam)
    page.goto("/review/?kind=coupon")
    asked = asked_for(page)
    name = page.locator(".save-filter [name=name]")
    name.press_sequentially("Coupons alone")
    page.wait_for_timeout(FILTERED)

    assert asked == []
    name.press("Enter")
    expect(page.get_by_role("link", name="Coupons alone")).to_be_visible()


def test_a_filter_narrows_as_one_types_and_stays_while_one_decides(browse, ten, aurora, oscar, sam):
    code = lives.social_code(lives.LAMP, title="Creators", **days(9, 12))
    lives.submitted(aurora, code, by=oscar, at=timezone.now())
    page = browse(sam)
    page.goto("/review/")
    page.get_by_label("Kind").select_option("coupon")
    expect(page.get_by_role("link", name="Creators")).to_have_count(0)
    expect(page).to_have_url(re.compile("kind=coupon"))
    page.get_by_label("Kind").press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("o")

    expect(page.get_by_text("1 of 10 in your queue")).to_be_visible()
    approve_by_keyboard(page)
    expect(page.get_by_text("1 of 9 in your queue")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_contain_text(ten[1].reference)


def test_who_finds_a_claim_takes_it_over_by_key(browse, ten, sam, sue):
    claiming.claim(reference=ten[0].reference, by=sue, at=timezone.now())
    page = browse(sam)
    page.goto(f"/requests/{ten[0].reference}/")
    expect(page.get_by_text("Sue is on it")).to_be_visible()

    page.keyboard.press("t")

    expect(page.get_by_text("You are on it")).to_be_visible()


def test_the_queue_fits_a_phone_and_works_without_javascript(browse, ten, sam):
    page = browse(sam, phone=True, scripted=False)
    page.goto("/review/")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.get_by_label("Reference or title").fill("nonsense")
    page.get_by_role("button", name="Filter", exact=True).click()

    expect(page.get_by_text("Nothing that waits matches")).to_be_visible()
