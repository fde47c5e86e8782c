"""The pages of drafting: choosing, filling in, checking, saving, copying, submitting, withdrawing."""

import re
from decimal import Decimal
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import reverse

from accounts.roles import OPERATOR
from promoflow.audit.models import Entry
from promoflow.catalog.models import Product
from promoflow.promotions import checker
from promoflow.promotions.content import decode
from promoflow.promotions.models import PromotionRequest, State
from promoflow.promotions.services import drafting
from tests import cast
from tests.answers import text_of
from tests.promotions import lives
from tests.promotions.lives import FLOOR_LAMP, LAMP, NOW, SET
from tests.promotions.typed import COUPON, SOCIAL

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]

HTMX = {"HTTP_HX_REQUEST": "true"}
PAYLOAD = "<img src=x onerror=alert(1)>"


@pytest.fixture
def as_olivia(client, olivia):
    client.force_login(olivia)
    return client


def new(client, store, typed, kind="coupon", **changed):
    return client.post(reverse("request-new"), {"store": store.pk, "kind": kind} | typed | changed)


def check(client, store, typed, kind="coupon", *, fragment=True, **changed):
    sent = {"store": store.pk, "kind": kind} | typed | changed
    return client.post(reverse("request-check"), sent, **(HTMX if fragment else {}))


def edit(client, request, typed, revision=1, **changed):
    sent = {"reference": request.reference, "revision": revision} | typed | changed
    return client.post(reverse("request-edit", args=[request.reference]), sent)


# --- Choosing -------------------------------------------------------------------------------------------


def test_only_stores_where_one_is_operator_can_be_chosen(as_olivia, olivia, aurora):
    cast.store("Borealis", merchant_id="A2BOREALIS12345")
    mine = cast.store("Aurora UK", marketplace_id="A1F83G8C2ARO7P", merchant_id="A2AURORA7654321")
    cast.grant(olivia, mine, OPERATOR)

    page = text_of(as_olivia.get(reverse("request-new")))

    assert "Aurora US" in page
    assert "Aurora UK" in page
    assert "Borealis" not in page
    assert page.count('name="kind"') == 7


def test_who_is_operator_of_no_store_is_told_whom_to_ask(client, sam):
    client.force_login(sam)

    assert "You are an operator of no store" in text_of(client.get(reverse("request-new")))


@pytest.mark.parametrize(("who", "status"), [("olivia", 200), ("sam", 403), ("stranger", 404)])
def test_the_form_opens_for_operators_of_the_store_alone(client, aurora, request, who, status):
    client.force_login(request.getfixturevalue(who))

    response = client.get(reverse("request-new"), {"store": aurora.pk, "kind": "coupon"})

    assert response.status_code == status
    assert client.post(
        reverse("request-new"), {"store": aurora.pk, "kind": "coupon"} | COUPON
    ).status_code == (303 if status == 200 else status)
    assert PromotionRequest.objects.exists() == (status == 200)


def test_an_unknown_kind_or_store_leads_back_to_choosing(as_olivia, aurora):
    assert "What kind of promotion?" in text_of(as_olivia.get(reverse("request-new"), {"kind": "raffle"}))
    for store in ("x", "9" * 8, "9" * 5000):
        assert as_olivia.get(reverse("request-new"), {"kind": "coupon", "store": store}).status_code == 404


def test_a_draft_sent_after_the_session_ended_leads_back_to_its_form_which_says_that_it_was_not_saved(
    client, aurora, olivia
):
    client.force_login(olivia)
    page = client.get(reverse("request-new"), {"store": aurora.pk, "kind": "coupon"}).text
    action = unescape(re.search(r'id="draft".*?action="([^"]+)"', page, re.DOTALL)[1])
    client.logout()
    asked = client.post(action, {"store": aurora.pk, "kind": "coupon"} | COUPON)
    client.force_login(olivia)

    sign_in = unescape(re.search(r'href="([^"]+next=[^"]+)"', asked.text)[1])
    back = client.get(parse_qs(urlsplit(sign_in).query)["next"][0], follow=True)

    assert "New request: Coupon" in back.text
    assert back.text.count("nor by what you sent before you signed in") == 1
    assert "unsent" not in back.text
    assert not PromotionRequest.objects.exists()
    assert "nor by what you sent" not in client.get(back.redirect_chain[-1][0]).text


