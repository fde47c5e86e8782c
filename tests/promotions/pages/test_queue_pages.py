"""The queue by page: what it says, how it is narrowed, and how one works through it."""

import re
from datetime import timedelta
from urllib.parse import quote

import pytest
from django.db import connection
from django.urls import reverse

from promoflow.audit.models import Entry
from promoflow.catalog.models import Product, Sku
from promoflow.promotions.forms.filtering import QueueForm
from promoflow.promotions.models import Claim, PromotionRequest, SavedFilter, State
from promoflow.promotions.pages import queue
from promoflow.promotions.services import claiming, drafting, saving
from tests import cast
from tests.answers import text_of
from tests.promotions import lives
from tests.promotions.lives import FLOOR_LAMP, LAMP, NOW, SET
from tests.promotions.typed import approve, typed_on

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]

HTMX = {"HTTP_HX_REQUEST": "true"}
QUEUE = "/review/"


@pytest.fixture
def three(aurora, olivia, oscar):
    """A coupon, a code and a price discount; the discount is first by its deadline, then the code."""
    return {
        "coupon": lives.submitted(aurora, lives.coupon(LAMP, start=14), by=olivia),
        "code": lives.submitted(aurora, lives.social_code(SET, start=12), by=oscar),
        "discount": lives.submitted(aurora, lives.price_discount(FLOOR_LAMP, start=10), by=olivia),
    }


