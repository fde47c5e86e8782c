"""Work on people that the clock starts."""

from importlib import import_module

from celery import shared_task
from django.conf import settings


@shared_task
def clear_sessions() -> None:
    """Forgets sessions that are over; the database keeps them until somebody does."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