# --- Saving a new draft ---------------------------------------------------------------------------------


def test_a_draft_is_saved_and_its_page_opens(as_olivia, aurora):
    response = new(as_olivia, aurora, COUPON)

    made = PromotionRequest.objects.get()
    assert (response.status_code, response.url) == (303, reverse("request", args=[made.reference]))
    assert made.state == State.DRAFT
    assert decode(made.newest.body)["discount_value"] == "20.00"


def test_wrong_input_is_refused_beside_its_field_and_kept(as_olivia, aurora):
    response = new(
        as_olivia, aurora, COUPON, title="Lamps", discount_value="60%", asins=f"{LAMP}, B0XXXXXXX1"
    )

    page = text_of(response)
    assert response.status_code == 422
    assert not PromotionRequest.objects.exists()
    assert 'id="id_discount_value_error"' in page
    assert 'value="60%"' in page
    assert 'value="Lamps"' in page
    assert f"{LAMP}, B0XXXXXXX1</textarea>" in page
    assert "B0XXXXXXX1 is not in Aurora US. Check the ASIN or import the listing first." in page


def test_what_is_wrong_is_listed_in_the_order_of_the_page(as_olivia, aurora):
    page = text_of(new(as_olivia, aurora, {}))

    listed = re.findall(r'<li><a href="#([\w-]+)">', page)
    assert len(listed) > 3
    assert listed == sorted(listed, key=lambda field: re.search(f'<[^>]* id="{field}', page).start())


def test_what_people_type_is_never_markup(as_olivia, aurora):
    Product.objects.filter(asin=LAMP).update(title=PAYLOAD)

    refused = text_of(new(as_olivia, aurora, COUPON, title=PAYLOAD, discount_value=PAYLOAD, search=PAYLOAD))
    checked = text_of(check(as_olivia, aurora, COUPON, asins=f"{LAMP} {PAYLOAD}"))

    assert PAYLOAD not in refused
    assert PAYLOAD not in checked
    assert "&lt;img src=x onerror=alert(1)&gt;" in refused
    assert "&lt;img" in checked


# --- Checking -------------------------------------------------------------------------------------------


def test_the_panel_says_what_it_would_do_and_saves_nothing(as_olivia, olivia, sam, aurora):
    lives.approved(aurora, lives.coupon(LAMP), by=olivia, supervisor=sam)
    before = Entry.objects.count()

    response = check(as_olivia, aurora, SOCIAL, "social_code", discount_value="40")

    page = text_of(response)
    assert response.status_code == 200
    assert "<html" not in page
    assert "Blocked for 1 reason" in page
    assert "This request (social code, 40 % off)" in page
    assert "These two kinds never meet" in page
    assert 'value="start 2026-12-0' in page
    assert PromotionRequest.objects.count() == 1
    assert Entry.objects.count() == before


def test_not_checked_is_never_no_conflict(as_olivia, aurora):
    page = text_of(check(as_olivia, aurora, COUPON, asins=""))

    assert "Not checked yet" in page
    assert "<li>Products</li>" in page
    assert "Nothing stands against it" not in page


def test_a_panel_of_known_products_still_names_the_unknown(as_olivia, aurora):
    page = text_of(check(as_olivia, aurora, COUPON, asins=f"{LAMP} B0XXXXXXX1"))

    assert "Cannot be saved like this" in page
    assert "What is refused below was not checked." in page
    assert "Nothing stands against it" not in page
    beside = page[page.index('id="products"') :]
    assert "B0XXXXXXX1 is not in Aurora US" in beside
    assert "Aurora desk lamp" in beside


