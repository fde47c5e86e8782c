"""Messages that could not be delivered."""

from django.db.models import Q, QuerySet

from promoflow.outbox.models import Message
from promoflow.outbox.permissions import Manager, managed_stores


def undelivered(user: Manager) -> QuerySet[Message]:
    """What was given up in the stores that the person manages, newest first."""
    stores = managed_stores(user)
    if not stores:
        return Message.objects.none()
    given_up = Message.objects.filter(outcome=Message.Outcome.FAILED)
    return (
        given_up.filter(Q(store_id__in=stores) | Q(store_id=None))
        .select_related("recipient")
        .order_by("-closed")
    )
