"""Both incidents of F003, opened in the demonstration: why not, at what price, and when it is safe."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from promoflow.catalog.models import Store
from promoflow.promotions.management.demonstration import incidents, joint, loading, past, people, present
from promoflow.promotions.management.demonstration.clock import Clock
from promoflow.promotions.models import PromotionRequest, State
from promoflow.rulebook import zones
from promoflow.rulebook.kinds import COUPON


@pytest.fixture
def clock(live_server, monkeypatch):
    """The times of a demonstration with nothing in it but the incidents, and what stands beside them."""
    for chapter in (past, present, joint):
        monkeypatch.setattr(chapter, "lives", lambda clock: ())
    now = timezone.now()
    loading.load(at=now)
    return Clock(now)


@pytest.fixture
def drafts(clock):
    return loading.by_purpose(Store.objects.get(name=loading.NAME), clock)


@pytest.fixture
def mei(drafts):
    return people.find(people.CAST[0])


def day(instant, form):
    return zones.local(instant, "America/Los_Angeles").strftime(form).replace(" 0", " ")


def submit(page):
    return page.get_by_role("button", name="Submit")


@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
def test_the_social_code_on_the_wrong_product(browse, drafts, mei, phone):
    draft, coupon = drafts[incidents.WRONG_PRODUCT], drafts[incidents.COUPON_ON_THE_OTHER]
    page = browse(mei, phone=phone, dark=phone)

    page.goto(f"/requests/{draft.reference}/")

    finding = page.locator(".finding", has_text="Blocks")
    expect(finding).to_contain_text("Aurora Halo Speaker Gen 3, Bluetooth, White")
    expect(finding).to_contain_text(f"{coupon.reference} (coupon, 45 % off) runs on B0DAUHS3WH")
    expect(finding).to_contain_text("These two kinds never meet (social code, coupon)")
    expect(finding).to_contain_text("together they would give it away for $0.00; its floor is $32.00")
    expect(finding).to_contain_text(f"Start it on {day(coupon.newest.ends_at, '%b %d')}, 00:00 (P")
    expect(finding.locator(".sum")).to_contain_text("Shoppers would pay")
    expect(submit(page)).to_be_disabled()
    expect(page.get_by_text("The rules forbid this as it stands.")).to_be_visible()
    if phone:
        assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_the_right_product_is_the_way_out_of_the_first(browse, drafts, mei):
    """The operator sees which speaker it is, takes the other one, and may submit."""
    draft = drafts[incidents.WRONG_PRODUCT]
    page = browse(mei)
    page.goto(f"/requests/{draft.reference}/")
    page.get_by_role("link", name="Edit").click()
    expect(page.locator("#panel")).to_contain_text("$0.00")

    page.get_by_label("ASINs or SKUs").fill("AU-HS2-WHT")
    expect(page.locator("#panel")).to_contain_text("$27.00")
    page.get_by_role("button", name="Save changes").click()

    expect(page.get_by_text("Aurora Halo Speaker Gen 2, Bluetooth, White").first).to_be_visible()
    submit(page).click()
    expect(page.get_by_text("waits for a supervisor's decision")).to_be_visible()
    assert PromotionRequest.objects.get(pk=draft.pk).state == State.IN_REVIEW


def test_the_coupon_set_four_hours_too_early(browse, clock, drafts, mei):
    draft, code = drafts[incidents.TOO_EARLY], drafts[incidents.CODE_BEFORE]
    page = browse(mei)

    page.goto(f"/requests/{draft.reference}/")

    finding = page.locator(".finding", has_text="Blocks")
    over = day(code.newest.ends_at, "%b %d")
    expect(finding).to_contain_text(
        f"{code.reference} (social code, 50 % off) runs on B0DAURV900 until {over}, 22:00 (P"
    )
    expect(finding).to_contain_text(f"and this one may start as early as {over}, 18:00")
    expect(finding).to_contain_text("together they would give it away for $0.00; its floor is $179.00")
    expect(finding).to_contain_text(f"Start it on {day(clock.day(6), '%b %d')} (P")
    expect(submit(page)).to_be_disabled()


def test_the_earliest_safe_start_is_the_way_out_of_the_second(browse, clock, drafts, mei):
    draft = drafts[incidents.TOO_EARLY]
    page = browse(mei)
    page.goto(f"/requests/{draft.reference}/edit/")

    page.locator(".ways-out").get_by_role("button").first.click()
    expect(page.locator("#panel")).not_to_contain_text("These two kinds never meet")
    page.get_by_role("button", name="Save changes").click()
    submit(page).click()

    expect(page.get_by_text("waits for a supervisor's decision")).to_be_visible()
    moved = PromotionRequest.objects.get(pk=draft.pk)
    assert moved.newest.starts_at == clock.day(6)
    assert (moved.state, moved.newest.kind) == (State.IN_REVIEW, COUPON)
