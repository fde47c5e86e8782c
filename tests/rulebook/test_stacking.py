"""The worst price: the vectors of the domain facts, the rules for codes, and a second opinion."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoflow.rulebook import stacking
from promoflow.rulebook.findings import Step
from promoflow.rulebook.offers import Discount
from promoflow.rulebook.stacking import price_on, worst_price
from tests.rulebook.evaluator import cheapest
from tests.rulebook.making import POLICY, offer, product
from tests.rulebook.strategies import prices, sets_of_offers


def code(off, combinability=None, claim_type="group", **terms):
    return offer("percentage_off", off, claim_type=claim_type, combinability=combinability, **terms)


# domain.md 2.3: the price, the offers, the basis its source computes on, and what is left.
VECTORS = [
    pytest.param(
        "100", [offer("lightning_deal", "%20"), offer("coupon", "%5")], "standard", "75.00", id="A-S1"
    ),
    pytest.param(
        "100", [code("%50", "unrestricted"), code("%50", "unrestricted")], "standard", "0", id="A-S2"
    ),
    pytest.param(
        "100", [offer("coupon", "$10"), offer("percentage_off", "%10")], "standard", "80.00", id="a-S3"
    ),
    pytest.param(
        "30", [offer("lightning_deal", "=25"), offer("coupon", "%5")], "standard", "23.50", id="T-S28-LD"
    ),
    pytest.param("30", [offer("best_deal", "=20"), offer("coupon", "%5")], "promo", "19.00", id="T-S28-7DD"),
    pytest.param(
        "80", [offer("coupon", "$10"), offer("percentage_off", "%20")], "standard", "54.00", id="T-S29"
    ),
    pytest.param(
        "100", [offer("price_discount", "%30"), offer("coupon", "%10")], "promo", "63.00", id="T-S57"
    ),
]


@pytest.mark.parametrize(("price", "offers", "basis", "left"), VECTORS)
def test_every_vector_of_the_domain_facts(price, offers, basis, left):
    assert price_on(product(price), offers, basis=basis).price == Decimal(left)


@pytest.mark.parametrize(("price", "offers", "basis", "left"), VECTORS)
def test_the_worst_price_is_never_above_what_a_source_says(price, offers, basis, left):
    assert worst_price(product(price), offers).price <= Decimal(left)


@pytest.mark.parametrize(
    ("offers", "left"),
    [
        ([offer("best_deal", "=20"), offer("coupon", "%5")], "18.50"),
        ([offer("price_discount", "=20"), offer("coupon", "%5")], "18.50"),
    ],
)
def test_where_sources_differ_on_the_base_the_lower_price_counts(offers, left):
    worst = worst_price(product("30"), offers)

    assert worst.price == Decimal(left)
    assert worst.basis == "standard"


def test_nothing_leaves_the_price():
    worst = worst_price(product("19.99"), [])

    assert worst.price == Decimal("19.99")
    assert worst.steps == (Step("", "price", "", Decimal("19.99")),)
    assert worst.percent == 0


def test_the_steps_name_each_promotion_and_add_up():
    offers = [
        offer("coupon", "%50", reference="PR-1007"),
        offer("social_code", "%30", reference="PR-1009"),
        offer("lightning_deal", "=18.00", reference="PR-1003"),
    ]

    worst = worst_price(product("19.99"), offers)

    assert worst.steps == (
        Step("", "price", "", Decimal("19.99")),
        Step("PR-1003", "lightning_deal", "=18.00", Decimal("-1.99")),
        Step("PR-1007", "coupon", "50 %", Decimal("-10.00")),
        Step("PR-1009", "social_code", "30 %", Decimal("-6.00")),
    )
    assert worst.price == sum(step.amount for step in worst.steps) == Decimal("2.00")
    assert worst.percent == Decimal("89.99")


def test_the_price_never_falls_below_nothing():
    worst = worst_price(product("10"), [offer("coupon", "$8"), offer("percentage_off", "%30")])

    assert worst.price == 0
    assert worst.percent == 100
    assert sum(step.amount for step in worst.steps) == -1


@pytest.mark.parametrize(
    ("currency", "price", "off", "left"),
    [
        ("USD", "19.99", "%50", "9.99"),
        ("USD", "0.01", "%50", "0"),
        ("USD", "10.01", "%33", "6.71"),
        ("JPY", "1999", "%5", "1899"),
        ("JPY", "1990", "%5", "1890"),
        ("JPY", "1989", "%5", "1890"),
    ],
)
def test_a_deduction_is_rounded_to_what_the_currency_has_halves_up(currency, price, off, left):
    assert worst_price(product(price, currency=currency), [offer("coupon", off)]).price == Decimal(left)


def test_of_two_promotions_that_set_the_price_the_lower_counts_alone():
    offers = [offer("lightning_deal", "=25"), offer("best_deal", "%10"), offer("price_discount", "$3")]

    assert worst_price(product("30"), offers).price == 25


def test_a_deal_above_the_price_takes_nothing_off():
    assert worst_price(product("30"), [offer("lightning_deal", "=35"), offer("coupon", "%50")]).price == 15


@pytest.mark.parametrize(
    ("offers", "left"),
    [
        ([code("%10", "preferential"), code("%20", "preferential")], "80"),
        ([code("%10", "unrestricted"), code("%20", "preferential")], "70"),
        ([code("%10", "unrestricted"), code("%20", "unrestricted")], "70"),
        ([code("%10", "exclusive"), code("%20", "exclusive")], "80"),
        ([code("%25", "exclusive"), code("%20", "unrestricted"), code("%10", "preferential")], "70"),
        ([code("%35", "exclusive"), code("%20", "unrestricted"), code("%10", "preferential")], "65"),
        ([code("%25", "exclusive"), offer("percentage_off", "%10", claim_type="none")], "65"),
        ([offer("social_code", "%20"), offer("percentage_off", "%10", claim_type="none")], "70"),
        ([offer("social_code", "%20"), code("%10", "preferential")], "80"),
        ([offer("social_code", "%10"), code("%20", "preferential", "single_use")], "80"),
        ([offer("social_code", "%20"), code("%10", "unrestricted")], "70"),
        ([offer("social_code", "%20"), code("%30", "exclusive")], "70"),
        ([offer("social_code", "%20"), offer("social_code", "%30")], "50"),
        ([offer("social_code", "%20"), code("%10")], "70"),
        ([offer("coupon", "%10"), offer("coupon", "%20"), code("%30", "exclusive")], "40"),
    ],
)
def test_codes_combine_as_amazon_lets_them(offers, left):
    assert worst_price(product("100"), offers).price == Decimal(left)


@pytest.mark.parametrize(
    ("buy", "get", "left"),
    [(1, 1, "50"), (2, 1, "66.67"), (1, 2, "33.33"), (None, 1, "0"), (1, None, "0"), (0, 1, "0")],
)
def test_free_items_count_as_their_share_of_the_units(buy, get, left):
    free = offer("buy_one_get_one", "free", buy_quantity=buy, get_quantity=get, claim_type="none")

    assert worst_price(product("100"), [free]).price == Decimal(left)


def test_free_items_and_half_off_leave_nothing():
    free = offer("buy_one_get_one", "free", buy_quantity=1, get_quantity=1, claim_type="none")

    assert worst_price(product("100"), [free, offer("coupon", "%50")]).price == 0


def test_a_kind_that_nobody_knows_comes_off_on_top():
    assert worst_price(product("100"), [offer("outlet", "%30"), offer("coupon", "%20")]).price == 50


def test_a_discount_without_a_value_takes_everything():
    nothing_known = offer("coupon", "free", buy_quantity=None)

    assert worst_price(product("100"), [nothing_known]).price == 0


def test_a_kind_that_is_not_known_comes_off_on_top_of_a_deal():
    together = [offer("best_deal", "%20"), offer("outlet", "%10", reference="PR-2")]

    assert worst_price(product("100"), together).price == 70


@pytest.mark.parametrize("discount_type", ["percent", "money", "price"])
def test_a_value_that_is_missing_takes_the_whole_price(discount_type):
    unknown = replace(offer("coupon"), discount=Discount(discount_type))

    assert stacking.deduction(unknown, Decimal(100), "USD") == 100


def test_free_items_without_their_quantities_take_the_whole_price_and_no_more():
    free = offer("buy_one_get_one", "free")

    assert stacking.deduction(free, Decimal(100), "USD") == 100
    assert stacking.label(free) == "0+0"


def test_without_a_price_there_is_no_worst_price():
    with pytest.raises(ValueError, match="B000000001 has no price"):
        worst_price(product(None), [offer("coupon")])


@pytest.mark.parametrize(
    ("off", "terms", "text"),
    [
        ("%20.00", {}, "20 %"),
        ("%12.50", {}, "12.5 %"),
        ("%100", {}, "100 %"),
        ("$10.00", {}, "10.00"),
        ("=25.00", {}, "=25.00"),
        ("free", {"buy_quantity": 2, "get_quantity": 1}, "2+1"),
    ],
)
def test_labels_have_no_words(off, terms, text):
    assert stacking.label(offer("buy_one_get_one", off, **terms)) == text


@given(price=prices, offers=sets_of_offers(most=6), currency=st.sampled_from(["USD", "JPY"]))
def test_the_price_equals_a_slow_evaluator_written_from_the_facts(price, offers, currency):
    listed = product(str(price), currency=currency)

    assert worst_price(listed, offers).price == cheapest(price, currency, offers)


@given(price=prices, offers=sets_of_offers(), data=st.data())
def test_the_order_of_offers_never_matters(price, offers, data):
    shuffled = data.draw(st.permutations(offers))

    assert worst_price(product(str(price)), shuffled) == worst_price(product(str(price)), offers)


@given(price=prices, offers=sets_of_offers(), more=sets_of_offers(most=1))
def test_adding_an_offer_never_raises_the_worst_price(price, offers, more):
    listed = product(str(price))

    assert worst_price(listed, [*offers, *more]).price <= worst_price(listed, offers).price


@given(price=prices, offers=sets_of_offers())
def test_the_worst_price_lies_between_nothing_and_the_price_and_its_steps_add_up(price, offers):
    worst = worst_price(product(str(price)), offers)

    assert 0 <= worst.price <= price
    assert worst.price == max(Decimal(0), sum(step.amount for step in worst.steps))


def test_an_amendment_and_what_it_amends_are_one_promotion():
    running = offer("coupon", "%20", reference="PR-1", hours=(0, 24))
    amendment = offer("coupon", "%20", reference="PR-2", hours=(0, 48), amends="PR-1")
    lamp = product("100.00")

    assert worst_price(lamp, [running, amendment]).price == 80
    assert [step.reference for step in worst_price(lamp, [running, amendment]).steps] == ["", "PR-2"]
    spans = stacking.sweep(lamp, [running, amendment], POLICY)
    assert {span.worst.price for span in spans} == {80}
    assert any(set(span.offers) == {running, amendment} for span in spans)
    assert worst_price(lamp, [running, replace(amendment, amends="PR-9")]).price == 60