def test_the_page_checks_without_javascript_too(as_olivia, aurora):
    response = check(as_olivia, aurora, COUPON, fragment=False, do="check", title="")

    page = text_of(response)
    assert response.status_code == 200
    assert "<html" in page
    assert "The lowest price a shopper could reach" in page
    assert 'value="20%"' in page
    assert "Give it a title." not in page


def test_a_way_out_is_put_into_the_form(as_olivia, olivia, sam, aurora):
    lives.approved(aurora, lives.coupon(LAMP), by=olivia, supervisor=sam)
    typed = SOCIAL | {"one_per_customer": "on", "discount_value": "10"}
    blocked = text_of(check(as_olivia, aurora, typed, "social_code"))
    do = re.search(r'value="(start [^"]+)"', blocked)[1]

    moved = check(as_olivia, aurora, typed, "social_code", do=do)

    page = text_of(moved)
    assert "<html" not in page
    assert 'id="draft"' in page
    assert "Nothing stands against it" in page
    assert f'value="{SOCIAL["starts_on"]}"' not in page


def test_the_greatest_discount_is_put_into_the_form(as_olivia, aurora):
    Product.objects.filter(asin=LAMP).update(floor_price=Decimal("17.00"))

    page = text_of(check(as_olivia, aurora, COUPON))
    assert "Make it 14 % off" in page
    lowered = text_of(check(as_olivia, aurora, COUPON, do="discount 14"))

    assert re.search(r'name="discount_value"\s+value="14"', lowered)
    assert "Blocked" not in lowered


def test_products_are_added_and_removed_without_typing(as_olivia, aurora):
    added = text_of(check(as_olivia, aurora, COUPON, do=f"add {FLOOR_LAMP}"))
    removed = text_of(check(as_olivia, aurora, COUPON, asins=f"{LAMP} {SET} what", do=f"remove {LAMP}"))

    assert f"{LAMP}\n{FLOOR_LAMP}</textarea>" in added
    assert "Aurora floor lamp" in added
    assert f"{SET}\nwhat</textarea>" in removed


def test_products_are_searched_in_this_store_alone(as_olivia, aurora):
    other = cast.store("Borealis", merchant_id="A2BOREALIS12345")
    Product.objects.create(store=other, asin="B0BOREALI1", title="Borealis lamp", price=Decimal(5))

    found = text_of(check(as_olivia, aurora, COUPON, do="search", search="lamp"))
    whole = text_of(check(as_olivia, aurora, COUPON, do="search", search="lamp", fragment=False))

    assert f"add {FLOOR_LAMP}" in found
    assert f"add {LAMP}" not in found  # chosen already
    assert "Borealis" not in found
    assert "<html" not in found
    assert f"add {FLOOR_LAMP}" in whole


@pytest.mark.parametrize("field", ["search", "asins", "title", "discount_value", "do", "claim_code"])
def test_bytes_that_no_keyboard_types_are_no_failure(as_olivia, aurora, field):
    assert check(as_olivia, aurora, SOCIAL, "social_code", **{field: "la\0mp" * 500}).status_code == 200


def test_a_parent_says_how_many_it_pulls_in(as_olivia, aurora):
    parent = Product.objects.get(asin=SET)
    for number in range(2):
        Product.objects.create(
            store=aurora, asin=f"B0AURORA1{number}", title="One", price=Decimal(40), parent=parent
        )

    page = text_of(check(as_olivia, aurora, COUPON, asins=SET))

    assert "A parent: it pulls in its 2 variations" in page
    assert "B0AURORA11" in page


def test_a_parent_that_nobody_can_buy_is_checked_by_its_variations(as_olivia, aurora):
    parent = Product.objects.create(store=aurora, asin="B0AURORAPA", title="Lamps, all colours")
    Product.objects.create(
        store=aurora,
        asin="B0AURORACH",
        title="Lamp, blue",
        price=Decimal(20),
        floor_price=Decimal(18),
        parent=parent,
    )

    fine = text_of(check(as_olivia, aurora, COUPON, asins=parent.asin, discount_value="5"))
    below = text_of(check(as_olivia, aurora, COUPON, asins=parent.asin, discount_value="20"))

    assert "Nothing stands against it" in fine
    assert "By itself it would sell B0AURORACH for" in below


