"""What happened to the ways somebody signs in."""

from datetime import datetime

from django.db import transaction
from django.urls import reverse

from accounts.models import User
from promoflow.audit import services as audit
from promoflow.outbox import services as outbox


@transaction.atomic
def tell(event: str, *, user: User, at: datetime, by: User | None = None) -> None:
    """The history hears of it, and so does its owner, in case it was somebody else.

    `by` is who did it, where that was a manager.
    """
    audit.record(event, by=by or user, at=at, on=user)
    outbox.enqueue(
        "person_secured",
        to=[user],
        key=f"{event}:{user.pk}:{at.isoformat()}",
        about=user,
        context={"event": event, "happened_at": at.isoformat(), "by": by.name if by else ""},
        at=at,
        link=reverse("preferences"),
    )
