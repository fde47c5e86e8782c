"""What holds of the checker for any offers."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from promoflow.rulebook import findings as found
from promoflow.rulebook.case import Case
from promoflow.rulebook.conflicts import find_conflicts
from promoflow.rulebook.offers import Window
from promoflow.rulebook.risk import risk_of
from promoflow.rulebook.stacking import price_on, sweep, worst_price
from tests.rulebook.making import NOW, POLICY, offer, product
from tests.rulebook.strategies import drafts, named, offers, prices, sets_of_offers

TICK = timedelta(microseconds=1)
PAIRS = ("kinds-forbidden", "cooling-off")
PRODUCTS = [product("100", "1")]


def check(candidate, others, products=PRODUCTS):
    return find_conflicts(candidate, others, products, POLICY, NOW)


def pairs(findings):
    return {finding.code for finding in findings if finding.code in PAIRS}


@given(price=prices, together=sets_of_offers(most=4))
def test_the_standard_price_is_the_base_that_leaves_the_lower_price(price, together):
    listed = product(str(price))

    worst = worst_price(listed, together)

    assert worst.price <= price_on(listed, together, basis="promo").price
    assert worst == price_on(listed, together, basis="standard")


@given(first=offers(), second=offers())
def test_conflict_is_mutual(first, second):
    first, second = named(first, "PR-1001"), named(second, "PR-1002")

    assert pairs(check(first, [second])) == pairs(check(second, [first]))


@given(first=offers(states=["in_review"]), second=offers(states=["in_review"]))
def test_a_conflict_in_review_is_mutual(first, second):
    first, second = named(first, "PR-1001"), named(second, "PR-1002")

    def reviewed(candidate, other):
        return {finding.code for finding in check(candidate, [other]) if finding.code == "review-conflict"}

    assert reviewed(first, second) == reviewed(second, first)


@given(candidate=drafts(), other=offers())
def test_a_blocked_pair_is_found_exactly_where_danger_windows_overlap(candidate, other):
    other = named(other, "PR-1001")
    meets = POLICY.danger_window(candidate).overlaps(POLICY.danger_window(other))
    forbidden = POLICY.pair(candidate.kind, other.kind) == "block"

    assert bool(pairs(check(candidate, [other]))) is (meets and forbidden)


@given(first=offers(), gap=st.integers(-3, 3), length=st.integers(1, 10**6))
def test_touching_windows_never_overlap_and_one_microsecond_does(first, gap, length):
    ends_at = POLICY.danger_window(first).ends_at
    starts_at = ends_at + gap * TICK
    second = Window(starts_at, starts_at + (length + 3) * TICK)

    assert POLICY.danger_window(first).overlaps(second) is (gap < 0 and bool(POLICY.danger_window(first)))
    assert second.overlaps(POLICY.danger_window(first)) is POLICY.danger_window(first).overlaps(second)


@given(candidate=drafts(), others=sets_of_offers(most=4), data=st.data())
def test_the_order_of_offers_never_matters_down_to_the_digest(candidate, others, data):
    shuffled = data.draw(st.permutations(others))

    def digest(others):
        case = Case.of(candidate, others, PRODUCTS, POLICY, NOW)
        report = found.report(case, check(candidate, others))
        return found.digest(report)

    assert check(candidate, shuffled) == check(candidate, others)
    assert digest(shuffled) == digest(others)


@given(candidate=drafts(), others=sets_of_offers(most=4))
def test_findings_survive_being_stored(candidate, others):
    findings = check(candidate, others)

    assert found.from_data(found.to_data(findings)) == findings


@given(candidate=drafts(), others=sets_of_offers(most=4), more=offers())
def test_another_offer_never_takes_a_block_away(candidate, others, more):
    def blocked(others):
        return {
            (finding.code, finding.others)
            for finding in check(candidate, others)
            if finding.severity == "block" and finding.code in PAIRS
        }

    assert blocked(others) <= blocked([*others, named(more, "PR-2001")])


@given(
    candidate=drafts(),
    others=sets_of_offers(most=3, kinds=("price_discount", "percentage_off")),
    price=prices,
    floor=prices,
)
def test_some_moment_sells_below_the_floor_if_and_only_if_that_is_found(candidate, others, price, floor):
    listed = product(str(price), str(floor))
    may_meet = [other for other in others if POLICY.pair(candidate.kind, other.kind) != "block"]
    segments = sweep(listed, [candidate, *may_meet], POLICY, within=POLICY.danger_window(candidate))

    below = any(segment.worst.price < floor for segment in segments)

    assert bool(breaks(candidate, others, listed)) is below


@given(
    candidate=drafts(),
    others=sets_of_offers(most=3),
    may_run=sets_of_offers(most=3, states=("may_run",)),
    floor=prices,
)
@settings(max_examples=60)
def test_what_may_still_run_is_told_of_and_counts_for_nothing_else(candidate, others, may_run, floor):
    """Also where it is an earlier revision of what is held by now: both have one reference."""
    listed = [product("100", str(floor))]

    found = check(candidate, [*others, *may_run], listed)

    told = [finding for finding in found if finding.code == "may-still-run"]
    assert [finding for finding in found if finding not in told] == list(check(candidate, others, listed))
    assert {finding.severity for finding in told} <= {"warn"}
    assert len({finding.key for finding in told}) == len(told)
    danger = POLICY.danger_window(candidate)
    for each in may_run:
        meets = POLICY.danger_window(named(each, "", stopped_at=None)).overlaps(danger)
        doubtful = POLICY.pair(candidate.kind, each.kind) != "may-meet"
        if each.stopped_at is None and meets and doubtful:
            assert each.reference in {finding.others[0] for finding in told}


@given(candidate=drafts(), others=sets_of_offers(most=4), floor=prices)
@settings(max_examples=60)
def test_a_candidate_moved_to_the_earliest_safe_start_meets_no_block_but_its_own(candidate, others, floor):
    listed = product("100", str(floor))
    for finding in check(candidate, others, [listed]):
        if finding.earliest_safe_start:
            length = candidate.window.ends_at - candidate.window.starts_at
            start = finding.earliest_safe_start
            moved = replace(candidate, window=Window(start, start + length))
            blocks = [each for each in check(moved, others, [listed]) if each.severity == "block"]
            alone = [each for each in check(moved, [], [listed]) if each.severity == "block"]
            assert reasons(blocks) == reasons(alone)


@given(candidate=drafts(), others=sets_of_offers(most=4), floor=prices)
@settings(max_examples=60)
def test_no_start_before_the_earliest_safe_one_is_safe(candidate, others, floor):
    listed = product("100", str(floor))
    blocking = [each for each in check(candidate, others, [listed]) if each.severity == "block"]
    found = [finding.earliest_safe_start for finding in blocking]
    length = candidate.window.ends_at - candidate.window.starts_at
    lead = candidate.window.starts_at - POLICY.danger_window(candidate).starts_at

    for other in others:
        start = POLICY.danger_window(other).ends_at + lead
        moved = replace(candidate, window=Window(start, start + length))
        alone = [each for each in check(moved, [], [listed]) if each.severity == "block"]
        if any(found) and candidate.window.starts_at <= start < max(filter(None, found)):
            blocks = [each for each in check(moved, others, [listed]) if each.severity == "block"]
            in_time = not {each.code for each in alone} & {"in-past", "too-late"}
            assert reasons(blocks) != reasons(alone) or not in_time


def reasons(findings):
    """Why it is blocked: what breaks the floor by itself may be free beside others, wherever it moves."""
    return {"below-floor" if finding.code == "free" else finding.code for finding in findings}


@given(
    candidate=drafts(),
    others=sets_of_offers(most=4, kinds=("price_discount", "percentage_off", "best_deal")),
    floor=prices,
)
@settings(max_examples=60)
def test_letting_go_of_any_one_that_is_named_takes_the_finding_away(candidate, others, floor):
    listed = product("100", str(floor))
    for finding in check(candidate, others, [listed]):
        for reference in finding.let_go:
            left = [other for other in others if other.reference != reference]
            keys = {(each.code, each.others) for each in check(candidate, left, [listed])}
            assert (finding.code, finding.others) not in keys
            assert finding.code != "below-floor" or not breaks(candidate, left, listed)


@given(candidate=drafts(), others=sets_of_offers(most=4), floor=prices)
@settings(max_examples=60)
def test_the_greatest_discount_clears_the_floor_and_one_step_more_does_not(candidate, others, floor):
    listed = product("100", str(floor))
    others = [other for other in others if POLICY.pair(candidate.kind, other.kind) != "block"]
    for finding in check(candidate, others, [listed]):
        greatest = finding.greatest_discount
        if finding.code in ("below-floor", "free") and greatest is not None:
            step = {"percent": Decimal(1), "money": Decimal("0.01"), "price": Decimal("-0.01")}
            deeper = greatest + step[candidate.discount.type]
            assert not breaks(with_value(candidate, greatest), others, listed)
            assert breaks(with_value(candidate, deeper), others, listed)


def with_value(candidate, value):
    return replace(candidate, discount=replace(candidate.discount, value=value))


def breaks(candidate, others, listed):
    return {finding.code for finding in check(candidate, others, [listed])} & {"below-floor", "free"}


@given(
    kind=st.sampled_from(["coupon", "price_discount", "best_deal"]),
    sign=st.sampled_from("%$="),
    digits=st.integers(1, 22),
    price=prices,
    others=sets_of_offers(most=2),
)
def test_no_amount_is_too_large_to_be_checked(kind, sign, digits, price, others):
    candidate = offer(kind, sign + "9" * digits, state="draft", committed_units=50)
    listed = [product(str(price), "1")]
    found = check(candidate, others, listed)
    case = Case.of(candidate, others, listed, POLICY, NOW)

    assert risk_of(case, found).worst_percent <= 100
