"""Every finding: it fires, and at its boundary it does not."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from promoflow.rulebook.conflicts import CHECKS, find_conflicts
from promoflow.rulebook.kinds import KINDS
from promoflow.rulebook.offers import Window
from tests.rulebook.making import ASIN, DAY, NOW, POLICY, but_the_usual, offer, product

HOUR = timedelta(hours=1)
TICK = timedelta(microseconds=1)


def check(candidate, *others, products=None, now=NOW, **more):
    listed = [product()] if products is None else products
    return but_the_usual(find_conflicts(candidate, others, listed, POLICY, now, **more))


def found(code, *args, **more):
    return [finding for finding in check(*args, **more) if finding.code == code]


def codes(*args, **more):
    return {finding.code for finding in check(*args, **more)}


def blocks(*args, **more):
    return [finding for finding in check(*args, **more) if finding.severity == "block"]


def draft(kind="coupon", off="%10", **terms):
    terms = {"one_per_customer": True, "state": "in_review", **terms}
    return offer(kind, off, **terms)


def live(kind, off="%10", *, reference="PR-1001", **terms):
    return offer(kind, off, reference=reference, **terms)


def test_a_plain_coupon_beside_nothing_is_clean():
    assert check(draft()) == ()


def test_blocks_come_first_and_notes_last():
    findings = check(draft("social_code", one_per_customer=False), live("coupon"))

    assert [finding.severity for finding in findings] == ["block", "warn", "note"]


def test_every_check_says_in_a_sentence_what_it_looks_for():
    assert all(check.__doc__ and check.__doc__.endswith(".") for check in CHECKS)


# --- What nobody can judge


def test_an_unknown_kind_blocks():
    [finding] = found("unknown-kind", draft("outlet"))

    assert finding.severity == "block"
    assert finding.params == (("kind", "outlet"),)


@pytest.mark.parametrize("kind", KINDS)
def test_a_known_kind_is_judged(kind):
    assert not found("unknown-kind", draft(kind))


def test_no_products_is_not_no_conflict():
    assert [finding.severity for finding in found("no-products", draft(asins=frozenset()))] == ["block"]


def test_a_product_that_the_catalog_does_not_have_blocks():
    candidate = draft(asins=frozenset({ASIN, "B000000002"}))

    assert [(finding.asin, finding.severity) for finding in found("product-unknown", candidate)] == [
        ("B000000002", "block")
    ]


@pytest.mark.parametrize(("price", "missing"), [(None, True), ("0", True), ("-1", True), ("0.01", False)])
def test_a_product_without_a_price_blocks(price, missing):
    findings = found("price-missing", draft(), products=[product(price)])

    assert [(finding.asin, finding.severity) for finding in findings] == (
        [(ASIN, "block")] if missing else []
    )


@pytest.mark.parametrize(("currency", "fires"), [("EUR", True), ("USD", False), ("", False)])
def test_another_currency_than_the_products_blocks(currency, fires):
    assert [finding.severity for finding in found("currency-differs", draft(currency=currency))] == [
        "block"
    ] * fires


@pytest.mark.parametrize(
    ("kind", "off", "fires"),
    [
        ("lightning_deal", "=100", True),
        ("lightning_deal", "=120", True),
        ("lightning_deal", "=99.99", False),
        ("coupon", "$0", True),
        ("coupon", "%0.004", True),
        ("coupon", "$0.01", False),
    ],
)
def test_taking_nothing_off_blocks(kind, off, fires):
    assert [finding.severity for finding in found("not-a-discount", draft(kind, off))] == ["block"] * fires


# --- The clock


@pytest.mark.parametrize(
    ("kind", "hours"), [("coupon", 6), ("lightning_deal", 25), ("social_code", 4), ("price_discount", 1)]
)
def test_after_amazon_has_locked_it_is_too_late(kind, hours):
    last = DAY - hours * HOUR

    assert not found("too-late", draft(kind), now=last)
    [finding] = found("too-late", draft(kind), now=last + TICK)
    assert finding.severity == "block"
    assert finding.details["hours"] == str(hours)


def test_too_late_says_which_start_and_by_when():
    [finding] = found("too-late", draft(), now=DAY - 90 * timedelta(minutes=1))

    assert finding.window == Window(DAY, DAY + 24 * HOUR)
    assert finding.details == {
        "kind": "coupon",
        "starts_at": "2026-11-25T08:00:00Z",
        "decide_by": "2026-11-25T02:00:00Z",
        "hours": "6",
    }


def test_a_start_that_has_passed_is_in_the_past_and_not_also_too_late():
    assert codes(draft(), now=DAY) == {"in-past"}
    assert codes(draft(), now=DAY - TICK) == {"too-late"}


@pytest.mark.parametrize("state", ["approved", "live"])
def test_what_has_been_decided_is_not_judged_by_the_clock_again(state):
    assert check(draft(state=state), now=DAY + HOUR) == ()


def test_too_late_names_the_next_full_hour_that_is_not():
    [finding] = found("too-late", draft("social_code"), now=DAY - 2 * HOUR - timedelta(minutes=13))

    assert finding.earliest_safe_start == DAY + 2 * HOUR


def test_a_full_hour_is_itself_the_next_one():
    [finding] = found("too-late", draft("social_code"), now=DAY - 2 * HOUR)

    assert finding.earliest_safe_start == DAY + 2 * HOUR


def test_in_the_marketplaces_zone_a_coupon_is_moved_to_a_midnight():
    [finding] = found("too-late", draft(), now=DAY - 2 * HOUR, zone="America/Los_Angeles")

    assert finding.earliest_safe_start == DAY + 24 * HOUR


# --- Pairs


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("other", KINDS)
def test_a_pair_is_found_as_the_policy_says(kind, other):
    by_verdict = {"block": {"kinds-forbidden"}, "warn": {"kinds-doubtful"}, "may-meet": set()}
    terms = {"buy_quantity": 9, "get_quantity": 1}

    pairs = codes(draft(kind, **terms), live(other, **terms)) & {
        "kinds-forbidden",
        "kinds-doubtful",
        "cooling-off",
    }

    assert pairs == by_verdict[POLICY.pair(kind, other)]


def test_an_unknown_kind_beside_it_blocks():
    assert "kinds-forbidden" in codes(draft(), live("outlet"))


@pytest.mark.parametrize("state", ["approved", "live", "ended"])
def test_what_has_been_decided_blocks(state):
    assert "kinds-forbidden" in codes(draft("social_code"), live("coupon", state=state))


@pytest.mark.parametrize("state", ["draft", "rejected", "cancelled"])
def test_what_will_not_run_is_ignored(state):
    assert codes(draft("social_code"), live("coupon", state=state)) == {"code-shared-with-influencers"}


def test_the_requests_own_reservation_is_ignored():
    assert check(draft(reference="PR-1001"), live("coupon")) == ()


def test_two_requests_without_a_reference_are_two():
    assert "kinds-forbidden" in codes(draft(reference=""), live("coupon", reference=""))


def test_another_product_is_no_conflict():
    assert check(draft(), live("coupon", asins=frozenset({"B000000002"}))) == ()


def test_a_parents_coupon_meets_the_deal_of_a_child():
    family = frozenset({ASIN, "B000000002", "B000000003"})
    products = [product(asin=asin) for asin in sorted(family)]

    findings = found(
        "kinds-forbidden",
        draft(asins=family),
        live("best_deal", asins=frozenset({"B000000002"})),
        products=products,
    )

    assert [(finding.asin, finding.others) for finding in findings] == [("B000000002", ("PR-1001",))]


def test_windows_that_touch_do_not_meet_and_one_microsecond_does():
    first = live("social_code", hours=(-24, 0))
    second = draft("social_code", hours=(0, 24))

    assert not found("kinds-forbidden", second, first)
    assert not found("cooling-off", second, first)
    longer = replace(first, window=Window(first.window.starts_at, DAY + TICK))
    assert [finding.window for finding in found("kinds-forbidden", second, longer)] == [
        Window(DAY, DAY + TICK)
    ]


def test_a_forbidden_pair_shows_the_price_shoppers_would_pay():
    [finding] = found(
        "kinds-forbidden",
        draft("social_code", "%30"),
        live("coupon", "%50", reference="PR-1007"),
        products=[product("19.99", "12.00")],
    )

    assert (finding.price, finding.floor) == (Decimal("3.99"), Decimal("12.00"))
    assert [step.amount for step in finding.steps] == [Decimal("19.99"), Decimal("-6.00"), Decimal("-10.00")]
    assert finding.key == f"kinds-forbidden:{ASIN}:PR-1007"
    assert finding.window == Window(DAY, DAY + 24 * HOUR)


def test_the_price_of_a_pair_counts_all_that_runs_beside_it():
    deal = live("price_discount", "%20", reference="PR-1002")

    [finding] = found("kinds-forbidden", draft("social_code", "%30"), live("coupon", "%40"), deal)

    assert finding.price == 10
    assert finding.others == ("PR-1001",)


def test_without_a_price_a_pair_is_still_forbidden():
    [finding] = found("kinds-forbidden", draft("social_code"), live("coupon"), products=[product(None)])

    assert (finding.price, finding.steps) == (None, ())


def test_only_padding_is_cooling_off():
    code = live("social_code", hours=(-24, -1))

    [finding] = found("cooling-off", draft(), code)

    assert finding.severity == "block"
    assert finding.window == Window(DAY - 6 * HOUR, DAY - HOUR)
    assert finding.earliest_safe_start == DAY + 5 * HOUR
    assert not found("kinds-forbidden", draft(), code)


@pytest.mark.parametrize(("ends", "fires"), [(-6, False), (-5.999, True)])
def test_cooling_off_begins_where_the_padding_does(ends, fires):
    assert bool(found("cooling-off", draft(), live("social_code", hours=(-24, ends)))) is fires


def test_a_coupon_that_may_start_early_cools_off_what_comes_before_it():
    [finding] = found("cooling-off", draft("social_code", hours=(-24, -1)), live("coupon"))

    assert finding.earliest_safe_start == DAY + 24 * HOUR


def test_a_stopped_coupon_is_clipped_until_its_original_end():
    stopped = live("coupon", state="ended", hours=(-24, 48), stopped_at=DAY - 12 * HOUR)

    [finding] = found("cooling-off", draft("social_code"), stopped)

    assert finding.earliest_safe_start == DAY + 48 * HOUR


def test_a_promotion_stopped_in_time_to_never_run_is_no_danger():
    stopped = live("coupon", state="ended", stopped_at=DAY - 6 * HOUR)

    assert codes(draft("social_code"), stopped) == {"code-shared-with-influencers"}


def test_a_doubtful_pair_warns_with_its_price():
    [finding] = found("kinds-doubtful", draft("percentage_off", "%10"), live("coupon", "%20"))

    assert (finding.severity, finding.price) == ("warn", Decimal(70))
    assert finding.earliest_safe_start is None


def test_two_in_review_that_would_block_each_other_warn_both():
    coupon, code = draft("coupon", reference="PR-1001"), draft("social_code", reference="PR-1002")

    for candidate, other in ((coupon, code), (code, coupon)):
        [finding] = found("review-conflict", candidate, other)
        assert (finding.severity, finding.others) == ("warn", (other.reference,))
        assert finding.price == 80
        assert not [finding for finding in check(candidate, other) if finding.severity == "block"]


def test_two_in_review_that_may_meet_with_a_reason_are_asked_for_it():
    asking = draft("percentage_off", reference="PR-1002")

    [finding] = found("kinds-doubtful", draft("coupon"), asking)

    [later] = found("kinds-doubtful", draft("coupon"), replace(asking, state="approved"))
    assert finding.key == later.key
    assert not found("review-conflict", draft("coupon"), asking)


def test_what_is_decided_is_not_asked_for_a_reason_to_meet_what_is_in_review():
    assert not found("kinds-doubtful", live("coupon"), draft("percentage_off", reference="PR-1002"))


# --- The sum


def cut(off, **terms):
    return live("percentage_off", off, claim_type="none", **terms)


@pytest.mark.parametrize(("floor", "fires"), [("70.00", False), ("70.01", True)])
def test_the_sum_may_reach_the_floor_and_not_go_below(floor, fires):
    findings = found(
        "below-floor", draft("price_discount", "%20"), cut("%10"), products=[product("100", floor)]
    )

    assert [finding.severity for finding in findings] == ["block"] * fires


def test_below_the_floor_names_the_arithmetic_and_the_ways_out():
    [finding] = found(
        "below-floor",
        draft("price_discount", "%20"),
        cut("%10", hours=(0, 12)),
        products=[product("100", "75")],
    )

    assert (finding.price, finding.floor, finding.others) == (Decimal(70), Decimal(75), ("PR-1001",))
    assert [step.label for step in finding.steps] == ["", "20 %", "10 %"]
    assert finding.window == Window(DAY, DAY + 12 * HOUR)
    assert finding.greatest_discount == 15
    assert finding.earliest_safe_start == DAY + 12 * HOUR


@pytest.mark.parametrize(("off", "fires"), [("%50", False), ("%50.01", True)])
def test_a_promotion_alone_may_not_break_the_floor(off, fires):
    findings = found("below-floor", draft("coupon", off), products=[product("100", "50")])

    assert [(finding.others, finding.earliest_safe_start) for finding in findings] == [((), None)] * fires


@pytest.mark.parametrize(("off", "fires"), [("%50", True), ("%49", False)])
def test_free_blocks_whatever_the_floor(off, fires):
    findings = found("free", draft("price_discount", "%50"), cut(off), products=[product("100", "0")])

    assert [(finding.severity, finding.price) for finding in findings] == [("block", Decimal(0))] * fires
    assert not found("below-floor", draft("price_discount", "%50"), cut(off), products=[product("100", "0")])


def test_a_forbidden_pair_is_not_counted_a_second_time_by_the_sum():
    assert codes(draft("coupon", "%50"), live("social_code", "%50")) == {"kinds-forbidden"}


def test_three_that_are_fine_in_pairs_are_stopped_by_the_sum():
    others = [
        live("price_discount", "%20"),
        live("percentage_off", "%20", claim_type="none", reference="PR-1002"),
    ]
    candidate, products = draft("coupon", "%20"), [product("100", "50")]

    assert all(not found("below-floor", candidate, other, products=products) for other in others)
    [finding] = found("below-floor", candidate, *others, products=products)
    assert (finding.price, finding.others) == (Decimal(40), ("PR-1001", "PR-1002"))


def test_only_what_runs_at_the_same_moment_adds_up():
    others = [
        live("price_discount", "%40", hours=(0, 4)),
        live("percentage_off", "%40", claim_type="none", hours=(4, 8), reference="PR-1002"),
    ]

    assert not found("below-floor", draft("coupon", "%10"), *others, products=[product("100", "50")])


def test_an_offer_that_takes_nothing_off_is_not_named():
    higher = live("best_deal", "%10", reference="PR-1002")

    [finding] = found(
        "below-floor", draft("lightning_deal", "%30"), higher, cut("%10"), products=[product("100", "65")]
    )

    assert finding.others == ("PR-1001",)


def test_others_in_review_that_would_break_the_floor_warn():
    other = cut("%20", state="in_review")
    candidate, products = draft("price_discount", "%20"), [product("100", "61")]

    [finding] = found("review-below-floor", candidate, other, products=products)

    assert (finding.severity, finding.price, finding.others) == ("warn", Decimal(60), ("PR-1001",))
    assert not found("below-floor", candidate, other, products=products)
    assert not found("review-below-floor", candidate, other, products=[product("100", "60")])


def test_a_floor_that_breaks_already_is_not_warned_of_again():
    other = cut("%20", state="in_review")

    assert codes(draft("price_discount", "%50"), other, products=[product("100", "61")]) == {"below-floor"}


def test_an_assumed_floor_is_one_warning_for_all_products():
    asins = frozenset({"B000000001", "B000000002", "B000000003"})
    products = [
        product("100", None, asin="B000000003"),
        product("100", None),
        product("100", "10", asin="B000000002"),
    ]

    [finding] = found("floor-assumed", draft(asins=asins), products=products)

    assert finding.severity == "warn"
    assert finding.details == {"asins": "B000000001 B000000003", "count": "2", "percent": "50"}


def test_a_known_floor_is_not_assumed():
    assert not found("floor-assumed", draft(), products=[product("100", "0")])


@pytest.mark.parametrize(("off", "fires"), [("%50", False), ("%50.01", True)])
def test_an_assumed_floor_holds(off, fires):
    assert bool(found("below-floor", draft("coupon", off), products=[product("100", None)])) is fires


@pytest.mark.parametrize(
    ("kind", "off", "fires"),
    [
        ("coupon", "$4.99", True),
        ("coupon", "$5.00", False),
        ("coupon", "$50.00", False),
        ("coupon", "$50.01", True),
        ("lightning_deal", "=85.01", True),
        ("lightning_deal", "=85.00", False),
        ("price_discount", "=19.99", True),
        ("price_discount", "=20.00", False),
        ("coupon", "%60", False),
    ],
)
def test_money_and_prices_are_held_to_amazons_share_of_the_price(kind, off, fires):
    findings = found("discount-outside-limits", draft(kind, off))

    assert [finding.severity for finding in findings] == ["warn"] * fires


# --- Ways out


@pytest.mark.parametrize(
    ("kind", "off", "floor", "greatest"),
    [
        ("price_discount", "%40", "69.50", "20"),
        ("price_discount", "$40", "69.50", "20.50"),
        ("price_discount", "=60", "69.50", "79.50"),
        ("price_discount", "%40", "80.01", None),
        ("price_discount", "%40", "80.00", "10"),
        ("price_discount", "$40", "89.99", "0.01"),
        ("price_discount", "$40", "90.00", None),
        ("price_discount", "=60", "89.99", "99.99"),
        ("price_discount", "%21", "70.00", "20"),
        ("price_discount", "%20.50", "70.00", "20"),
        ("price_discount", "$20.01", "70.00", "20.00"),
        ("price_discount", "=79.99", "70.00", "80.00"),
    ],
)
def test_the_greatest_discount_keeps_the_floor_exactly(kind, off, floor, greatest):
    [finding] = found("below-floor", draft(kind, off), cut("%10"), products=[product("100", floor)])

    assert finding.greatest_discount == (None if greatest is None else Decimal(greatest))


def test_the_greatest_discount_holds_through_every_segment():
    others = [cut("%10", hours=(0, 4)), cut("%30", hours=(6, 8), reference="PR-1002")]

    [finding] = found("below-floor", draft("price_discount", "%40"), *others, products=[product("100", "50")])

    assert finding.greatest_discount == 20


def test_free_items_have_no_shallower_value():
    [finding] = found(
        "below-floor",
        draft("buy_one_get_one", "free", buy_quantity=1, get_quantity=1),
        products=[product("100", "60")],
    )

    assert finding.greatest_discount is None


def test_the_earliest_safe_start_passes_over_gaps_that_are_too_short():
    first, second = (
        live("social_code", hours=(0, 10)),
        live("social_code", hours=(20, 30), reference="PR-1002"),
    )

    [finding] = found("kinds-forbidden", draft("social_code", hours=(5, 17)), first, second)
    [short] = found("kinds-forbidden", draft("social_code", hours=(5, 15)), first, second)

    assert finding.earliest_safe_start == DAY + 30 * HOUR
    assert short.earliest_safe_start == DAY + 10 * HOUR


def test_the_earliest_safe_start_keeps_the_floor_too():
    sale = live("price_discount", "%45", hours=(20, 60), reference="PR-1002")

    [finding] = found(
        "kinds-forbidden", draft("coupon", "%10"), live("social_code"), sale, products=[product("100", "50")]
    )

    assert finding.earliest_safe_start == DAY + 66 * HOUR


def test_the_earliest_safe_start_is_safe():
    others = [live("social_code"), live("best_deal", hours=(30, 90), reference="PR-1002")]
    [finding] = found("kinds-forbidden", draft(), *others)
    start = finding.earliest_safe_start

    assert start == DAY + 96 * HOUR
    assert not blocks(draft(hours=(96, 120)), *others)
    assert blocks(draft(hours=(96 - 0.001, 120)), *others)


@pytest.mark.parametrize(("state", "movable"), [("draft", True), ("approved", True), ("live", False)])
def test_what_has_begun_is_moved_by_nobody(state, movable):
    [finding] = found("kinds-forbidden", draft("social_code", state=state), live("coupon"))

    assert bool(finding.earliest_safe_start) is movable


def test_its_own_depth_does_not_hide_the_earliest_safe_start():
    findings = check(draft("coupon", "%80"), live("social_code"), products=[product("100", "50")])

    assert {finding.code: finding.earliest_safe_start for finding in findings} == {
        "kinds-forbidden": DAY + 30 * HOUR,
        "below-floor": None,
    }


def test_what_breaks_the_floor_alone_is_not_moved_because_of_others():
    sale = live("price_discount", "%5", hours=(20, 90), reference="PR-1002")

    [finding] = found(
        "kinds-forbidden", draft("coupon", "%80"), live("social_code"), sale, products=[product("100", "50")]
    )

    assert finding.earliest_safe_start == DAY + 30 * HOUR


# --- Exposure


def code(text, **terms):
    return live("percentage_off", claim_type="group", claim_code=text, units_per_order=1, **terms)


@pytest.mark.parametrize(
    ("other", "fires"), [("top1Otix", True), ("TOPIOTIX", True), ("TOPIOTIY", False), (None, False)]
)
def test_a_code_in_use_blocks_however_it_is_spelled(other, fires):
    beside = code(other, asins=frozenset({"B000000002"}))

    findings = found("code-reused", draft("social_code", claim_code="TOP10TIX"), beside)

    assert [(finding.severity, finding.others) for finding in findings] == [("block", ("PR-1001",))] * fires


@pytest.mark.parametrize(
    "terms", [{"hours": (24, 48)}, {"state": "in_review"}, {"state": "ended", "hours": (-48, 0)}]
)
def test_a_code_used_at_another_time_or_still_in_review_warns(terms):
    beside = code("TOP10TIX", asins=frozenset({"B000000002"}), **terms)

    assert [
        finding.severity
        for finding in found("code-reused", draft("social_code", claim_code="TOP10TIX"), beside)
    ] == ["warn"]


def test_a_promotion_without_a_code_reuses_none():
    assert not found("code-reused", draft("coupon"), code("TOP10TIX"))


@pytest.mark.parametrize(
    ("kind", "terms", "fires"),
    [
        ("social_code", {}, True),
        ("social_code", {"one_per_customer": True}, False),
        ("percentage_off", {"claim_type": "none"}, True),
        ("percentage_off", {"claim_type": "single_use"}, False),
        ("percentage_off", {"max_redemptions": 100}, False),
        ("buy_one_get_one", {"buy_quantity": 9, "get_quantity": 1}, True),
        ("coupon", {}, False),
        ("lightning_deal", {}, False),
    ],
)
def test_nothing_that_caps_redemptions_warns(kind, terms, fires):
    candidate = draft(kind, **{"one_per_customer": False, **terms})

    assert [finding.severity for finding in found("no-redemption-cap", candidate)] == ["warn"] * fires


@pytest.mark.parametrize(
    ("terms", "fires"),
    [
        ({"claim_type": "group"}, True),
        ({"claim_type": "group", "units_per_order": 1}, False),
        ({"claim_type": "single_use"}, False),
        ({"claim_type": "none"}, False),
    ],
)
def test_a_group_code_for_any_number_of_units_warns(terms, fires):
    findings = found("group-code-unlimited", draft("percentage_off", **terms))

    assert [finding.severity for finding in findings] == ["warn"] * fires


@pytest.mark.parametrize(
    ("kind", "budget", "fires"),
    [
        ("coupon", "500", True),
        ("coupon", None, False),
        ("percentage_off", "500", True),
        ("social_code", "500", False),
    ],
)
def test_a_budget_is_noted_to_be_no_cap(kind, budget, fires):
    candidate = draft(kind, budget=None if budget is None else Decimal(budget))

    assert [finding.severity for finding in found("budget-not-a-cap", candidate)] == ["note"] * fires


@pytest.mark.parametrize(
    ("kind", "off", "one_per_customer", "fires"),
    [
        ("coupon", "%10", False, True),
        ("coupon", "%10", None, True),
        ("coupon", "%10", True, False),
        ("coupon", "$10", False, False),
        ("percentage_off", "%10", False, False),
    ],
)
def test_a_coupon_that_comes_off_five_units_is_noted(kind, off, one_per_customer, fires):
    findings = found("coupon-on-several-units", draft(kind, off, one_per_customer=one_per_customer))

    assert [finding.severity for finding in findings] == ["note"] * fires


@pytest.mark.parametrize("kind", KINDS)
def test_only_a_social_code_is_shared_with_influencers(kind):
    findings = found("code-shared-with-influencers", draft(kind))

    assert [finding.severity for finding in findings] == ["note"] * (kind == "social_code")


def test_a_price_below_the_floor_names_only_who_takes_something_off():
    nothing_off = offer("lightning_deal", "=120", reference="PR-1001")
    code = offer("percentage_off", "%30", claim_type="none", reference="PR-1002")
    findings = find_conflicts(
        offer("social_code", "%30"), [nothing_off, code], [product("100", "50")], POLICY, NOW
    )

    [finding] = [finding for finding in findings if finding.code == "below-floor"]

    assert finding.others == ("PR-1002",)
