"""The times of the demonstration: everything is told from the moment at which it was first loaded."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from promoflow.rulebook import zones

ZONE: Final = "America/Los_Angeles"


@dataclass(frozen=True)
class Clock:
    """Instants before and after `now`; days are the marketplace's."""

    now: datetime

    def day(self, number: int, hour: int = 0, minute: int = 0) -> datetime:
        """A time of day in the marketplace, `number` days from today.

        People's deeds of past days are told at an hour of their working day in Shanghai, which is the
        evening there.
        """
        today = zones.local(self.now, ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
        return zones.to_instant(today + timedelta(days=number, hours=hour, minutes=minute), ZONE)

    def ago(self, *, days: float = 0, hours: float = 0, minutes: float = 0) -> datetime:
        return self.now - timedelta(days=days, hours=hours, minutes=minutes)

    def hour(self, number: int) -> datetime:
        """A full hour, `number` hours from the one that now runs."""
        return self.now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=number)
