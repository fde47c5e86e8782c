"""The sweep over the instants at which what runs together changes."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from promoflow.rulebook.kinds import KINDS
from promoflow.rulebook.offers import Window
from promoflow.rulebook.stacking import lowest, sweep, worst_price
from tests.rulebook.making import DAY, POLICY, offer, product
from tests.rulebook.strategies import prices, sets_of_offers

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def test_nothing_runs_in_no_segment():
    assert sweep(product(), [], POLICY) == ()
    assert lowest([]) is None


def test_the_set_changes_at_each_start_and_end():
    deal = offer("lightning_deal", "%20", hours=(2, 6), reference="PR-1001")
    cut = offer("percentage_off", "%10", hours=(4, 8), claim_type="none", reference="PR-1002")

    segments = sweep(product(), [cut, deal], POLICY)

    assert [(segment.window, segment.offers, segment.worst.price) for segment in segments] == [
        (Window(DAY + 2 * HOUR, DAY + 4 * HOUR), (deal,), Decimal("80.00")),
        (Window(DAY + 4 * HOUR, DAY + 6 * HOUR), (deal, cut), Decimal("70.00")),
        (Window(DAY + 6 * HOUR, DAY + 8 * HOUR), (cut,), Decimal("90.00")),
    ]
    assert lowest(segments) == segments[1]


def test_touching_offers_never_run_together():
    first = offer("percentage_off", "%50", hours=(0, 4), claim_type="none", reference="PR-1001")
    second = offer("percentage_off", "%50", hours=(4, 8), claim_type="none", reference="PR-1002")

    assert [segment.offers for segment in sweep(product(), [first, second], POLICY)] == [(first,), (second,)]


def test_a_pause_between_two_offers_is_no_segment():
    offers = [
        offer("social_code", hours=(0, 2), reference="PR-1"),
        offer("social_code", hours=(5, 6), reference="PR-2"),
    ]

    assert [segment.window for segment in sweep(product(), offers, POLICY)] == [
        Window(DAY, DAY + 2 * HOUR),
        Window(DAY + 5 * HOUR, DAY + 6 * HOUR),
    ]


def test_padding_counts():
    assert sweep(product(), [offer("coupon")], POLICY)[0].window.starts_at == DAY - 6 * HOUR


def test_within_cuts_to_a_window():
    within = Window(DAY + HOUR, DAY + 2 * HOUR)

    assert [segment.window for segment in sweep(product(), [offer("coupon")], POLICY, within=within)] == [
        within
    ]
    assert sweep(product(), [offer("social_code", hours=(5, 6))], POLICY, within=within) == ()


def test_of_equally_low_segments_the_earliest_is_named():
    offers = [
        offer("social_code", hours=(0, 2), reference="PR-1"),
        offer("social_code", hours=(5, 6), reference="PR-2"),
    ]

    assert lowest(sweep(product(), offers, POLICY)).window.starts_at == DAY


@given(price=prices, offers=sets_of_offers(most=5, last_hour=30))
def test_the_sweep_equals_a_walk_through_every_hour(price, offers):
    listed = product(str(price))
    segments = sweep(listed, offers, POLICY)

    for number in range(-8, 40):
        hour = DAY + number * HOUR
        together = [each for each in offers if hour in POLICY.danger_window(each)]
        found = [segment for segment in segments if hour in segment.window]
        assert len(found) == bool(together)
        for segment in found:
            assert set(map(id, segment.offers)) == set(map(id, together))
            assert segment.worst == worst_price(listed, together)


@given(price=prices, data=st.data())
@settings(max_examples=25)
def test_the_sweep_equals_a_walk_through_every_minute(price, data):
    """Brute force over four hours, with windows and stops at odd minutes."""
    kinds = tuple(kind for kind in KINDS if kind != "coupon")
    offers = [in_minutes(each) for each in data.draw(sets_of_offers(most=4, kinds=kinds, last_hour=200))]
    segments = sweep(product(str(price)), offers, POLICY)

    for number in range(-2, 203):
        minute = DAY + number * MINUTE
        together = [each for each in offers if minute in POLICY.danger_window(each)]
        found = [segment.worst for segment in segments if minute in segment.window]
        assert found == ([worst_price(product(str(price)), together)] if together else [])


def in_minutes(offer):
    """The same offer with its hours after DAY read as minutes."""

    def shrunk(instant):
        return None if instant is None else DAY + (instant - DAY) / 60

    window = Window(shrunk(offer.window.starts_at), shrunk(offer.window.ends_at))
    return replace(offer, window=window, stopped_at=shrunk(offer.stopped_at))


@given(offers=sets_of_offers())
def test_segments_follow_each_other_and_never_repeat_a_set(offers):
    for first, second in pairwise(sweep(product(), offers, POLICY)):
        assert first.window.ends_at <= second.window.starts_at
        assert first.offers != second.offers or first.window.ends_at < second.window.starts_at
