"""What runs shortly before and after: small steps that add up, and the price that later deals are held to."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from promoflow.rulebook.conflicts import find_conflicts
from promoflow.rulebook.offers import Window
from tests.rulebook.making import ASIN, DAY, NOW, POLICY, ZONE, offer, product

HOUR = timedelta(hours=1)
TICK = timedelta(microseconds=1)
WEEK = 7 * 24


def found(code, candidate, *others, policy=POLICY, products=None):
    findings = find_conflicts(candidate, others, products or [product()], policy, NOW)
    return [finding for finding in findings if finding.code == code]


def on_day(number, off="%10", kind="price_discount", **terms):
    hours = (24 * number, 24 * number + 24)
    return offer(kind, off, **{"hours": hours, "reference": f"PR-{1000 + number}", **terms})


# --- Small steps


def test_five_small_steps_in_a_week_are_found():
    candidate = on_day(0, reference="", state="draft")

    [finding] = found("small-steps", candidate, *(on_day(number) for number in (1, 2, 3, 4)))

    assert (finding.severity, finding.asin) == ("warn", ASIN)
    assert finding.others == ("PR-1001", "PR-1002", "PR-1003", "PR-1004")
    assert finding.details == {"kind": "price_discount", "total": "50.00", "percent": "50", "days": "7"}


def test_just_below_the_share_they_stay_small():
    assert not found("small-steps", on_day(0, "%9.99"), *(on_day(number) for number in (1, 2, 3, 4)))


def test_one_that_is_large_by_itself_was_looked_at_by_itself():
    assert not found("small-steps", on_day(0, "%10"), on_day(1, "%50"))
    assert not found("small-steps", on_day(0, "%50"), on_day(1, "%10"))
    assert found("small-steps", on_day(0, "%10"), on_day(1, "%49.99"))[0].details["total"] == "59.99"


@pytest.mark.parametrize("sign", [1, -1])
def test_only_what_starts_within_the_days_counts_before_and_after(sign):
    edge = on_day(2, "%40", hours=(sign * WEEK, sign * WEEK + 24))
    beyond = replace(edge, window=Window(edge.window.starts_at + sign * TICK, edge.window.ends_at))

    assert found("small-steps", on_day(0), edge)
    assert not found("small-steps", on_day(0), beyond)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_step_a_week_counts_also_over_the_night_with_an_hour_more(sign):
    saturday, week = datetime(2026, 10, 31, 7, tzinfo=UTC), timedelta(days=7, hours=1)
    first = replace(on_day(1, "%40"), window=Window(saturday, saturday + 24 * HOUR))
    second = replace(first, reference="PR-1002", window=Window(saturday + week, saturday + week + 24 * HOUR))
    wanted, other = (second, first) if sign == 1 else (first, second)

    def steps(zone):
        findings = find_conflicts(wanted, [other], [product()], POLICY, NOW, zone=zone)
        return [finding for finding in findings if finding.code == "small-steps"]

    assert steps(ZONE)
    assert not steps(None)


def test_steps_still_in_review_count_too():
    assert found("small-steps", on_day(0), on_day(1, "%40", state="in_review"))


def test_what_was_stopped_before_it_ran_is_no_step():
    stopped = on_day(1, "%40", state="ended", stopped_at=DAY - 40 * HOUR)

    assert not found("small-steps", on_day(0), stopped)


def test_an_amendment_and_what_it_amends_are_one_step():
    running = on_day(1, "%30")
    amendment = replace(running, reference="PR-1009", amends=running.reference)

    assert not found("small-steps", on_day(0), running, amendment)
    assert found("small-steps", on_day(0), running, replace(amendment, amends=None))


def test_a_pair_that_is_forbidden_anyway_is_not_also_a_step():
    assert not found("small-steps", on_day(0), on_day(0, "%40", reference="PR-1001"))


def test_steps_are_counted_product_by_product():
    other = "B000000002"
    products = [product(), product("50.00", asin=other)]
    candidate = on_day(0, "$10", asins=frozenset({ASIN, other}))

    [finding] = found("small-steps", candidate, on_day(1, "%30", asins=frozenset({other})), products=products)

    assert (finding.asin, finding.details["total"]) == (other, "50.00")


def test_a_policy_without_the_rule_counts_no_steps():
    assert not found("small-steps", on_day(0), on_day(1, "%45"), policy=replace(POLICY, splitting=None))


# --- The reference price


def deal(off="%20", **terms):
    return offer("best_deal", off, **{"reference": "PR-1001", **terms})


def test_a_deal_before_it_that_was_cheaper_is_noted():
    [finding] = found("reference-price", offer("lightning_deal", "%20", hours=(48, 54)), deal("%30"))

    assert (finding.severity, finding.others) == ("note", ("PR-1001",))
    assert finding.details["order"] == "before"
    assert finding.details["asins"] == ASIN


def test_a_later_one_that_it_would_hold_up_is_noted():
    [finding] = found("reference-price", deal("%30", reference=""), on_day(3, "%10", "coupon"))

    assert (finding.others, finding.details["order"]) == (("PR-1003",), "after")


@pytest.mark.parametrize(("off", "fires"), [("%20", True), ("%20.01", False)])
def test_going_below_the_earlier_price_is_enough(off, fires):
    assert bool(found("reference-price", on_day(2, off), deal("%20"))) is fires
    assert bool(found("reference-price", deal("%20", reference=""), on_day(2, off))) is fires


@pytest.mark.parametrize(
    ("starts", "fires"), [(24, True), (24 + 30 * 24, False), (24 + 30 * 24 - 0.001, True), (23, False)]
)
def test_only_what_follows_within_the_days_is_held_to_it(starts, fires):
    later = offer("price_discount", "%10", hours=(starts, starts + 24))

    assert bool(found("reference-price", later, deal("%20"))) is fires
    assert (
        bool(found("reference-price", deal("%20", reference=""), replace(later, reference="PR-2"))) is fires
    )


def test_a_coupon_lowers_no_reference_price():
    assert not found("reference-price", on_day(2, "%10"), on_day(0, "%20", "coupon", reference="PR-1001"))


@pytest.mark.parametrize(("kind", "held"), [("coupon", True), ("best_deal", True), ("social_code", False)])
def test_deals_and_coupons_are_held_to_it(kind, held):
    assert bool(found("reference-price", on_day(2, "%10", kind), deal("%20"))) is held
    assert bool(found("reference-price", deal("%20", reference=""), on_day(2, "%10", kind))) is held


def test_a_stopped_deal_ends_where_it_was_stopped():
    stopped = deal("%20", hours=(0, 72), state="ended", stopped_at=DAY + 24 * HOUR)

    touching = offer("price_discount", "%10", hours=(24, 48))
    before = offer("price_discount", "%10", hours=(23, 47))

    assert found("reference-price", touching, stopped)
    assert not found("reference-price", before, stopped)


def test_all_that_came_before_are_one_note_and_all_that_come_after_another():
    second = "B000000002"
    both = frozenset({ASIN, second})
    others = [
        deal("%30", hours=(-48, -24), asins=both),
        deal("%30", hours=(-72, -48), reference="PR-1002"),
        on_day(3, "%10", asins=both),
        on_day(4, "%90"),
        deal("%5", hours=(-48, -24), reference="PR-1009"),
    ]
    products = [product(), product(asin=second)]

    before, after = found(
        "reference-price", deal("%20", reference="", asins=both), *others, products=products
    )

    assert (before.others, before.details["asins"]) == (("PR-1001", "PR-1002"), f"{ASIN} {second}")
    assert (after.others, after.details["asins"]) == (("PR-1003",), f"{ASIN} {second}")


def test_a_product_without_a_price_is_held_to_nothing():
    assert not found("reference-price", on_day(2), deal(), products=[product(None)])
    assert not found("reference-price", on_day(2), deal(), products=[product(asin="B000000002")])


def test_another_product_is_held_to_nothing():
    assert not found("reference-price", on_day(2), deal(asins=frozenset({"B000000002"})))


def test_a_policy_without_the_rule_holds_nothing_to_a_price():
    silent = replace(POLICY, reference_price_days=0)

    assert not found("reference-price", on_day(1), deal(), policy=silent)


def test_the_policy_looks_back_as_far_as_its_rules_do():
    assert POLICY.look_back == timedelta(days=30)
    assert replace(POLICY, reference_price_days=0).look_back == timedelta(days=7)
    assert replace(POLICY, reference_price_days=0, splitting=None).look_back == timedelta(0)
    assert Decimal(POLICY.splitting.percent) == 50
