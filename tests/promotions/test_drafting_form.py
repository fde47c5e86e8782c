"""The form of a draft: what it asks for each kind, and what it makes of what people type."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.utils.datastructures import MultiValueDict

from promoflow.catalog.models import Product, Sku
from promoflow.policies import selectors as policies
from promoflow.promotions.content import complete
from promoflow.promotions.forms.drafting import DraftForm, fields_of
from promoflow.promotions.pages.panel import clocks_of
from promoflow.rulebook.kinds import KINDS
from tests import cast
from tests.promotions.lives import LAMP, NOW, SET, coupon, social_code
from tests.promotions.typed import COUPON, SOCIAL

pytestmark = pytest.mark.django_db


def form_of(store, kind, typed=None, *, at=NOW, **changed):
    data = (
        None if typed is None else MultiValueDict({name: [text] for name, text in (typed | changed).items()})
    )
    form = DraftForm(data, store=store, kind=KINDS[kind], policy=policies.current(), at=at)
    form.is_valid()
    return form


def said(form, name):
    return " ".join(form.errors.get(name, []))


# --- Which fields ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.code)
def test_a_form_asks_for_what_its_kind_has_and_nothing_else(aurora, kind):
    form = form_of(aurora, kind.code)

    discount = set() if kind.discount_types == ("free_items",) else {"discount_value"}
    discount |= {"discount_type"} if len(kind.discount_types) > 1 else set()
    window = {"starts_on", "ends_on"} | (set() if kind.whole_days else {"starts_time", "ends_time"})
    assert set(form.fields) == {"title", "asins"} | discount | window | set(kind.fields)
    assert {name for name in kind.fields if form.fields[name].required} == set(kind.required)
    if "discount_type" in form.fields:
        assert [code for code, _ in form.fields["discount_type"].choices] == list(kind.discount_types)


def test_a_coupon_is_read_whole(aurora):
    form = form_of(aurora, "coupon", COUPON)

    assert form.errors == {}
    assert form.typed == coupon()


def test_a_social_code_is_read_whole(aurora):
    form = form_of(aurora, "social_code", SOCIAL, one_per_customer="on")

    assert form.errors == {}
    assert form.content["claim_code"] == "25LAMPSX"
    assert form.typed == social_code() | {
        "title": "Lamp code",
        "claim_code": "25lampsx",
        "starts_at": "2026-12-02T17:00:00Z",
        "ends_at": "2026-12-06T05:30:00Z",
    }


@pytest.mark.parametrize("typed", [coupon(), coupon(SET, percent="12.50"), social_code(LAMP, SET)])
def test_what_is_stored_comes_back_the_same(aurora, typed):
    content = complete(aurora, typed, family=())
    fields = {
        name: "on" if value is True else str(value)
        for name, value in fields_of(content, zone(aurora)).items()
    }

    form = form_of(aurora, content["kind"], fields)

    assert form.errors == {}
    assert form.content == content


def zone(store):
    return store.marketplace.time_zone


def test_a_title_turns_nothing_around_that_stands_behind_it(aurora):
    """As in a mail, where a reader would see the reference and the dates in another order."""
    form = form_of(aurora, "coupon", COUPON, title="Save \u202e% 03 on\u2066 lamps\u200b\n")

    assert form.errors == {}
    assert form.typed["title"] == "Save % 03 on lamps"


def test_an_empty_form_says_what_is_needed_and_is_not_checkable(aurora):
    form = form_of(aurora, "coupon", {})

    assert form.needed() == ["Products", "Start", "End", "Discount"]
    assert not form.is_checkable()
    assert said(form, "title") == "Give it a title."
    assert said(form, "asins") == "Choose at least one product."
    assert said(form, "starts_on") == "Say when it starts."
    assert said(form, "budget") == "Amazon asks for a budget here (coupon)."


# --- Products -------------------------------------------------------------------------------------------


def test_products_are_found_by_asin_sku_or_link_with_any_separator(aurora):
    lamp, floor_lamp, trio = Product.objects.order_by("asin")
    Sku.objects.create(store=aurora, product=floor_lamp, sku="AUR-floor")
    text = f"{lamp.asin.lower()};AUR-floor\nhttps://www.amazon.com/Aurora/dp/{trio.asin}?th=1, {lamp.asin}"

    form = form_of(aurora, "coupon", COUPON, asins=text)

    assert form.chosen == [lamp, floor_lamp, trio]
    assert form.errors == {}


@pytest.mark.parametrize("sku", ["(3)", f"{LAMP}/{SET}", f"{LAMP}."])
def test_a_sku_of_marks_is_found_on_its_own_line(aurora, sku):
    Sku.objects.create(store=aurora, product=Product.objects.get(asin=SET), sku=sku)

    form = form_of(aurora, "coupon", COUPON, asins=sku)

    assert not said(form, "asins")
    assert [product.asin for product in form.chosen] == [SET]


def test_a_sku_with_a_space_is_found_on_its_own_line(aurora):
    Sku.objects.create(store=aurora, product=Product.objects.get(asin=SET), sku="AUR set, 3")

    form = form_of(aurora, "coupon", COUPON, asins=f"{LAMP}\nAUR set, 3\n")

    assert [product.asin for product in form.chosen] == [LAMP, SET]
    assert form.errors == {}


def test_unknown_products_are_refused_by_name(aurora):
    form = form_of(aurora, "coupon", COUPON, asins=f"B0XXXXXXX1 {LAMP} no-such-sku")

    assert form.errors["asins"] == [
        "B0XXXXXXX1 is not in Aurora US. Check the ASIN or import the listing first.",
        "no-such-sku is not in Aurora US. Check the ASIN or import the listing first.",
    ]
    assert form.typed["asins"] == [LAMP]


def test_a_long_list_of_unknown_products_stays_readable(aurora):
    form = form_of(aurora, "coupon", COUPON, asins=" ".join(f"sku-{number}" for number in range(25)))

    assert len(form.errors["asins"]) == 11
    assert form.errors["asins"][-1] == "15 more are not in Aurora US."


def test_a_product_of_another_store_is_unknown_here(aurora):
    other = cast.store("Borealis", merchant_id="A2BOREALIS12345")
    Product.objects.create(store=other, asin="B0BOREALI1", title="Other", price=Decimal(5))

    assert "B0BOREALI1 is not in Aurora US" in said(
        form_of(aurora, "coupon", COUPON, asins="B0BOREALI1"), "asins"
    )


def test_a_parent_pulls_in_its_children(aurora):
    parent = Product.objects.get(asin=SET)
    child = Product.objects.create(
        store=aurora, asin="B0AURORA04", title="One", price=Decimal(40), parent=parent
    )

    form = form_of(aurora, "coupon", COUPON, asins=SET)

    assert form.content["asins"] == [SET]
    assert form.content["covered"] == [SET, child.asin]


# --- Discount and terms ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "field", "sentence"),
    [
        ({"discount_value": "60"}, "discount_value", "from 5 % to 50 %"),
        ({"discount_value": "20.005"}, "discount_value", "at most two digits"),
        ({"discount_value": "0"}, "discount_value", "from 5 % to 50 %"),
        ({"discount_value": "$20"}, "discount_value", "This is money"),
        ({"discount_type": "money", "discount_value": "20%"}, "discount_value", "This is a percentage"),
        ({"budget": "99.999"}, "budget", "USD has at most two digits behind the point"),
        ({"discount_type": "money", "discount_value": "1.005"}, "discount_value", "at most two digits"),
        ({"discount_value": "12,5"}, "discount_value", "“12,5” is not"),
        ({"budget": "20"}, "budget", "no budget below"),
        ({"budget": "50%"}, "budget", "not a percentage"),
        ({"ends_on": "2026-12-01"}, "ends_on", "must end after it starts"),
        ({"ends_on": "2027-06-01"}, "ends_on", "lasts"),
        ({"starts_on": "2026-11-22"}, "starts_on", "no later than"),
        ({"starts_on": "2027-11-22", "ends_on": "2027-11-23"}, "starts_on", "days ahead"),
        ({"starts_on": "tomorrow"}, "starts_on", "This is not a date"),
    ],
)
def test_what_amazon_would_refuse_stands_beside_its_field(aurora, changed, field, sentence):
    form = form_of(aurora, "coupon", COUPON | changed)

    assert sentence in said(form, field)
    assert set(form.errors) == {field}


def test_yen_has_no_decimals(mia):
    store = cast.store("Aurora JP", marketplace_id="A1VC38T7YXB528", merchant_id="A2AURORA7654321")
    Product.objects.create(store=store, asin="B0AURORAJ1", title="ランプ", price=Decimal(1999))
    typed = COUPON | {"asins": "B0AURORAJ1", "discount_type": "money", "budget": "￥20,000"}

    assert form_of(store, "coupon", typed, discount_value="￥300").typed["discount_value"] == "300"
    assert form_of(store, "coupon", typed, discount_value="300").typed["budget"] == "20000"
    assert "no digits behind the point" in said(
        form_of(store, "coupon", typed, discount_value="300.5"), "discount_value"
    )


@pytest.mark.parametrize("code", ["top10tix", "TOPIOTIX", " top1Otix ", "ｔｏｐ１０ｔｉｘ"])
def test_a_group_code_is_kept_as_amazon_stores_it(aurora, code):
    typed = {name: SOCIAL[name] for name in SOCIAL if name != "claim_code"}
    form = form_of(aurora, "percentage_off", typed, claim_type="group", claim_code=code)

    assert "claim_code" not in form.errors
    assert form.content["claim_code"] == "TOPIOTIX"


@pytest.mark.parametrize("code", ["10fall01", "10FALL01", " 10Fall01 ", "１０ｆａｌｌ０１"])
def test_a_social_code_keeps_the_digits_that_shoppers_are_told(aurora, code):
    form = form_of(aurora, "social_code", SOCIAL, claim_code=code)

    assert form.errors == {}
    assert form.content["claim_code"] == "10FALL01"


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("25LAMP-123", "Only the letters"),
        ("25LAMP", "8 to 12 characters"),
        ("SUMMERSALE", "begins with digits"),
    ],
)
def test_a_claim_code_that_amazon_would_not_take_is_refused(aurora, code, sentence):
    assert sentence in said(form_of(aurora, "social_code", SOCIAL, claim_code=code), "claim_code")


def test_an_unticked_box_is_a_no_and_not_an_omission(aurora):
    assert form_of(aurora, "social_code", SOCIAL).typed["one_per_customer"] is False


def test_percentage_off_asks_for_a_budget_or_a_greatest_number(aurora):
    typed = {name: SOCIAL[name] for name in SOCIAL if name != "claim_code"} | {"claim_type": "none"}

    assert "budget, or for a greatest number" in said(form_of(aurora, "percentage_off", typed), "budget")
    assert form_of(aurora, "percentage_off", typed, max_redemptions="1,000").typed["max_redemptions"] == 1000


# --- The window -----------------------------------------------------------------------------------------

SPRING = datetime(2026, 3, 1, tzinfo=UTC)
AUTUMN = datetime(2026, 10, 25, tzinfo=UTC)


def test_a_time_that_clocks_skip_is_refused_with_the_times_around_it(aurora):
    typed = SOCIAL | {"starts_on": "2026-03-08", "starts_time": "02:30", "ends_on": "2026-03-09"}

    form = form_of(aurora, "social_code", typed, at=SPRING)

    assert said(form, "starts_time") == (
        "02:30 does not exist on Mar 8 in America/Los_Angeles: clocks go from 01:59 to 03:00. "
        "Type 01:59 or 03:00."
    )
    assert "starts_at" not in form.typed
    assert form.needed() == ["Start"]
    assert not said(form, "starts_on"), "the date is there"


def test_a_time_that_happens_twice_is_asked_about(aurora):
    typed = SOCIAL | {"starts_on": "2026-11-01", "starts_time": "01:30", "ends_on": "2026-11-02"}

    form = form_of(aurora, "social_code", typed, at=AUTUMN)

    assert "01:30 happens twice on Nov 1" in said(form, "starts_fold")
    assert form.fields["starts_fold"].choices == [
        ("earlier", "The first time (PDT)"),
        ("later", "The second time (PST)"),
    ]
    assert "ends_fold" not in form.fields
    assert form.fields["starts_fold"].required
    assert not said(form, "starts_on"), "the date is there"
    assert not form.is_checkable()


def test_a_date_without_its_time_is_asked_for_the_time_alone(aurora):
    form = form_of(aurora, "social_code", SOCIAL, ends_time="")

    assert said(form, "ends_time")
    assert not said(form, "ends_on")


@pytest.mark.parametrize(
    ("reading", "instant"), [("earlier", "2026-11-01T08:30:00Z"), ("later", "2026-11-01T09:30:00Z")]
)
def test_of_two_hours_the_one_said_is_meant_and_comes_back(aurora, reading, instant):
    typed = SOCIAL | {"starts_on": "2026-11-01", "starts_time": "01:30", "ends_on": "2026-11-02"}

    form = form_of(aurora, "social_code", typed, at=AUTUMN, starts_fold=reading)

    assert form.errors == {}
    assert form.typed["starts_at"] == instant
    assert fields_of(form.content, zone(aurora))["starts_fold"] == reading


def test_a_coupon_over_the_end_of_summer_time_still_runs_whole_days(aurora):
    form = form_of(aurora, "coupon", COUPON, at=AUTUMN, starts_on="2026-10-31", ends_on="2026-11-01")

    assert form.errors == {}
    assert form.typed["starts_at"] == "2026-10-31T07:00:00Z"
    assert form.typed["ends_at"] == "2026-11-02T08:00:00Z"
    assert fields_of(form.content, zone(aurora))["ends_on"] == "2026-11-01"


def test_the_readers_clock_is_named_where_it_does_not_keep_its_distance(aurora):
    across = form_of(aurora, "coupon", COUPON, at=AUTUMN, starts_on="2026-10-31", ends_on="2026-11-01")
    within = form_of(aurora, "coupon", COUPON)

    assert clocks_of(across, "Asia/Shanghai").note == (
        "Clocks change in between: your clock is +15 hours from the marketplace's at the start, and "
        "+16 hours at the end."
    )
    assert clocks_of(within, "Asia/Shanghai").note == ""
    assert clocks_of(across, "America/Los_Angeles").note == ""
