"""Times, money and marks as pages show them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone, translation

from promoflow.rulebook import zones
from promoflow.templatetags import desk

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        (Decimal("1234.5"), "USD", "$1,234.50"),
        (Decimal("1999"), "JPY", "¥1,999"),
        (Decimal("1999.50"), "JPY", "¥2,000"),
        (Decimal("-3"), "EUR", "−€3.00"),
        (Decimal("-0.001"), "EUR", "€0.00"),
        (0, "GBP", "£0.00"),
        ("12.005", "CAD", "CA$12.01"),
        (Decimal("5"), "SEK", "SEK 5.00"),
        (None, "USD", "–"),
    ],
)
def test_money_has_its_sign_and_its_decimals(amount, currency, shown):
    assert desk.money(amount, currency) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [("20.00", "20 %"), ("12.50", "12.5 %"), ("0.05", "0.05 %"), (100, "100 %"), ("0", "0 %"), (None, "–")],
)
def test_a_percentage_carries_no_idle_zeros(value, shown):
    assert desk.percent(value) == shown


def test_a_percentage_is_written_as_its_language_does():
    with translation.override("zh-hans"):
        assert desk.percent("12.50") == "12.5%"


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        ("America/Los_Angeles", "Sun 22 Nov 2026, 04:00 PST"),
        ("Asia/Tokyo", "Sun 22 Nov 2026, 21:00 JST"),
        ("Asia/Dubai", "Sun 22 Nov 2026, 16:00 UTC+4"),
        ("America/Sao_Paulo", "Sun 22 Nov 2026, 09:00 UTC−3"),
        ("Asia/Kathmandu", "Sun 22 Nov 2026, 17:45 UTC+5:45"),
        (ZoneInfo("Europe/Berlin"), "Sun 22 Nov 2026, 13:00 CET"),
    ],
)
def test_an_instant_names_its_zone(zone, shown):
    assert desk.exactly(NOON, zone) == shown


def test_the_two_sides_of_a_fold_differ():
    first = datetime(2026, 11, 1, 8, 30, tzinfo=UTC)

    shown = [desk.exactly(first + timedelta(hours=hour), "America/Los_Angeles") for hour in (0, 1)]

    assert shown == ["Sun 1 Nov 2026, 01:30 PDT", "Sun 1 Nov 2026, 01:30 PST"]


def test_both_zones_are_shown_where_they_differ():
    with timezone.override("Asia/Shanghai"):
        shown = desk.both_zones(NOON, "America/Los_Angeles")

    assert "Sun 22 Nov 2026, 04:00 PST" in shown
    assert "Sun 22 Nov 2026, 20:00 UTC+8 for you" in shown
    assert 'datetime="2026-11-22T12:00:00+00:00"' in shown


def test_one_zone_is_enough_where_they_agree():
    with timezone.override("Asia/Tokyo"):
        shown = desk.both_zones(NOON, "Asia/Tokyo")

    assert "for you" not in shown


@pytest.mark.parametrize(
    ("distance", "shown"),
    [
        (timedelta(seconds=30), "now"),
        (timedelta(seconds=-59), "now"),
        (timedelta(minutes=1), "in 1 minute"),
        (timedelta(minutes=-59), "59 minutes ago"),
        (timedelta(hours=23, minutes=59), "in 23 hours"),
        (timedelta(days=-1), "1 day ago"),
        (timedelta(days=29), "in 29 days"),
        (timedelta(days=45), "in 1 month"),
        (timedelta(days=-800), "2 years ago"),
    ],
)
def test_a_distance_is_said_in_its_largest_unit(distance, shown):
    assert desk.relatively(NOON + distance, NOON) == shown


def test_a_relative_time_carries_the_exact_one_and_keeps_running():
    with timezone.override("Asia/Shanghai"):
        shown = desk.instant(timezone.now() - timedelta(hours=2, minutes=5), "Europe/Berlin")

    assert ">2 hours ago</time>" in shown
    assert "data-relative" in shown
    assert "CET, for you" in shown or "CEST, for you" in shown


@pytest.mark.parametrize("tag", [desk.instant, desk.moment, desk.both_zones])
def test_no_instant_is_a_dash(tag):
    assert tag(None) == "–"


def test_a_window_says_its_length():
    shown = desk.window(NOON, NOON + timedelta(days=7), "Asia/Tokyo")

    assert "(7 days)" in shown


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "shown"),
    [
        ("2027-03-27T00:00", "2027-03-30T00:00", "3 days"),
        ("2027-03-28T00:00", "2027-03-29T00:00", "1 day"),
        ("2027-10-30T00:00", "2027-11-02T00:00", "3 days"),
        ("2027-10-30T00:00", "2027-11-01T23:00", "2 days"),
        ("2027-03-28T00:00", "2027-03-28T12:00", "11 hours"),
        ("2027-10-31T00:00", "2027-10-31T04:00", "5 hours"),
    ],
)
def test_a_window_counts_days_by_the_calendar_and_hours_as_they_pass(starts_at, ends_at, shown):
    # On Sunday March 28, 2027 London has 23 hours, and on Sunday October 31 it has 25.
    window = [zones.to_instant(datetime.fromisoformat(at), "Europe/London") for at in (starts_at, ends_at)]

    assert f"({shown})" in desk.window(*window, "Europe/London")


@pytest.mark.parametrize("state", desk.STATES)
def test_a_state_has_colour_icon_and_word(state, settings):
    shown = desk.state_badge(state)

    assert "mark-" in shown
    assert f"icons.svg#{desk.STATES[state][1]}" in shown
    assert f"<span>{desk.STATES[state][0]}</span>" in shown


def test_every_icon_is_in_the_sprite():
    sprite = (desk.settings.BASE_DIR / "promoflow/static/icons.svg").read_text()
    named = [row[1] for table in (desk.STATES, desk.KINDS, desk.SEVERITIES) for row in table.values()]

    assert [
        name for name in [*named, *(row[2] for row in desk.NAVIGATION)] if f'id="{name}"' not in sprite
    ] == []


def test_the_words_are_translated_when_they_are_shown():
    with translation.override("zh-hans"):
        assert desk.state_word("live") == "生效中"


def test_what_a_person_typed_cannot_become_markup():
    assert "<b>" not in desk.icon("check", "<b>")
    assert not hasattr(desk.money("1", "<b>"), "__html__")
