"""Forgetting old messages."""

from datetime import datetime

from promoflow.outbox.models import Message


def forget(*, before: datetime) -> int:
    """Delete those that closed before this; what is still owed stays. Says how many went."""
    deleted, _by_model = Message.objects.filter(closed__lt=before).delete()
    return deleted
