"""The days that a picture shows: what an address may ask for, and the ways to other days."""

from datetime import date, timedelta
from itertools import pairwise
from urllib.parse import parse_qs, urlsplit

import pytest
from django.http import QueryDict

from promoflow.promotions.pictures import span
from promoflow.promotions.pictures.scale import NARROW, WIDE, Scale, days_in, ticks
from promoflow.rulebook import zones
from tests.rulebook.making import NOW, ZONE

TODAY = zones.local(NOW, ZONE).date()


def asked(**query):
    return span.asked(query, at=NOW, zone=ZONE)


def ways(first, days, query="", *, is_asked=True):
    """The days that each way leads to, by its name; nothing where it leads nowhere."""
    view = span.whole_days(first, days, ZONE)
    moves = span.moves(view, QueryDict(query), "/somewhere/", at=NOW, zone=ZONE, is_asked=is_asked)
    return {move.code: move.address for move in moves}


def led_to(address):
    query = {name: value for name, [value] in parse_qs(urlsplit(address).query).items()}
    shown = days_in(span.asked(query, at=NOW, zone=ZONE), ZONE)
    return shown[0], len(shown)


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"from": "2026-11-25"},
        {"days": "7"},
        {"from": "yesterday", "days": "7"},
        {"from": "2026-02-30", "days": "7"},
        {"from": "2026-11-25", "days": "-7"},
        {"from": "2026-11-25", "days": "seven"},
        {"from": "2026-11-25", "days": "٧"},
        {"from": "2026-11-25", "days": "7.5"},
        {"from": "\0", "days": "\0"},
    ],
)
def test_what_cannot_be_read_asks_for_nothing(query):
    assert asked(**query) is None


def test_the_days_asked_for_are_days_of_the_marketplace():
    view = asked(**{"from": "2026-11-25", "days": "2"})

    assert view.starts_at == zones.start_of_day(date(2026, 11, 25), ZONE)
    assert view.ends_at == zones.start_of_day(date(2026, 11, 27), ZONE)


@pytest.mark.parametrize(
    ("typed", "shown"), [("0", 1), ("1", 1), ("366", 366), ("367", 366), ("9" * 30, 366)]
)
def test_no_more_days_are_shown_than_make_sense(typed, shown):
    assert len(days_in(asked(**{"from": "2026-11-25", "days": typed}), ZONE)) == shown


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_no_day_is_too_far_to_draw(day):
    first = days_in(asked(**{"from": day, "days": "366"}), ZONE)[0]

    assert abs(first - TODAY) == span.FARTHEST


def test_earlier_and_later_move_by_half_of_what_is_shown():
    found = ways(date(2026, 12, 1), 14)

    assert led_to(found["earlier"]) == (date(2026, 11, 24), 14)
    assert led_to(found["later"]) == (date(2026, 12, 8), 14)


def test_closer_and_wider_keep_the_middle():
    found = ways(date(2026, 12, 1), 8)

    assert led_to(found["closer"]) == (date(2026, 12, 3), 4)
    assert led_to(found["wider"]) == (date(2026, 11, 27), 16)


def test_today_is_brought_into_view_at_the_same_width():
    first, days = led_to(ways(date(2027, 3, 1), 14)["today"])

    assert (days, first <= TODAY < first + timedelta(days=14)) == (14, True)


def test_there_is_no_way_where_nothing_is_farther():
    one_day, a_year = ways(date(2026, 12, 1), 1), ways(date(2026, 12, 1), 366)
    at_the_end = ways(TODAY + span.FARTHEST, 366)

    assert (one_day["closer"], a_year["wider"], at_the_end["later"]) == ("", "", "")
    assert one_day["later"]
    assert a_year["closer"]


def test_what_else_was_asked_for_stays():
    found = ways(date(2026, 12, 1), 7, "product=B0AURORA01&from=x&days=7")

    assert parse_qs(urlsplit(found["later"]).query) == {
        "product": ["B0AURORA01"],
        "from": ["2026-12-04"],
        "days": ["7"],
    }
    assert found["whole"] == "/somewhere/?product=B0AURORA01"
    assert ways(date(2026, 12, 1), 7, is_asked=False)["whole"] == ""


@pytest.mark.parametrize(
    ("day", "hours"),
    [(date(2027, 3, 14), 23), (date(2026, 11, 1), 25), (date(2026, 11, 25), 24)],
    ids=["23 hours", "25 hours", "24 hours"],
)
def test_a_single_day_shows_its_hours_where_they_are(day, hours):
    scale = Scale(span.whole_days(day, 1, ZONE), WIDE)

    found = ticks(scale, ZONE, ZONE)
    noon = next(tick for tick in found if tick.day == "12:00")

    assert [tick.is_day for tick in found] == [True] + [False] * (len(found) - 1)
    assert (noon.x - WIDE.left) / WIDE.plot == pytest.approx((hours - 12) / hours, abs=0.001)


def test_an_hour_that_clocks_skip_is_not_written():
    found = ticks(Scale(span.whole_days(date(2027, 3, 14), 1, ZONE), wide_enough_for_each_hour()), ZONE, ZONE)

    assert {"01:00", "03:00"} < {tick.day for tick in found}
    assert "02:00" not in {tick.day for tick in found}


def wide_enough_for_each_hour():
    return type(WIDE)(labels=0.0, plot=24 * 80.0, margin=80.0, lane=40.0, middle=20.0, most_lanes=1)


@pytest.mark.parametrize("frame", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("days", [1, 2, 3, 5, 8, 13, 31, 90, 366])
def test_what_is_written_never_touches_and_never_leaves_the_picture(frame, days):
    scale = Scale(span.whole_days(date(2026, 10, 31), days, ZONE), frame)

    places = [tick.x for tick in ticks(scale, ZONE, ZONE) if tick.is_written]

    assert places
    assert all(after - before >= 70 for before, after in pairwise(places))
    assert max(places) + 60 <= frame.width
