"""What findings on exposure, limits and forbidden days say, whole."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from promoflow.rulebook.case import Case
from promoflow.rulebook.conflicts import find_conflicts
from promoflow.rulebook.cost import Cost, at_worst
from promoflow.rulebook.offers import Window
from promoflow.rulebook.policy import Blackout
from tests.rulebook.making import ASIN, DAY, NOW, POLICY, ZONE, offer, product

OTHER = "B000000002"
AT_WORST = {"units": "400", "each": "10.00", "cost": "4000.00", "currency": "USD", "bound": "restocked"}


def found(code, candidate, *others, listed=None, policy=POLICY):
    products = listed or [replace(product(), stock=400)]
    findings = find_conflicts(candidate, others, products, policy, NOW, zone=ZONE)
    return next(finding for finding in findings if finding.code == code)


def test_a_reused_code_names_both_codes_and_the_other_promotion():
    other = offer("percentage_off", claim_type="group", claim_code="SAVEMOREIO", reference="PR-1001")

    finding = found("code-reused", offer("social_code", claim_code="SAVEMORE10", hours=(12, 36)), other)

    assert finding.window == Window(DAY.replace(hour=20), DAY.replace(day=26))
    assert finding.details == {
        "claim_code": "SAVEMORE10",
        "other_code": "SAVEMOREIO",
        "other_kind": "percentage_off",
        "other_starts_at": "2026-11-25T08:00:00Z",
        "other_ends_at": "2026-11-26T08:00:00Z",
    }


@pytest.mark.parametrize(("kind", "most"), [("coupon", "50"), ("lightning_deal", None)])
def test_a_share_outside_the_limits_names_the_limits_and_the_products(kind, most):
    both = frozenset({ASIN, OTHER})
    listed = [product(), product(asin=OTHER)]

    finding = found("discount-outside-limits", offer(kind, "$1", asins=both), listed=listed)

    least = "5" if kind == "coupon" else "15"
    expected = {"kind": kind, "asins": f"{ASIN} {OTHER}", "count": "2", "least": least}
    assert finding.details == (expected | {"most": most} if most else expected)


def test_a_budget_names_its_amount_with_and_without_a_known_cost():
    coupon = offer("coupon", "%10", budget=Decimal(500), currency="USD", one_per_customer=True)

    known = found("budget-not-a-cap", coupon)
    unknown = found("budget-not-a-cap", coupon, listed=[product()])

    assert known.details == {"kind": "coupon", "budget": "500", **AT_WORST}
    assert unknown.details == {"kind": "coupon", "budget": "500", "currency": "USD"}


@pytest.mark.parametrize(
    ("code", "candidate", "details"),
    [
        (
            "group-code-unlimited",
            offer("percentage_off", claim_type="group", claim_code="SAVEMORE20"),
            {"kind": "percentage_off", "claim_code": "SAVEMORE20"},
        ),
        ("no-redemption-cap", offer("social_code"), {"kind": "social_code"}),
        (
            "code-shared-with-influencers",
            offer("social_code", claim_code="SAVEMORE20"),
            {"claim_code": "SAVEMORE20"},
        ),
        ("coupon-on-several-units", offer("coupon"), {}),
    ],
)
def test_what_is_exposed_says_what_it_is_and_what_it_costs(code, candidate, details):
    assert found(code, candidate).details == details | AT_WORST


def test_what_costs_much_names_the_limit_of_its_currency():
    listed = [replace(product("1000", "1", currency="JPY"), stock=20_000)]

    finding = found("costs-much", offer("social_code", currency="JPY"), listed=listed)

    assert finding.details == {
        "kind": "social_code",
        "limit": "1500000",
        "units": "20000",
        "each": "100",
        "cost": "2000000",
        "currency": "JPY",
        "bound": "restocked",
    }


def test_a_cost_says_all_of_itself():
    capped = offer("percentage_off", "%20", claim_type="none", max_redemptions=4, units_per_order=5)

    assert at_worst(Case.of(capped, (), [product()], POLICY, NOW)) == Cost(
        units=20, each=Decimal(20), amount=Decimal(400), currency="USD", bound="redemptions"
    )
    deal = offer("best_deal", "%20", committed_units=3)
    assert at_worst(Case.of(deal, (), [product()], POLICY, NOW)) == Cost(
        units=3, each=Decimal(20), amount=Decimal(60), currency="USD", bound="committed"
    )
    assert at_worst(Case.of(deal, (), [product(None)], POLICY, NOW)) is None


def test_a_blackout_names_its_days_and_how_early_this_one_may_touch_them():
    days = Blackout(
        name="Black Friday",
        first_day=date(2026, 11, 25),
        last_day=date(2026, 11, 26),
        kinds=frozenset({"coupon"}),
        verdict="warn",
        reason="Prices are set by hand.",
    )

    finding = found("blackout", offer("coupon"), policy=replace(POLICY, blackouts=(days,)))

    assert finding.details == {
        "kind": "coupon",
        "name": "Black Friday",
        "reason": "Prices are set by hand.",
        "blackout_starts_at": "2026-11-25T08:00:00Z",
        "blackout_ends_at": "2026-11-27T08:00:00Z",
        "danger_starts_at": "2026-11-25T02:00:00Z",
    }


def test_a_deal_that_cannot_be_called_back_says_until_when():
    assert found("no-way-back", offer("best_deal", "%20")).details == {
        "kind": "best_deal",
        "cancel_by": "2026-11-24T07:00:00Z",
        "danger_ends_at": "2026-11-26T08:00:00Z",
    }


@pytest.mark.parametrize("kind", ["coupon", "social_code", "percentage_off", "buy_one_get_one"])
def test_what_comes_off_at_the_checkout_says_once_from_which_price_it_counts(kind):
    both = offer(
        kind, "free" if kind == "buy_one_get_one" else "%10", asins=frozenset({ASIN, OTHER, "B000000003"})
    )
    listed = [product("20.00"), product("15.50", asin=OTHER), product(None, asin="B000000003")]

    findings = find_conflicts(both, (), listed, POLICY, NOW)

    [note] = [finding for finding in findings if finding.code == "unseen-prices"]
    assert (note.severity, note.asin) == ("note", "")
    assert note.details == {"kind": kind, "counts_with": "15.50", "count": "2", "currency": "USD"}


@pytest.mark.parametrize("kind", ["lightning_deal", "best_deal", "price_discount", "outlet"])
def test_what_sets_the_price_comes_off_no_other(kind):
    findings = find_conflicts(offer(kind), (), [product()], POLICY, NOW)

    assert "unseen-prices" not in {finding.code for finding in findings}
