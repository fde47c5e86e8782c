"""A reviewer in a real browser: all that matters on one screen, and the page worked by keyboard alone."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from promoflow.promotions.models import Comment, State
from promoflow.promotions.services import discussing, drafting
from tests import cast
from tests.browser.ahead import days
from tests.promotions import lives
from tests.promotions.lives import FLOOR_LAMP, LAMP, SET


def in_review(store, typed, *, by):
    return lives.submitted(store, typed, by=by, at=timezone.now())


def sent_back(request, *, by, **more):
    at = timezone.now()
    lives.send_back(request, by=by, at=at, note="Less.", **more)
    return lives.again(request)


def changed(request, typed, *, by):
    number = lives.again(request).newest.number
    drafting.edit(reference=request.reference, revision=number, typed=typed, by=by, at=timezone.now())
    return lives.submit(request, by=by, at=timezone.now())


def bottom_of(page, part):
    box = part.bounding_box()
    return box["y"] + box["height"]


@pytest.mark.parametrize("asins", [[LAMP], [LAMP, FLOOR_LAMP, SET]], ids=["one product", "three products"])
def test_all_that_matters_is_on_one_screen(browse, aurora, olivia, sam, asins):
    request = in_review(aurora, lives.coupon(*asins, percent="25.00", **days(10, 13)), by=olivia)
    request = sent_back(request, by=sam)
    request = changed(request, lives.coupon(*asins, percent="20.00", **days(10, 13)), by=olivia)
    page = browse(sam)
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(f"/requests/{request.reference}/")

    for name in (
        *("What happens next", "What the rules find now", "What runs, and when"),
        *("Changed since you saw revision 1", "Your decision", "Decisions and comments", "Who wrote it"),
    ):
        part = page.get_by_role("region", name=name)
        assert bottom_of(page, part) <= 800, name
    for part in (page.locator(".glance"), page.get_by_role("table", name="Products").first):
        assert bottom_of(page, part) <= 800
    for name in ("Takes off", "When", "Worst price"):
        expect(page.locator(".glance").get_by_role("heading", name=name)).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("button", name="Approve")).to_be_in_viewport(ratio=1)
    assert page.evaluate("scrollY") == 0


def test_on_the_phone_one_reads_first_and_decides_then(browse, aurora, olivia, sam):
    request = in_review(aurora, lives.coupon(LAMP, FLOOR_LAMP, **days(10, 13)), by=olivia)
    page = browse(sam, phone=True)
    page.goto(f"/requests/{request.reference}/")

    places = [
        page.get_by_role("region", name=name).bounding_box()["y"]
        for name in ("What happens next", "2 products", "What the rules find now", "What runs, and when")
    ]
    decision = page.get_by_role("region", name="Your decision").bounding_box()["y"]
    assert [*places, decision] == sorted([*places, decision])
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_each_warning_is_acknowledged_by_keyboard(browse, aurora, olivia, sam):
    request = in_review(aurora, lives.social_code(LAMP, one_per_customer=False, **days(10, 13)), by=olivia)
    page = browse(sam)
    page.goto(f"/requests/{request.reference}/")
    boxes = page.get_by_role("checkbox", name="I have read this and take it into account")
    assert boxes.count() > 0

    for number in range(boxes.count()):
        page.get_by_role("button", name="Approve").press("Enter")
        expect(boxes.nth(number)).to_be_focused()
        page.keyboard.press("Space")
    page.get_by_role("button", name="Approve").press("Enter")

    expect(page.get_by_text("is approved. An operator marks it live next.")).to_be_visible()


@pytest.mark.parametrize("scripted", [True, False], ids=["scripted", "without JavaScript"])
def test_a_return_points_to_fields_and_the_operator_finds_them(browse, aurora, olivia, sam, scripted):
    request = in_review(aurora, lives.coupon(LAMP, **days(10, 13)), by=olivia)
    page = browse(sam, scripted=scripted)
    page.goto(f"/requests/{request.reference}/")

    page.get_by_text("Return…").press("Enter")
    note = page.get_by_label("What should change, and why")
    if scripted:
        expect(note).to_be_focused()
    note.fill("Half of it is enough.")
    page.get_by_role("checkbox", name="Budget").check()
    page.get_by_role("button", name="Return for changes", exact=True).click()
    expect(page.get_by_text("is returned. Its operator reads your note.")).to_be_visible()
    edit = browse(olivia, scripted=scripted)
    edit.goto(f"/requests/{request.reference}/edit/")

    expect(edit.get_by_role("region", name="Sam returned it:")).to_contain_text("To change: Budget")
    expect(edit.get_by_role("textbox", name="Budget")).to_have_accessible_description(
        "Sam asks to change this: Half of it is enough."
    )
    assert lives.again(request).state == State.DRAFT


def test_a_name_is_completed_behind_an_at_by_keyboard(browse, aurora, olivia, sam):
    cast.grant(cast.person("Olaf Berg"), aurora, "auditor")
    request = in_review(aurora, lives.coupon(LAMP, **days(10, 13)), by=olivia)
    page = browse(sam)
    page.goto(f"/requests/{request.reference}/")

    page.locator("details.say > summary").press("Enter")
    box = page.get_by_label("Comment", exact=True)
    expect(box).to_be_focused()
    page.keyboard.type("Well, @ol")
    options = page.get_by_role("option")
    expect(options).to_have_text(["Olaf Berg", "Olivia"])
    page.keyboard.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(box).to_have_value("Well, @Olivia ")
    page.keyboard.type("see PR-1")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Say it").press("Enter")

    expect(page.locator("li.comment:target")).to_contain_text("Sam to Olivia")
    expect(page.locator("li.comment .mention")).to_have_text("@Olivia")
    assert Comment.objects.get().mentions == [olivia.pk]


def test_a_comment_names_people_without_javascript(browse, aurora, olivia, sam):
    request = in_review(aurora, lives.coupon(LAMP, **days(10, 13)), by=olivia)
    page = browse(sam, scripted=False)
    page.goto(f"/requests/{request.reference}/")

    page.locator("details.say > summary").press("Enter")
    page.get_by_label("Comment", exact=True).fill("Is the stock there?")
    page.get_by_role("group", name="Tell").get_by_label("Olivia").check()
    page.get_by_role("button", name="Say it").click()

    expect(page.locator("li.comment")).to_contain_text("Sam to Olivia")


def test_a_discussion_meanwhile_does_not_refuse_what_is_on_the_screen(browse, aurora, olivia, sam):
    request = in_review(aurora, lives.coupon(LAMP, **days(10, 13)), by=olivia)
    page = browse(sam)
    page.goto(f"/requests/{request.reference}/")
    at = timezone.now()
    seen = lives.as_shown(request, at=at)["revision"]
    discussing.say(reference=request.reference, by=olivia, at=at, revision=seen, body="It is for Friday.")

    page.get_by_role("button", name="Approve").press("Enter")

    expect(page.get_by_text("is approved. An operator marks it live next.")).to_be_visible()


def test_content_that_changed_meanwhile_is_shown_with_its_differences_and_not_approved(
    browse, aurora, olivia, sam
):
    request = in_review(aurora, lives.coupon(LAMP, **days(10, 13)), by=olivia)
    page = browse(sam)
    page.goto(f"/requests/{request.reference}/")
    changed(request, lives.coupon(LAMP, FLOOR_LAMP, percent="35.00", **days(10, 13)), by=olivia)

    page.get_by_role("button", name="Approve").press("Enter")

    refusal = page.get_by_role("region", name="This changed while you were reading")
    expect(refusal).to_be_focused()
    expect(refusal).to_contain_text("Olivia has changed")
    expect(refusal).to_contain_text("Discount: 20 % off → 35 % off")
    expect(refusal).to_contain_text(f"Products: added {FLOOR_LAMP}")
    assert lives.again(request).state == State.IN_REVIEW
