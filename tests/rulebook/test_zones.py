"""Local times, and the hours that clocks skip or repeat."""

# ruff: noqa: DTZ001 - local times without a zone are what these functions take

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoflow.rulebook import zones

SEATTLE = "America/Los_Angeles"


def test_a_local_time_is_one_instant():
    assert zones.to_instant(datetime(2026, 11, 25), SEATTLE) == datetime(2026, 11, 25, 8, tzinfo=UTC)
    assert zones.to_instant(datetime(2026, 7, 1), SEATTLE) == datetime(2026, 7, 1, 7, tzinfo=UTC)


def test_a_skipped_time_names_the_times_around_it():
    with pytest.raises(zones.Gap) as refusal:
        zones.to_instant(datetime(2026, 3, 8, 2, 30), SEATTLE)

    assert refusal.value.before == datetime(2026, 3, 8, 1, 59)
    assert refusal.value.after == datetime(2026, 3, 8, 3, 0)
    assert (refusal.value.naive, refusal.value.zone) == (datetime(2026, 3, 8, 2, 30), SEATTLE)
    assert "does not exist" in str(refusal.value)


@pytest.mark.parametrize(
    ("naive", "skipped"),
    [
        (datetime(2026, 3, 8, 1, 59), False),
        (datetime(2026, 3, 8, 2, 0), True),
        (datetime(2026, 3, 8, 2, 59), True),
        (datetime(2026, 3, 8, 3, 0), False),
    ],
)
def test_the_gap_is_half_open(naive, skipped):
    assert zones.is_gap(naive, SEATTLE) is skipped


def test_a_repeated_time_is_the_first_unless_later_is_asked():
    twice = datetime(2026, 11, 1, 1, 30)

    assert zones.to_instant(twice, SEATTLE) == datetime(2026, 11, 1, 8, 30, tzinfo=UTC)
    assert zones.to_instant(twice, SEATTLE, later=True) == datetime(2026, 11, 1, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("naive", "repeated"),
    [
        (datetime(2026, 11, 1, 0, 59), False),
        (datetime(2026, 11, 1, 1, 0), True),
        (datetime(2026, 11, 1, 1, 59), True),
        (datetime(2026, 11, 1, 2, 0), False),
        (datetime(2026, 3, 8, 2, 30), False),
    ],
)
def test_a_fold_is_named(naive, repeated):
    assert zones.is_fold(naive, SEATTLE) is repeated


def test_later_means_nothing_for_a_time_that_happens_once():
    noon = datetime(2026, 11, 25, 12)

    assert zones.to_instant(noon, SEATTLE, later=True) == zones.to_instant(noon, SEATTLE)


def test_a_zone_without_changes_has_neither_gap_nor_fold():
    assert not zones.is_gap(datetime(2026, 3, 8, 2, 30), "Asia/Shanghai")
    assert not zones.is_fold(datetime(2026, 11, 1, 1, 30), "Asia/Shanghai")


def test_a_day_whose_midnight_is_skipped_starts_at_one():
    # Cairo's clocks go from 23:59 on 23 April to 01:00 on 24 April 2026.
    assert zones.start_of_day(date(2026, 4, 24), "Africa/Cairo") == datetime(2026, 4, 23, 22, tzinfo=UTC)
    assert zones.local(datetime(2026, 4, 23, 22, tzinfo=UTC), "Africa/Cairo") == datetime(2026, 4, 24, 1)


def test_the_next_midnight_of_a_midnight_is_itself():
    midnight = datetime(2026, 11, 25, 8, tzinfo=UTC)

    assert zones.next_midnight(midnight, SEATTLE) == midnight
    assert zones.next_midnight(midnight.replace(microsecond=1), SEATTLE) == datetime(
        2026, 11, 26, 8, tzinfo=UTC
    )


def test_the_day_of_a_change_of_clocks_has_23_or_25_hours():
    assert zones.next_midnight(datetime(2026, 3, 8, 8, 1, tzinfo=UTC), SEATTLE) == datetime(
        2026, 3, 9, 7, tzinfo=UTC
    )
    assert zones.next_midnight(datetime(2026, 11, 1, 7, 1, tzinfo=UTC), SEATTLE) == datetime(
        2026, 11, 2, 8, tzinfo=UTC
    )


@given(
    naive=st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1)),
    zone=st.sampled_from([SEATTLE, "Europe/London", "Africa/Cairo", "Australia/Sydney", "Asia/Kolkata"]),
)
def test_every_time_either_comes_back_or_is_a_gap_with_valid_neighbours(naive, zone):
    if not zones.is_gap(naive, zone):
        assert zones.local(zones.to_instant(naive, zone), zone) == naive
        return

    with pytest.raises(zones.Gap) as refusal:
        zones.to_instant(naive, zone)

    before, after = refusal.value.before, refusal.value.after
    assert before < naive < after
    assert not zones.is_gap(before, zone)
    assert not zones.is_gap(after, zone)
    assert zones.is_gap(after - timedelta(microseconds=1), zone)


@pytest.mark.parametrize("minutes", range(0, 60, 7))
def test_every_minute_of_a_gap_has_the_same_neighbours(minutes):
    with pytest.raises(zones.Gap) as refusal:
        zones.to_instant(datetime(2026, 3, 8, 2, minutes, 13, 5), SEATTLE)

    assert refusal.value.before == datetime(2026, 3, 8, 1, 59)
    assert refusal.value.after == datetime(2026, 3, 8, 3, 0)
