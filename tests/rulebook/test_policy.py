"""The policy: what it decides, how it names its holes, danger windows and deadlines."""

import copy
from datetime import timedelta
from decimal import Decimal
from itertools import combinations_with_replacement, pairwise

import pytest

from promoflow.rulebook import policy as policies
from promoflow.rulebook.kinds import KINDS
from promoflow.rulebook.offers import Window
from tests.rulebook.making import DAY, POLICY, WRITTEN, offer, product

HOUR = timedelta(hours=1)
CODES = ("social_code", "percentage_off", "buy_one_get_one")
DEALS = ("lightning_deal", "best_deal")


@pytest.fixture
def written():
    return copy.deepcopy(WRITTEN)


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_kind_never_meets_itself(kind):
    assert POLICY.pair(kind, kind) == "block"


@pytest.mark.parametrize("other", ["social_code", "lightning_deal", "best_deal"])
def test_the_house_rules_of_f003(other):
    assert POLICY.pair("coupon", other) == "block"


def test_pairs_that_only_set_the_price_may_meet_and_the_rest_needs_a_reason():
    verdicts = {
        pair: POLICY.pair(*pair)
        for pair in combinations_with_replacement(KINDS, 2)
        if POLICY.pair(*pair) != "block"
    }

    assert {pair for pair, verdict in verdicts.items() if verdict == "may-meet"} == {
        ("lightning_deal", "best_deal"),
        ("lightning_deal", "price_discount"),
        ("best_deal", "price_discount"),
        ("price_discount", "percentage_off"),
    }
    assert len(verdicts) == 28 - 7 - 3


def test_a_pair_has_no_order():
    for a, b in combinations_with_replacement(KINDS, 2):
        assert POLICY.pair(a, b) == POLICY.pair(b, a)


def test_an_unknown_kind_blocks():
    assert POLICY.pair("coupon", "outlet") == "block"
    assert POLICY.pair("outlet", "outlet") == "block"


def test_every_rule_says_where_it_comes_from_and_how_sure_it_is(written):
    def facts(node):
        if isinstance(node, dict):
            if node.keys() & {"value", "least", "amounts"}:
                yield node
            else:
                for child in node.values():
                    yield from facts(child)

    sections = ("kinds", "floor", "going_live", "exposure", "splitting", "after_effects")
    found = list(facts({section: written[section] for section in sections}))

    assert len(found) == 7 * (4 + 9) + 3 + 4
    assert all(fact["source"] and fact["sure"] in written["legend"]["sure"] for fact in found)
    assert all(pair["reason"] and pair["source"] for pair in written["pairs"])


def test_every_source_named_is_resolved(written):
    def sources(node):
        if isinstance(node, dict):
            for name, child in node.items():
                yield from child.split(", ") if name == "source" else sources(child)
        elif isinstance(node, list):
            for child in node:
                yield from sources(child)

    rules = {name: node for name, node in written.items() if name not in ("legend", "sources")}

    assert set(sources(rules)) - {"-"} == set(written["sources"])


def test_a_missing_pair_is_named(written):
    written["pairs"] = [pair for pair in written["pairs"] if pair["kinds"] != ["coupon", "social_code"]]

    with pytest.raises(ValueError, match="does not decide coupon and social_code"):
        policies.read(written)


def test_a_pair_decided_twice_is_named(written):
    written["pairs"].append({"kinds": ["social_code", "coupon"], "verdict": "warn"})

    with pytest.raises(ValueError, match="decides social_code and coupon twice"):
        policies.read(written)


@pytest.mark.parametrize(
    ("pair", "named"),
    [
        ({"kinds": ["coupon", "outlet"], "verdict": "warn"}, "do not exist: coupon and outlet"),
        ({"kinds": ["coupon"], "verdict": "warn"}, "do not exist: coupon"),
        ({"kinds": ["coupon", "coupon"], "verdict": "allow"}, "coupon and coupon is none of"),
    ],
)
def test_a_pair_that_makes_no_sense_is_named(written, pair, named):
    written["pairs"].insert(0, pair)

    with pytest.raises(ValueError, match=named):
        policies.read(written)


