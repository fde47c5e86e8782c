"""How much could go wrong: the deepest price, the money at stake, the warnings."""

from dataclasses import replace
from decimal import Decimal

import pytest

from promoflow.rulebook.case import Case
from promoflow.rulebook.conflicts import findings_of
from promoflow.rulebook.risk import risk_of
from tests.rulebook.making import ASIN, NOW, POLICY, offer, product

OTHER = "B000000002"


def risk(candidate, *others, products):
    case = Case.of(candidate, others, products, POLICY, NOW)
    return risk_of(case, findings_of(case))


def test_the_product_that_falls_deepest_says_how_deep():
    both = frozenset({ASIN, OTHER})
    listed = [product("100.00", "10.00"), product("50.00", "10.00", asin=OTHER)]
    beside = offer("price_discount", "%30", reference="PR-7", state="approved", asins=frozenset({OTHER}))

    assert risk(offer("coupon", "%10", asins=both), products=listed).worst_percent == Decimal("10.00")
    assert risk(offer("coupon", "%10", asins=both), beside, products=listed).worst_percent == Decimal("40.00")


def test_money_at_stake_is_what_it_costs_at_worst():
    deal = offer("best_deal", "%20", committed_units=50)

    assert risk(deal, products=[product("100.00", "10.00")]).exposed == Decimal("1000.00")


def test_what_nothing_ends_has_no_sum():
    assert risk(offer("price_discount", "%20"), products=[product("100.00", "10.00")]).exposed is None


@pytest.mark.parametrize(("stock", "in_stock"), [(30, "600.00"), (0, None), (None, None)])
def test_a_stock_that_may_be_filled_up_again_is_no_end(stock, in_stock):
    listed = replace(product("100.00", "10.00"), stock=stock)

    found = risk(offer("price_discount", "%20"), products=[listed])

    assert (found.exposed, found.in_stock) == (None, in_stock and Decimal(in_stock))
    capped = risk(offer("best_deal", "%20", committed_units=50), products=[listed])
    assert (capped.exposed, capped.in_stock) == (Decimal("1000.00"), None)


def test_warnings_are_counted_and_nothing_else():
    warned = risk(offer("price_discount", "%20"), products=[product("100.00", None)])

    assert warned.warned == 1


def test_where_nothing_is_priced_nothing_is_deep():
    unpriced = risk(offer("price_discount", "%20"), products=[product(None, None)])

    assert (unpriced.worst_percent, unpriced.currency) == (Decimal(0), "USD")
