"""The control's only task: one mail, in the way that Celery has by default."""

from celery import shared_task

from promoflow.outbox.models import Message
from promoflow.outbox.services import delivering


@shared_task(acks_late=False, reject_on_worker_lost=False)
def send(number: int) -> None:
    """Once, wherever the worker ends."""
    delivering._mail([Message.objects.get(pk=number)]).send()
