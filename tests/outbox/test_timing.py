"""Quiet hours and digests by the clock on the wall, on the days on which it leaps too."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoflow.outbox.timing import DAILY, HOURLY, NEVER, Habits, Release, release

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = (time(22), time(7))


def goes(habits, now, *, owed=None, urgent=False, deadline=None):
    return release(habits, owed=owed or now, now=now, urgent=urgent, deadline=deadline)


def at(zone, *parts, fold=0):
    return datetime(*parts, tzinfo=zone, fold=fold)


def test_who_chose_nothing_is_told_at_once():
    now = at(SHANGHAI, 2026, 11, 26, 3)

    assert goes(Habits(SHANGHAI), now) == Release(now, gathered=False)


@pytest.mark.parametrize(
    ("now", "then"),
    [
        ((2026, 11, 26, 21, 59), (2026, 11, 26, 21, 59)),
        ((2026, 11, 26, 22, 0), (2026, 11, 27, 7)),
        ((2026, 11, 27, 3, 0), (2026, 11, 27, 7)),
        ((2026, 11, 27, 6, 59), (2026, 11, 27, 7)),
        ((2026, 11, 27, 7, 0), (2026, 11, 27, 7)),
    ],
)
def test_what_comes_in_quiet_hours_waits_until_they_end(now, then):
    habits = Habits(SHANGHAI, NIGHT)

    assert goes(habits, at(SHANGHAI, *now)).at == at(SHANGHAI, *then)


def test_quiet_hours_within_a_day():
    habits = Habits(SHANGHAI, (time(12), time(13, 30)))

    assert goes(habits, at(SHANGHAI, 2026, 11, 26, 13)).at == at(SHANGHAI, 2026, 11, 26, 13, 30)
    assert goes(habits, at(SHANGHAI, 2026, 11, 26, 14)).at == at(SHANGHAI, 2026, 11, 26, 14)


def test_quiet_hours_end_at_the_wall_clock_on_the_day_it_leaps():
    """In Berlin the night to 29 March 2026 is an hour short, the one to 25 October an hour long."""
    habits = Habits(BERLIN, NIGHT)

    short = goes(habits, at(BERLIN, 2026, 3, 28, 22)).at
    long = goes(habits, at(BERLIN, 2026, 10, 24, 22)).at

    assert short == datetime(2026, 3, 29, 5, tzinfo=UTC)
    assert long == datetime(2026, 10, 25, 6, tzinfo=UTC)


def test_quiet_hours_that_end_in_the_hour_that_is_leapt_over_end_after_the_leap():
    habits = Habits(BERLIN, (time(22), time(2, 30)))

    assert goes(habits, at(BERLIN, 2026, 3, 29, 1)).at == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_quiet_hours_that_end_in_the_hour_that_comes_twice_end_each_time():
    habits = Habits(BERLIN, (time(22), time(2, 30)))
    first = at(BERLIN, 2026, 10, 25, 2, 10)
    second = at(BERLIN, 2026, 10, 25, 2, 10, fold=1)

    assert goes(habits, first).at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert goes(habits, second).at == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def test_what_is_urgent_waits_for_nothing():
    night = at(SHANGHAI, 2026, 11, 26, 23)

    assert goes(Habits(SHANGHAI, NIGHT, DAILY), night, urgent=True) == Release(night, gathered=False)


def test_what_would_come_after_its_own_deadline_comes_at_once():
    habits, night = Habits(SHANGHAI, NIGHT), at(SHANGHAI, 2026, 11, 26, 23)

    assert goes(habits, night, deadline=night + timedelta(hours=1)).at == night
    assert goes(habits, night, deadline=night + timedelta(hours=8)).at == night
    assert goes(habits, night, deadline=night + timedelta(hours=9)).at == at(SHANGHAI, 2026, 11, 27, 7)


def test_what_is_too_late_anyhow_wakes_nobody():
    habits, night = Habits(SHANGHAI, NIGHT), at(SHANGHAI, 2026, 11, 26, 23)

    assert goes(habits, night, deadline=night).at == at(SHANGHAI, 2026, 11, 27, 7)


def test_an_hourly_digest_goes_at_the_next_full_hour():
    habits, owed = Habits(SHANGHAI, None, HOURLY), at(SHANGHAI, 2026, 11, 26, 10, 20)

    assert goes(habits, owed) == Release(at(SHANGHAI, 2026, 11, 26, 11), gathered=True)
    later = owed + timedelta(minutes=45)
    assert goes(habits, later, owed=owed) == Release(later, gathered=True)


def test_a_daily_digest_goes_at_its_hour_in_its_zone():
    habits = Habits(BERLIN, None, DAILY, 9)

    assert goes(habits, at(BERLIN, 2026, 10, 24, 9)).at == datetime(2026, 10, 25, 8, tzinfo=UTC)
    assert goes(habits, at(BERLIN, 2026, 10, 24, 8, 59)).at == datetime(2026, 10, 24, 7, tzinfo=UTC)


def test_a_digest_whose_hour_is_quiet_waits_for_the_end_of_quiet():
    habits = Habits(SHANGHAI, NIGHT, DAILY, 6)

    assert goes(habits, at(SHANGHAI, 2026, 11, 26, 10)).at == at(SHANGHAI, 2026, 11, 27, 7)


times = st.times().map(lambda found: found.replace(tzinfo=None, second=0, microsecond=0))
zones = st.sampled_from(
    [BERLIN, SHANGHAI, ZoneInfo("America/St_Johns"), ZoneInfo("Australia/Lord_Howe"), UTC]
)


# The nights on which clocks leap in Berlin, St John's and on Lord Howe Island, and any other.
leaps = st.builds(
    lambda day, minutes: datetime(*day, tzinfo=UTC) + timedelta(minutes=minutes),
    st.sampled_from(
        [(2026, 3, 28), (2026, 10, 24), (2026, 3, 7), (2026, 10, 31), (2026, 4, 4), (2026, 10, 3)]
    ),
    st.integers(0, 2880),
)
others = st.integers(0, 2 * 365 * 1440).map(
    lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


@given(
    leaps | others,
    zones,
    st.tuples(times, times).filter(lambda both: both[0] != both[1]),
    st.sampled_from([NEVER, HOURLY, DAILY]),
)
def test_it_always_goes_within_two_days_never_before_now_and_never_in_quiet_hours(now, zone, quiet, digest):
    then = goes(Habits(zone, quiet, digest), now).at

    assert now <= then <= now + timedelta(days=2, hours=2)
    wall = then.astimezone(zone).time()
    begins, ends = quiet
    assert not (begins <= wall < ends if begins < ends else wall >= begins or wall < ends)
