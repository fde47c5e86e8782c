"""Work on imports that the clock, or a fresh upload, starts."""

from celery import shared_task
from django.utils import timezone

from promoflow.catalog.services import imports


@shared_task
def work_on_imports() -> None:
    """Reads and applies what is owed; the import's row says what, so a lost or doubled call costs no work."""
    imports.work(at=timezone.now())
