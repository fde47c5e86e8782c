"""Local times of a marketplace as instants, with the hours named that clocks skip or repeat."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_MINUTE = timedelta(minutes=1)
# What lies beyond is a slip of the hand, or "for good"; farther out the calendar itself ends.
_FIRST_DAY, _LAST_DAY = date(2000, 1, 1), date(2200, 12, 31)


class Gap(ValueError):
    """A local time that clocks skip; `before` and `after` are the valid local times around it."""

    def __init__(self, naive: datetime, zone: str, before: datetime, after: datetime) -> None:
        super().__init__(f"{naive:%Y-%m-%d %H:%M} does not exist in {zone}")
        self.naive = naive
        self.zone = zone
        self.before = before
        self.after = after


def to_instant(naive: datetime, zone: str, *, later: bool = False) -> datetime:
    """The instant of a local time; of one that happens twice the first, or the second if `later`."""
    if is_gap(naive, zone):
        after = _end_of_gap(naive, zone)
        raise Gap(naive, zone, before=local(after - _MINUTE, zone), after=local(after, zone))
    return _reading(naive, zone, fold=int(later))


def is_gap(naive: datetime, zone: str) -> bool:
    """Whether clocks skip this local time."""
    return local(_reading(naive, zone, fold=0), zone) != naive


def is_fold(naive: datetime, zone: str) -> bool:
    """Whether this local time happens twice."""
    return not is_gap(naive, zone) and _reading(naive, zone, fold=0) != _reading(naive, zone, fold=1)


def nearest_that_counts(day: date) -> date:
    """The day itself, or the nearest one that a promotion could have."""
    return min(max(day, _FIRST_DAY), _LAST_DAY)


def start_of_day(day: date, zone: str) -> datetime:
    """The first instant of a local day; where clocks skip midnight, the first time that exists."""
    return first_instant(datetime.combine(day, time.min), zone)


def first_instant(naive: datetime, zone: str) -> datetime:
    """The instant of a local time; where clocks skip it, of the first time that exists."""
    try:
        return to_instant(naive, zone)
    except Gap as gap:
        return to_instant(gap.after, zone)


def next_midnight(instant: datetime, zone: str) -> datetime:
    """The instant itself if a local day starts at it, else the start of the next local day."""
    today = local(instant, zone).date()
    start = start_of_day(today, zone)
    return start if start >= instant else start_of_day(today + timedelta(days=1), zone)


def whole_days_later(starts_at: datetime, ends_at: datetime, to: datetime, zone: str) -> datetime:
    """The end of whole local days that are moved to another start: as many days, however long each is."""
    days = local(next_midnight(ends_at, zone), zone).date() - local(starts_at, zone).date()
    return start_of_day(local(to, zone).date() + days, zone)


def _reading(naive: datetime, zone: str, *, fold: int) -> datetime:
    return naive.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


def local(instant: datetime, zone: str) -> datetime:
    return instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)


def _end_of_gap(naive: datetime, zone: str) -> datetime:
    """The instant at which the clocks jump: between the two readings of a time that does not exist."""
    second = naive.replace(microsecond=0)
    low, high = sorted((_reading(second, zone, fold=0), _reading(second, zone, fold=1)))
    offset_before = low.astimezone(ZoneInfo(zone)).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
        if middle.astimezone(ZoneInfo(zone)).utcoffset() == offset_before:
            low = middle
        else:
            high = middle
    return high
