"""The second look on a phone: from the queue, blind, with a screenshot, and the stop beside it."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from promoflow.promotions.models import Attachment, State
from promoflow.promotions.services import running
from tests.browser.ahead import days
from tests.browser.doing import read_off_seller_central
from tests.promotions import attachments, lives
from tests.promotions.lives import LAMP


@pytest.fixture
def live(aurora, olivia, sam):
    """A coupon on the lamp, ten days ahead, marked live just now."""
    typed = lives.coupon(LAMP, **days(10, 13))
    return lives.live(aurora, typed, by=olivia, supervisor=sam, at=timezone.now())


def is_as_wide_as_the_screen(page):
    return page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_a_phone_verifies_a_live_promotion_from_the_queue(browse, live, sue):
    phone = browse(sue, phone=True)
    phone.goto("/review/")
    phone.get_by_role("link", name="Verify", exact=True).click()
    assert LAMP not in phone.get_by_role("main").inner_text()
    assert is_as_wide_as_the_screen(phone)

    # What it shows otherwise is refused, and stands side by side at once.
    read_off_seller_central(phone, discount="50")
    phone.get_by_role("button", name="Verify").click()
    expect(phone.get_by_text("Approved is: 20 % off.")).to_be_visible()
    expect(phone.get_by_role("heading", name="Side by side")).to_be_visible()
    expect(phone.get_by_role("complementary", name="Alarms")).to_contain_text("not set as approved")
    assert is_as_wide_as_the_screen(phone)

    # Corrected in Seller Central and read off again, with a screenshot.
    read_off_seller_central(phone)
    shot = {"name": "shot.png", "mimeType": "image/png", "buffer": attachments.picture()}
    phone.get_by_label("Screenshot").set_input_files(files=[shot])
    phone.get_by_role("button", name="Verify").click()
    expect(phone.get_by_text("is verified: two people have read the same")).to_be_visible()
    expect(phone.get_by_role("img", name="Screenshot")).to_be_visible()
    expect(phone.get_by_role("complementary", name="Alarms")).to_have_count(0)
    assert is_as_wide_as_the_screen(phone)
    assert lives.again(live).activation.verified_by == sue
    assert Attachment.objects.get().added_by == sue


@pytest.mark.parametrize("scripted", [True, False], ids=["scripted", "without JavaScript"])
def test_a_phone_stops_it_from_the_second_look(browse, live, sue, scripted):
    phone = browse(sue, phone=True, scripted=scripted)
    phone.goto(f"/requests/{live.reference}/verify/")

    phone.get_by_role("complementary").get_by_role("link", name="Stop").click()
    phone.get_by_role("button", name="Stop it now").click()

    expect(phone.get_by_text("is stopped here")).to_be_visible()
    assert lives.again(live).state == State.ENDED


def test_a_value_of_the_checklist_is_copied_with_one_press(browse, aurora, olivia, sam, live):
    typed = lives.coupon(lives.SET, **days(10, 13))
    request = lives.approved(aurora, typed, by=olivia, supervisor=sam, at=timezone.now())
    page = browse(olivia)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"/requests/{request.reference}/live/")

    page.get_by_role("button", name=re.compile("Copy Products")).click()

    expect(page.get_by_role("button", name=re.compile("Copied Products"))).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == lives.SET


def test_what_may_start_after_a_stop_is_read_in_one_line(browse, live, sue):
    running.stop(reference=live.reference, by=sue, at=live.newest.starts_at + timedelta(hours=1))
    page = browse(sue)
    page.goto(f"/requests/{live.reference}/")

    cell = page.get_by_role("region", name="Until it is really gone").get_by_role("cell").first
    lines = "cell => cell.clientHeight / parseFloat(getComputedStyle(cell).lineHeight)"
    assert cell.evaluate(lines) < 3


@pytest.mark.parametrize("name", ["request-verify", "request-shorten"])
def test_what_is_wrong_keeps_its_distance_from_the_form_below(browse, live, sue, name):
    page = browse(sue)
    page.goto(reverse(name, args=[live.reference]))
    page.locator("#content form[method=post]").last.evaluate("form => form.requestSubmit()")

    wrong = page.locator(".notice-error")
    expect(wrong).to_be_focused()
    gap = "box => box.nextElementSibling.getBoundingClientRect().top - box.getBoundingClientRect().bottom"
    assert wrong.evaluate(gap) >= 12
