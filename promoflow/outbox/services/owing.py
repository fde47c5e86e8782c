"""Owing messages: in the transaction of their cause, so that neither is without the other."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Protocol

from django.conf import settings
from django.db import transaction
from django.db.models import Model

from promoflow.celery import app
from promoflow.outbox import notices
from promoflow.outbox.models import Message
from promoflow.outbox.selectors import listening


class Recipient(Protocol):
    """What owing a message wants to know of an account; accounts.User is one."""

    @property
    def pk(self) -> Any: ...


def enqueue(
    notice: str,
    *,
    to: Iterable[Recipient],
    key: str,
    about: Model,
    context: Mapping[str, Any],
    at: datetime,
    link: str,
    why: str | Callable[[Any], str] = "",
) -> None:
    """Owe a notice to people - their mail, their inbox, their chats - and to the chats of the store.

    The same key owes each once, however often it is said. `link` is a path of the desk. `why` is a code of
    notices.WHYS, or says one for the key of each person; without it the notice's own reason stands.
    """
    if notice not in notices.NOTICES:
        raise ValueError(f"{notice!r} is not in promoflow.outbox.notices; name it there first.")
    meaning = notices.NOTICES[notice]
    store = about if about._meta.label_lower == "catalog.store" else getattr(about, "store", None)
    store_id = store.pk if store else None
    people = {person.pk: _reason(why, person.pk) or meaning.why for person in to}

    def owed(recipient: int | None, channel: int | None, reason: str) -> Message:
        return Message(
            key=key,
            notice=notice,
            recipient_id=recipient,
            channel_id=channel,
            why=reason,
            store_id=store_id,
            subject_type=about._meta.label_lower,
            subject_id=about.pk,
            context=dict(context),
            link=link,
            owed=at,
            due=at,
        )

    messages = [owed(person, None, reason) for person, reason in sorted(people.items())]
    for channel in listening(meaning.topic, store=store_id, people=people):
        person = channel.person_id
        messages.append(owed(person, channel.pk, people[person] if person else "store-channel"))
    Message.objects.bulk_create(messages, ignore_conflicts=True)
    ring()


def _reason(why: str | Callable[[Any], str], person: int) -> str:
    reason = why(person) if callable(why) else why
    if reason and reason not in notices.WHYS:
        raise ValueError(f"{reason!r} is not in promoflow.outbox.notices.WHYS; say it there first.")
    return reason


def ring() -> None:
    """Tell a worker, after the commit, that something is owed.

    A doorbell only: where nobody hears it, the schedule finds the work some seconds later.
    """

    def at_the_door() -> None:
        app.send_task("promoflow.outbox.tasks.deliver_due", expires=settings.CALL_EXPIRES)

    transaction.on_commit(at_the_door, robust=True)
