"""When a promotion starts and ends, typed in the marketplace's time; hours skipped or repeated are named."""

from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from promoflow.days import DayField
from promoflow.promotions.wording.words import zone_name
from promoflow.rulebook import zones

EARLIER, LATER = "earlier", "later"
ENDS: Final = ("starts", "ends")

_DAY = timedelta(days=1)
_DATES = ("%Y-%m-%d", "%Y/%m/%d")
_TIMES = ("%H:%M", "%H:%M:%S")


def date_field(label: str, hint: str = "") -> DayField:
    return DayField(
        label=label,
        help_text=hint,
        input_formats=_DATES,
        error_messages={"invalid": _("This is not a date: type it like 2026-11-27.")},
    )


def time_field(label: str) -> forms.TimeField:
    return forms.TimeField(
        label=label,
        input_formats=_TIMES,
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
        error_messages={"invalid": _("This is not a time of day: type it like 17:30.")},
    )


class _WhichHour(forms.ChoiceField):
    """Needed, but that it is missing is said with the instant, which names the hour."""

    def validate(self, value: Any) -> None:
        if value:
            super().validate(value)


def fold_field(label: str, choices: list[tuple[str, str]]) -> forms.ChoiceField:
    """Which of two hours is meant."""
    return _WhichHour(label=label, choices=choices, widget=forms.RadioSelect)


def edge_of(end: str, day: date, zone: str) -> datetime:
    """Where whole days start or end: the last one is typed inclusive and stored as the next midnight."""
    return zones.start_of_day(day if end == "starts" else day + _DAY, zone)


def instant_of(day: date, at: time, zone: str, *, reading: str) -> datetime:
    """The instant of a typed local time; ValidationError names the hours around one that does not exist.

    Of an hour that happens twice the person says which; nobody guesses.
    """
    naive = datetime.combine(day, at)
    try:
        first = zones.to_instant(naive, zone)
    except zones.Gap as gap:
        raise ValidationError(
            _(
                "%(time)s does not exist on %(day)s in %(zone)s: clocks go from %(before)s to %(after)s. "
                "Type %(before)s or %(after)s."
            ),
            code="gap",
            params={
                "time": _clock(naive),
                "day": _day(naive),
                "zone": zone,
                "before": _clock(gap.before),
                "after": _clock(gap.after),
            },
        ) from gap
    if not zones.is_fold(naive, zone):
        return first
    if reading not in (EARLIER, LATER):
        raise ValidationError(
            _("%(time)s happens twice on %(day)s in %(zone)s, because clocks go back: say which one."),
            code="fold",
            params={"time": _clock(naive), "day": _day(naive), "zone": zone},
        )
    return zones.to_instant(naive, zone, later=reading == LATER)


def fold_choices(day: date, at: time, zone: str) -> list[tuple[str, str]]:
    """The two readings of an hour that happens twice, by their zone's name; empty where it happens once."""
    naive = datetime.combine(day, at)
    if not zones.is_fold(naive, zone):
        return []
    first, second = zones.to_instant(naive, zone), zones.to_instant(naive, zone, later=True)
    return [
        (EARLIER, _("The first time (%(zone)s)") % {"zone": zone_name(zone, first)}),
        (LATER, _("The second time (%(zone)s)") % {"zone": zone_name(zone, second)}),
    ]


def typed_as(starts_at: datetime, ends_at: datetime, zone: str, *, whole_days: bool) -> dict[str, str]:
    """What stands in the form's fields for a window."""
    if whole_days:
        last = zones.local(ends_at - timedelta(minutes=1), zone)
        return {"starts_on": f"{zones.local(starts_at, zone):%Y-%m-%d}", "ends_on": f"{last:%Y-%m-%d}"}
    found: dict[str, str] = {}
    for name, instant in zip(ENDS, (starts_at, ends_at), strict=True):
        local = zones.local(instant, zone)
        found |= {f"{name}_on": f"{local:%Y-%m-%d}", f"{name}_time": f"{local:%H:%M}"}
        if zones.is_fold(local, zone):
            found[f"{name}_fold"] = EARLIER if zones.to_instant(local, zone) == instant else LATER
    return found


def moved(starts_at: datetime, ends_at: datetime, to: datetime, zone: str, *, whole_days: bool) -> datetime:
    """The end of a window that is moved: as long as before, or for whole days as many days."""
    if not whole_days:
        return to + (ends_at - starts_at)
    return zones.whole_days_later(starts_at, ends_at, to, zone)


def hours_apart(instant: datetime, zone: str, other: str) -> float:
    """By how many hours the clock of the other zone is ahead at an instant."""
    here = instant.astimezone(ZoneInfo(zone)).utcoffset() or timedelta()
    there = instant.astimezone(ZoneInfo(other)).utcoffset() or timedelta()
    return (there - here) / timedelta(hours=1)


def _clock(naive: datetime) -> str:
    return f"{naive:%H:%M}"


def _day(naive: datetime) -> str:
    return date_format(naive, pgettext("date format", "M j"))
