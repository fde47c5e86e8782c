"""Windows that lie ahead of today, in the store's own time."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from promoflow.rulebook.texts import as_text


def days(first: int, last: int) -> dict[str, str]:
    """From midnight so many days ahead to midnight of another."""
    today = datetime.now(ZoneInfo("America/Los_Angeles")).replace(hour=0, minute=0, second=0, microsecond=0)
    return {
        "starts_at": as_text(today + timedelta(days=first)),
        "ends_at": as_text(today + timedelta(days=last)),
    }
