"""The clock's tick for the workflow."""

from celery import shared_task
from django.utils import timezone

from promoflow.promotions.services import running


@shared_task
def move_due() -> int:
    """Expire, end and remind; the database knows what is due, so a lost tick costs time only."""
    return running.move_due(at=timezone.now())