def weigh(request, worst_percent, exposed, warned):
    """As if its products had been other ones; the database itself lets nobody weigh anew."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        PromotionRequest.objects.filter(pk=request.pk).update(
            worst_percent=worst_percent, exposed=exposed, warned=warned
        )
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")


def listed(page):
    """The references in the rows, in order."""
    return re.findall(r'class="request-name"\s+href="[^"]*?/(PR-\d+)/', page)


def queue_of(client, **asked):
    return text_of(client.get(QUEUE, asked))


def page_of(client, request, **asked):
    return text_of(client.get(reverse("request", args=[request.reference]), asked))


# --- What it says ---------------------------------------------------------------------------------------


def test_of_those_with_one_deadline_the_riskiest_is_first_and_the_unlimited_leads(
    client, aurora, olivia, sam
):
    low, deep, unlimited, warned = (lives.submitted(aurora, lives.coupon(LAMP), by=olivia) for _ in range(4))
    weights = ((low, 10, 100, 0), (deep, 45, 100, 0), (unlimited, 45, None, 0), (warned, 10, 100, 2))
    for request, worst, exposed, count in weights:
        weigh(request, worst, exposed, count)
    client.force_login(sam)

    assert listed(queue_of(client)) == [r.reference for r in (warned, unlimited, deep, low)]


@pytest.mark.parametrize("narrowed", [False, True])
def test_a_page_holds_its_part_of_the_queue_and_a_number_beyond_it_the_last(
    client, aurora, olivia, sam, monkeypatch, narrowed
):
    monkeypatch.setattr(queue, "PER_PAGE", 2)
    monkeypatch.setattr(QueueForm, "is_narrowed", narrowed)
    weights = [(10, 100, 0), (10, 200, 0), (10, None, 0), (45, 100, 0), (None, 100, 0), (10, 100, 2)]
    requests = [lives.submitted(aurora, lives.coupon(LAMP), by=olivia) for _ in weights]
    for request, weight in zip(requests, weights, strict=True):
        weigh(request, *weight)
    sooner = lives.submitted(aurora, lives.coupon(LAMP, start=9), by=olivia)
    in_turn = [request.reference for request in (*requests, sooner)][::-1]
    client.force_login(sam)

    for number, part in {"": 0, "1": 0, "2": 1, "4": 3, "5": 3, "9" * 12: 3, "x": 0, "²": 0, "-1": 3}.items():
        assert listed(queue_of(client, page=number)) == in_turn[2 * part :][:2], number


def test_a_row_says_how_deep_how_much_is_at_stake_and_who_is_on_it(client, three, sam, sue):
    claiming.claim(reference=three["coupon"].reference, by=sue, at=NOW)
    weigh(three["coupon"], 20, 500, 1)
    client.force_login(sam)

    page = queue_of(client, kind="coupon")

    assert "20 % off" in " ".join(page.split())
    assert "$500.00" in page
    assert "Sue is on it" in " ".join(page.split())
    assert "Prices and findings are as at the submission" in page
    assert "Olivia" in page


@pytest.mark.parametrize(
    ("hours", "figures"),
    [(0, ["3", "0", "0"]), (8, ["3", "0", "2"]), (22, ["3", "2", "0"])],
    ids=["before the day", "on the day", "too late"],
)
def test_the_counts_tell_all_the_overdue_and_what_is_due_today(
    client, aurora, olivia, sam, monkeypatch, hours, figures
):
    """Two are to be decided by 07:00 UTC on the 23rd, which is a day that begins at 16:00 in Shanghai."""
    for asin, start in ((LAMP, 1), (FLOOR_LAMP, 1), (SET, 14)):
        lives.submitted(aurora, lives.price_discount(asin, start=start), by=olivia)
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW + timedelta(hours=hours))
    client.force_login(sam)

    page = queue_of(client)

    assert re.findall(r'figure-number">(\d+)', page)[:3] == figures


def test_the_overdue_come_first_in_a_section_of_their_own(client, aurora, olivia, sam, monkeypatch):
    soon = lives.submitted(aurora, lives.price_discount(LAMP, start=1), by=olivia)
    later = lives.submitted(aurora, lives.price_discount(SET, start=14), by=olivia)
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW + timedelta(days=1))
    client.force_login(sam)

    page = queue_of(client)

    overdue, _, rest = page.partition('id="to-decide"')
    assert listed(overdue) == [soon.reference]
    assert listed(rest) == [later.reference]


def test_second_looks_lead_and_the_late_ones_are_overdue(client, aurora, olivia, sam, sue, monkeypatch):
    fresh = lives.live(aurora, lives.coupon(LAMP), by=olivia, supervisor=sue, at=NOW + timedelta(hours=9))
    stale = lives.live(aurora, lives.coupon(SET), by=olivia, supervisor=sue)
    waiting = lives.submitted(aurora, lives.coupon(FLOOR_LAMP), by=olivia)
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW + timedelta(hours=9))
    client.force_login(sam)

    page = queue_of(client)

    assert listed(page) == [stale.reference, fresh.reference, waiting.reference]
    assert page.index('id="overdue"') < page.index('id="to-verify"') < page.index('id="to-decide"')


def test_the_figures_count_all_whatever_the_filter(client, aurora, olivia, sam, sue):
    lives.live(aurora, lives.coupon(LAMP), by=olivia, supervisor=sue)
    shown = lives.live(aurora, lives.price_discount(SET), by=olivia, supervisor=sue)
    lives.submitted(aurora, lives.coupon(FLOOR_LAMP), by=olivia)
    client.force_login(sam)

    page = queue_of(client, kind="price_discount")

    assert re.findall(r'figure-number">(\d+)', page) == ["1", "0", "0", "2"]
    assert listed(page) == [shown.reference]


# --- Narrowing ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, ["discount", "code", "coupon"]),
        ({"kind": "coupon"}, ["coupon"]),
        ({"kind": "nonsense", "risk": "x", "store": "x", "person": "-"}, ["discount", "code", "coupon"]),
        ({"q": "creators"}, ["code"]),
        ({"product": LAMP}, ["coupon"]),
        ({"product": "AU-SET"}, ["code"]),
        ({"kind": "coupon", "product": SET}, []),
    ],
)
def test_a_filter_narrows_what_waits(client, aurora, three, sam, asked, found):
    Sku.objects.create(store=aurora, product=three["code"].newest.products.get(), sku="AU-SET")
    client.force_login(sam)

    for answer in (client.get(QUEUE, asked), client.get(QUEUE, asked, **HTMX)):
        assert listed(text_of(answer)) == [three[name].reference for name in found]


def test_a_person_a_store_and_a_reference_narrow_too(client, aurora, three, oscar, sam):
    client.force_login(sam)

    assert listed(queue_of(client, person=oscar.pk)) == [three["code"].reference]
    assert listed(queue_of(client, store=aurora.pk + 1)) == []
    assert listed(queue_of(client, q=three["coupon"].reference)) == [three["coupon"].reference]


def test_every_request_is_in_one_band_of_risk(client, aurora, olivia, sam):
    weights = {
        "high": [(50, 100, 0), (10, None, 0), (None, None, None), (60, None, 3)],
        "warned": [(49, 100, 1)],
        "low": [(49, 100, 0)],
    }
    expected = {}
    for band, cases in weights.items():
        for worst, exposed, warned in cases:
            request = lives.submitted(aurora, lives.coupon(LAMP), by=olivia)
            weigh(request, worst, exposed, warned)
            expected.setdefault(band, set()).add(request.reference)
    client.force_login(sam)

    assert {band: set(listed(queue_of(client, risk=band))) for band in weights} == expected


def test_the_choices_name_what_waits_with_its_number(client, three, sam):
    client.force_login(sam)

    page = queue_of(client)

    assert "Coupon (1)" in page
    assert "Olivia (2)" in page
    assert "Oscar (1)" in page
    assert "Best Deal" not in page


@pytest.mark.parametrize("page", [QUEUE, "/requests/"])
def test_what_is_looked_for_is_found_in_any_width_and_case(page, client, aurora, three, sam):
    code = three["code"]
    Sku.objects.create(store=aurora, product=code.newest.products.get(), sku="AU-SET")
    asin = code.newest.products.get().asin
    client.force_login(sam)

    def wide(text):
        return "".join(chr(ord(letter) + 0xFEE0) for letter in text)

    for asked in (
        {"q": wide(code.reference)},
        {"product": wide(asin)},
        {"product": "au-set"},
        {"product": wide("au-set")},
    ):
        found = text_of(client.get(page, asked))
        assert code.reference in found, asked
        assert three["coupon"].reference not in found, asked


def test_the_store_is_asked_for_where_there_are_several(client, aurora, three, olivia, sam):
    client.force_login(sam)
    assert 'name="store"' not in queue_of(client)

    other = cast.store("Borealis US", merchant_id="A2BOREALIS00000")
    Product.objects.create(store=other, asin=LAMP, title="Lamp", price=20, floor_price=5)
    lives.submitted(other, lives.coupon(LAMP), by=cast.grant(olivia, other, "operator"))
    cast.grant(sam, other, "supervisor")

    page = queue_of(client)
    assert "Borealis US (1)" in page
    assert len(listed(queue_of(client, store=other.pk))) == 1


def test_what_an_address_keeps_of_a_filter_is_what_could_be_read():
    form = QueueForm({"kind": "coupon", "risk": "evil", "q": "  lamp & co ", "next": "//evil.example"})

    assert form.kept == "q=lamp+%26+co&kind=coupon"


# --- Saved filters --------------------------------------------------------------------------------------


def test_a_filter_is_saved_applied_and_deleted(client, three, sam):
    client.force_login(sam)

    saved = client.post("/review/filters/", {"queue": "kind=coupon&evil=1", "name": " Coupons "})
    page = text_of(client.get(saved.url))
    kept = SavedFilter.objects.get()
    client.post(f"/review/filters/{kept.pk}/delete/", {"queue": "kind=coupon"})

    assert (saved.status_code, saved.url) == (303, "/review/?kind=coupon")
    assert (kept.name, kept.query, kept.saved_by) == ("Coupons", "kind=coupon", sam)
    assert 'href="/review/?kind=coupon"' in page
    assert 'aria-current="true"' in page
    assert SavedFilter.objects.count() == 0


def test_a_filter_of_the_same_name_gives_way(client, sam):
    for query in ("kind=coupon", "kind=social_code"):
        saving.save(name="Mine", query=query, by=sam, at=NOW)

    assert SavedFilter.objects.get().query == "kind=social_code"


def test_a_filter_without_a_name_or_without_a_filter_is_refused_beside_the_field(client, three, sam):
    client.force_login(sam)

    nameless = client.post("/review/filters/", {"queue": "kind=coupon", "name": " "})
    empty = client.post("/review/filters/", {"queue": "", "name": "Everything"})

    assert nameless.status_code == empty.status_code == 422
    assert "Name the filter" in text_of(nameless)
    assert "Nothing narrows the queue" in text_of(empty)
    assert SavedFilter.objects.count() == 0


def test_more_filters_than_anybody_finds_again_are_refused(client, sam):
    for number in range(saving.MOST):
        saving.save(name=f"Filter {number}", query="kind=coupon", by=sam, at=NOW)
    client.force_login(sam)

    response = client.post("/review/filters/", {"queue": "kind=coupon", "name": "One more"})

    assert response.status_code == 422
    assert "Delete one first" in text_of(response)
    assert SavedFilter.objects.count() == saving.MOST


def test_nobody_sees_or_deletes_anothers_filter(client, sam, sue):
    mine = saving.save(name="Sams own", query="kind=coupon", by=sam, at=NOW)
    client.force_login(sue)

    assert "Sams own" not in queue_of(client)
    assert client.post(f"/review/filters/{mine.pk}/delete/").status_code == 404
    assert SavedFilter.objects.count() == 1


# --- Working through it ---------------------------------------------------------------------------------


def test_previous_and_next_follow_the_order_of_the_queue(client, three, sam):
    client.force_login(sam)

    page = " ".join(page_of(client, three["code"]).split())

    assert f'rel="prev" href="/requests/{three["discount"].reference}/"' in page
    assert f'rel="next" href="/requests/{three["coupon"].reference}/"' in page
    assert "2 of 3 in your queue" in page


def test_previous_and_next_keep_the_filter(client, aurora, three, olivia, sam):
    later = lives.submitted(aurora, lives.coupon(SET, start=20), by=olivia)
    client.force_login(sam)

    page = " ".join(page_of(client, three["coupon"], queue="kind=coupon").split())

    assert f'rel="next" href="/requests/{later.reference}/?queue={quote("kind=coupon", safe="")}"' in page
    assert 'rel="prev"' not in page
    assert "1 of 2 in your queue" in page
    assert 'href="/review/?kind=coupon"' in page


@pytest.mark.parametrize("asked", [{}, {"kind": "coupon"}], ids=["all", "narrowed"])
def test_what_one_wrote_in_whatever_part_waits_for_others(client, aurora, olivia, sam, sue, asked):
    cast.grant(sam, aurora, "operator")
    created = lives.submit(lives.drafted(aurora, lives.coupon(LAMP, start=10), by=sam), by=olivia)
    handed_in = lives.submit(lives.drafted(aurora, lives.coupon(LAMP, start=20), by=olivia), by=sam)
    edited = lives.drafted(aurora, lives.coupon(LAMP, start=30), by=olivia)
    drafting.edit(reference=edited.reference, revision=1, typed=lives.coupon(LAMP, start=40), by=sam, at=NOW)
    edited = lives.submit(edited, by=olivia)
    of_olivia = lives.submitted(aurora, lives.coupon(LAMP, start=50), by=olivia)
    theirs = [request.reference for request in (created, handed_in, edited)]

    client.force_login(sam)
    mine, _, others = queue_of(client, **asked).partition("3 more wait for other supervisors")
    client.force_login(sue)
    page = queue_of(client, **asked)

    assert (listed(mine), listed(others)) == ([of_olivia.reference], theirs)
    assert listed(page) == [*theirs, of_olivia.reference]
    assert "for other supervisors" not in page


def test_who_decides_nothing_is_shown_no_queue(client, three, oscar, ada):
    for person in (oscar, ada):
        client.force_login(person)

        assert "in your queue" not in page_of(client, three["coupon"])


def test_after_a_decision_the_next_of_the_same_filter_opens(client, aurora, three, olivia, sam):
    later = lives.submitted(aurora, lives.coupon(SET, start=20), by=olivia)
    client.force_login(sam)
    typed = typed_on(page_of(client, three["coupon"], queue="kind=coupon"))

    response = approve(client, three["coupon"], {**typed, "queue": "kind=coupon"})

    assert response.url == f"/requests/{later.reference}/?queue=kind%3Dcoupon"


def test_what_was_skipped_comes_again_after_the_last(client, three, sam):
    client.force_login(sam)

    response = approve(client, three["coupon"], typed_on(page_of(client, three["coupon"])))

    assert response.url == f"/requests/{three['discount'].reference}/"


def test_the_last_of_a_filter_leads_to_what_became_of_it(client, three, sam):
    client.force_login(sam)
    seen = lives.as_shown(three["code"])["revision"]

    response = client.post(
        f"/requests/{three['code'].reference}/return/",
        {"revision": seen, "note": "Shorter.", "queue": "kind=social_code"},
    )

    assert response.url == f"/requests/{three['code'].reference}/?queue=kind%3Dsocial_code"


def test_a_refused_decision_keeps_the_filter(client, three, sam):
    client.force_login(sam)
    typed = typed_on(page_of(client, three["coupon"])) | {"revision": "0" * 64, "queue": "kind=coupon"}

    page = text_of(approve(client, three["coupon"], typed))

    assert page.count('name="queue" value="kind=coupon"') >= 2


# --- Claims ---------------------------------------------------------------------------------------------


def test_a_claim_is_made_shown_and_released_by_page(client, three, sam):
    reference = three["coupon"].reference
    client.force_login(sam)

    made = client.post(f"/requests/{reference}/claim/", {"queue": "kind=coupon"})
    shown = page_of(client, three["coupon"])
    client.post(f"/requests/{reference}/release/")

    assert (made.status_code, made.url) == (303, f"/requests/{reference}/?queue=kind%3Dcoupon")
    assert "You are on it" in shown
    assert Claim.objects.get().released_by == sam


def test_anothers_claim_warns_and_is_taken_over_by_page(client, three, sam, sue):
    reference = three["coupon"].reference
    first = claiming.claim(reference=reference, by=sue, at=NOW)
    client.force_login(sam)
    shown = page_of(client, three["coupon"])

    refused = approve(client, three["coupon"], typed_on(shown, note="Fine for a weekend."))
    client.post(f"/requests/{reference}/claim/", {"over": first.pk})
    approved = approve(client, three["coupon"], typed_on(shown))

    assert "Sue is on it" in " ".join(shown.split())
    assert refused.status_code == 409
    assert "Somebody else is on this" in text_of(refused)
    assert "The rules refuse this" not in text_of(refused)
    assert "Take it over first" in text_of(refused)
    assert "Fine for a weekend." in text_of(refused)
    assert approved.status_code == 303


# --- Several at once ------------------------------------------------------------------------------------


def picked(*requests):
    return [f"{request.reference}:{lives.as_shown(request)['revision']}" for request in requests]


def test_those_that_are_ticked_are_returned_and_each_says_what_came_of_it(client, three, sam):
    gone = three["discount"]
    typed = {"picked": picked(three["coupon"], gone), "note": "Shorter.", "queue": "kind=coupon"}
    lives_before = lives.as_shown(gone)["revision"]
    client.force_login(sam)
    client.post(f"/requests/{gone.reference}/reject/", {"revision": lives_before, "note": "Never."})

    response = client.post("/review/return/", typed, follow=True)

    page = text_of(response)
    assert response.redirect_chain == [("/review/?kind=coupon", 303)]
    assert f"{three['coupon'].reference} is returned." in page
    assert f"{gone.reference} is not returned. {gone.reference} is rejected." in page
    assert lives.again(three["coupon"]).state == State.DRAFT
    assert lives.again(three["code"]).state == State.IN_REVIEW


def test_returning_several_without_a_note_or_a_tick_says_so_and_keeps_both(client, three, sam):
    client.force_login(sam)
    ticked = picked(three["coupon"])

    noteless = client.post("/review/return/", {"picked": ticked, "note": " "})
    tickless = client.post("/review/return/", {"note": "Shorter."})
    damaged = client.post("/review/return/", {"picked": ["PR-1:zz"], "note": "Shorter."})

    assert noteless.status_code == tickless.status_code == damaged.status_code == 422
    assert re.search(rf'value="{ticked[0]}"[^>]*checked', text_of(noteless))
    assert "Requests: Tick those that you return." in text_of(tickless)
    assert "Shorter." in text_of(tickless)
    assert "This page is damaged" in text_of(damaged)
    assert not Entry.objects.filter(event="request.returned").exists()


def test_a_refusal_stays_on_its_page_and_its_pager_leads_back_to_the_queue(
    client, monkeypatch, aurora, three, olivia, sam
):
    monkeypatch.setattr(queue, "PER_PAGE", 2)
    client.force_login(sam)
    [ticked] = re.findall(r'name="picked"[^>]*value="([^"]+)"', queue_of(client, page=2, kind=""))

    refused = text_of(client.post("/review/return/", {"picked": [ticked], "note": " ", "page": "2"}))

    assert re.findall(r'name="picked"[^>]*value="([^"]+)"[^>]*checked', refused) == [ticked]
    assert '<input type="hidden" name="page" value="2">' in refused
    assert 'href="/review/?page=1"' in refused
    assert client.get("/review/?page=1").status_code == 200


def test_the_queue_offers_no_approval(client, three, sam):
    client.force_login(sam)

    page = queue_of(client)

    assert page.count('name="picked"') == 3
    assert "/review/return/" in page
    assert "approve" not in page.lower()