HOLES = [
    *(("kinds", "coupon", "danger", name) for name in WRITTEN["kinds"]["coupon"]["danger"]),
    *(
        ("kinds", "coupon", "limits", name)
        for name in WRITTEN["kinds"]["coupon"]["limits"]
        if name != "chosen_parents"
    ),
    ("exposure", "warn_above"),
    ("splitting", "within_days"),
    ("splitting", "percent"),
    ("after_effects", "days"),
    ("kinds", "coupon", "decide_hours_before_start"),
    *(("kinds", name) for name in KINDS),
    ("version",),
    ("pairs",),
    ("floor", "default_percent"),
    ("going_live", "late_mark_hours"),
    ("going_live", "verify_within_minutes"),
]


@pytest.mark.parametrize("path", HOLES, ids=".".join)
def test_every_hole_is_named(written, path):
    *parents, last = path
    node = written
    for name in parents:
        node = node[name]
    del node[last]

    with pytest.raises(ValueError, match=f"says nothing about {'.'.join(path)}"):
        policies.read(written)


@pytest.mark.parametrize("value", [-1, 1.5, "6", True, None])
def test_hours_are_whole_numbers(written, value):
    written["kinds"]["coupon"]["danger"]["hours_before"]["value"] = value

    with pytest.raises(ValueError, match=r"kinds\.coupon\.danger\.hours_before\.value is not a whole number"):
        policies.read(written)


def test_a_range_is_not_upside_down(written):
    written["kinds"]["coupon"]["limits"]["percent"].update(least=60)

    with pytest.raises(ValueError, match="least above its most"):
        policies.read(written)


def test_the_default_floor_is_a_share(written):
    written["floor"]["default_percent"]["value"] = 101

    with pytest.raises(ValueError, match="above 100"):
        policies.read(written)


def test_a_budget_is_decided_for_currencies_that_no_source_names(written):
    del written["kinds"]["coupon"]["limits"]["least_budget"]["amounts"]["other"]

    with pytest.raises(ValueError, match=r"amounts\.other"):
        policies.read(written)


def test_a_coupon_may_start_six_hours_early_and_ends_on_time():
    assert POLICY.danger_window(offer("coupon")) == Window(DAY - 6 * HOUR, DAY + 24 * HOUR)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "coupon"])
def test_the_others_keep_their_times(kind):
    assert POLICY.danger_window(offer(kind)) == Window(DAY, DAY + 24 * HOUR)


@pytest.mark.parametrize("kind", [*CODES, "price_discount"])
def test_a_stopped_code_may_be_redeemed_four_hours_longer(kind):
    assert POLICY.danger_window(offer(kind, stopped_at=DAY + HOUR)) == Window(DAY, DAY + 5 * HOUR)


@pytest.mark.parametrize("kind", CODES)
def test_the_tail_never_reaches_beyond_the_original_end(kind):
    assert POLICY.danger_window(offer(kind, stopped_at=DAY + 22 * HOUR)).ends_at == DAY + 24 * HOUR
    assert POLICY.danger_window(offer(kind, stopped_at=DAY + 99 * HOUR)).ends_at == DAY + 24 * HOUR


@pytest.mark.parametrize("kind", ["coupon", *DEALS])
def test_a_stopped_coupon_or_deal_reaches_to_its_original_end(kind):
    going, stopped = offer(kind), offer(kind, stopped_at=DAY + HOUR)

    assert POLICY.danger_window(stopped) == POLICY.danger_window(going)


@pytest.mark.parametrize("kind", [*CODES, "price_discount"])
def test_what_was_stopped_so_early_that_it_is_gone_by_its_start_is_no_danger(kind):
    assert not POLICY.danger_window(offer(kind, stopped_at=DAY - 4 * HOUR))
    assert POLICY.danger_window(offer(kind, stopped_at=DAY - 2 * HOUR)) == Window(DAY, DAY + 2 * HOUR)


@pytest.mark.parametrize("kind", ["coupon", *DEALS])
def test_what_was_stopped_before_amazon_locked_it_is_no_danger(kind):
    decide_by = POLICY.decide_by(offer(kind))

    assert not POLICY.danger_window(offer(kind, stopped_at=decide_by))
    assert POLICY.danger_window(offer(kind, stopped_at=decide_by + timedelta(microseconds=1)))


