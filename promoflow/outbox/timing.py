"""When a message may go: quiet hours and digests, by the clock on the wall of whoever is told."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

NEVER: Final = "never"
HOURLY: Final = "hourly"
DAILY: Final = "daily"


@dataclass(frozen=True)
class Habits:
    """What somebody chose. Quiet hours may run over midnight; from equal to until is the whole day."""

    zone: ZoneInfo
    quiet: tuple[time, time] | None = None
    digest: str = NEVER
    hour: int = 9


@dataclass(frozen=True)
class Release:
    """From when a message may go, and whether it goes together with others."""

    at: datetime
    gathered: bool


def release(
    habits: Habits, *, owed: datetime, now: datetime, urgent: bool, deadline: datetime | None
) -> Release:
    """What is urgent goes now, and so does what would otherwise come after its own deadline."""
    if urgent:
        return Release(now, gathered=False)
    gathered = habits.digest != NEVER
    at = _after_quiet(habits, max(now, _digest_after(habits, owed)))
    if deadline is not None and now < deadline <= at:
        return Release(now, gathered=False)
    return Release(at, gathered)


def _digest_after(habits: Habits, owed: datetime) -> datetime:
    if habits.digest == HOURLY:
        return owed.astimezone(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    if habits.digest == DAILY:
        return _next(habits.zone, time(habits.hour), after=owed)
    return owed


def _after_quiet(habits: Habits, at: datetime) -> datetime:
    if habits.quiet is None:
        return at
    begins, ends = habits.quiet
    wall = at.astimezone(habits.zone).time()
    is_quiet = begins <= wall < ends if begins < ends else wall >= begins or wall < ends
    return _next(habits.zone, ends, after=at) if is_quiet else at


def _next(zone: ZoneInfo, wall: time, *, after: datetime) -> datetime:
    """The next instant at which the clock on the wall shows this.

    A time that the clock shows twice counts both times; one that it leaps over is as long after the leap.
    """
    today = after.astimezone(zone).date()
    days = [today + timedelta(days=days) for days in (-1, 0, 1, 2)]
    return min(instant for day in days for instant in _shown(zone, day, wall) if instant > after)


def _shown(zone: ZoneInfo, day: date, wall: time) -> list[datetime]:
    both = [datetime.combine(day, wall, zone).replace(fold=fold).astimezone(UTC) for fold in (0, 1)]
    return [instant for instant in both if instant.astimezone(zone).time() == wall] or both[:1]