@pytest.mark.parametrize("do", ["start", "start nonsense", "start 2026-12-09", "add", "remove", "what ever"])
def test_a_deed_that_is_none_changes_nothing(as_olivia, aurora, do):
    page = text_of(check(as_olivia, aurora, COUPON, do=do))

    assert 'id="panel"' in page
    assert 'id="draft"' not in page


@pytest.mark.parametrize(("who", "status"), [("sam", 403), ("stranger", 404)])
def test_only_operators_check(client, aurora, request, who, status):
    client.force_login(request.getfixturevalue(who))

    assert check(client, aurora, COUPON, fragment=False).status_code == status


def test_a_draft_is_not_in_its_own_way(as_olivia, olivia, sam, aurora):
    made = lives.approved(aurora, lives.coupon(LAMP), by=olivia, supervisor=sam)

    page = text_of(check(as_olivia, aurora, COUPON, reference=made.reference, revision=1))

    assert "Nothing stands against it" in page


@pytest.mark.parametrize("count", [1, 50])
def test_checking_takes_as_many_queries_for_fifty_products_as_for_one(
    as_olivia, olivia, sam, aurora, count, django_assert_max_num_queries
):
    asins = [f"B0QUERY{number:03}" for number in range(count)]
    Product.objects.bulk_create(
        Product(store=aurora, asin=asin, title=asin, price=Decimal(50), floor_price=Decimal(20))
        for asin in asins
    )
    lives.approved(aurora, lives.coupon(*asins), by=olivia, supervisor=sam)

    with django_assert_max_num_queries(18):
        page = text_of(check(as_olivia, aurora, SOCIAL, "social_code", asins=" ".join(asins)))

    assert page.count('class="finding finding-block"') == min(count, 5)
    assert ("The same on 45 more products" in page) == (count == 50)
    assert all(asin in page for asin in asins)


def test_the_table_of_products_is_sent_again_only_when_it_is_another(as_olivia, aurora):
    page = text_of(check(as_olivia, aurora, COUPON))
    shelf = re.search(r'name="shelf" value="(\w+)"', page)[1]

    same = text_of(check(as_olivia, aurora, COUPON, shelf=shelf, discount_value="25%"))
    other = text_of(check(as_olivia, aurora, COUPON, shelf=shelf, asins=f"{LAMP} {SET}"))
    aurora.products.filter(asin=LAMP).update(price=Decimal("18.99"))
    dearer = text_of(check(as_olivia, aurora, COUPON, shelf=shelf))

    assert 'id="products"' in page
    assert 'id="products"' not in same
    assert 'id="products"' in other
    assert 'id="products"' in dearer


def test_of_many_findings_of_one_kind_the_first_are_shown_and_the_rest_counted(
    as_olivia, olivia, sam, aurora
):
    for day in range(12):
        lives.approved(aurora, lives.coupon(LAMP, days=1, start=10 + 2 * day), by=olivia, supervisor=sam)

    page = text_of(check(as_olivia, aurora, COUPON, starts_on="2026-12-01", ends_on="2026-12-28"))

    assert page.count('class="finding finding-block"') == 10
    assert "2 more findings of these kinds stand on the page of the saved request." in page


# --- Editing --------------------------------------------------------------------------------------------


def test_an_edit_is_the_next_revision(as_olivia, olivia, aurora):
    made = lives.drafted(aurora, by=olivia)

    page = text_of(as_olivia.get(reverse("request-edit", args=[made.reference])))
    response = edit(as_olivia, made, COUPON, discount_value="25")

    assert "Nothing stands against it" in page
    assert response.status_code == 303
    assert lives.again(made).newest.number == 2
    assert decode(lives.again(made).newest.body)["discount_value"] == "25.00"


def test_saving_the_same_again_changes_nothing(as_olivia, olivia, aurora):
    made = lives.drafted(aurora, by=olivia)

    response = edit(as_olivia, made, COUPON)

    assert lives.again(made).newest.number == 1
    assert "Nothing had changed" in text_of(as_olivia.get(response.url))


