"""The pictures in a real browser: days and products by keyboard, the calendar, and a phone."""

import pytest
from playwright.sync_api import expect

from promoflow.catalog.models import Product
from tests.browser.ahead import day
from tests.browser.doing import draft
from tests.promotions import lives
from tests.promotions.lives import FLOOR_LAMP, LAMP


@pytest.fixture
def request_on_two(aurora, olivia, oscar, sam):
    """A social code on two lamps, of which a coupon holds one; both begin in some days."""
    at = lives.NOW.now(lives.NOW.tzinfo)
    start = (at - lives.NOW).days + 10
    lives.approved(aurora, lives.coupon(FLOOR_LAMP, start=start), by=oscar, supervisor=sam, at=at)
    typed = lives.social_code(LAMP, FLOOR_LAMP, percent="45.00", start=start)
    return lives.drafted(aurora, typed, by=olivia, at=at)


def test_days_and_products_are_changed_by_keyboard_alone(browse, sam, request_on_two):
    page = browse(sam)
    page.goto(f"/requests/{request_on_two.reference}/")
    days, product = page.locator("#picture-days"), page.locator(".picture-product")
    at_first = days.text_content()
    expect(product).to_contain_text(FLOOR_LAMP)

    later = page.get_by_role("link", name="Later")
    later.focus()
    page.keyboard.press("Enter")
    expect(days).not_to_have_text(at_first)
    # The focus stays where it was, so that one can go on.
    expect(later).to_be_focused()
    further = days.text_content()
    page.keyboard.press("Enter")
    expect(days).not_to_have_text(further)
    page.get_by_role("link", name=LAMP, exact=True).focus()
    page.keyboard.press("Enter")
    expect(product).to_contain_text(LAMP)
    page.reload()
    expect(product).to_contain_text(LAMP)
    page.get_by_role("link", name="As at first").focus()
    page.keyboard.press("Enter")

    expect(days).to_have_text(at_first)
    expect(page.locator("h1")).to_have_count(1)


def test_without_javascript_the_same_ways_are_pages(browse, sam, request_on_two):
    page = browse(sam, scripted=False)
    page.goto(f"/requests/{request_on_two.reference}/")
    at_first = page.locator("#picture-days").text_content()

    page.get_by_role("link", name=LAMP, exact=True).click()
    page.get_by_role("link", name="Wider").click()

    assert page.url.endswith("#picture")
    expect(page.locator("#picture-days")).not_to_have_text(at_first)
    expect(page.locator(".picture-product")).to_contain_text(LAMP)
    expect(page.get_by_role("heading", name="History")).to_be_visible()


@pytest.mark.parametrize("scripted", [True, False])
def test_beside_the_form_the_picture_follows_what_is_typed(browse, olivia, aurora, scripted):
    page = browse(olivia, scripted=scripted)
    page.goto("/")
    draft(page)
    if not scripted:
        page.get_by_role("button", name="Check").click()
    panel = page.locator("#panel")
    expect(panel.locator("svg[role=img]")).to_contain_text("This draft")
    at_first = panel.locator("#picture-days").text_content()

    panel.get_by_role("button", name="Earlier").click()

    expect(panel.locator("#picture-days")).not_to_have_text(at_first)
    # Looking saves nothing and loses nothing.
    expect(page.get_by_label("First day")).to_have_value(day(10))
    page.get_by_label("First day").fill(day(11))
    page.get_by_label("Last day").fill(day(40))
    if scripted:
        expect(panel.locator("#picture-days")).not_to_have_text(at_first)
    assert not page.url.endswith("days=")


def test_the_calendar_is_opened_filtered_and_turned(browse, sam, request_on_two, aurora):
    page = browse(sam)
    page.goto("/")
    page.get_by_role("link", name="Calendar").first.click()
    expect(page.get_by_role("heading", name="Calendar")).to_be_visible()
    title = page.locator("#calendar-title")
    page.goto(f"{page.url}?from={day(10)}")
    at_first = title.text_content()
    expect(page.locator("#calendar svg[role=img]")).to_contain_text("Coupon, 20 % off")

    page.get_by_label("Kind").select_option("social_code")
    expect(page.get_by_text("Nothing matches in these days")).to_be_visible()
    assert "kind=social_code" in page.url
    page.get_by_label("Kind").select_option("coupon")
    expect(page.locator("#calendar svg[role=img]")).to_contain_text("Coupon, 20 % off")
    page.get_by_label("Lanes").select_option("request")
    expect(page.locator("#calendar svg[role=img]")).to_contain_text("Save on lamps")
    expect(title).to_have_text(at_first)

    page.get_by_role("link", name="Next").focus()
    page.keyboard.press("Enter")
    expect(title).not_to_have_text(at_first)
    expect(page.get_by_role("link", name="Next")).to_be_focused()
    assert "kind=coupon" in page.url
    page.go_back()
    expect(title).to_have_text(at_first)
    expect(page.get_by_label("Lanes")).to_have_value("request")
    page.get_by_role("combobox", name="Days").select_option("week")
    expect(title).not_to_have_text(at_first)
    page.locator("#calendar").get_by_role("link", name="Save on lamps").click()
    expect(page.get_by_role("heading", name="Save on lamps")).to_be_visible()


