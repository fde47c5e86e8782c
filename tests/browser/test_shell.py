"""The shell in a real browser: themes, menus, dialogs, focus, and what htmx does with each answer."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.urls("tests.web.addresses")


def test_a_breach_of_the_policy_is_noticed(page, complaints):
    page.goto("/inline/")

    assert page.title() == "x"
    assert [complaint for complaint in complaints if "Content Security Policy" in complaint] != []
    complaints.clear()


def test_the_first_tab_leads_past_the_navigation(page):
    page.goto("/trial/")

    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")

    assert page.evaluate("document.activeElement.id") == "content"


def test_a_chosen_theme_stays_and_stands_before_the_first_paint(browse):
    page = browse(dark=True)
    page.goto("/trial/")
    assert page.locator("html").get_attribute("data-bs-theme") == "dark"

    page.get_by_role("button", name="Switch between light and dark").click()
    page.goto("/trial/", wait_until="commit")

    expect(page.locator("html")).to_have_attribute("data-bs-theme", "light")


def test_times_are_said_by_the_browser_as_by_the_desk(page):
    page.goto("/trial/")
    time = page.locator("time[data-relative]")
    assert time.text_content() == "3 hours ago"

    page.clock.install()
    page.goto("/trial/")
    page.clock.run_for(31_000)

    assert time.text_content() == "3 hours ago"


def test_a_menu_closes_on_escape_and_gives_the_focus_back(browse, mia):
    page = browse(mia)
    page.goto("/trial/")
    menu = page.locator(".side-person details")

    menu.locator("summary").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")

    expect(page.get_by_role("button", name="Sign out")).to_be_hidden()
    expect(menu.locator("summary")).to_be_focused()


@pytest.mark.parametrize("scripted", [True, False])
def test_a_phone_reaches_every_part_with_and_without_javascript(browse, mia, scripted):
    page = browse(mia, phone=True, scripted=scripted)
    page.goto("/trial/")

    page.get_by_text("Menu", exact=True).click()
    page.get_by_role("link", name="Products").click()

    assert page.url.endswith("/product-list/")


def test_a_phone_never_scrolls_sideways(browse, mia):
    page = browse(mia, phone=True)
    page.goto("/trial/?wrong=1")

    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_a_dialog_asks_and_without_javascript_a_page_does(browse, page):
    page.goto("/trial/")
    page.get_by_role("link", name="Stop it").click()
    expect(page.get_by_role("dialog", name="Stop it?")).to_be_visible()
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_role("dialog")).to_be_hidden()

    plain = browse(scripted=False)
    plain.goto("/trial/")
    plain.get_by_role("link", name="Stop it").click()
    assert plain.url.endswith("/product-list/")


def test_wrong_input_takes_the_focus_to_what_is_wrong(page):
    page.goto("/trial/?wrong=1")

    assert page.evaluate("document.activeElement.textContent").split()[:2] == ["2", "things"]


def test_a_refusal_of_a_part_is_read_at_the_top(page):
    page.goto("/trial/")

    page.get_by_role("button", name="Refuse").click()

    refusal = page.locator("#refusal .refusal")
    expect(refusal).to_contain_text("Mei saved revision 3.")
    expect(refusal).to_be_focused()
    expect(page.locator("#part")).to_be_empty()


def test_a_failure_is_told_and_never_put_into_a_part(page, complaints):
    page.goto("/trial/")

    page.get_by_role("button", name="Break").click()
    expect(page.locator("#refusal")).to_contain_text("The desk failed")
    page.get_by_role("button", name="Miss").click()
    expect(page.locator("#refusal")).to_contain_text("There is no such page")

    expect(page.locator("#part")).to_be_empty()
    assert len(complaints) > 0
    complaints.clear()


def test_a_desk_that_does_not_answer_is_told(page, complaints):
    page.goto("/trial/")
    page.context.set_offline(True)

    page.get_by_role("button", name="Fetch").click()

    expect(page.locator("#refusal")).to_contain_text("The desk did not answer")
    complaints.clear()


def test_a_part_comes_alone_and_a_deed_moves_the_page(page):
    page.goto("/trial/")
    page.get_by_role("button", name="Fetch").click()
    expect(page.locator("#part")).to_contain_text("Here.")
    assert page.locator("#part main").count() == 0

    page.get_by_role("button", name="Do").click()

    page.wait_for_url("**/product-list/")


# The contrast of an element's ring with the page around it.
RING = """one => {
  one.focus();
  one.style.transition = "none";
  const pixel = document.createElement("canvas").getContext("2d");
  const light = (colour) => {
    pixel.fillStyle = colour;
    pixel.fillRect(0, 0, 1, 1);
    const [red, green, blue] = [...pixel.getImageData(0, 0, 1, 1).data]
      .map((part) => part / 255)
      .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05;
  };
  const ring = light(getComputedStyle(one).outlineColor);
  const ground = light(getComputedStyle(document.body).backgroundColor);
  return Math.max(ring, ground) / Math.min(ring, ground);
}"""


@pytest.mark.parametrize("dark", [False, True])
def test_where_the_focus_is_stands_out_on_links_buttons_and_fields(browse, mia, dark):
    page = browse(mia, dark=dark)
    page.goto("/trial/")
    page.keyboard.press("Tab")

    for one in ("a.nav-entry", ".btn.theme-toggle", ".form-control"):
        assert page.locator(one).first.evaluate(RING) >= 3, one