def test_a_coupon_that_may_have_started_before_its_lock_is_a_danger_when_it_is_stopped_then(written):
    written["kinds"]["coupon"]["danger"]["hours_before"]["value"] = 12
    policy = policies.read(written)

    assert not policy.danger_window(offer("coupon", stopped_at=DAY - 12 * HOUR))
    assert policy.danger_window(offer("coupon", stopped_at=DAY - 8 * HOUR)) == Window(
        DAY - 12 * HOUR, DAY + 24 * HOUR
    )


def test_an_unknown_kind_gets_the_widest_times():
    assert POLICY.danger_window(offer("outlet")).starts_at == DAY - 6 * HOUR
    assert POLICY.danger_window(offer("outlet", stopped_at=DAY + HOUR)).ends_at == DAY + 24 * HOUR
    assert POLICY.decide_by(offer("outlet")) == DAY - 25 * HOUR


@pytest.mark.parametrize(
    ("kind", "hours"),
    [
        ("coupon", 6),
        ("lightning_deal", 25),
        ("best_deal", 25),
        ("price_discount", 1),
        ("social_code", 4),
        ("percentage_off", 4),
        ("buy_one_get_one", 4),
    ],
)
def test_a_decision_must_reach_amazon_before_it_locks(kind, hours):
    assert POLICY.decide_by(offer(kind)) == DAY - hours * HOUR


def test_live_is_marked_within_a_day_and_never_after_the_end():
    assert POLICY.mark_live_by(offer("coupon", hours=(0, 72))) == DAY + 24 * HOUR
    assert POLICY.mark_live_by(offer("lightning_deal", hours=(0, 6))) == DAY + 6 * HOUR


def test_the_second_look_is_due_within_an_hour():
    assert POLICY.verify_by(DAY) == DAY + HOUR


def test_an_amendment_is_decided_and_marked_live_until_what_it_amends_ends():
    amendment = offer("coupon", hours=(-72, 240), decide_until=DAY + 48 * HOUR)

    assert POLICY.decide_by(amendment) == DAY + 48 * HOUR
    assert POLICY.mark_live_by(amendment) == DAY + 48 * HOUR


def test_the_floor_is_the_products_own_or_half_its_price():
    assert POLICY.floor_of(product("100.00", "30.00")) == Decimal("30.00")
    assert POLICY.floor_of(product("100.00", "0.00")) == 0
    assert POLICY.floor_of(product("100.00", None)) == 50
    assert POLICY.floor_of(product(None, None)) is None
    assert POLICY.floor_of(product(None, "5.00")) == 5


def test_an_assumed_floor_is_a_payable_amount_rounded_up():
    assert POLICY.floor_of(product("19.99", None)) == Decimal("10.00")
    assert POLICY.floor_of(product("19.97", None)) == Decimal("9.99")
    assert POLICY.floor_of(product("1999", None, currency="JPY")) == Decimal("1000")


def test_pairs_are_listed_in_the_order_of_the_table():
    """So that a person finds one."""
    order = list(KINDS)
    places = [tuple(order.index(kind) for kind in pair["kinds"]) for pair in WRITTEN["pairs"]]

    assert all(first < second for first, second in pairwise(places))


def test_a_range_may_be_one_value_and_a_share_all_of_the_price(written):
    written["kinds"]["coupon"]["limits"]["percent"].update(least=20, most=20)
    written["floor"]["default_percent"]["value"] = 100

    policy = policies.read(written)

    assert 20 in policy.kinds["coupon"].limits.percent
    assert policy.floor_of(product("19.99", None)) == Decimal("19.99")


def test_padding_after_the_end_is_danger(written):
    written["kinds"]["social_code"]["danger"]["hours_after"]["value"] = 3

    window = policies.read(written).danger_window(offer("social_code"))

    assert window == Window(DAY, DAY + 27 * HOUR)


def test_a_verdict_that_nobody_knows_is_answered_with_those_there_are(written):
    written["pairs"][0]["verdict"] = "maybe"

    with pytest.raises(ValueError, match=r"none of block, warn, may-meet$"):
        policies.read(written)


def test_an_unknown_kind_is_held_to_the_limits_of_the_first():
    assert POLICY._rules("outlet").limits == POLICY.kinds["coupon"].limits
