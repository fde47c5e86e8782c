"""When the office of a store is open, as the history says it was at any time.

A manager sets the hours, and each setting is an entry of the history: there is no other record of them. So
hours that are widened today do not make last month's deeds ordinary.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from promoflow.audit.models import Entry

EVENT: Final = "store.hours_changed"
# What belongs to no store: people, rules.
NOWHERE: Final = 0
_ALWAYS: Final = datetime.min.replace(tzinfo=UTC)
_EVER: Final = datetime.max.replace(tzinfo=UTC)
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True)
class Office:
    """Weekdays by their ISO numbers (Monday is 1), and from when until when on the clocks of its zone.

    What closes no later than it opens closes on the next day, and still is of the day on which it opened.
    """

    days: tuple[int, ...] = (1, 2, 3, 4, 5)
    opens: time = time(9)
    closes: time = time(19)
    zone: str = "Asia/Shanghai"

    @property
    def told(self) -> dict[str, Any]:
        """As the history keeps it."""
        return {
            "days": list(self.days),
            "opens": f"{self.opens:%H:%M}",
            "closes": f"{self.closes:%H:%M}",
            "zone": self.zone,
        }

    @classmethod
    def read(cls, told: dict[str, Any]) -> "Office":
        opens, closes = time.fromisoformat(told["opens"]), time.fromisoformat(told["closes"])
        return cls(tuple(told["days"]), opens, closes, told["zone"])

    @property
    def lasting(self) -> timedelta:
        """For how long it is open."""
        return (_since_midnight(self.closes) - _since_midnight(self.opens)) % _DAY or _DAY

    def is_open(self, at: datetime) -> bool:
        # Midnight is moved to when it opens, so that what is open is never in two days.
        moved = at.astimezone(ZoneInfo(self.zone)) - _since_midnight(self.opens)
        return moved.isoweekday() in self.days and _since_midnight(moved.time()) < self.lasting


def _since_midnight(clock: time) -> timedelta:
    return datetime.combine(_ALWAYS, clock, UTC) - _ALWAYS


@dataclass(frozen=True)
class Held:
    """The hours that a store held from an instant until another."""

    store: int
    office: Office
    since: datetime = _ALWAYS
    until: datetime = _EVER


def held(stores: Collection[int], *, zone: str) -> list[Held]:
    """All hours that the stores ever held, and for what belongs to no store the usual ones in a zone."""
    now = {store: Held(store, Office()) for store in stores}
    over = [Held(NOWHERE, Office(zone=zone))]
    changes = Entry.objects.filter(store_id__in=list(stores), event=EVENT, outcome=Entry.Outcome.DONE)
    for store, at, after in changes.order_by("pk").values_list("store_id", "at", "after"):
        assert store is not None  # noqa: S101
        over.append(replace(now[store], until=at))
        now[store] = Held(store, Office.read(after), since=at)
    return [*over, *now.values()]


def hours_of(store_id: int) -> Office:
    """The hours that a store holds now."""
    changes = Entry.objects.filter(store_id=store_id, event=EVENT, outcome=Entry.Outcome.DONE)
    newest = changes.order_by("-pk").values_list("after", flat=True).first()
    return Office.read(newest) if newest else Office()
