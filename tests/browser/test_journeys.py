"""From draft to live in a real browser: two people, each with their own, and nothing but what they see."""

import re

import pytest
from allauth.mfa.utils import is_mfa_enabled
from playwright.sync_api import expect

from promoflow.promotions.models import PromotionRequest, State
from tests.browser.doing import draft, read_off_seller_central
from tests.cast import PASSWORD, code


def sign_in(page, person):
    """Through the door, by keyboard alone."""
    page.goto("/")
    page.get_by_label("Email").focus()
    page.keyboard.type(person.email)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    if is_mfa_enabled(person):
        page.get_by_label("Code").focus()
        page.keyboard.type(code())
        page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="My desk")).to_be_visible()


@pytest.mark.parametrize(
    ("phone", "scripted"),
    [(False, True), (True, True), (False, False)],
    ids=["desktop", "phone", "without JavaScript"],
)
def test_two_people_take_a_request_from_draft_to_live(browse, aurora, olivia, sam, phone, scripted):
    operator = browse(phone=phone, scripted=scripted)
    sign_in(operator, olivia)
    draft(operator)
    if scripted:
        expect(operator.locator("#panel")).to_contain_text("$15.99")
    else:
        operator.get_by_role("button", name="Check").click()
        expect(operator.locator("#panel")).to_contain_text("$15.99")
    assert not PromotionRequest.objects.exists()
    operator.get_by_role("button", name="Save draft").click()
    expect(operator.get_by_role("heading", name="Lamps for the long nights")).to_be_visible()
    operator.get_by_role("button", name="Submit").click()
    request = PromotionRequest.objects.get()
    assert request.state == State.IN_REVIEW

    supervisor = browse(phone=phone, scripted=scripted)
    sign_in(supervisor, sam)
    supervisor.get_by_role("link", name="Lamps for the long nights").first.click()
    expect(supervisor.get_by_text("Aurora desk lamp, warm white").first).to_be_visible()
    supervisor.get_by_label("Note").first.fill("Stock is there.")
    supervisor.get_by_role("button", name="Approve").focus()
    supervisor.keyboard.press("Enter")
    expect(supervisor.get_by_text("is approved. An operator marks it live next.")).to_be_visible()

    operator.goto("/")
    operator.get_by_role("link", name="Lamps for the long nights").first.click()
    operator.get_by_role("link", name="Mark live").click()
    operator.get_by_label("Amazon's promotion id").fill("A2NW32V27GZS2T")
    read_off_seller_central(operator, discount="2")
    operator.get_by_role("button", name="Mark live").click()
    expect(operator.get_by_text(re.compile("Approved is: 20"))).to_be_visible()
    operator.get_by_label("Discount", exact=True).fill("20")
    operator.get_by_role("button", name="Mark live").click()
    expect(operator.get_by_text("is live. Another person reads it off Seller Central")).to_be_visible()

    supervisor.goto("/")
    supervisor.get_by_role("link", name="Lamps for the long nights").first.click()
    supervisor.get_by_role("link", name="Take the second look").click()
    read_off_seller_central(supervisor)
    supervisor.get_by_role("button", name="Verify").click()
    expect(supervisor.get_by_text("is verified: two people have read the same")).to_be_visible()

    timeline = supervisor.get_by_role("region", name="History")
    for told in ("Drafted", "Submitted", "Approved", "Tried to mark it live", "Marked the promotion live"):
        expect(timeline.get_by_text(re.compile(told)).first).to_be_visible()
    expect(timeline.get_by_text("Stock is there.")).to_be_visible()
    assert PromotionRequest.objects.get().activation.verified_by == sam
    if phone:
        assert supervisor.evaluate("document.documentElement.scrollWidth") == 390
