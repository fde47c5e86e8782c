"""What if: promotions tried on a product, typed into an address, worked out and never saved."""

import re
from decimal import Decimal
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from promoflow.catalog.models import Product
from promoflow.promotions.forms import trying
from promoflow.promotions.models import PromotionRequest
from tests import cast
from tests.answers import flat_text_of
from tests.everything import everything_stored
from tests.promotions import lives
from tests.promotions.lives import FLOOR_LAMP, LAMP

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]

PAYLOAD = "<img src=x onerror=alert(1)>"
TYPING = {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": "answer"}
DEED = {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": "what-if"}

DAYS = {"starts_on": "2026-12-02", "ends_on": "2026-12-04"}
HOURS = {"starts_on": "2026-12-02", "starts_time": "00:00", "ends_on": "2026-12-05", "ends_time": "00:00"}


@pytest.fixture
def as_olivia(client, olivia):
    client.force_login(olivia)
    return client


def coupon(value, **more):
    return {"kind": "coupon", "discount_type": "percent", "discount_value": value, **DAYS, **more}


def social(value, **more):
    return {"kind": "social_code", "discount_value": value, **HOURS, **more}


def deal(kind, value, **more):
    return {"kind": kind, "discount_type": "price", "discount_value": value, **HOURS, **more}


def off(value, claim_type="none", **more):
    return {"kind": "percentage_off", "discount_value": value, "claim_type": claim_type, **HOURS, **more}


def typed(*rows, **ground):
    named = zip(trying.LETTERS, rows, strict=False)
    return ground | {f"{letter}-{name}": value for letter, row in named for name, value in row.items()}


def get(client, *rows, store=None, asin=LAMP, headers=None, **ground):
    store = store or Product.objects.get(asin=asin).store
    address = reverse("product-what-if", args=[store.pk, asin])
    return client.get(address, typed(*rows, **ground), **(headers or {}))


def ask(client, *rows, **ground):
    response = get(client, *rows, **ground)
    assert response.status_code == 200
    return response.context["answer"]


def words_of(response):
    """What somebody reads, without the marks around it."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", flat_text_of(response)))


# --- The price ------------------------------------------------------------------------------------------

# domain.md 2.3: the price, what is typed, the worst price, and what the other reading comes to.
VECTORS = [
    pytest.param(
        "100",
        [deal("lightning_deal", "20", discount_type="percent"), coupon("5")],
        "75.00",
        "76.00",
        id="A-S1",
    ),
    pytest.param(
        "100",
        [off("50", "group", combinability="unrestricted"), off("50", "group", combinability="unrestricted")],
        "0",
        None,
        id="A-S2",
    ),
    pytest.param("100", [coupon("10", discount_type="money"), off("10")], "80.00", None, id="a-S3"),
    pytest.param("30", [deal("lightning_deal", "25"), coupon("5")], "23.50", "23.75", id="T-S28-LD"),
    pytest.param("30", [deal("best_deal", "20"), coupon("5")], "18.50", "19.00", id="T-S28-7DD"),
    pytest.param("80", [coupon("10", discount_type="money"), off("20")], "54.00", None, id="T-S29"),
    pytest.param(
        "100",
        [deal("price_discount", "30", discount_type="percent"), coupon("10")],
        "60.00",
        "63.00",
        id="T-S57",
    ),
]


@pytest.mark.parametrize(("price", "rows", "worst", "other"), VECTORS)
def test_every_vector_of_the_domain_facts_comes_out_as_it_is_typed(as_olivia, price, rows, worst, other):
    response = get(as_olivia, *rows, price=price)

    answer, page = response.context["answer"], words_of(response)
    assert answer.lowest.worst.price == Decimal(worst)
    assert f"Shoppers would pay ${Decimal(worst):.2f}" in page
    assert (answer.other_reading and answer.other_reading.price) == (other and Decimal(other))
    assert (f"price it would be ${other}" in page) == bool(other)


def test_the_sum_names_each_promotion_by_its_letter(as_olivia):
    page = words_of(get(as_olivia, coupon("50"), social("30"), deal("lightning_deal", "18")))

    for line in (
        "Price $19.99",
        "A (coupon, 50 % off) −$10.00",
        "B (social code, 30 % off) −$6.00",
        "C (Lightning Deal, at $18.00) −$1.99",
        "Shoppers would pay $2.00",
        "Floor price $9.99",
    ):
        assert line in page
    assert "89.99 % off $19.99 · $7.99 below the floor of $9.99" in page


def test_what_comes_to_nothing_is_called_free(as_olivia):
    page = words_of(get(as_olivia, coupon("50"), social("60")))

    assert "$0.00 free" in page
    assert "Together they take off more than the price: a shopper pays nothing." in page


@pytest.mark.parametrize(
    ("ground", "said"),
    [
        ({}, "$6.00 above the floor of $9.99"),
        ({"price": "40"}, "20 % off $40.00 · $22.01 above the floor of $9.99"),
        ({"floor": "15.99"}, "just at the floor of $15.99"),
        ({"floor": "16"}, "$0.01 below the floor of $16.00"),
    ],
)
def test_another_price_or_floor_can_be_tried(as_olivia, ground, said):
    assert said in words_of(get(as_olivia, coupon("20"), **ground))


def test_without_a_floor_the_policys_share_counts_and_is_called_so(as_olivia, aurora):
    Product.objects.filter(asin=LAMP).update(floor_price=None)

    page = words_of(get(as_olivia, coupon("20")))

    assert "$5.99 above the floor of $10.00" in page
    assert "Nobody has set this floor" in page


def test_without_a_price_one_is_asked_for(as_olivia, aurora):
    Product.objects.filter(asin=LAMP).update(price=None)

    unknown = get(as_olivia, coupon("20"))
    tried = get(as_olivia, coupon("20"), price="20")

    assert "This product has no price" in flat_text_of(unknown)
    assert unknown.context["answer"].lowest is None
    assert tried.context["answer"].lowest.worst.price == 16


def test_free_items_count_as_their_share(as_olivia):
    row = {"kind": "buy_one_get_one", "buy_quantity": "2", "get_quantity": "1", "claim_type": "none", **HOURS}

    assert ask(as_olivia, row, price="30", floor="1").lowest.worst.price == 20


# --- Beside what is real --------------------------------------------------------------------------------


def test_what_is_approved_counts_unless_these_are_tried_alone(as_olivia, aurora, olivia, sam):
    real = lives.approved(aurora, lives.price_discount(LAMP, percent="10.00"), by=olivia, supervisor=sam)

    beside, alone = get(as_olivia, coupon("20")), get(as_olivia, coupon("20"), beside="alone")

    assert beside.context["answer"].lowest.worst.price == Decimal("13.99")
    assert f"{real.reference} (Price Discount, 10 % off) −$2.00" in words_of(beside)
    assert f'href="/requests/{real.reference}/"' in flat_text_of(beside)
    assert alone.context["answer"].lowest.worst.price == Decimal("15.99")
    assert real.reference not in flat_text_of(alone)


def test_what_is_in_review_warns_and_counts_only_where_it_is_asked_to(as_olivia, aurora, olivia):
    real = lives.submitted(aurora, lives.price_discount(LAMP, percent="40.00"), by=olivia)

    held, asked = ask(as_olivia, coupon("20")), ask(as_olivia, coupon("20"), beside="asked")

    assert held.lowest.worst.price == Decimal("15.99")
    assert [shown.finding.code for shown in held.findings] == [
        "kinds-doubtful",
        "review-below-floor",
        "small-steps",
    ]
    assert [lane.offer.state for lane in held.picture.lanes] == ["draft", "in_review"]
    assert asked.lowest.worst.price == Decimal("7.99")
    assert {lane.offer.reference: lane.offer.state for lane in asked.picture.lanes} == {
        "A": "draft",
        real.reference: "in_review",
    }
    assert asked.picture.prices.lowest.price == Decimal("7.99")


def test_each_span_says_what_runs_together_and_at_what_price(as_olivia):
    first, second = coupon("20"), social("30", starts_on="2026-12-03", ends_on="2026-12-06")

    response = get(as_olivia, first, second)

    spans = response.context["answer"].spans
    assert [([one.reference for one in span.named], span.price) for span in spans] == [
        (["A"], Decimal("15.99")),
        (["A", "B"], Decimal("9.99")),
        (["B"], Decimal("13.99")),
    ]
    assert [span.is_worst for span in spans] == [False, True, False]
    assert "Tue 1 Dec 2026, 18:00 PST – Thu 3 Dec 2026, 00:00 PST" in words_of(response)


def test_two_that_never_run_together_never_add_up(as_olivia):
    later = social("30", starts_on="2026-12-10", ends_on="2026-12-12")

    answer = ask(as_olivia, coupon("20"), later)

    assert answer.lowest.worst.price == Decimal("13.99")
    assert not any(shown.severity == "block" for shown in answer.findings)


# --- What the rules find --------------------------------------------------------------------------------


def test_two_that_may_not_meet_are_told_of_once_under_both_names(as_olivia):
    answer = ask(as_olivia, coupon("10"), social("10"))

    blocks = [shown for shown in answer.findings if shown.severity == "block"]
    assert [shown.finding.code for shown in blocks] == ["kinds-forbidden"]
    assert blocks[0].title == "A (coupon, 10 % off) · B (social code, 10 % off)"
    assert "These two kinds never meet (coupon, social code)" in blocks[0].sentence


def test_what_is_as_true_of_several_is_said_once(as_olivia, aurora):
    Product.objects.filter(asin=LAMP).update(floor_price=None)

    answer = ask(as_olivia, coupon("10"), off("5"))

    assumed = [shown for shown in answer.findings if shown.finding.code == "floor-assumed"]
    assert [shown.title for shown in assumed] == ["A (coupon, 10 % off) · B (percentage off, 5 % off)"]


def test_one_that_meets_a_real_one_leads_to_it(as_olivia, aurora, olivia, sam):
    real = lives.approved(aurora, lives.coupon(LAMP), by=olivia, supervisor=sam)

    page = flat_text_of(get(as_olivia, social("10")))

    assert (
        f'<a href="/requests/{real.reference}/">{real.reference}</a> (coupon, 20 % off) runs on {LAMP}'
        in page
    )


def test_one_that_is_tried_has_no_page_to_lead_to(as_olivia):
    page = flat_text_of(get(as_olivia, coupon("50"), social("50")))

    assert "kinds never meet" in page
    assert "Amazon shares a social code" in page
    assert not re.search(r"/requests/[A-H]/", page)


def test_terms_that_nobody_is_asked_for_are_not_missed(as_olivia):
    answer = ask(as_olivia, off("10", "group"))

    assert "group-code-unlimited" not in {shown.finding.code for shown in answer.findings}


@pytest.mark.parametrize(
    ("row", "text", "value", "keeps"),
    [
        (coupon("20"), "50 % off", "50", True),
        (coupon("50", discount_type="money"), "$10.00 off", "10", False),
        (deal("lightning_deal", "5"), "at $9.99", "9.99", False),
        (social("80"), "50 % off", "50", False),
    ],
)
def test_the_deepest_that_keeps_the_floor_stands_by_each(as_olivia, row, text, value, keeps):
    deepest = ask(as_olivia, row).deepest["A"]

    assert (deepest.text, deepest.value, deepest.keeps) == (text, value, keeps)


def test_the_deepest_counts_all_that_runs_beside_it(as_olivia):
    answer = ask(as_olivia, coupon("20"), social("40"))

    assert (answer.deepest["A"].value, answer.deepest["B"].value) == ("10", "30")
    assert not answer.deepest["A"].keeps


def test_where_nothing_keeps_the_floor_it_says_so(as_olivia):
    page = words_of(get(as_olivia, coupon("5"), social("60")))

    assert "However small, it breaks the floor beside the others." in page


def test_the_deepest_is_taken_with_one_press(as_olivia):
    response = get(as_olivia, coupon("20"), social("40"), headers=DEED, do="discount b 30")

    assert response.context["answer"].lowest.worst.price == Decimal("9.99")
    assert re.search(r'name="b-discount_value"\s+value="30"', response.content.decode())


# --- What people type -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "field", "said"),
    [
        ({"discount_value": "half"}, "discount_value", "is not a number"),
        ({"discount_value": ""}, "discount_value", "Say how much comes off."),
        ({"discount_value": "0"}, "discount_value", "Amazon takes from 5 % to 80 %"),
        ({"discount_value": "101"}, "discount_value", "Amazon takes from 5 % to 80 %"),
        (
            {"discount_value": "$5"},
            "discount_value",
            "This is money, but the discount is to be a percentage.",
        ),
        ({"starts_on": "soon"}, "starts_on", "This is not a date"),
        ({"starts_time": "noon"}, "starts_time", "This is not a time of day"),
        ({"ends_on": "2026-12-01"}, "ends_on", "It must end after it starts."),
        (
            {"starts_on": "2027-03-14", "starts_time": "02:30", "ends_on": "2027-03-20"},
            "starts_time",
            "does not exist",
        ),
    ],
)
def test_what_cannot_be_read_is_said_beside_its_field_and_the_others_count(as_olivia, changed, field, said):
    response = get(as_olivia, coupon("20"), social("30") | changed)

    page = response.content.decode()
    beside = re.search(rf'id="id_b-{field}_said".*?</div>\s*</div>', page, re.DOTALL)[0]
    assert said in unescape(beside)
    assert [offer.reference for offer in response.context["answer"].tried] == ["A"]
    assert response.context["answer"].lowest.worst.price == Decimal("15.99")
    for name, value in changed.items():
        assert re.search(rf'name="b-{name}"\s+value="{re.escape(value)}"', page) or not value


def test_of_an_hour_that_happens_twice_one_says_which(as_olivia):
    twice = social("30", starts_on="2027-11-07", starts_time="01:30", ends_on="2027-11-09")

    unsaid, said = get(as_olivia, twice), get(as_olivia, twice | {"starts_fold": "later"})

    assert "happens twice" in flat_text_of(unsaid)
    assert 'name="a-starts_fold"' in flat_text_of(unsaid)
    assert not unsaid.context["answer"].tried
    assert said.context["answer"].tried[0].window.starts_at.isoformat() == "2027-11-07T09:30:00+00:00"


def test_what_amazon_would_merely_refuse_still_counts(as_olivia):
    response = get(as_olivia, coupon("60"))

    assert response.context["answer"].lowest.worst.price == Decimal("8.00")
    assert "Amazon would not take it. Discount: Amazon takes from 5 % to 50 %" in words_of(response)


@pytest.mark.parametrize(
    ("ground", "said"),
    [
        ({"price": "dear"}, "is not a number"),
        ({"price": "-5"}, "This must be more than zero."),
        ({"price": "0"}, "This must be more than zero."),
        ({"floor": "20%"}, "This is an amount of money, not a percentage."),
        ({"price": "10.005"}, "An amount in USD has at most two digits behind the point."),
    ],
)
def test_a_price_that_cannot_be_read_is_said_and_the_products_own_counts(as_olivia, ground, said):
    response = get(as_olivia, coupon("20"), **ground)

    ((name, value),) = ground.items()
    assert said in flat_text_of(response)
    assert re.search(rf'name="{name}"\s+value="{re.escape(value)}"', response.content.decode())
    assert response.context["answer"].lowest.worst.price == Decimal("15.99")


def test_yen_have_no_hundredths(client, olivia, aurora):
    store = cast.store("Aurora JP", marketplace_id="A1VC38T7YXB528", merchant_id="A2AURORAJP12345")
    cast.grant(olivia, store, "operator")
    Product.objects.create(store=store, asin="B0AURORAJP", title="Lamp", price=1999, floor_price=1000)
    client.force_login(olivia)

    page = words_of(get(client, coupon("5"), asin="B0AURORAJP"))

    assert "Shoppers would pay ¥1,899" in page


@pytest.mark.parametrize("field", ["kind", "discount_value", "starts_on", "claim_type", "combinability"])
@pytest.mark.parametrize("value", [PAYLOAD, "la\0mp" * 50, "9" * 400, "9999-12-31"])
def test_whatever_stands_in_an_address_is_no_failure_and_no_markup(as_olivia, field, value):
    rows = [off("10") | {field: value}, coupon("10") | {field: value}]

    for headers in ({}, TYPING, DEED):
        response = get(as_olivia, *rows, headers=headers)

        assert response.status_code == 200
        assert PAYLOAD not in response.content.decode()


@pytest.mark.parametrize(
    "deed", ["", "add", "remove", "remove z", "remove a b", "discount", "what ever", "add a"]
)
def test_a_deed_that_is_none_is_no_failure(as_olivia, deed):
    assert get(as_olivia, coupon("10"), headers=DEED, do=deed).status_code == 200


# --- Rows, and the address ------------------------------------------------------------------------------


def test_the_page_opens_with_an_example(as_olivia):
    response = get(as_olivia)

    assert response.context["answer"].lowest.worst.price == Decimal("15.99")
    assert [form.kind.code for form in response.context["rows"]] == ["coupon"]


def test_one_is_added_at_the_time_of_the_last_and_another_removed(as_olivia):
    added = get(as_olivia, coupon("20"), headers=DEED, do="add").context["rows"]
    removed = get(as_olivia, coupon("20"), social("30"), headers=DEED, do="remove a").context["rows"]

    assert [form.kind.code for form in added] == ["coupon", "social_code"]
    assert [added[1][name].value() for name in HOURS] == list(HOURS.values())
    assert [(form.letter, form["discount_value"].value()) for form in removed] == [("a", "30")]


def test_eight_are_the_most(as_olivia):
    response = get(as_olivia, *[off(str(number)) for number in range(1, 9)], headers=DEED, do="add")

    assert len(response.context["rows"]) == 8
    assert "Eight at once are the most." in flat_text_of(response)


def test_another_kind_keeps_the_time_and_asks_for_what_it_needs(as_olivia):
    days = get(as_olivia, {**coupon("20"), "kind": "best_deal"}).context["rows"][0]
    back = get(as_olivia, {**social("20"), "kind": "coupon"}).context["rows"][0]

    assert [days[name].value() for name in HOURS] == list(HOURS.values())
    assert [back[name].value() for name in DAYS] == list(DAYS.values())
    assert "discount_type" in days.fields
    assert "starts_time" not in back.fields


def test_a_tick_that_was_taken_away_stays_away(as_olivia):
    asked = [get(as_olivia, coupon("20", one_per_customer=said)) for said in ("on", "false")]

    assert [response.context["rows"][0].typed["one_per_customer"] for response in asked] == [True, False]
    assert "no-redemption-cap" not in {one.finding.code for one in asked[0].context["answer"].findings}
    assert "coupon-on-several-units" in {one.finding.code for one in asked[1].context["answer"].findings}
    assert "one_per_customer=false" in asked[1].context["address"]


def test_the_address_of_what_is_typed_shows_a_colleague_the_same(as_olivia, client, sam):
    typing = get(as_olivia, coupon("20"), social("half"), headers=TYPING, price="25", beside="alone")
    address = typing["HX-Replace-Url"]
    client.force_login(sam)

    seen = client.get(address)

    assert "<html" in flat_text_of(seen)
    assert seen.context["address"] == address
    assert seen.context["answer"].lowest.worst == typing.context["answer"].lowest.worst
    assert re.search(r'name="b-discount_value"\s+value="half"', seen.content.decode())
    assert re.search(r'name="price"\s+value="25"', seen.content.decode())


def test_without_javascript_a_deed_leads_to_the_address_that_holds_it(as_olivia):
    response = get(as_olivia, coupon("20"), do="add")

    query = parse_qs(urlsplit(response.url).query)
    assert response.status_code == 302
    assert (query["a-kind"], query["b-kind"]) == (["coupon"], ["social_code"])
    assert "do" not in query


def test_typing_replaces_what_is_said_and_never_a_field(as_olivia):
    page = flat_text_of(get(as_olivia, coupon("20"), social("30"), headers=TYPING))

    assert "<html" not in page
    assert not re.search(r"<(input|select)\b", page)
    assert 'id="answer"' in page
    assert len(re.findall('hx-swap-oob="true"', page)) > 10


# --- Drafting it ----------------------------------------------------------------------------------------


def drafts_of(response):
    return [
        unescape(found) for found in re.findall(r'href="(/requests/new/\?[^"]+)"', response.content.decode())
    ]


def test_each_can_be_drafted_as_it_stands(as_olivia):
    tried = get(
        as_olivia, coupon("20", one_per_customer="false"), off("15", "group", combinability="exclusive")
    )

    first, second = (as_olivia.get(address) for address in drafts_of(tried))

    form = first.context["form"]
    assert form["asins"].value() == LAMP
    assert [form[name].value() for name in ("discount_type", "discount_value", *DAYS)] == [
        "percent",
        "20",
        *DAYS.values(),
    ]
    assert form["one_per_customer"].value() is False
    assert first.context["panel"].report is not None
    assert "Give it a title." not in flat_text_of(first)
    other = second.context["form"]
    assert [other[name].value() for name in HOURS] == list(HOURS.values())
    assert (other["claim_type"].value(), other["combinability"].value()) == ("group", "exclusive")
    assert not PromotionRequest.objects.exists()


def test_what_the_form_would_refuse_is_not_filled_in(as_olivia, aurora):
    given = {
        "asins": "B0XXXXXXX1",
        "discount_value": "99",
        "starts_on": "soon",
        "ends_on": "2026-12-04",
        "budget": PAYLOAD,
    }

    response = as_olivia.get(reverse("request-new"), {"store": aurora.pk, "kind": "coupon"} | given)

    form = response.context["form"]
    assert [form[name].value() for name in given] == [None, None, None, "2026-12-04", None]
    assert PAYLOAD not in response.content.decode()
    assert 'class="field-error"' not in response.content.decode()


# --- Who sees it, and that nothing changes --------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "status", "drafts"),
    [
        ("olivia", 200, 1),
        ("sam", 200, 0),
        ("ada", 200, 0),
        ("mia", 200, 0),
        ("stranger", 404, 0),
        ("root", 404, 0),
    ],
)
def test_whoever_has_a_role_tries_and_operators_draft(client, aurora, request, who, status, drafts):
    client.force_login(request.getfixturevalue(who))

    response = get(client, coupon("20"))

    assert response.status_code == status
    assert len(drafts_of(response)) == drafts


def test_a_product_of_another_store_is_not_found(as_olivia, aurora):
    other = cast.store("Borealis", merchant_id="A2BOREALIS12345")
    Product.objects.create(store=other, asin="B0BOREALI1", title="Borealis lamp", price=Decimal(5))

    assert get(as_olivia, asin="B0BOREALI1").status_code == 404
    assert get(as_olivia, store=aurora, asin="B0XXXXXXX1").status_code == 404


def test_the_products_page_leads_here(as_olivia, aurora):
    page = flat_text_of(as_olivia.get(reverse("product", args=[aurora.pk, LAMP])))

    assert f'href="{reverse("product-what-if", args=[aurora.pk, LAMP])}"' in page


def test_trying_changes_no_row(as_olivia, aurora, olivia, sam):
    lives.approved(aurora, lives.coupon(LAMP), by=olivia, supervisor=sam)
    before = everything_stored()

    for headers in ({}, TYPING, DEED):
        get(as_olivia, coupon("20"), social("30"), headers=headers, do="add")

    assert everything_stored() == before


def test_it_takes_as_many_queries_for_eight_beside_many_as_for_one(as_olivia, aurora, olivia, sam):
    def queries(*rows):
        with CaptureQueriesContext(
            connection,
        ) as captured:
            get(as_olivia, *rows, store=aurora)
        return len(captured)

    lives.approved(aurora, lives.coupon(LAMP, FLOOR_LAMP), by=olivia, supervisor=sam)
    one = queries(coupon("10"))
    for week in range(2, 6):
        lives.approved(aurora, lives.coupon(LAMP, start=7 * week), by=olivia, supervisor=sam)

    assert queries(*[off(str(number)) for number in range(1, 9)]) == one
    assert one <= 12


@pytest.mark.parametrize("typed_price", ["-5", "abc"])
def test_over_a_price_that_cannot_be_read_nothing_is_called_clear(as_olivia, typed_price):
    read = words_of(get(as_olivia, coupon("5"), price="30", floor="1"))
    unread = words_of(get(as_olivia, coupon("5"), price=typed_price, floor="1"))

    assert "Nothing stands against it" in read
    assert "Nothing stands against it" not in unread
    assert "what you typed for them cannot be read" in unread


@pytest.mark.parametrize("days", [{"ends_on": "9999-12-31"}, {"starts_on": "0001-01-01"}])
@pytest.mark.parametrize("kind", ["coupon", "social_code"])
def test_a_day_at_the_ends_of_the_calendar_is_refused_beside_its_field(as_olivia, aurora, days, kind):
    row = coupon("20", **days) if kind == "coupon" else social("20", **days)

    assert "Choose a day between 2000 and 2200." in flat_text_of(get(as_olivia, row))
