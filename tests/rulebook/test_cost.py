"""What a promotion costs at worst, and the findings that say so."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from promoflow.rulebook.case import Case
from promoflow.rulebook.conflicts import find_conflicts
from promoflow.rulebook.cost import at_worst
from promoflow.rulebook.policy import of_currency
from tests.rulebook.making import ASIN, DAY, NOW, POLICY, offer, product

OTHER = "B000000002"
HOUR = timedelta(hours=1)
TICK = timedelta(microseconds=1)
# What lasts a day is over before anything is restocked, and weeks ahead it is not.
SOON = DAY - 12 * HOUR


def stocked(stock, price="100.00", asin=ASIN):
    return replace(product(price, asin=asin), stock=stock)


def cost(candidate, *products, policy=POLICY, now=SOON):
    return at_worst(Case.of(candidate, (), products, policy, now))


def found(code, candidate, *products, policy=POLICY, now=SOON):
    findings = find_conflicts(candidate, (), products, policy, now)
    return [finding for finding in findings if finding.code == code]


def test_the_stock_ends_what_nothing_else_ends():
    worst = cost(offer("social_code", "%40"), stocked(400))

    assert (worst.units, worst.each, worst.amount, worst.bound) == (400, 40, 16000, "stock")


def test_each_product_has_its_own_stock_and_its_own_discount():
    both = offer("social_code", "%10", asins=frozenset({ASIN, OTHER}))

    worst = cost(both, stocked(10), stocked(5, "20.00", asin=OTHER))

    assert (worst.units, worst.each, worst.amount) == (15, Decimal(10), Decimal(110))


def test_one_stock_that_nobody_knows_leaves_the_cost_unknown():
    both = offer("social_code", asins=frozenset({ASIN, OTHER}))

    assert cost(both, stocked(10), stocked(None, asin=OTHER)) is None
    assert cost(both) is None


@pytest.mark.parametrize("now", [SOON, NOW])
def test_what_has_sold_out_may_be_restocked(now):
    assert cost(offer("social_code"), stocked(0), now=now) is None
    both = offer("social_code", asins=frozenset({ASIN, OTHER}))
    assert cost(both, stocked(400), stocked(0, asin=OTHER), now=now) is None


def test_a_stock_that_may_be_filled_up_again_ends_nothing():
    deal = offer("price_discount")

    assert cost(deal, stocked(400), now=DAY - 24 * HOUR).bound == "stock"
    later = cost(deal, stocked(400), now=DAY - 24 * HOUR - TICK)
    assert (later.bound, later.is_the_end, later.amount) == ("restocked", False, 4000)


def test_what_runs_for_weeks_is_restocked_though_it_starts_at_once():
    assert cost(offer("price_discount", hours=(0, 24 * 30)), stocked(400), now=DAY).bound == "restocked"


def test_a_cap_is_the_end_of_what_may_be_restocked():
    deal = offer("lightning_deal", "%20", committed_units=50)

    assert cost(deal, stocked(30), now=NOW).bound == "committed"


def test_a_deal_ends_with_its_committed_units():
    worst = cost(offer("lightning_deal", "%20", committed_units=50), stocked(400))

    assert (worst.units, worst.amount, worst.bound) == (50, 1000, "committed")


def test_the_least_that_is_known_counts():
    worst = cost(offer("lightning_deal", "%20", committed_units=50), stocked(30))

    assert (worst.units, worst.amount, worst.bound) == (30, 600, "stock")


@pytest.mark.parametrize(
    ("terms", "units"),
    [
        ({"max_redemptions": 20, "units_per_order": 3}, 60),
        ({"max_redemptions": 20}, None),
        ({"units_per_order": 3}, None),
    ],
)
def test_redemptions_count_only_with_the_units_of_an_order(terms, units):
    worst = cost(offer("percentage_off", claim_type="none", **terms), stocked(None))

    assert (worst and worst.units) == units


def test_a_budget_is_no_cap():
    assert cost(offer("coupon", budget=Decimal(500)), stocked(None)) is None


def test_the_dearest_product_is_what_committed_units_go_for():
    both = offer("best_deal", "%20", committed_units=10, asins=frozenset({ASIN, OTHER}))

    assert cost(both, stocked(None, "30.00"), stocked(None, "80.00", asin=OTHER)).amount == 160


@pytest.mark.parametrize(("units", "fires"), [(1000, False), (1001, True)])
def test_above_the_policys_limit_a_cost_wants_a_reason(units, fires):
    findings = found("costs-much", offer("best_deal", "%10", committed_units=units), product())

    assert [finding.severity for finding in findings] == ["warn"] * fires
    assert all(finding.details["limit"] == "10000" for finding in findings)


def test_a_limit_of_the_currency_goes_before_the_one_for_all_others():
    assert of_currency(POLICY.exposure_above, "JPY") == 1_500_000
    assert of_currency(POLICY.exposure_above, "PLN") == 10_000


def test_a_policy_without_a_limit_lets_every_cost_pass():
    silent = replace(POLICY, exposure_above={})

    assert not found("costs-much", offer("best_deal", "%90", committed_units=10**6), product(), policy=silent)


@pytest.mark.parametrize(
    ("code", "candidate"),
    [
        ("no-redemption-cap", offer("social_code")),
        ("group-code-unlimited", offer("percentage_off", claim_type="group")),
        ("budget-not-a-cap", offer("coupon", budget=Decimal(500))),
        ("coupon-on-several-units", offer("coupon")),
        ("code-shared-with-influencers", offer("social_code")),
        ("costs-much", offer("coupon")),
    ],
)
def test_what_is_exposed_says_what_it_costs(code, candidate):
    [finding] = found(code, candidate, stocked(1500))

    assert {name: finding.details[name] for name in ("units", "each", "cost", "currency", "bound")} == {
        "units": "1500",
        "each": "10.00",
        "cost": "15000.00",
        "currency": "USD",
        "bound": "stock",
    }


def test_a_stock_that_costs_much_by_now_wants_a_reason_weeks_ahead_too():
    [finding] = found("costs-much", offer("coupon"), stocked(1001), now=NOW)

    assert (finding.details["cost"], finding.details["bound"]) == ("10010.00", "restocked")
    assert not found("costs-much", offer("coupon"), stocked(1000), now=NOW)


def test_what_nobody_knows_is_left_unsaid():
    [finding] = found("no-redemption-cap", offer("social_code"), product())

    assert "cost" not in finding.details
