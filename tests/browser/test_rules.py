"""The matrix of the rules: pressed with the mouse, with the keyboard, and without scripts."""

import pytest
from playwright.sync_api import expect

from promoflow.policies import content, selectors
from promoflow.policies.services import drafting
from tests.policies import drafts
from tests.promotions import lives

PAIR = "pairs.coupon.price_discount"


@pytest.fixture
def draft(live_server, aurora, mia):
    return drafting.open(by=mia, at=lives.NOW)


def saved_verdict():
    return content.values(content.decode(selectors.open_draft().newest.body))[PAIR]


def cell(page):
    return page.get_by_role("button", name="Coupon and Price Discount")


@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
def test_a_cell_goes_on_to_the_next_verdict_and_its_mirror_follows(browse, draft, mia, phone):
    page = browse(mia, phone=phone, dark=phone)
    page.goto("/policies/draft/edit/")
    mirror = page.locator(f"[data-mirrors='id_{PAIR}']")
    expect(cell(page)).to_have_accessible_name("Coupon and Price Discount: Warn")

    cell(page).click()
    expect(cell(page)).to_have_accessible_name("Coupon and Price Discount: May meet")
    expect(mirror.locator(".verdict-may-meet")).to_have_count(1)
    cell(page).click()

    expect(cell(page)).to_have_accessible_name("Coupon and Price Discount: Block")
    expect(mirror.locator(".verdict-block")).to_have_count(1)
    page.get_by_label("What changes").fill("Coupons keep away.")
    page.get_by_role("button", name="Save the draft").click()
    expect(page.get_by_role("term").filter(has_text="Coupon and Price Discount")).to_be_visible()
    assert saved_verdict() == "block"
    if phone:
        assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_the_keyboard_alone_changes_a_cell_and_saves(browse, draft, mia):
    page = browse(mia)
    page.goto("/policies/draft/edit/")

    page.get_by_label("What changes").fill("Coupons keep away.")
    cell(page).focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Coupon and Social media promo code")).to_be_focused()
    page.get_by_label("What changes").focus()
    page.get_by_role("button", name="Save the draft").press("Enter")

    expect(page.get_by_role("heading", name="What it would block")).to_be_visible()
    assert saved_verdict() == "block"


def test_without_scripts_a_cell_is_a_choice(browse, draft, mia):
    page = browse(mia, scripted=False)
    page.goto("/policies/draft/edit/")

    page.get_by_label("What changes").fill("Coupons keep away.")
    page.get_by_label("Coupon and Price Discount", exact=True).select_option("block")
    page.get_by_role("button", name="Save the draft").click()

    expect(page.get_by_role("heading", name="What it would block")).to_be_visible()
    assert saved_verdict() == "block"


def test_what_was_drafted_is_published_by_another_and_alarms(browse, aurora, mia, olivia, sam, sue, draft):
    drafting.discard(by=mia, at=lives.NOW)
    request = lives.approved(aurora, lives.coupon(percent="10.00"), by=olivia, supervisor=sam)
    lives.approved(aurora, lives.price_discount(percent="10.00"), by=olivia, supervisor=sam)
    drafts.drafted({PAIR: "block"}, by=mia)
    page = browse(sue)
    page.goto("/policies/draft/")

    page.get_by_role("button", name="Publish").click()

    expect(page.get_by_text("Policy 2 is in force. 2 alarms were raised.")).to_be_visible()
    page.goto(f"/requests/{request.reference}/")
    page.get_by_label("Why it may stay").fill("It ends tomorrow.")
    page.get_by_role("button", name="Settle the alarm").click()
    expect(page.get_by_text(f"The alarm of {request.reference} is settled.")).to_be_visible()
