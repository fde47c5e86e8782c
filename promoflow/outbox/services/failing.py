"""What a failing channel costs: a while of rest for itself, and after a day a pause that people hear of.

Mail has no second way to go: while its server is away managers read that on their desk, and mail waits.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.urls import reverse

from promoflow.audit import services as audit
from promoflow.outbox import selectors
from promoflow.outbox.models import Channel, Message, Outage
from promoflow.outbox.reaching import Unreached
from promoflow.outbox.sealing import Lost
from promoflow.outbox.services.owing import enqueue

_FIRST_WAIT: Final = timedelta(minutes=2)
_LONGEST_WAIT: Final = timedelta(hours=6)
PAUSED_AFTER: Final = timedelta(hours=24)
# Why what waited for a channel is not sent.
SILENCED: Final = "The channel was paused or removed"
# With fewer failures in a row no mail has long to wait, and perhaps it was only one that nobody would take.
_AN_OUTAGE: Final = 3


def wait_after(attempts: int) -> timedelta:
    """How long after an attempt the next one is made."""
    return min(_FIRST_WAIT * (1 << min(attempts - 1, 20)), _LONGEST_WAIT)


def in_words(trouble: Exception) -> str:
    """What a page shows of a channel's trouble. A library's words could hold the address."""
    return str(trouble) if isinstance(trouble, Unreached | Lost) else type(trouble).__name__


def note_success(channel: Channel, at: datetime) -> None:
    Channel.objects.filter(pk=channel.pk).update(
        worked=at, failures=0, failing_since=None, last_error="", held_until=None
    )


def note_failure(channel: Channel, at: datetime, words: str) -> None:
    """Rest it for longer each time; one that failed for a day is paused, and its keepers are told."""
    with transaction.atomic(durable=True):
        channel = Channel.objects.select_for_update(of=("self",), no_key=True).get(pk=channel.pk)
        channel.failures += 1
        channel.failing_since = channel.failing_since or at
        channel.held_until = at + wait_after(channel.failures)
        channel.last_error = words[:500]
        channel.save(update_fields=["failures", "failing_since", "held_until", "last_error"])
        if at - channel.failing_since >= PAUSED_AFTER and not channel.paused and not channel.removed:
            _give_up(channel, at)


def _give_up(channel: Channel, at: datetime) -> None:
    channel.paused, channel.pause_reason = at, channel.last_error
    channel.save(update_fields=["paused", "pause_reason"])
    skip_owed(channel, at)
    audit.record("channel.paused", by=None, at=at, on=channel, store=channel.store, why=channel.pause_reason)
    enqueue(
        "channel_paused",
        to=_keepers(channel),
        key=f"channel_paused:{channel.pk}:{at.isoformat()}",
        about=channel,
        context={
            "name": channel.name,
            "masked": channel.masked,
            "error": channel.last_error,
            "store": channel.store.name if channel.store else "",
        },
        at=at,
        link=reverse("channel", args=[channel.pk]),
        why="own-channel" if channel.person else "manages",
    )


@transaction.atomic(durable=True)
def note_mail_failure(at: datetime, words: str) -> None:
    """The mail server took no message: from now on managers are shown that."""
    outage, _new = Outage.objects.select_for_update(no_key=True).get_or_create(pk=1, defaults={"since": at})
    outage.failures += 1
    outage.last_error = words[:500]
    outage.save(update_fields=["failures", "last_error"])


def note_mail_success(at: datetime) -> None:
    """It takes messages: after an outage all mail that waited for its next attempt is due."""
    if not Outage.objects.exists():
        return
    with transaction.atomic(durable=True):
        over = Outage.objects.select_for_update(no_key=True).first()
        if over is None:
            return
        over.delete()
        if over.failures >= _AN_OUTAGE:
            # One that is being sent just now has no reason of a failure, and keeps its claim.
            waiting = Message.objects.filter(channel=None, outcome=Message.Outcome.OWED, attempts__gt=0)
            waiting.exclude(reason="").update(due=at)


def _keepers(channel: Channel) -> Iterable[Any]:
    if channel.store is not None:
        return selectors.managers_of(channel.store.pk)
    return [channel.person]


def skip_owed(channel: Channel, at: datetime) -> None:
    """Nothing that waited bursts out of it later; people have it in their inbox."""
    Message.objects.filter(channel=channel, outcome=Message.Outcome.OWED).update(
        outcome=Message.Outcome.SKIPPED, closed=at, reason=SILENCED
    )