def test_a_stale_edit_shows_what_changed_and_keeps_what_was_typed(as_olivia, olivia, oscar, aurora):
    made = lives.drafted(aurora, by=olivia)
    drafting.edit(
        reference=made.reference,
        revision=1,
        typed=lives.coupon(LAMP, SET, percent="30.00", days=5),
        by=oscar,
        at=NOW,
    )

    response = edit(as_olivia, made, COUPON, title="Mine", discount_value="10")

    page = text_of(response)
    assert response.status_code == 409
    assert f"Oscar has changed {made.reference}" in page
    assert "Discount: 20 % off → 30 % off" in page
    assert "End: Fri 4 Dec 2026 → Sun 6 Dec 2026" in page
    assert f"Products: added {SET}" in page
    assert 'value="Mine"' in page
    assert re.search(r'name="revision"\s+value="2"', page)
    assert lives.again(made).newest.number == 2

    assert edit(as_olivia, made, COUPON, revision=2, title="Mine").status_code == 303
    assert lives.again(made).newest.title == "Mine"


@pytest.mark.parametrize("revision", ["", "x", "7", "0"])
def test_an_edit_without_the_revision_seen_is_stale(as_olivia, olivia, aurora, revision):
    made = lives.drafted(aurora, by=olivia)

    assert edit(as_olivia, made, COUPON, revision=revision, title="Mine").status_code == 409
    assert lives.again(made).newest.number == 1


def test_editing_says_that_an_approval_ends_with_it(as_olivia, olivia, sam, aurora):
    made = lives.approved(aurora, by=olivia, supervisor=sam)

    page = text_of(as_olivia.get(reverse("request-edit", args=[made.reference])))
    edit(as_olivia, made, COUPON, discount_value="10")

    assert "Saving a change ends the approval." in page
    assert lives.again(made).state == State.DRAFT
    assert not lives.again(made).decisions.filter(valid=True).exists()


@pytest.mark.parametrize(("who", "status"), [("oscar", 200), ("sam", 403), ("ada", 403), ("stranger", 404)])
def test_only_operators_of_the_store_edit(client, olivia, aurora, request, who, status):
    made = lives.drafted(aurora, by=olivia)
    client.force_login(request.getfixturevalue(who))

    assert client.get(reverse("request-edit", args=[made.reference])).status_code == status
    assert edit(client, made, COUPON, discount_value="10").status_code == (303 if status == 200 else status)


@pytest.mark.parametrize("changed", [{}, {"discount_value": "much"}])
def test_what_was_typed_over_a_request_withdrawn_meanwhile_becomes_a_new_draft(
    as_olivia, olivia, oscar, aurora, changed
):
    made = lives.drafted(aurora, by=olivia)
    drafting.withdraw(reference=made.reference, by=oscar, at=NOW, note="")

    response = edit(as_olivia, made, COUPON, title="Mine", asins=f"{LAMP}\n{SET}", **changed)
    page = text_of(response)

    assert response.status_code == 409
    assert "It is over and keeps its content" in page
    assert "What has run" not in page
    assert "Saving it makes a new draft" in page
    assert 'value="Mine"' in page
    assert f"{LAMP}\n{SET}" in page
    assert Entry.objects.filter(event="request.edit_refused").count() == 1

    sent = COUPON | {"title": "Mine", "asins": f"{LAMP}\n{SET}", "store": aurora.pk, "kind": "coupon"}
    address = unescape(re.search(r'<form id="draft".*?action="([^"]+)"', page, re.DOTALL)[1])
    assert as_olivia.post(address, sent).status_code == 303
    assert lives.again(made).state == State.CANCELLED
    assert PromotionRequest.objects.exclude(pk=made.pk).get().newest.title == "Mine"


def test_what_runs_is_not_edited(as_olivia, olivia, sam, aurora):
    made = lives.live(aurora, by=olivia, supervisor=sam)

    response = as_olivia.get(reverse("request-edit", args=[made.reference]))

    assert response.status_code == 409
    assert "copy it into a new draft" in text_of(response)


