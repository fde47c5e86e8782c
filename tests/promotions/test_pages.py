"""My desk, the list of requests, the page of one, and a product's page with what touches it."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from promoflow.catalog.models import Product, Sku
from promoflow.outbox.models import Message
from promoflow.promotions.pages.agenda import Agenda
from promoflow.promotions.services import drafting, running
from tests import cast
from tests.answers import text_of
from tests.promotions import lives
from tests.promotions.lives import FLOOR_LAMP, LAMP, SET

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]


def page_of(client, request, query=""):
    return text_of(client.get(reverse("request", args=[request.reference]) + query))


def list_of(client, **wanted):
    return text_of(client.get(reverse("request-list"), wanted))


def queries_of(client, address):
    client.get(address)
    with CaptureQueriesContext(connection) as asked:
        client.get(address)
    return len(asked)


def many_products(store, count):
    asins = [f"B0MANY{number:04}" for number in range(count)]
    Product.objects.bulk_create(
        Product(store=store, asin=asin, title=f"Lamp {asin}", price=20, floor_price=5) for asin in asins
    )
    return asins


# --- The page of a request ------------------------------------------------------------------------------


def test_the_page_shows_depth_window_products_and_the_worst_price(client, aurora, olivia, sam):
    Sku.objects.create(store=aurora, product=Product.objects.get(asin=LAMP), sku="AU-LAMP-1")
    request = lives.submitted(aurora, lives.coupon(LAMP), by=olivia)
    client.force_login(sam)

    page = page_of(client, request)

    for said in ("20 % off", "Dec 2", "00:00 PST", "16:00 UTC+8", "AU-LAMP-1", "$19.99", "$15.99", "$9.99"):
        assert said in page
    assert "https://www.amazon.com/dp/B0AURORA01" in page


def test_the_worst_price_counts_what_is_approved_beside_it(client, aurora, olivia, oscar, sam, sue):
    other = lives.approved(aurora, lives.price_discount(LAMP, percent="10.00"), by=oscar, supervisor=sue)
    request = lives.submitted(aurora, lives.coupon(LAMP), by=olivia)
    client.force_login(sam)

    page = page_of(client, request)

    assert "$13.99" in page
    assert page.count(reverse("request", args=[other.reference])) >= 2


def test_the_product_nearest_to_its_floor_comes_first(client, aurora, olivia, sam):
    request = lives.submitted(aurora, lives.coupon(SET, FLOOR_LAMP, LAMP), by=olivia)
    client.force_login(sam)

    table = page_of(client, request).partition('id="products"')[2]

    assert table.index(LAMP) < table.index(FLOOR_LAMP) < table.index(SET)


def test_a_long_list_of_products_is_cut_until_one_asks_for_all(client, aurora, olivia, sam):
    request = lives.submitted(aurora, lives.coupon(*many_products(aurora, 30)), by=olivia)
    client.force_login(sam)

    assert "Show 22 more products" in page_of(client, request)
    assert page_of(client, request, "?products=all").count("product-title") == 30


def test_a_parent_without_a_price_is_no_alarm(client, aurora, olivia):
    parent = Product.objects.create(store=aurora, asin="B0PARENT01", title="All lamps")
    Product.objects.filter(asin=LAMP).update(parent=parent)
    request = lives.drafted(aurora, lives.coupon("B0PARENT01"), by=olivia)
    client.force_login(olivia)

    page = page_of(client, request)

    assert "only its variations are sold" in page
    assert "nobody can say without its price" not in page


def test_the_page_shows_what_the_last_edit_changed_and_who_wrote_what(client, aurora, olivia, oscar, sam):
    request = lives.drafted(aurora, lives.coupon(LAMP), by=olivia)
    drafting.edit(
        reference=request.reference,
        revision=1,
        typed=lives.coupon(LAMP, FLOOR_LAMP, percent="25.00"),
        by=oscar,
        at=lives.NOW,
    )
    client.force_login(sam)

    page = page_of(client, request)
    changes = page[page.index("Changed in revision 2") : page.index("Who wrote it")]

    assert re.search(r"<del>20[^<]*</del>.*<ins>25", changes, re.DOTALL)
    assert FLOOR_LAMP in changes
    assert "Revision 2 by Oscar" in page
    assert "Revision 1 by Olivia" in page


def test_a_decision_stays_with_its_note_and_its_digests(client, aurora, olivia, sam):
    request = lives.submitted(aurora, by=olivia)
    decision = lives.approve(request, by=sam, note="For the weekend only.")
    client.force_login(olivia)

    page = page_of(client, request)

    assert "For the weekend only." in page
    assert bytes(decision.digest).hex() in page
    assert bytes(decision.report_digest).hex() in page


def test_an_edit_shows_the_approval_as_void(client, aurora, olivia, sam):
    request = lives.approved(aurora, by=olivia, supervisor=sam)
    drafting.edit(
        reference=request.reference, revision=1, typed=lives.coupon(LAMP, days=2), by=olivia, at=lives.NOW
    )
    client.force_login(sam)

    assert "void: Olivia changed the content" in page_of(client, request)


def test_what_the_approver_saw_stays_when_the_rules_say_something_else(
    client, aurora, olivia, oscar, sam, sue
):
    lives.approved(aurora, lives.price_discount(LAMP, percent="10.00"), by=oscar, supervisor=sue)
    request = lives.approved(aurora, lives.coupon(LAMP), by=olivia, supervisor=sam)
    Product.objects.filter(asin=LAMP).update(floor_price="19.00")
    client.force_login(sam)

    page = page_of(client, request)
    now, _, then = page.partition("What the approver saw")

    assert "finding-block" in now
    assert "finding-block" not in then
    assert "acknowledged" in then


def test_a_past_one_shows_the_worst_price_as_it_was_seen(client, aurora, olivia, sam):
    request = lives.live(aurora, lives.coupon(LAMP), by=olivia, supervisor=sam)
    running.stop(reference=request.reference, by=sam, at=lives.NOW)
    Product.objects.filter(asin=LAMP).update(price="15.00")
    client.force_login(sam)

    assert "$15.99" in page_of(client, request)


CLEAR = "no other promotion meets it"


def test_that_nothing_meets_it_is_said_only_where_nothing_does(client, aurora, olivia, oscar, sam):
    """What came into review since may not stand against what is decided; the page does not deny it either."""
    request = lives.approved(aurora, lives.price_discount(SET, percent="10.00"), by=olivia, supervisor=sam)
    client.force_login(sam)

    alone = page_of(client, request)
    asked = lives.submitted(aurora, lives.coupon(SET, percent="5.00"), by=oscar)
    beside_one_in_review = page_of(client, request)
    lives.submitted(aurora, lives.coupon(SET, percent="5.00"), by=oscar)
    beside_two = page_of(client, request)

    assert CLEAR in alone
    assert asked.reference in beside_one_in_review
    assert CLEAR not in beside_one_in_review
    assert "Nothing decided stands against it" in beside_one_in_review
    assert "One other request in review touches" in beside_one_in_review
    assert "2 other requests in review touch" in beside_two


def test_of_what_is_over_the_page_says_what_was_found_then(client, aurora, olivia, sam):
    request = lives.live(aurora, lives.price_discount(SET, percent="10.00"), by=olivia, supervisor=sam)
    client.force_login(sam)

    page = page_of(client, request)

    assert CLEAR not in page
    assert "Nothing stood against it" in page


def test_the_page_counts_down_to_what_the_clock_does(client, aurora, olivia, sam):
    request = lives.submitted(aurora, lives.coupon(LAMP), by=olivia)
    client.force_login(sam)

    waiting = page_of(client, request)
    lives.approve(request, by=sam)
    approved = page_of(client, request)
    lives.go_live(request, by=olivia)
    live = page_of(client, request)

    assert "Decide by" in waiting
    assert "Mark live by" in approved
    assert "Verify by" in live
    assert "Really gone by" in live


def test_a_stopped_one_cools_off_and_says_until_when(client, aurora, olivia, sam):
    request = lives.live(aurora, lives.coupon(LAMP, start=1, days=5), by=olivia, supervisor=sam)
    running.stop(reference=request.reference, by=sam, at=lives.NOW + timedelta(days=2))
    client.force_login(sam)

    page = page_of(client, request)

    assert "Cooling off" in page
    assert "shoppers may still redeem it" in page


def test_a_refused_deed_is_a_disabled_button_with_the_services_sentence(client, aurora, olivia, ada):
    request = lives.submitted(aurora, by=olivia)
    client.force_login(ada)

    page = page_of(client, request)

    assert re.search(r"disabled\s+title=\"Only an operator of the store does this", page)
    assert re.search(r"disabled\s+title=\"Only a supervisor of the store does this", page)


def test_a_draft_is_submitted_on_its_page(client, aurora, olivia):
    request = lives.drafted(aurora, by=olivia)
    client.force_login(olivia)

    assert f'action="{reverse("request-submit", args=[request.reference])}"' in page_of(client, request)


def test_it_names_those_who_may_decide_or_that_nobody_may(client, aurora, olivia):
    request = lives.submitted(aurora, by=olivia)
    client.force_login(olivia)

    nobody = page_of(client, request)
    cast.grant(cast.person("Sue"), aurora, "supervisor")

    assert "Nobody may decide" in nobody
    assert "Sue decides." in page_of(client, request)


def test_any_one_of_those_who_may_decide_will_do(client, aurora, olivia, sam, sue):
    request = lives.submitted(aurora, by=olivia)
    client.force_login(olivia)

    two = page_of(client, request)
    cast.grant(cast.person("Tess"), aurora, "supervisor")
    three = page_of(client, request)
    cast.grant(cast.person("Uma"), aurora, "supervisor")

    assert "Sam or Sue decides." in two
    assert "Sam, Sue or Tess decides." in three
    assert "Sam, Sue or one of 2 others decides." in page_of(client, request)


def test_a_title_with_markup_is_only_text(client, aurora, olivia, sam):
    request = lives.submitted(aurora, lives.coupon(LAMP, title="<img src=x onerror=alert(1)>"), by=olivia)
    client.force_login(sam)

    for page in (page_of(client, request), list_of(client), text_of(client.get(reverse("review-queue")))):
        assert "<img src=x" not in page


@pytest.mark.parametrize(
    "reference", ["PR-1", "PR-999999999999999", "PR-x", "0", "٣", "PR-9999999999999999999"]
)
def test_what_nobody_asked_for_is_not_there(client, olivia, reference):
    client.force_login(olivia)

    assert client.get(f"/requests/{reference}/").status_code == 404


def test_the_page_asks_as_many_queries_for_one_product_as_for_a_hundred(client, aurora, olivia, sam):
    few = lives.submitted(aurora, lives.coupon(LAMP), by=olivia)
    many = lives.submitted(aurora, lives.coupon(*many_products(aurora, 100)), by=olivia)
    client.force_login(sam)

    asked = [queries_of(client, reverse("request", args=[request.reference])) for request in (few, many)]

    assert asked[0] == asked[1] <= 25


# --- The list -------------------------------------------------------------------------------------------


@pytest.fixture
def several(aurora, olivia, oscar, sam):
    return {
        "draft": lives.drafted(aurora, lives.coupon(LAMP, title="Warm light"), by=olivia),
        "in_review": lives.submitted(aurora, lives.social_code(SET, title="Creators"), by=oscar),
        "scheduled": lives.approved(
            aurora, lives.price_discount(FLOOR_LAMP, title="Prime"), by=oscar, supervisor=sam
        ),
    }


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, {"draft", "in_review", "scheduled"}),
        ({"q": "warm"}, {"draft"}),
        ({"state": "scheduled"}, {"scheduled"}),
        ({"state": "approved"}, set()),
        ({"kind": "social_code"}, {"in_review"}),
        ({"product": "b0aurora01"}, {"draft"}),
        ({"product": "AU-SET"}, {"in_review"}),
        ({"product": "B0NOTHERE1"}, set()),
        ({"state": "nonsense", "store": "x"}, {"draft", "in_review", "scheduled"}),
    ],
)
def test_the_list_is_narrowed_by_each_filter(client, aurora, several, ada, wanted, found):
    Sku.objects.create(store=aurora, product=Product.objects.get(asin=SET), sku="AU-SET")
    client.force_login(ada)

    page = list_of(client, **wanted)

    assert {name for name, request in several.items() if request.reference in page} == found


def test_the_list_is_narrowed_by_reference_and_by_person(client, several, ada, oscar):
    client.force_login(ada)

    by_reference = list_of(client, q=several["draft"].reference.lower())
    by_person = list_of(client, person=oscar.pk)

    assert several["draft"].reference in by_reference
    assert several["in_review"].reference not in by_reference
    assert several["draft"].reference not in by_person
    assert several["scheduled"].reference in by_person


@pytest.mark.parametrize(
    ("role", "said"), [("operator", "Draft the first"), ("auditor", "Operators of your stores draft them")]
)
def test_a_store_without_requests_is_not_called_filtered_out(client, several, olivia, role, said):
    bare = cast.store("Bare", merchant_id="A2BARE123456789")
    cast.grant(olivia, bare, role)
    client.force_login(olivia)

    alone, searched = (
        client.get(reverse("request-list"), {"store": bare.pk, "q": words}).text for words in ("", "zzz")
    )

    assert "No requests yet" in alone
    assert said in alone
    assert "No request matches" in searched


def test_a_stopped_promotion_is_found_as_cooling_off(client, aurora, olivia, sam):
    request = lives.live(aurora, lives.coupon(LAMP, start=1, days=5), by=olivia, supervisor=sam)
    running.stop(reference=request.reference, by=sam, at=lives.NOW + timedelta(days=2))
    client.force_login(sam)

    assert request.reference in list_of(client, state="cooling")
    assert request.reference not in list_of(client, state="ended")


def test_the_list_answers_htmx_with_the_list_alone(client, several, ada):
    client.force_login(ada)

    part = text_of(client.get(reverse("request-list"), {"q": "warm"}, HTTP_HX_REQUEST="true"))

    assert several["draft"].reference in part
    assert "<html" not in part


def test_the_list_asks_the_same_queries_for_few_and_for_many(client, aurora, olivia):
    client.force_login(olivia)
    asked = []
    for _ in range(2):
        for number in range(5):
            lives.drafted(aurora, lives.coupon(LAMP, title=f"Coupon {number}"), by=olivia)
        asked.append(queries_of(client, reverse("request-list")))

    assert asked[0] == asked[1] <= 12


def test_nobody_sees_requests_of_stores_without_a_role_there(client, aurora, several, olivia, stranger):
    elsewhere = cast.store("Borealis US", merchant_id="A2BOREALIS12345")
    neighbour = cast.grant(cast.person("Nora"), elsewhere, "operator")
    for outsider in (neighbour, stranger):
        client.force_login(outsider)

        assert several["draft"].reference not in list_of(client)
        assert client.get(reverse("request", args=[several["draft"].reference])).status_code == 404


# --- My desk --------------------------------------------------------------------------------------------


def desk_of(client):
    return text_of(client.get(reverse("desk")))


def section(page, code):
    return page.partition(f'id="{code}"')[2].partition("</section>")[0]


def test_my_desk_shows_what_waits_for_an_operator(client, aurora, several, olivia):
    client.force_login(olivia)

    mine = section(desk_of(client), "to-finish")

    assert several["draft"].reference in mine
    assert several["scheduled"].reference in mine
    assert several["in_review"].reference not in mine


def test_the_numbers_of_the_desk_open_exactly_what_they_count(
    client, monkeypatch, aurora, several, olivia, sam
):
    """Not all that one ever wrote, and not all that runs."""
    at = lives.NOW + timedelta(days=2)
    soon = lives.live(aurora, lives.coupon(FLOOR_LAMP, start=1, days=2), by=olivia, supervisor=sam)
    late = lives.live(aurora, lives.coupon(SET, percent="5.00", start=1, days=9), by=olivia, supervisor=sam)
    given_up = lives.drafted(aurora, lives.coupon(SET), by=olivia)
    drafting.withdraw(reference=given_up.reference, by=olivia, at=lives.NOW, note="")
    monkeypatch.setattr("django.utils.timezone.now", lambda: at)
    client.force_login(olivia)
    agenda = Agenda(olivia, at=at)

    def listed(section):
        page = text_of(client.get(section.url, HTTP_HX_REQUEST="true"))
        return set(re.findall(r"/requests/(PR-\d+)/", page))

    def counted(section):
        return {line.request.reference for line in section.lines}

    assert listed(agenda.to_finish) == counted(agenda.to_finish)
    assert listed(agenda.ending) == counted(agenda.ending) == {soon.reference}
    assert late.reference not in listed(agenda.ending)
    assert given_up.reference not in listed(agenda.to_finish)
    assert len(listed(agenda.to_finish)) == agenda.to_finish.count == 2


def test_my_desk_shows_what_waits_for_a_supervisor(client, aurora, several, sue, olivia):
    live = lives.live(aurora, lives.coupon(LAMP, start=5), by=olivia, supervisor=sue)
    client.force_login(sue)

    page = desk_of(client)

    assert several["in_review"].reference in section(page, "to-decide")
    assert live.reference in section(page, "to-verify")
    assert live.reference in section(page, "live")


def test_my_desk_raises_what_is_late(client, monkeypatch, aurora, olivia, oscar, sam):
    unverified = lives.live(aurora, lives.coupon(LAMP), by=olivia, supervisor=sam)
    unmarked = lives.approved(aurora, lives.coupon(FLOOR_LAMP, start=1), by=olivia, supervisor=sam)
    undecided = lives.submitted(aurora, lives.coupon(SET, start=2), by=olivia)
    monkeypatch.setattr("django.utils.timezone.now", lambda: lives.NOW + timedelta(hours=23))
    client.force_login(oscar)

    alarms = desk_of(client).partition('id="alarms"')[2].partition("</section>")[0]

    for late in (unverified, unmarked, undecided):
        assert late.reference in alarms


def test_a_quiet_desk_raises_nothing(client, aurora, several, oscar):
    client.force_login(oscar)

    assert 'id="alarms"' not in desk_of(client)


def test_whoever_sets_the_desk_up_reads_where_its_first_store_is_added(client, root):
    client.force_login(root)

    assert "Add a store under Stores and people" in desk_of(client)


def test_an_empty_desk_says_what_to_do_first(client, aurora, olivia, mia, stranger):
    client.force_login(stranger)
    assert "You hold no role on any store" in desk_of(client)

    client.force_login(olivia)
    assert "Nothing of yours is open" in desk_of(client)

    client.force_login(mia)
    assert "No products yet in" not in desk_of(client)

    max_ = cast.person("Max")
    cast.store("Bare", merchant_id="A2BARE123456789", manager=max_)
    cast.grant(max_, aurora, "manager")
    client.force_login(max_)
    assert "No products yet in Bare" in " ".join(desk_of(client).split())


def test_my_desk_asks_no_more_queries_for_more_requests(client, aurora, olivia, sam):
    client.force_login(sam)
    asked = []
    for _ in range(2):
        for number in range(7):
            lives.submitted(aurora, lives.social_code(claim_code=f"25CODE{len(asked)}{number}X"), by=olivia)
        asked.append(queries_of(client, reverse("desk")))

    assert asked[0] == asked[1] <= 23


# --- A product ------------------------------------------------------------------------------------------


def product_page(client, store, asin):
    return text_of(client.get(reverse("product", args=[store.pk, asin])))


def test_a_product_shows_everything_that_touches_it(client, aurora, several, olivia, sam):
    client.force_login(sam)

    assert several["scheduled"].reference in product_page(client, aurora, FLOOR_LAMP)
    assert several["in_review"].reference in product_page(client, aurora, SET)
    assert "No promotion touches it" in product_page(client, aurora, LAMP)


def test_a_product_shows_what_touches_its_family(client, aurora, olivia, sam):
    parent = Product.objects.create(store=aurora, asin="B0PARENT01", title="All lamps")
    Product.objects.filter(asin__in=[LAMP, FLOOR_LAMP]).update(parent=parent)
    request = lives.submitted(aurora, lives.coupon(LAMP), by=olivia)
    client.force_login(sam)

    for asin in (LAMP, FLOOR_LAMP, "B0PARENT01"):
        assert request.reference in product_page(client, aurora, asin)
    assert "through its family" in product_page(client, aurora, FLOOR_LAMP)


def test_a_returned_request_touches_its_product_no_more(client, aurora, olivia, sam):
    request = lives.submitted(aurora, lives.coupon(LAMP), by=olivia)
    lives.send_back(request, by=sam, note="Shorter.")
    client.force_login(sam)

    assert "No promotion touches it" in product_page(client, aurora, LAMP)


def test_a_manager_is_led_to_what_could_not_be_delivered(client, aurora, olivia, sam, mia):
    lives.submitted(aurora, by=olivia)
    Message.objects.update(outcome=Message.Outcome.FAILED, closed=lives.NOW, reason="no such mailbox")

    client.force_login(mia)
    assert "1 message could not be delivered" in text_of(client.get(reverse("desk")))
    client.force_login(olivia)
    assert "could not be delivered" not in text_of(client.get(reverse("desk")))


def test_a_products_page_belongs_to_the_products(client, aurora, olivia):
    client.force_login(olivia)

    page = text_of(client.get(reverse("product", args=[aurora.pk, LAMP])))

    entry = page[: page.index('aria-current="page"')].rsplit("<a", 1)[1]
    assert reverse("product-list") in entry
