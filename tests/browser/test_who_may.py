"""A quorum of two, a delegate, and a code typed in the form that decides, in a real browser."""

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from promoflow.promotions.models import Decision, State
from promoflow.promotions.services import delegating
from tests import cast
from tests.browser.ahead import days
from tests.promotions import lives


def approve(page, reference):
    page.goto(f"/requests/{reference}/")
    for box in page.get_by_role("checkbox", name="I have read this").all():
        box.check()
    page.get_by_role("button", name="Approve", exact=True).press("Enter")


@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
def test_two_people_approve_what_halves_the_price(browse, aurora, olivia, sam, sue, phone):
    now = timezone.now()
    request = lives.submitted(aurora, lives.deep(**days(10, 13)), by=olivia, at=now)
    first, second = browse(sam, phone=phone), browse(sue, phone=phone)

    approve(first, request.reference)

    expect(first.get_by_text("It takes another person's too.")).to_be_visible()
    assert lives.again(request).state == State.IN_REVIEW
    first.goto(f"/requests/{request.reference}/")
    expect(first.get_by_role("group", name=re.compile("Approvals of 2 people"))).to_contain_text("Sam")
    expect(first.get_by_role("button", name="Approve", exact=True)).to_be_disabled()
    first.goto("/review/")
    expect(first.get_by_text(request.reference)).to_have_count(0)

    approve(second, request.reference)

    expect(second.get_by_text("is approved. An operator marks it live next.")).to_be_visible()
    assert lives.again(request).state == State.APPROVED


def test_a_delegate_decides_and_it_says_on_whose_behalf(browse, aurora, olivia, sam, sue):
    now = timezone.now()
    page = browse(sam)
    page.goto("/absence/")
    page.get_by_label("Who decides in your place").select_option(label="Sue")
    today = timezone.localdate(timezone=ZoneInfo(sam.time_zone))
    page.get_by_label("First day away").fill(today.isoformat())
    page.get_by_label("Last day away").fill((today + timedelta(days=7)).isoformat())
    page.get_by_role("button", name="Name them").click()
    expect(page.get_by_text("decides for Sam in Aurora US")).to_be_visible()
    request = lives.submitted(aurora, lives.coupon(**days(10, 13)), by=olivia, at=now)
    delegate = browse(sue)

    approve(delegate, request.reference)

    expect(delegate.get_by_text("is approved. An operator marks it live next.")).to_be_visible()
    assert Decision.objects.get(request=request).on_behalf_of == sam
    delegate.goto(f"/requests/{request.reference}/")
    expect(delegate.get_by_role("region", name="Decisions")).to_contain_text("on behalf of Sam")
    page.reload()
    page.get_by_role("button", name="End it").click()
    expect(page.get_by_text("Nobody decides in place of Sam now.")).to_be_visible()
    assert delegating.Delegation.objects.get().ended_by == sam


@pytest.mark.parametrize("scripted", [True, False], ids=["scripted", "without JavaScript"])
def test_an_old_session_is_asked_for_a_code_in_the_same_form(browse, aurora, olivia, sam, scripted):
    now = timezone.now()
    request = lives.submitted(aurora, lives.coupon(**days(10, 13)), by=olivia, at=now)
    page = browse(sam, scripted=scripted, confirmed_minutes_ago=11)
    page.goto(f"/requests/{request.reference}/")
    page.get_by_label("Note").first.fill("Stock is there.")
    code = page.get_by_label("Code from your authenticator").first
    code.fill("000000")
    for box in page.get_by_role("checkbox", name="I have read this").all():
        box.check()
    page.get_by_role("button", name="Approve", exact=True).press("Enter")

    expect(page.get_by_role("alert").filter(has_text="Incorrect code").first).to_be_visible()
    expect(page.get_by_label("Note").first).to_have_value("Stock is there.")
    assert lives.again(request).state == State.IN_REVIEW

    page.get_by_label("Code from your authenticator").first.fill(cast.code())
    page.get_by_role("button", name="Approve", exact=True).press("Enter")

    expect(page.get_by_text("is approved. An operator marks it live next.")).to_be_visible()
    assert lives.again(request).state == State.APPROVED