# --- Copying, submitting, withdrawing -------------------------------------------------------------------


def test_a_copy_is_a_draft_without_decisions(as_olivia, olivia, sam, aurora):
    made = lives.approved(aurora, by=olivia, supervisor=sam)

    response = as_olivia.post(reverse("request-copy", args=[made.reference]))

    copied = PromotionRequest.objects.get(copied_from=made)
    assert (response.status_code, response.url) == (303, reverse("request-edit", args=[copied.reference]))
    assert copied.state == State.DRAFT
    assert not copied.decisions.exists()
    assert not copied.reservations.exists()
    assert copied.newest.digest == made.newest.digest


def submit(client, request, **changed):
    report = checker.report_of(lives.again(request), at=NOW)
    sent = {"revision": lives.again(request).newest.number, "report": report.digest.hex()}
    return client.post(reverse("request-submit", args=[request.reference]), sent | changed)


def doubtful(aurora, olivia, sam):
    """A draft with one warning: it adds up with an approved Price Discount."""
    lives.approved(aurora, lives.price_discount(SET, percent="10.00"), by=olivia, supervisor=sam)
    made = lives.drafted(aurora, lives.coupon(SET), by=olivia)
    (warning,) = checker.report_of(made, at=NOW).warnings
    return made, f"reason:{warning.key}"


def test_a_draft_is_submitted_with_its_reasons(as_olivia, olivia, sam, aurora):
    made, reason = doubtful(aurora, olivia, sam)

    page = text_of(as_olivia.get(reverse("request-submit", args=[made.reference])))
    response = submit(as_olivia, made, **{reason: "Agreed with the brand."})

    assert f'name="{reason}"' in page
    assert (response.status_code, response.url) == (303, reverse("request", args=[made.reference]))
    assert lives.again(made).state == State.IN_REVIEW
    assert list(lives.again(made).reasons.values()) == ["Agreed with the brand."]


def test_a_missing_reason_is_asked_for_beside_its_warning(as_olivia, olivia, sam, aurora):
    made, reason = doubtful(aurora, olivia, sam)
    before = Entry.objects.count()

    response = submit(as_olivia, made, **{reason: "  "})

    assert response.status_code == 422
    assert f'id="id_{reason}_error"' in text_of(response)
    assert lives.again(made).state == State.DRAFT
    assert Entry.objects.count() == before


def test_a_blocked_draft_says_why_and_cannot_be_submitted(as_olivia, olivia, sam, aurora):
    lives.approved(aurora, lives.coupon(LAMP), by=olivia, supervisor=sam)
    made = lives.drafted(aurora, lives.social_code(LAMP), by=olivia)

    page = text_of(as_olivia.get(reverse("request-submit", args=[made.reference])))
    response = submit(as_olivia, made)

    assert "disabled" in page
    assert "The rules forbid this as it stands." in page
    assert response.status_code == 422
    assert lives.again(made).state == State.DRAFT


def test_a_report_that_is_no_longer_true_is_shown_anew(as_olivia, olivia, sam, aurora):
    made, reason = doubtful(aurora, olivia, sam)
    old = checker.report_of(made, at=NOW).digest.hex()
    Product.objects.filter(asin=SET).update(price=Decimal("130.00"))

    response = submit(as_olivia, made, report=old, **{reason: "Agreed."})

    page = text_of(response)
    assert response.status_code == 409
    assert "has changed since you opened the page" in page
    assert "Agreed.</textarea>" in page
    assert checker.report_of(made, at=NOW).digest.hex() in page
    assert lives.again(made).state == State.DRAFT


def test_a_submit_of_another_revision_says_what_changed(as_olivia, olivia, oscar, aurora):
    made = lives.drafted(aurora, by=olivia)
    drafting.edit(reference=made.reference, revision=1, typed=lives.coupon(percent="30.00"), by=oscar, at=NOW)

    response = submit(as_olivia, made, revision=1)

    assert response.status_code == 409
    assert "Discount: 20 % off → 30 % off" in text_of(response)


