"""Owing messages, and delivering what is owed.

A message is owed in the transaction of its cause, so neither is without the other. Delivery claims one
message in a short transaction of its own, sends it, and closes it. The claim moves `due` past the time that a
sender may need: whoever dies between claim and close leaves a message that becomes due again by itself. It is
then sent again, under the same Message-ID, by which a mailbox knows the second copy: at least once outside,
once inside.
"""

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from email.utils import format_datetime
from time import monotonic
from typing import Any, Final, Protocol
from urllib.parse import urlsplit
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Model
from django.utils import timezone, translation

from promoflow.celery import app
from promoflow.outbox import notices
from promoflow.outbox.models import Message
from promoflow.outbox.permissions import check_can_try_again
from promoflow.outbox.selectors import Manager

log = logging.getLogger(__name__)

# Attempts are 2, 4, 8 ... minutes apart, at most 6 hours: 12 of them span a night and a day.
MOST_ATTEMPTS: Final = 12
_FIRST_WAIT: Final = timedelta(minutes=2)
_LONGEST_WAIT: Final = timedelta(hours=6)
_LONGEST_RUN: Final = timedelta(minutes=5)
_NAMESPACE: Final = UUID("6f0d3c1e-6d0b-5d0e-9c57-0f6d1a1f7f52")


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
) -> None:
    """Owe a notice to people, in the transaction of its cause.

    The same key owes each person once, however often it is said. `link` is a path of the desk.
    """
    if notice not in notices.NOTICES:
        raise ValueError(f"{notice!r} is not in promoflow.outbox.notices; name it there first.")
    store = about if about._meta.label_lower == "catalog.store" else getattr(about, "store", None)
    Message.objects.bulk_create(
        [
            Message(
                key=key,
                notice=notice,
                recipient_id=recipient_id,
                store_id=store.pk if store else None,
                subject_type=about._meta.label_lower,
                subject_id=about.pk,
                context=dict(context),
                link=link,
                owed=at,
                due=at,
            )
            for recipient_id in sorted({person.pk for person in to})
        ],
        ignore_conflicts=True,
    )
    ring()


def ring() -> None:
    """Tell a worker, after the commit, that something is owed.

    A doorbell only: where nobody hears it, the schedule finds the work some seconds later.
    """

    def at_the_door() -> None:
        app.send_task("promoflow.outbox.tasks.deliver_due", retry=False)

    transaction.on_commit(at_the_door, robust=True)


def deliver(*, at: datetime, limit: int = 200) -> int:
    """Send what is due; returns how many messages were sent.

    It ends after some minutes: a dead mail server takes its time for every refusal.
    """
    sent = 0
    started = monotonic()
    for _attempt in range(limit):
        spent = timedelta(seconds=int(monotonic() - started))
        message = _claim(at + spent) if spent < _LONGEST_RUN else None
        if message is None:
            break
        sent += _deliver_one(message, at + spent)
    return sent


def _claim(at: datetime) -> Message | None:
    """Take the message that is due longest, and keep others from it for the time that sending may need."""
    with transaction.atomic(durable=True):
        message = (
            Message.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(outcome=Message.Outcome.OWED, due__lte=at)
            .order_by("due", "pk")
            .first()
        )
        if message is None:
            return None
        message.attempts += 1
        message.due = at + wait_after(message.attempts)
        message.save(update_fields=["attempts", "due"])
        return message


def wait_after(attempts: int) -> timedelta:
    """How long after an attempt the next one is made."""
    return min(_FIRST_WAIT * (1 << (attempts - 1)), _LONGEST_WAIT)


def _deliver_one(message: Message, at: datetime) -> bool:
    recipient = message.recipient
    if not recipient.is_active:
        _close(message, Message.Outcome.SKIPPED, at, f"{recipient.name} was deactivated")
        return False
    try:
        _mail(message).send()
    except Exception as trouble:
        # Whatever it is - a dead mail server, a broken template - it keeps nobody else from their mail.
        log.exception("Message %s could not be sent, attempt %s", message.pk, message.attempts)
        _note_failure(message, at, f"{type(trouble).__name__}: {trouble}")
        return False
    _close(message, Message.Outcome.SENT, at, "")
    return True


def _mail(message: Message) -> EmailMessage:
    recipient = message.recipient
    with translation.override(recipient.language), timezone.override(ZoneInfo(recipient.time_zone)):
        subject, body = notices.write(
            message.notice,
            context=message.context,
            recipient=recipient.name,
            link=settings.SITE_URL + message.link,
        )
    host = urlsplit(settings.SITE_URL).hostname or "promoflow"
    return EmailMessage(
        subject,
        body,
        to=[recipient.email],
        headers={
            "Message-ID": f"<{uuid5(_NAMESPACE, f'{message.key}:{recipient.pk}')}@{host}>",
            # When it was owed: a later attempt is the same mail.
            "Date": format_datetime(message.owed),
            "Auto-Submitted": "auto-generated",
        },
    )


def _note_failure(message: Message, at: datetime, reason: str) -> None:
    if message.attempts >= MOST_ATTEMPTS:
        _close(message, Message.Outcome.FAILED, at, reason)
        return
    Message.objects.filter(pk=message.pk, outcome=Message.Outcome.OWED).update(reason=reason[:500])


def _close(message: Message, outcome: Message.Outcome, at: datetime, reason: str) -> None:
    """Done with it. Unless it may be tried again its link is forgotten: it may open an account."""
    link = message.link if outcome == Message.Outcome.FAILED else ""
    Message.objects.filter(pk=message.pk, outcome=Message.Outcome.OWED).update(
        outcome=outcome, closed=at, reason=reason[:500], link=link
    )


def try_again(message: Message, *, by: Manager, at: datetime) -> None:
    """Owe a message again that was given up."""
    check_can_try_again(by, message)
    Message.objects.filter(pk=message.pk, outcome=Message.Outcome.FAILED).update(
        outcome=Message.Outcome.OWED, closed=None, attempts=0, due=at
    )
    ring()
