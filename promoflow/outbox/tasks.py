"""What a worker does for the outbox."""

from celery import shared_task
from django.utils import timezone

from promoflow.outbox import services


@shared_task
def deliver_due() -> None:
    """Send what is owed and due; harmless to run twice, at once or never."""
    services.deliver(at=timezone.now())
