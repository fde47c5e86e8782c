"""Days and windows that lie ahead of today, in the store's own time."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from promoflow.rulebook.texts import as_text


def day(number: int) -> str:
    """The day so many days ahead, as one types it."""
    return _midnight(number).date().isoformat()


def days(first: int, last: int) -> dict[str, str]:
    """From midnight so many days ahead to midnight of another."""
    return {"starts_at": as_text(_midnight(first)), "ends_at": as_text(_midnight(last))}


def _midnight(number: int) -> datetime:
    today = datetime.now(ZoneInfo("America/Los_Angeles")).replace(hour=0, minute=0, second=0, microsecond=0)
    return today + timedelta(days=number)
