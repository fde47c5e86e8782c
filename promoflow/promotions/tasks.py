"""The clock's tick for the workflow."""

from celery import shared_task
from django.utils import timezone

from promoflow.promotions.services import rechecking, running


@shared_task
def move_due() -> int:
    """Expire, end and remind; the database knows what is due, so a lost tick costs time only."""
    return running.move_due(at=timezone.now())


@shared_task
def check_again() -> int:
    """Check again what stands on changed products; the database knows it, so a lost tick costs time only."""
    return rechecking.check_again(at=timezone.now())