@pytest.mark.parametrize(("who", "status"), [("sam", 403), ("stranger", 404)])
def test_only_operators_submit_and_the_attempt_is_recorded(client, olivia, aurora, request, who, status):
    made = lives.drafted(aurora, by=olivia)
    client.force_login(request.getfixturevalue(who))

    assert client.get(reverse("request-submit", args=[made.reference])).status_code == status
    assert submit(client, made).status_code == status
    assert Entry.objects.filter(event="request.submit_refused").exists() == (status == 403)


def test_a_refused_attempt_is_recorded_also_when_its_form_is_incomplete(client, olivia, sam, aurora):
    made, _reason = doubtful(aurora, olivia, sam)
    client.force_login(sam)

    assert submit(client, made).status_code == 403
    assert Entry.objects.filter(event="request.submit_refused").exists()


def test_a_request_is_withdrawn_after_asking(as_olivia, olivia, aurora):
    made = lives.submitted(aurora, by=olivia)
    address = reverse("request-withdraw", args=[made.reference])

    page = text_of(as_olivia.get(address))
    response = as_olivia.post(address, {"note": "Wrong week."})

    assert f"Withdraw {made.reference}?" in page
    assert lives.again(made).state == State.CANCELLED
    assert response.status_code == 303
    assert Entry.objects.get(event="request.withdrawn").why == "Wrong week."


@pytest.mark.parametrize(("who", "status"), [("sam", 303), ("ada", 403), ("stranger", 404)])
def test_operators_and_supervisors_withdraw(client, olivia, aurora, request, who, status):
    made = lives.drafted(aurora, by=olivia)
    client.force_login(request.getfixturevalue(who))

    assert client.post(reverse("request-withdraw", args=[made.reference])).status_code == status


@pytest.mark.parametrize("name", ["request-edit", "request-copy", "request-submit", "request-withdraw"])
def test_a_request_that_does_not_exist_is_not_found(as_olivia, name):
    for reference in ("PR-999999", "nonsense"):
        assert as_olivia.post(reverse(name, args=[reference])).status_code == 404


@pytest.mark.parametrize("name", ["request-copy"])
def test_nothing_is_done_by_following_a_link(as_olivia, olivia, aurora, name):
    made = lives.drafted(aurora, by=olivia)

    assert as_olivia.get(reverse(name, args=[made.reference])).status_code == 303


# --- What nobody means ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed",
    [
        {"discount_type": "money", "discount_value": "9" * 21},
        {"budget": "9" * 31},
    ],
)
def test_an_amount_that_is_far_too_large_is_refused_beside_its_field(as_olivia, aurora, typed):
    for answer in (check(as_olivia, aurora, COUPON, **typed), new(as_olivia, aurora, COUPON, **typed)):
        assert "type at most 99,999,999.99" in text_of(answer)
    assert not PromotionRequest.objects.exists()


def test_a_draft_from_before_that_refusal_can_still_be_opened(as_olivia, aurora, olivia):
    huge = lives.coupon() | {"discount_type": "money", "discount_value": "9" * 21 + ".00"}
    made = lives.drafted(aurora, huge, by=olivia)

    for page in ("request", "request-edit", "request-submit", "request-dossier"):
        assert as_olivia.get(reverse(page, args=[made.reference])).status_code == 200


@pytest.mark.parametrize("days", [{"ends_on": "9999-12-31"}, {"starts_on": "0001-01-01"}])
def test_a_day_at_the_ends_of_the_calendar_is_refused_beside_its_field(as_olivia, aurora, days):
    for answer in (check(as_olivia, aurora, COUPON, **days), new(as_olivia, aurora, COUPON, **days)):
        assert "Choose a day between 2000 and 2200." in text_of(answer)
    for kind in ("coupon", "social_code"):
        filled = as_olivia.get(reverse("request-new"), {"store": aurora.pk, "kind": kind} | days)
        assert filled.status_code == 200
