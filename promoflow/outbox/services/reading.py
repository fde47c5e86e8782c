"""What a reader does in their inbox, and how they choose to be told at all."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Model

from promoflow.audit import services as audit
from promoflow.outbox.models import Message, Preference
from promoflow.outbox.permissions import check_can_read
from promoflow.outbox.selectors import Manager
from promoflow.outbox.services.channels import Keeper, hold_anew, hours


def read(message: Message, *, by: Manager, at: datetime) -> None:
    check_can_read(by, message)
    Message.objects.filter(pk=message.pk, seen=None).update(seen=at)


def read_all(*, by: Manager, newest: int, at: datetime) -> int:
    """All up to the newest that the page showed: what came since was not read."""
    unread = Message.objects.filter(recipient=by.pk, channel=None, seen=None, pk__lte=newest)
    return unread.update(seen=at)


def done(notices: Collection[str], about: Model, *, at: datetime, by: Manager | None = None) -> None:
    """What these notices asked for is done: nobody has them unread any more, or only `by` has not."""
    told = Message.objects.filter(
        subject_type=about._meta.label_lower, subject_id=about.pk, notice__in=notices, channel=None, seen=None
    )
    if by is not None:
        told = told.filter(recipient=by.pk)
    # One that is being sent or read at this moment is not waited for: a deed must not hang on an inbox.
    free = told.select_for_update(skip_locked=True, no_key=True).values("pk")
    Message.objects.filter(pk__in=free).update(seen=at)


@transaction.atomic(durable=True)
def prefer(*, by: Keeper, at: datetime, **chosen: Any) -> Preference:
    """Everybody chooses for themselves how they are told."""
    Preference.objects.get_or_create(person_id=by.pk)
    preference = Preference.objects.select_for_update(no_key=True).get(pk=by.pk)
    before = _told(preference)
    for name, value in chosen.items():
        setattr(preference, name, value)
    preference.full_clean(exclude=["person"])
    preference.save()
    hold_anew(Message.objects.filter(recipient=by.pk), at)
    audit.record(
        "person.telling_changed",
        by=by,
        at=at,
        on=preference.person,
        before=before,
        after=_told(preference),
    )
    return preference


def _told(preference: Preference) -> dict[str, Any]:
    return {"mail": preference.mail, **hours(preference)}
