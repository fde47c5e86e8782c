"""The desk on a small laptop: nothing is cut off, and what belongs together stands at one line."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import User
from accounts.roles import OPERATOR
from accounts.services import grants
from tests import cast
from tests.browser.ahead import days
from tests.promotions import lives
from tests.promotions.lives import FLOOR_LAMP, LAMP

pytestmark = pytest.mark.django_db(transaction=True)

# Where the text of the element begins.
BEGINS = """one => {
  const text = document.createRange();
  text.selectNodeContents(one);
  return Math.round(text.getBoundingClientRect().left);
}"""


# How many lines the text of the element takes.
LINES = """one => {
  const text = document.createRange();
  text.selectNodeContents(one);
  return new Set([...text.getClientRects()].map((line) => Math.round(line.bottom))).size;
}"""


def laptop(browse, person):
    page = browse(person)
    page.set_viewport_size({"width": 1280, "height": 800})
    return page


def lines_of(fields):
    return {round(field.bounding_box()["y"]) for field in fields.all()}


def test_no_list_of_the_desk_is_cut_off(browse, aurora, olivia, sam):
    lives.approved(aurora, lives.social_code(LAMP, **days(100, 103)), by=olivia, supervisor=sam)
    lives.live(aurora, lives.price_discount(FLOOR_LAMP, **days(1, 4)), by=olivia, supervisor=sam)
    page = laptop(browse, olivia)
    # The narrowest window that has two lists beside each other.
    page.set_viewport_size({"width": 1200, "height": 800})

    page.goto(reverse("desk"))

    lists = page.locator(".sections .table-scroll")
    expect(lists.first).to_be_visible()
    for one in lists.all():
        assert one.evaluate("one => one.scrollWidth <= one.clientWidth")


def test_a_title_begins_where_the_first_column_begins(browse, aurora, olivia, sam):
    request = lives.submitted(aurora, lives.coupon(LAMP, **days(10, 13)), by=olivia)
    page = laptop(browse, sam)

    for address, title, first in (
        (reverse("desk"), "#to-decide-title", "#to-decide tbody td"),
        (reverse("request", args=[request.reference]), "#findings", ".products thead th"),
    ):
        page.goto(address)
        begins = [page.locator(one).first.evaluate(BEGINS) for one in (title, first)]
        assert begins[0] == begins[1], address


def test_a_long_sentence_leaves_the_buttons_beside_the_heading(browse, aurora, mia):
    page = laptop(browse, mia)

    page.goto(reverse("policy-list"))

    buttons, content = page.locator(".page-actions").bounding_box(), page.locator("main").bounding_box()
    assert buttons["x"] > content["x"] + content["width"] / 2


def test_what_filters_the_requests_stands_in_one_line(browse, aurora, olivia):
    lives.drafted(aurora, lives.coupon(LAMP), by=olivia)
    page = laptop(browse, olivia)

    page.goto(reverse("request-list"))

    assert len(lines_of(page.locator(".filters .field"))) == 1


def test_a_name_in_a_report_takes_two_lines_at_most(browse, aurora, ada, olivia, sam):
    olivia.name = "Margaret Zhou 周敏"
    olivia.save(update_fields=["name"])
    lives.approved(aurora, lives.coupon(LAMP, **days(10, 13)), by=olivia, supervisor=sam, at=timezone.now())
    page = laptop(browse, ada)
    page.set_viewport_size({"width": 1024, "height": 800})

    page.goto(reverse("report", args=["approvals"]))

    name = page.locator("tbody td > span", has_text=olivia.name).first
    line = name.evaluate("one => parseFloat(getComputedStyle(one).lineHeight)")
    assert name.bounding_box()["height"] < 2.5 * line


def test_grants_with_long_names_and_addresses_fit_a_laptop(browse, aurora, ada, mia):
    at = timezone.now()
    pat = cast.person("Katharina Wilhelmina", email="katharina.wilhelmina@a-long-brand.example")
    User.objects.filter(pk=mia.pk).update(name="Margaret Zhou 周敏")
    grants.grant(to=pat, store=aurora, role=OPERATOR, by=mia, at=at - timedelta(minutes=9))
    grants.revoke(from_=pat, store=aurora, role=OPERATOR, by=mia, at=at)
    page = laptop(browse, ada)

    for language in ("en", "zh-hans"):
        User.objects.filter(pk=ada.pk).update(language=language)
        page.goto(reverse("report", args=["grants"]))

        region = page.locator("#report .table-scroll")
        expect(region).to_contain_text(pat.email)
        assert region.evaluate("part => part.scrollWidth <= part.clientWidth"), language


def test_reports_in_chinese_fit_a_laptop_and_no_head_is_written_downwards(browse, aurora, ada, olivia, sam):
    night = timezone.now().replace(hour=19, minute=0) - timedelta(days=2)
    request = lives.submitted(
        aurora, lives.coupon(LAMP, percent="50.00", **days(10, 13)), by=olivia, at=night
    )
    lives.approve(request, by=sam, at=night, note="Good for five days, not longer, and then no more.")
    User.objects.filter(pk=ada.pk).update(language="zh-hans")
    page = laptop(browse, ada)

    for code in ("approvals", "deeds"):
        page.goto(reverse("report", args=[code]))

        assert page.locator("#report .table-scroll").evaluate("part => part.scrollWidth <= part.clientWidth")
        heads = page.locator("#report thead th").all()
        assert max(head.evaluate(LINES) for head in heads) <= 3, code


def test_a_printed_request_has_no_fields_to_fill_in(browse, aurora, olivia, sam):
    request = lives.submitted(aurora, lives.coupon(LAMP, **days(10, 13)), by=olivia)
    page = laptop(browse, sam)
    page.goto(reverse("request", args=[request.reference]))

    page.emulate_media(media="print")

    for field in page.locator("main textarea, main input:not([type=hidden])").all():
        expect(field).to_be_hidden()
    expect(page.get_by_role("region", name="Who wrote it")).to_be_visible()
