"""The way out that is another promotion: stopping or withdrawing which one takes a block away."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from promoflow.rulebook.conflicts import find_conflicts
from promoflow.rulebook.offers import Window
from promoflow.rulebook.policy import Blackout, Span
from tests.rulebook.making import DAY, NOW, POLICY, offer, product

HOUR = timedelta(hours=1)


def first(candidate, *others, floor="1.00", now=NOW):
    return find_conflicts(candidate, others, [product("100", floor)], POLICY, now)[0]


def draft(kind, off="%10", **terms):
    return offer(kind, off, **{"state": "draft", **terms})


def other(kind, off="%10", **terms):
    return offer(kind, off, **{"reference": "PR-1001", **terms})


def cut(off, **terms):
    return other("percentage_off", off, claim_type="none", **terms)


def test_an_approved_one_can_be_withdrawn():
    assert first(draft("social_code"), other("coupon")).let_go == ("PR-1001",)


@pytest.mark.parametrize(("hours", "goes"), [(6.001, True), (6, False), (1, False)])
def test_an_approved_one_that_may_run_by_now_is_not_withdrawn_but_stopped(hours, goes):
    """Amazon may start a coupon six hours early: whoever withdraws it then would let go of what runs."""
    finding = first(draft("social_code"), other("coupon"), now=DAY - timedelta(hours=hours))

    assert finding.let_go == ("PR-1001",) * goes


@pytest.mark.parametrize(("hours", "goes"), [(4, True), (3.999, False)])
def test_a_live_code_is_gone_four_hours_after_it_is_stopped(hours, goes):
    running = other("social_code", state="live", hours=(-24, 48))

    finding = first(draft("social_code"), running, now=DAY - timedelta(hours=hours))

    assert finding.let_go == ("PR-1001",) * goes


def test_a_live_coupon_stays_with_those_who_clipped_it():
    running = other("coupon", state="live", hours=(-24, 48))

    assert first(draft("social_code"), running, now=DAY - 3 * HOUR).let_go == ()


def test_what_has_been_stopped_cannot_be_stopped_again():
    stopped = other("social_code", state="ended", hours=(-24, 48), stopped_at=DAY - HOUR)

    assert first(draft("coupon"), stopped).let_go == ()


def test_two_in_review_are_not_told_to_let_go():
    assert first(draft("social_code"), other("coupon", state="in_review")).let_go == ()


def test_below_the_floor_names_each_one_that_is_enough():
    others = [cut("%20"), other("coupon", "%5", reference="PR-1002")]

    finding = first(draft("price_discount", "%30"), *others, floor="60")

    assert finding.code == "below-floor"
    assert finding.others == ("PR-1001", "PR-1002")
    assert finding.let_go == ("PR-1001",)


def test_where_no_single_one_is_enough_none_is_named():
    others = [cut("%20"), other("coupon", "%20", reference="PR-1002")]

    assert first(draft("price_discount", "%20"), *others, floor="70").let_go == ()


def test_what_breaks_the_floor_by_itself_has_nobody_to_blame():
    assert first(draft("price_discount", "%50"), cut("%5"), floor="60").let_go == ()


def test_it_must_be_enough_through_all_the_time():
    others = [cut("%30", hours=(0, 6)), cut("%25", hours=(12, 18), reference="PR-1002")]

    finding = first(draft("price_discount", "%20"), *others, floor="60")

    assert finding.others == ("PR-1001",)
    assert finding.let_go == ()


# --- The earliest safe start, and the greatest discount, at their edges


def start(candidate, *others, now=NOW, policy=POLICY, zone=None):
    findings = find_conflicts(candidate, others, [product()], policy, now, zone=zone)
    return next(finding.earliest_safe_start for finding in findings if finding.earliest_safe_start)


def test_several_in_the_way_are_passed_over_to_the_first_gap_that_is_long_enough():
    others = [
        other("social_code", hours=(0, 10)),
        other("social_code", hours=(12, 30), reference="PR-1002"),
        other("social_code", hours=(40, 50), reference="PR-1003"),
        other("social_code", hours=(80, 90), reference="PR-1004"),
    ]

    assert start(draft("social_code", hours=(0, 5)), *others) == DAY + 30 * HOUR
    assert start(draft("social_code", hours=(0, 20)), *others) == DAY + 50 * HOUR


def test_ends_that_lie_inside_another_one_are_no_way_out():
    others = [
        other("social_code", hours=(0, 10)),
        other("social_code", hours=(5, 30), reference="PR-1002"),
        other("coupon", hours=(8, 20), reference="PR-1003"),
    ]

    assert start(draft("social_code", hours=(0, 5)), *others) == DAY + 30 * HOUR


def test_the_lead_of_a_coupon_counts_behind_each_of_them():
    others = [other("social_code", hours=(0, 10)), other("social_code", hours=(30, 40), reference="PR-1002")]

    assert start(draft("coupon", hours=(0, 14)), *others) == DAY + 16 * HOUR
    assert start(draft("coupon", hours=(0, 15)), *others) == DAY + 46 * HOUR


def test_a_start_that_is_just_reachable_is_kept():
    code = other("social_code", hours=(-24, 0))

    at = DAY - 4 * HOUR
    assert start(draft("coupon", hours=(2, 26)), code, now=at) == DAY + 6 * HOUR


@pytest.mark.parametrize(
    ("now", "hour"),
    [
        (DAY - 2 * HOUR + timedelta(microseconds=1), 3),
        (DAY - 2 * HOUR + timedelta(seconds=1), 3),
        (DAY - 2 * HOUR, 2),
    ],
)
def test_too_late_by_the_least_leads_to_the_next_full_hour(now, hour):
    assert start(draft("social_code"), now=now) == DAY + hour * HOUR


def test_without_a_zone_the_days_of_a_blackout_are_those_of_utc():
    days = Blackout(
        name="Sale",
        first_day=date(2026, 11, 25),
        last_day=date(2026, 11, 25),
        kinds=frozenset({"social_code"}),
        verdict="block",
        reason="",
    )

    policy = replace(POLICY, blackouts=(days,))
    assert start(draft("social_code"), policy=policy) == datetime(2026, 11, 26, tzinfo=UTC)


def test_whole_days_are_moved_as_days_also_over_the_night_with_an_hour_more():
    first_day, zone = datetime(2026, 10, 29, 7, tzinfo=UTC), "America/Los_Angeles"
    wanted = replace(draft("coupon"), window=Window(first_day, first_day + 24 * HOUR))
    before = other("social_code")
    before = replace(before, window=Window(first_day, first_day + 50 * HOUR))
    evening = datetime(2026, 11, 2, 7, 30, tzinfo=UTC)
    after = replace(before, reference="PR-1002", window=Window(evening, evening + HOUR))

    at = first_day - timedelta(days=5)
    found = find_conflicts(wanted, [before, after], [product()], POLICY, at, zone=zone)

    # On November 1, whose 25 hours end at midnight, it would still run beside the code of that evening.
    assert found[0].earliest_safe_start == datetime(2026, 11, 3, 8, tzinfo=UTC)
    assert find_conflicts(wanted, [before], [product()], POLICY, at, zone=zone)[0].earliest_safe_start == (
        datetime(2026, 11, 1, 7, tzinfo=UTC)
    )


def test_a_kind_that_nobody_knows_is_moved_to_the_hour():
    code = other("coupon", hours=(0, 10.5))

    assert start(draft("outlet"), code, zone="America/Los_Angeles") == DAY + 16.5 * HOUR


@pytest.mark.parametrize(
    ("off", "price", "floor", "currency", "greatest"),
    [
        ("%30", "100", "80", "USD", "20"),
        ("$30", "100", "80", "USD", "20.00"),
        ("=70", "100", "80", "USD", "80.00"),
        ("=700", "1000", "800", "JPY", "800"),
        ("$300", "1000", "800", "JPY", "200"),
        ("%21", "100", "80", "USD", "20"),
        ("$20.01", "100", "80", "USD", "20.00"),
        ("=79.99", "100", "80", "USD", "80.00"),
        ("%10", "100", "95.01", "USD", None),
        ("$0.02", "100", "99.99", "USD", "0.01"),
        ("=99", "100", "99.99", "USD", "99.99"),
        ("=99", "100", "100", "USD", None),
    ],
)
def test_the_greatest_discount_at_its_edges(off, price, floor, currency, greatest):
    listed = [product(price, floor, currency=currency)]
    candidate = draft("coupon" if off.startswith("%") else "price_discount", off, currency=currency)

    findings = find_conflicts(candidate, (), listed, POLICY, NOW)

    [found] = [finding.greatest_discount for finding in findings if finding.code == "below-floor"]
    assert found == (None if greatest is None else Decimal(greatest))


def test_a_kind_without_a_least_share_may_go_down_to_one_percent():
    rules = POLICY.kinds["coupon"]
    free = replace(rules, limits=replace(rules.limits, percent=Span(None, None)))
    policy = replace(POLICY, kinds={**POLICY.kinds, "coupon": free})

    findings = find_conflicts(draft("coupon", "%10"), (), [product("100", "99")], policy, NOW)

    assert findings[0].greatest_discount == 1
    unknown = find_conflicts(draft("outlet", "%10"), (), [product("100", "99")], POLICY, NOW)
    assert [one.greatest_discount for one in unknown if one.code == "below-floor"] == [1]
