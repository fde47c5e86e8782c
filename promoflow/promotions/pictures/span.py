"""The days that a picture shows: as an address asks for them, and the addresses of those around them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from promoflow.promotions.pictures.scale import days_in
from promoflow.rulebook import zones
from promoflow.rulebook.offers import Window

FROM, DAYS = "from", "days"
MOST_DAYS = 366
# No promotion is planned or looked up farther from today than this.
FARTHEST = timedelta(days=3 * 366)

WAYS = {
    "earlier": (_("Earlier"), "chevron-left"),
    "later": (_("Later"), "chevron-right"),
    "closer": (_("Closer"), "zoom-in"),
    "wider": (_("Wider"), "zoom-out"),
    "today": (_("Today"), "calendar-event"),
    "whole": (_("As at first"), "refresh"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Move:
    """A way to other days: what it is called, and its address; none where there is nothing farther."""

    code: str
    label: str | Promise
    icon: str
    address: str


def day_of(query: Mapping[str, str], *, at: datetime, zone: str) -> date | None:
    """The day asked for, no farther from today than makes sense; None where none can be read."""
    try:
        day = date.fromisoformat(query.get(FROM, ""))
    except ValueError:
        return None
    return _near(day, zones.local(at, zone).date())


def _near(day: date, today: date) -> date:
    return min(max(day, today - FARTHEST), today + FARTHEST)


def asked(query: Mapping[str, str], *, at: datetime, zone: str) -> Window | None:
    """The days asked for, as many as make sense; None where they cannot be read."""
    first, days = day_of(query, at=at, zone=zone), query.get(DAYS, "")
    if first is None or not (days.isascii() and days.isdigit()):
        return None
    return whole_days(first, min(max(1, int(days[:9])), MOST_DAYS), zone)


def whole_days(first: date, days: int, zone: str) -> Window:
    """So many days of the marketplace, of however many hours each."""
    return Window(zones.start_of_day(first, zone), zones.start_of_day(first + timedelta(days=days), zone))


def moves(
    view: Window, query: QueryDict, address: str, *, at: datetime, zone: str, is_asked: bool
) -> tuple[Move, ...]:
    """The ways to other days; back to what is shown unasked only where days were asked."""
    shown, today = days_in(view, zone), zones.local(at, zone).date()
    first, days = shown[0], len(shown)
    half, double = max(1, days // 2), min(MOST_DAYS, days * 2)
    targets = {
        "earlier": (first - timedelta(days=half), days),
        "later": (first + timedelta(days=half), days),
        "closer": (first + timedelta(days=(days - half) // 2), half),
        "wider": (first - timedelta(days=(double - days) // 2), double),
        "today": (today - timedelta(days=days // 4), days),
    }
    addresses = {"whole": around(query, address) if is_asked else ""}
    for code, (day, number) in targets.items():
        day = _near(day, today)
        is_other = (day, number) != (first, days)
        addresses[code] = around(query, address, **{FROM: f"{day}", DAYS: f"{number}"}) if is_other else ""
    return tuple(
        Move(code=code, label=label, icon=icon, address=addresses[code])
        for code, (label, icon) in WAYS.items()
    )


def around(query: QueryDict, address: str, **days: str) -> str:
    """The address with other days, and all else that was asked for."""
    changed = query.copy()
    for name in (FROM, DAYS):
        changed.pop(name, None)
    for name, value in days.items():
        changed[name] = value
    return f"{address}?{changed.urlencode()}" if changed else address
