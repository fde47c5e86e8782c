"""Instants as places from left to right, and the days written along them: what every picture shares."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from promoflow.promotions.wording import words
from promoflow.rulebook import zones
from promoflow.rulebook.offers import Window

TOP, GAP = 22.0, 16.0
# How far apart written days are at least, how wide one is, and every how many days or hours one may be.
_TICK, _WRITTEN = 76.0, 64.0
# Days narrower than this have no line of their own.
_LINE = 4.0
_DAYS = (1, 2, 4, 7, 14, 28, 56, 112)
_HOURS = (1, 2, 3, 6, 12)


@dataclass(frozen=True, kw_only=True, slots=True)
class Frame:
    """The measures of a picture: what stands left and right of the plane, and how high a lane is."""

    labels: float
    plot: float
    margin: float
    lane: float
    middle: float
    """Where in a lane its bar lies."""
    most_lanes: int
    names: float = 0.0
    """How high a lane's name is that stands above its bar, for want of room beside it."""

    @property
    def names_above(self) -> bool:
        return self.names > 0

    @property
    def left(self) -> float:
        return self.labels

    @property
    def right(self) -> float:
        return self.labels + self.plot

    @property
    def width(self) -> float:
        return self.right + self.margin


WIDE = Frame(labels=200.0, plot=402.0, margin=54.0, lane=40.0, middle=20.0, most_lanes=50)
NARROW = Frame(labels=8.0, plot=364.0, margin=8.0, lane=50.0, middle=33.0, most_lanes=6, names=21.0)
# All of it fits into a card on a phone of 360 pixels, with a unit for each.
PHONE = replace(NARROW, plot=280.0, most_lanes=WIDE.most_lanes)


def fitting(*, phone: bool) -> Frame:
    """The frame of a page's picture."""
    return PHONE if phone else WIDE


@dataclass(frozen=True, slots=True)
class Bar:
    """A half-open span of time as a span of the plane."""

    left: float
    right: float
    window: Window

    @property
    def width(self) -> float:
        return round(self.right - self.left, 2)

    @property
    def middle(self) -> float:
        return round((self.left + self.right) / 2, 2)


@dataclass(frozen=True, slots=True)
class Scale:
    """Places of instants: an hour is as wide in a day of 25 hours as in any other."""

    view: Window
    frame: Frame = WIDE

    def x(self, at: datetime) -> float:
        share = (at - self.view.starts_at) / (self.view.ends_at - self.view.starts_at)
        return round(self.frame.labels + self.frame.plot * min(1.0, max(0.0, share)), 2)

    def bar(self, window: Window) -> Bar | None:
        """The part of a window that is in view; nothing where there is none."""
        seen = window.intersection(self.view)
        return Bar(self.x(seen.starts_at), self.x(seen.ends_at), seen) if seen else None

    def bars(self, windows: Iterable[Window]) -> tuple[Bar, ...]:
        return tuple(bar for window in windows if (bar := self.bar(window)))


@dataclass(frozen=True, slots=True)
class Tick:
    """The start of a day in the marketplace, or an hour of it; only some are written, so that none touch."""

    at: datetime
    x: float
    is_day: bool
    day: str = ""
    """How it is written, and how the reader's clock has it; nothing where it is only drawn."""
    here: str = ""

    @property
    def is_written(self) -> bool:
        return bool(self.day)


def line(x: float, top: float, bottom: float, names: Iterable[tuple[float, float]] = ()) -> str:
    """The path of a line down the picture that is left out where names are written."""
    path = ""
    for begins, ends in names:
        path += f"M{x} {top}V{begins}"
        top = ends
    return f"{path}M{x} {top}V{bottom}"


def days_in(view: Window, zone: str) -> list[date]:
    """The marketplace's days that a view of whole days holds."""
    first = zones.local(view.starts_at, zone).date()
    last = zones.local(view.ends_at, zone).date()
    return [first + timedelta(days=number) for number in range(max(1, (last - first).days))]


def ticks(scale: Scale, zone: str, here: str) -> tuple[Tick, ...]:
    """The starts of the days; where a day is wide enough, also hours of it."""
    days = days_in(scale.view, zone)
    width = scale.frame.plot / len(days)
    every = next((step for step in _DAYS if width * step >= _TICK), _DAYS[-1])
    hours = next((step for step in _HOURS if width * step / 24 >= _TICK), 24)
    found = []
    for number, day in enumerate(days):
        if number % every and width < _LINE:
            continue
        starts_at = zones.start_of_day(day, zone)
        for at in (starts_at, *_hours_of(day, hours, zone)):
            tick = Tick(at=at, x=scale.x(at), is_day=at == starts_at)
            if number % every == 0 and tick.x <= scale.frame.width - _WRITTEN:
                written = words.day(at, zone) if tick.is_day else words.clock(at, zone)
                tick = replace(tick, day=written, here=words.instant(at, here))
            found.append(tick)
    return tuple(found)


def _hours_of(day: date, every: int, zone: str) -> Iterator[datetime]:
    """The hours of a day that clocks do not skip."""
    for hour in range(every, 24, every):
        naive = datetime.combine(day, time(hour))
        if not zones.is_gap(naive, zone):
            yield zones.to_instant(naive, zone)


def differ(view: Window, zone: str, here: str) -> bool:
    """Whether the reader's clock shows another time than the marketplace's."""
    return any(zones.local(at, zone) != zones.local(at, here) for at in (view.starts_at, view.ends_at))
