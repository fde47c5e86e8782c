"""Phrases are written once for each language, and never one for another."""

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.utils import timezone, translation

from promoflow.phrases import written_once
from promoflow.promotions.wording import words
from promoflow.templatetags import desk

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
SEATTLE = ZoneInfo("America/Los_Angeles")


def test_a_phrase_is_written_once_for_each_language():
    asked = []

    @written_once
    def phrase(number):
        asked.append((number, translation.get_language()))
        return f"{number}"

    for language in ("en", "zh-hans", "en", "zh-hans"):
        with translation.override(language):
            assert phrase(1) == "1"

    assert asked == [(1, "en"), (1, "zh-hans")]


def test_each_reader_gets_their_own_language():
    with translation.override("en"):
        english = words.instant(NOON, "UTC"), words.month(NOON, "UTC")
    with translation.override("zh-hans"):
        chinese = words.instant(NOON, "UTC"), words.month(NOON, "UTC")

    assert english == ("Nov 25, 12:00", "November 2026")
    assert chinese[0] != english[0]
    assert chinese[1] != english[1]


def test_each_reader_gets_their_own_zone():
    with timezone.override("Asia/Shanghai"):
        assert "20:00" in desk.exactly(NOON)
    with timezone.override("UTC"):
        assert "12:00" in desk.exactly(NOON)


def test_the_two_hours_of_a_night_on_which_clocks_go_back_are_told_apart():
    first, second = (datetime(2026, 11, 1, 1, 30, tzinfo=SEATTLE, fold=fold) for fold in (0, 1))

    assert desk.exactly(first, SEATTLE).endswith("PDT")
    assert desk.exactly(second, SEATTLE).endswith("PST")


def test_equal_amounts_are_written_alike():
    assert desk.money(Decimal("10"), "USD") == desk.money(Decimal("10.00"), "USD") == "$10.00"
    assert desk.money(None, "USD") == desk.NOTHING
    assert words.percent(Decimal("10.00")) == words.percent(Decimal("10"))
