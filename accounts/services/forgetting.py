"""Forgetting sessions that are over, and counters of attempts to sign in that have run out."""

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection


def forget_sessions(*, before: datetime) -> int:
    """Delete those that began before this and were not prolonged since."""
    over = before + timedelta(seconds=settings.SESSION_COOKIE_AGE)
    deleted, _by_model = Session.objects.filter(expire_date__lt=over).delete()
    return deleted


def forget_counters(*, before: datetime) -> int:
    """Delete what ran out; Django's cache in the database only does so when it is full."""
    table = connection.ops.quote_name(str(settings.CACHES["default"]["LOCATION"]))
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table} WHERE expires < %s", [before + settings.KEPT_FOR["counters"]])  # noqa: S608
        deleted: int = cursor.rowcount
    return deleted
