"""What if in a real browser: type, read the price, lower it, draft what holds."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from promoflow.promotions.models import PromotionRequest
from tests.browser.ahead import day
from tests.promotions.lives import LAMP


def discount(page, letter):
    return page.locator(f"#id_{letter}-discount_value")


@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
def test_a_free_lamp_is_seen_before_anybody_drafts_it(browse, aurora, olivia, phone):
    page = browse(olivia, phone=phone, dark=phone)
    page.goto(f"/stores/{aurora.pk}/products/{LAMP}/")
    page.get_by_role("link", name="What if…").click()
    answer = page.locator("#answer")
    expect(answer).to_contain_text("$15.99")

    discount(page, "a").fill("50")
    page.get_by_role("button", name="Add a promotion").click()
    expect(page.locator("#trial-b")).to_be_focused()
    assert discount(page, "a").input_value() == "50"
    discount(page, "b").press_sequentially("5 0 %", delay=60)
    expect(answer).to_contain_text("free")
    expect(answer).to_contain_text("These two kinds never meet (coupon, social code)")
    expect(page.locator("#id_b-discount_value")).to_be_focused()

    discount(page, "b").fill("soon")
    expect(page.locator("#id_b-discount_value_said")).to_contain_text("is not a number")
    expect(answer).to_contain_text("$9.99")

    discount(page, "b").fill("10")
    expect(answer).to_contain_text("$7.99")
    page.locator("#trial-a").get_by_role("button", name="Take it").click()
    expect(discount(page, "a")).to_have_value("40")
    expect(answer).to_contain_text("just at the floor of $9.99")
    expect(page.locator("#id_b-discount_value_said")).to_be_empty()

    page.locator("#id_b-kind").select_option("percentage_off")
    expect(page.locator("#id_b-claim_type")).to_be_visible()
    assert discount(page, "b").input_value() == "10"
    page.reload()
    expect(answer).to_contain_text("just at the floor of $9.99")
    query = parse_qs(urlsplit(page.url).query)
    assert (query["a-discount_value"], query["b-kind"]) == (["40"], ["percentage_off"])
    if phone:
        assert page.evaluate("document.documentElement.scrollWidth") == 390

    page.locator("#trial-a").get_by_role("link", name="Draft this").click()
    expect(page.get_by_role("heading", name="New request: Coupon")).to_be_visible()
    expect(page.get_by_label("ASINs or SKUs")).to_have_value(LAMP)
    expect(page.locator("#id_discount_value")).to_have_value("40")
    expect(page.get_by_label("First day")).to_have_value(day(3))
    expect(page.locator("#panel")).to_contain_text("$11.99")
    assert not PromotionRequest.objects.exists()


def test_it_is_done_by_keyboard_alone(browse, aurora, olivia):
    page = browse(olivia)
    page.goto(f"/stores/{aurora.pk}/products/{LAMP}/what-if/")

    page.get_by_role("button", name="Add a promotion").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#trial-b")).to_be_focused()
    for _step in range(3):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#trial-b")).to_have_count(0)
    expect(page.get_by_role("button", name="Add a promotion")).to_be_focused()
    discount(page, "a").focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("30")
    page.keyboard.press("Enter")

    expect(page.locator("#answer")).to_contain_text("$13.99")
    expect(discount(page, "a")).to_be_focused()


def test_it_works_without_javascript(browse, aurora, olivia):
    page = browse(olivia, scripted=False)
    page.goto(f"/stores/{aurora.pk}/products/{LAMP}/what-if/")

    discount(page, "a").fill("50")
    page.get_by_role("button", name="Add a promotion").click()
    discount(page, "b").fill("50")
    page.get_by_role("button", name="Work it out").last.click()
    expect(page.locator("#answer")).to_contain_text("free")
    page.get_by_role("button", name="Remove B").click()

    expect(page.locator("#answer")).to_contain_text("$9.99")
    assert not re.search(r"[?&]do=", page.url)


def test_what_is_typed_last_never_stops_a_deed(browse, aurora, olivia):
    page = browse(olivia)
    page.goto(f"/stores/{aurora.pk}/products/{LAMP}/what-if/")
    page.route(re.compile("[?&]do="), lambda route: (page.wait_for_timeout(900), route.continue_()))

    discount(page, "a").fill("35")
    page.get_by_role("button", name="Add a promotion").click()

    expect(page.locator("#trial-b")).to_be_focused()
    expect(discount(page, "a")).to_have_value("35")
    expect(page.locator("#answer")).to_contain_text("$12.99")
