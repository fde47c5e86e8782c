"""What is typed outlives the session it was begun in."""

import re

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.urls import reverse
from playwright.sync_api import expect

from promoflow.promotions.models import PromotionRequest
from tests import cast
from tests.browser.doing import draft


def session_of(page):
    [cookie] = [one for one in page.context.cookies() if one["name"] == settings.SESSION_COOKIE_NAME]
    return SessionStore(cookie["value"])


def leave_unused(page, minutes):
    session = session_of(page)
    session["last_use_at"] -= minutes * 60
    session.save()


def test_a_form_half_typed_before_lunch_is_saved_after_signing_in_in_another_tab(browse, aurora, olivia):
    page = browse(olivia)
    page.goto(reverse("desk"))
    draft(page)
    expect(page.locator("#panel")).to_contain_text("$15.99")
    title = page.get_by_role("textbox", name="Title")

    leave_unused(page, minutes=30)
    title.fill("Lamps for longer nights")

    notice = page.locator("#signed-out")
    expect(notice).to_contain_text("What you typed is still on this page")
    expect(notice).to_be_in_viewport()
    expect(title).to_have_value("Lamps for longer nights")

    other = page.context.new_page()
    other.goto(reverse("account_login"))
    expect(other.locator("#messages")).to_contain_text("nothing was done here for 30 minutes")
    other.locator("[name=login]").fill(olivia.email)
    other.locator("[name=password]").fill(cast.PASSWORD)
    other.locator("[name=password]").press("Enter")
    other.wait_for_url("**/")
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(notice).to_be_empty()
    page.get_by_role("button", name="Save draft").click()

    expect(page).to_have_url(re.compile("/requests/PR-"))
    assert PromotionRequest.objects.get().created_by == olivia


def test_a_text_that_is_typed_and_not_sent_keeps_its_session(browse, aurora, olivia):
    page = browse(olivia)
    page.goto(reverse("preferences"))
    leave_unused(page, minutes=29)
    before = session_of(page)["last_use_at"]

    with page.expect_response("**/here/"):
        page.locator("#content").dispatch_event("input")

    assert session_of(page)["last_use_at"] > before + 28 * 60
