"""Delivering what is owed.

Delivery claims a message, or a digest of several, in a short transaction of its own, sends it, and closes it.
The claim moves `due` past the time that a sender may need: whoever dies between claim and close leaves
messages that become due again by themselves, some minutes later. They are then sent again under the same
Message-ID, by which a mailbox knows the second copy, and to a webhook under the same key; the chats know no
such thing and show it twice. At least once outside, once inside.

A channel that fails is held for a while, so that it costs nobody else a delivery, and a mail server that is
away is told of; see services/failing.py.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from email.utils import format_datetime
from time import monotonic
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID, uuid4, uuid5
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import timezone, translation

from promoflow.outbox import chat, digests, notices, sealing, selectors
from promoflow.outbox.models import Message
from promoflow.outbox.permissions import check_can_try_again
from promoflow.outbox.reaching import Line
from promoflow.outbox.selectors import Manager
from promoflow.outbox.services import failing
from promoflow.outbox.services.owing import ring
from promoflow.outbox.timing import Release, release

log = logging.getLogger(__name__)

# Attempts are 2, 4, 8 ... minutes apart, at most 6 hours: 12 of them span a night and a day.
_MOST_ATTEMPTS: Final = 12
_MOST_GATHERED: Final = 200
# Every worker may be at it while the clock waits for one: it hands over, and the schedule rings as often.
_LONGEST_RUN: Final = timedelta(seconds=5)
# Longer than one exchange may take, or a slow server's mail is sent by two workers. A mail server is waited
# for at each of its replies, from its greeting to its farewell; a chat 15 s for all of it (reaching).
_MOST_REPLIES: Final = 12
_CHAT_CLAIMED_FOR: Final = timedelta(seconds=30)
_NAMESPACE: Final = UUID("6f0d3c1e-6d0b-5d0e-9c57-0f6d1a1f7f52")


def deliver(*, at: datetime, limit: int = 200, line: Line | None = None) -> int:
    """Send what is due; returns how many messages were sent.

    It ends after some seconds: a dead mail server takes its time for every refusal.
    """
    sent = 0
    started = monotonic()
    for _attempt in range(limit):
        spent = timedelta(seconds=int(monotonic() - started))
        if spent >= _LONGEST_RUN:
            break
        batch = _claim(at + spent)
        if batch is None:
            return sent
        if batch:
            sent += _deliver(batch, at + spent, line)
    # More may be due: the next free worker goes on, and need not wait for the schedule.
    ring()
    return sent


def _claim(at: datetime) -> list[Message] | None:
    """Take what is due longest, and keep others from it for the time that sending may need.

    Empty where that has to wait for the end of quiet hours or for its digest; None where nothing is due.
    """
    with transaction.atomic(durable=True):
        first = selectors.owed(at).first()
        if first is None:
            return None
        when = _release(first, at)
        if when.at > at:
            first.due = when.at
            first.save(update_fields=["due"])
            return []
        batch = _together(first, at) if when.gathered else [first]
        for message in batch:
            message.attempts += 1
            message.due, message.reason = at + _lease(message), ""
        Message.objects.bulk_update(batch, ["attempts", "due", "batch", "reason"])
        return batch


def _lease(message: Message) -> timedelta:
    if message.channel_id is not None:
        return _CHAT_CLAIMED_FOR
    return timedelta(seconds=_MOST_REPLIES * settings.EMAIL_TIMEOUT)


def _release(message: Message, at: datetime) -> Release:
    return release(
        selectors.habits_of(message),
        owed=message.owed,
        now=at,
        urgent=message.meaning.urgent,
        deadline=notices.deadline_of(message.notice, message.context),
    )


def _together(first: Message, at: datetime) -> list[Message]:
    """The digest that it goes with: the one it went with before, else whatever may go to the same by now."""
    if first.batch is not None:
        return list(selectors.batched(first))
    ready = selectors.owed(at).filter(recipient=first.recipient_id, channel=first.channel_id, batch=None)
    batch = [
        message for message in ready[:_MOST_GATHERED] if _release(message, at) == Release(at, gathered=True)
    ]
    if len(batch) > 1:
        number = uuid4()
        for message in batch:
            message.batch = number
    return batch


def _deliver(claimed: list[Message], at: datetime, line: Line | None) -> int:
    batch = _without_needless(claimed, at)
    if not batch:
        return 0
    first = batch[0]
    try:
        _send(batch, line)
    except Exception as trouble:
        # Whatever it is - a dead mail server, a broken template - it keeps nobody else from their mail.
        if first.channel is None:
            log.exception("Message %s could not be sent, attempt %s", first.pk, first.attempts)
        else:
            # Without what was tried: a trace may show the channel's address.
            log.warning("Channel %s took no message: %s", first.channel_id, failing.in_words(trouble))
        _note_failure(batch, at, trouble)
        return 0
    _close(batch, Message.Outcome.SENT, at, "")
    if first.channel is not None:
        failing.note_success(first.channel, at)
    else:
        failing.note_mail_success(at)
    return len(batch)


def _without_needless(claimed: Sequence[Message], at: datetime) -> list[Message]:
    """Much may have happened meanwhile: a digest goes without what nobody is to read any more."""
    batch = []
    for message in claimed:
        if needless := _why_needless(message):
            _close([message], Message.Outcome.SKIPPED, at, needless)
        else:
            batch.append(message)
    return batch


def _why_needless(message: Message) -> str:
    channel, recipient = message.channel, message.recipient
    if recipient is not None and not recipient.is_active:
        return f"{recipient.name} was deactivated"
    if recipient is not None and not selectors.may_read(message):
        return f"{recipient.name} has no role on its store any more"
    if selectors.is_decided(message):
        return "It waits for no decision any more"
    if channel is not None:
        return failing.SILENCED if channel.paused or channel.removed else ""
    if message.meaning.topic != notices.ACCOUNT and not selectors.wants_mail(message):
        return "They read it in their inbox: mail is switched off"
    return ""


def _send(batch: Sequence[Message], line: Line | None) -> None:
    channel = batch[0].channel
    if channel is None:
        _mail(batch).send()
        return
    language, zone = channel.reads_as
    with translation.override(language), timezone.override(ZoneInfo(zone)):
        text = digests.lines(batch) if len(batch) > 1 else digests.line(batch[0])
    chat.send(channel.kind, sealing.open_(channel.sealed), text, key=_identity(batch), line=line)


def _mail(batch: Sequence[Message]) -> EmailMessage:
    message, recipient = batch[0], batch[0].reader
    with translation.override(recipient.language), timezone.override(ZoneInfo(recipient.time_zone)):
        if len(batch) > 1:
            subject, body = digests.mail(batch, recipient=recipient.name)
        else:
            subject, body = notices.write(
                message.notice,
                context=message.context,
                recipient=recipient.name,
                link=settings.SITE_URL + message.link,
                why=message.why,
            )
    host = urlsplit(settings.SITE_URL).hostname or "promoflow"
    return EmailMessage(
        subject,
        body,
        to=[recipient.email],
        headers={
            "Message-ID": f"<{_identity(batch)}@{host}>",
            # When it was owed: a later attempt is the same mail.
            "Date": format_datetime(max(one.owed for one in batch)),
            "Auto-Submitted": "auto-generated",
        },
    )


def _identity(batch: Sequence[Message]) -> str:
    """The same at every attempt."""
    first = batch[0]
    if len(batch) > 1:
        return str(first.batch)
    target = f"channel {first.channel_id}" if first.channel_id else str(first.recipient_id)
    return str(uuid5(_NAMESPACE, f"{first.key}:{target}"))


def _note_failure(batch: list[Message], at: datetime, trouble: Exception) -> None:
    channel = batch[0].channel
    words = failing.in_words(trouble) if channel else f"{type(trouble).__name__}: {trouble}"
    given_up = [message for message in batch if message.attempts >= _MOST_ATTEMPTS]
    _close(given_up, Message.Outcome.FAILED, at, words)
    Message.objects.filter(pk__in=[one.pk for one in batch], outcome=Message.Outcome.OWED).update(
        due=at + failing.wait_after(batch[0].attempts), reason=words[:500]
    )
    if channel is not None:
        failing.note_failure(channel, at, words)
    elif isinstance(trouble, OSError):
        # All that a mail server and the way to it can do to us; what else fails is the message's own fault.
        failing.note_mail_failure(at, words)


def _close(batch: Sequence[Message], outcome: Message.Outcome, at: datetime, reason: str) -> None:
    """Done with them. A link that opens an account is forgotten, unless it may be tried again."""
    owed = Message.objects.filter(pk__in=[one.pk for one in batch], outcome=Message.Outcome.OWED)
    if outcome != Message.Outcome.FAILED:
        opening = [code for code, notice in notices.NOTICES.items() if notice.opens_account]
        owed.filter(notice__in=opening).update(link="")
    owed.update(outcome=outcome, closed=at, reason=reason[:500])


def try_again(message: Message, *, by: Manager, at: datetime) -> None:
    """Owe a message again that was given up."""
    check_can_try_again(by, message)
    Message.objects.filter(pk=message.pk, outcome=Message.Outcome.FAILED).update(
        outcome=Message.Outcome.OWED, closed=None, attempts=0, due=at
    )
    ring()