def test_on_a_phone_all_of_a_picture_is_seen_at_once(browse, sam, request_on_two, aurora):
    page = browse(sam, phone=True, dark=True)
    page.goto("/")
    product = f"/stores/{aurora.pk}/products/{FLOOR_LAMP}/"

    for width in (390, 360):
        page.set_viewport_size({"width": width, "height": 844})
        for address in (f"/requests/{request_on_two.reference}/", product, f"{product}what-if/"):
            page.goto(address)

            region = page.locator(".picture")
            assert region.evaluate("part => part.scrollWidth <= part.clientWidth")
            for bar in page.locator(".picture-bar").all():
                box = bar.bounding_box()
                assert 0 <= box["x"] < box["x"] + box["width"] <= width
            assert scale_of(region) >= 0.99

    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto("/")
    page.goto(product)
    assert page.locator(".picture.is-narrow").count() == 0


def test_beside_a_family_no_window_is_cut_off(browse, aurora, oscar, sam):
    parent = Product.objects.create(store=aurora, asin="B0PARENT01", title="Lamps, all sizes")
    Product.objects.filter(asin__in=[LAMP, FLOOR_LAMP]).update(parent=parent)
    at = lives.NOW.now(lives.NOW.tzinfo)
    by_the_hour = lives.social_code(FLOOR_LAMP, start=(at - lives.NOW).days + 10)
    for end in ("starts_at", "ends_at"):
        by_the_hour[end] = by_the_hour[end].replace("T08:", "T17:")
    lives.approved(aurora, by_the_hour, by=oscar, supervisor=sam, at=at)
    page = browse(sam)
    page.goto(f"/stores/{aurora.pk}/products/{LAMP}/")
    touching = page.locator(".table-scroll:has(> .stacked)", has_text="through its family")

    for width in (390, 1300, 1366, 1440, 1600):
        page.set_viewport_size({"width": width, "height": 900})

        assert touching.evaluate("part => part.scrollWidth <= part.clientWidth"), width


def scale_of(region):
    """Pixels to a unit of the picture: from one on its text is as large as the style sheet says."""
    return region.locator("svg").evaluate(
        "svg => svg.getBoundingClientRect().width / svg.viewBox.baseVal.width"
    )


def test_on_a_phone_a_month_is_seen_at_once(browse, sam, request_on_two, aurora):
    page = browse(sam, phone=True, dark=True)
    page.goto("/")

    for width in (390, 360):
        page.set_viewport_size({"width": width, "height": 844})
        for query in ("", "&lanes=request&length=week"):
            page.goto(f"/stores/{aurora.pk}/calendar/?from={day(10)}{query}")

            assert page.evaluate("document.documentElement.scrollWidth") == width
            region = page.locator(".picture")
            assert region.evaluate("part => part.scrollWidth <= part.clientWidth")
            assert scale_of(region) >= 0.99
            for bar in region.locator("svg[role=img] .picture-bar").all():
                box = bar.bounding_box()
                assert 0 <= box["x"] < box["x"] + box["width"] <= width


def test_before_a_phone_has_said_so_the_pictures_scroll_inside_their_cards(
    browse, sam, request_on_two, aurora
):
    for address in (
        f"/requests/{request_on_two.reference}/",
        f"/stores/{aurora.pk}/calendar/?from={day(10)}",
        f"/stores/{aurora.pk}/calendar/?from={day(10)}&lanes=request&length=week",
    ):
        page = browse(sam, phone=True, dark=True)
        page.goto(address)

        assert page.evaluate("document.documentElement.scrollWidth") == 390
        region = page.locator(".picture")
        assert region.evaluate("part => part.scrollWidth > part.clientWidth")
        assert scale_of(region) >= 0.99


def test_on_paper_the_whole_picture_and_its_table_are_there(browse, sam, request_on_two):
    page = browse(sam)
    page.goto(f"/requests/{request_on_two.reference}/")
    page.set_viewport_size({"width": 718, "height": 1000})
    page.emulate_media(media="print")

    card = page.locator("#picture")
    expect(card.locator("table").first).to_be_visible()
    expect(card.locator(".picture-moves")).to_be_hidden()
    expect(page.locator(".side")).to_be_hidden()
    assert card.locator(".picture").evaluate("part => part.scrollWidth <= part.clientWidth")
