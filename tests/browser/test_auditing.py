"""An auditor takes a dossier away, sees what an approver saw, and finds and keeps entries by their words."""

import re
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from promoflow.audit.models import SavedSearch
from tests.browser.ahead import days
from tests.browser.doing import asked_for
from tests.promotions import lives, papers
from tests.promotions.lives import LAMP

# By then the filter has asked for what it is to show: it waits 400 milliseconds for more letters.
FILTERED = 700


@pytest.fixture
def approved(aurora, olivia, sam):
    now = timezone.now()
    request = lives.submitted(aurora, lives.coupon(LAMP, **days(10, 13)), by=olivia, at=now)
    lives.approve(request, by=sam, at=now, note="The lamps leave the shelf in spring. 便宜")
    return lives.again(request)


@pytest.mark.usefixtures("chinese_font")
def test_the_dossier_is_downloaded_by_keyboard_alone(browse, approved, ada, settings, chromium_path):
    settings.CHROMIUM = chromium_path
    page = browse(ada)
    page.goto(f"/requests/{approved.reference}/")
    page.get_by_role("link", name="Dossier").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text(approved.reference)

    page.get_by_role("link", name="Download as PDF").focus()
    with page.expect_download() as download:
        page.keyboard.press("Enter")

    assert download.value.suggested_filename == f"{approved.reference}.pdf"
    written = re.sub(r"\s", "", papers.text_of(Path(download.value.path()).read_bytes()))
    assert bytes(approved.newest.digest).hex() in written
    assert "Theshelf" not in written
    assert "Thelampsleavetheshelfinspring.便宜" in written


def test_the_decision_and_its_entry_lead_to_what_the_approver_saw(browse, approved, ada):
    page = browse(ada)
    page.goto(f"/requests/{approved.reference}/")
    page.get_by_text("What exactly was decided").first.click()
    page.get_by_role("link", name="What Sam saw").click()

    expect(page.get_by_role("note")).to_contain_text("As Sam saw it")
    page.get_by_role("link", name="Its entry in the history").click()
    page.get_by_role("link", name="As they saw it").click()
    expect(page.get_by_role("note")).to_contain_text("As Sam saw it")


def test_entries_are_found_by_words_narrowed_by_a_click_and_kept_by_name(browse, approved, ada):
    page = browse(ada)
    page.goto("/history/")
    page.get_by_label("Words").fill("便宜")
    page.keyboard.press("Enter")

    expect(page.locator("#entries mark")).to_have_text("便宜")
    expect(page.locator("#entries tbody tr")).to_have_count(1)
    page.locator("#entries").get_by_role("link", name="Sam", exact=True).click()
    expect(page.locator("#entries mark")).to_have_text("便宜")
    asked = asked_for(page)
    page.get_by_label("Name of this filter").press_sequentially("Cheap, by Sam")
    page.wait_for_timeout(FILTERED)
    assert asked == []
    page.keyboard.press("Enter")

    chip = page.get_by_role("link", name="Cheap, by Sam")
    expect(chip).to_have_attribute("aria-current", "true")
    assert SavedSearch.objects.get().saved_by == ada
    page.get_by_role("button", name="Delete the filter Cheap, by Sam").click()
    expect(page.locator("#messages")).to_contain_text("The filter is deleted.")
    assert not SavedSearch.objects.exists()


def test_what_is_wrong_with_a_filter_stands_beside_its_field_until_it_is_right(browse, approved, ada):
    page = browse(ada)
    page.goto("/history/?since=2026-03-02&until=2026-03-01")
    until = page.locator("#id_until")
    expect(until).to_have_accessible_description(re.compile("before the first one"))

    until.fill("2026-03-05")
    until.dispatch_event("change")
    expect(page.locator(".filters .field-error")).to_have_count(0)
    expect(until).not_to_have_attribute("aria-invalid", "true")

    words = page.get_by_label("Words")
    words.fill("a")
    words.press("Enter")
    expect(words).to_have_accessible_description(re.compile("at least three letters"))
    expect(words).to_have_attribute("aria-invalid", "true")
    assert words.input_value() == "a"
