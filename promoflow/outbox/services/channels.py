"""Setting up where else people and stores are told: add, change, test, pause, resume and remove a channel."""

from datetime import datetime
from typing import Any, Protocol
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from promoflow.audit import services as audit
from promoflow.errors import Blocked
from promoflow.outbox import chat, kinds, sealing
from promoflow.outbox.models import Channel, Message
from promoflow.outbox.permissions import check_can_keep, check_can_manage_channels
from promoflow.outbox.reaching import Line, Unreached
from promoflow.outbox.selectors import Manager
from promoflow.outbox.services import failing


class Keeper(Manager, audit.Person, Protocol):
    """What looking after channels asks of an account, which the history then names."""


def add(
    *,
    store: Any,
    kind: str,
    address: str,
    by: Keeper,
    at: datetime,
    line: Line | None = None,
    **chosen: Any,
) -> Channel:
    """A channel of the store, or without one of the person's own. The address is checked and sealed."""
    _check_address(kind, address, line)
    with transaction.atomic(durable=True):
        if store is not None:
            check_can_manage_channels(by, store.pk)
        channel = Channel(
            store=store,
            person_id=None if store else by.pk,
            kind=kind,
            sealed=sealing.seal(address),
            masked=sealing.mask(address),
            added_at=at,
            added_by_id=by.pk,
            **chosen,
        )
        channel.full_clean(exclude=["store", "person", "added_by"])
        channel.save()
        audit.record("channel.added", by=by, at=at, on=channel, store=channel.store, after=_told(channel))
        return channel


def change(
    *,
    channel: Channel,
    by: Keeper,
    at: datetime,
    address: str = "",
    line: Line | None = None,
    **chosen: Any,
) -> Channel:
    """Another name, another choice, other hours; another address of the same service if one is given."""
    if address:
        _check_address(channel.kind, address, line)
    with transaction.atomic(durable=True):
        channel = _locked(channel, by)
        before = _told(channel)
        for name, value in chosen.items():
            setattr(channel, name, value)
        if address:
            channel.sealed, channel.masked = sealing.seal(address), sealing.mask(address)
        channel.full_clean(exclude=["store", "person", "added_by"])
        channel.save()
        hold_anew(channel.messages, at)
        audit.record(
            "channel.changed",
            by=by,
            at=at,
            on=channel,
            store=channel.store,
            before=before,
            after=_told(channel) | ({"address": _("typed anew")} if address else {}),
        )
        return channel


def try_out(*, channel: Channel, by: Keeper, at: datetime, line: Line | None = None) -> str:
    """Write a real message to it now; returns what went wrong, in words, or nothing."""
    with transaction.atomic(durable=True):
        channel = _locked(channel, by)
        audit.record("channel.tested", by=by, at=at, on=channel, store=channel.store)
    text = _("A test by %(name)s: this is how the desk writes here. %(link)s") % {
        "name": by.name,
        "link": settings.SITE_URL + reverse("channel", args=[channel.pk]),
    }
    try:
        chat.send(channel.kind, sealing.open_(channel.sealed), text, key=str(uuid4()), line=line)
    except (Unreached, sealing.Lost) as trouble:
        return str(trouble)
    failing.note_success(channel, at)
    return ""


@transaction.atomic(durable=True)
def pause(*, channel: Channel, by: Keeper, at: datetime) -> Channel:
    """Nothing more is written to it. What waited for it is dropped; people have it in their inbox."""
    channel = _locked(channel, by)
    if channel.paused is None:
        channel.paused, channel.pause_reason = at, ""
        channel.save(update_fields=["paused", "pause_reason"])
        failing.skip_owed(channel, at)
        audit.record("channel.paused", by=by, at=at, on=channel, store=channel.store)
    return channel


@transaction.atomic(durable=True)
def resume(*, channel: Channel, by: Keeper, at: datetime) -> Channel:
    """Write to it again from now on: after a pause, or at once where it rests after a failure."""
    channel = _locked(channel, by)
    channel.paused, channel.pause_reason = None, ""
    channel.failures, channel.failing_since, channel.held_until = 0, None, None
    channel.save()
    channel.messages.filter(outcome=Message.Outcome.OWED).update(due=at)
    audit.record("channel.resumed", by=by, at=at, on=channel, store=channel.store)
    return channel


@transaction.atomic(durable=True)
def remove(*, channel: Channel, by: Keeper, at: datetime) -> None:
    """For good: the address is forgotten. What was sent through it stays on record."""
    channel = _locked(channel, by)
    before = _told(channel)
    failing.skip_owed(channel, at)
    channel.removed, channel.sealed = at, ""
    channel.save(update_fields=["removed", "sealed"])
    audit.record("channel.removed", by=by, at=at, on=channel, store=channel.store, before=before)


def remove_all_of(*, person: Any, by: Keeper, at: datetime) -> None:
    """A person's own channels, when their name goes: part of that transaction, and not theirs to refuse."""
    for channel in Channel.objects.select_for_update(of=("self",), no_key=True).filter(
        person=person.pk, removed=None
    ):
        failing.skip_owed(channel, at)
        channel.removed, channel.sealed, channel.masked = at, "", ""
        channel.save(update_fields=["removed", "sealed", "masked"])
        audit.record("channel.removed", by=by, at=at, on=channel)


@transaction.atomic(durable=True)
def reseal(*, channel: Channel, at: datetime) -> bool:
    """Seal its address under the secret key of today; says whether it was under another.

    Whoever runs the server does it, who need not have an account: the entry names the command.
    """
    channel = (
        Channel.objects.select_for_update(of=("self",), no_key=True)
        .select_related("store")
        .get(pk=channel.pk)
    )
    resealed = sealing.resealed(channel.sealed) if channel.sealed else ""
    if resealed == channel.sealed:
        return False
    channel.sealed = resealed
    channel.save(update_fields=["sealed"])
    audit.record(
        "channel.changed", by=None, at=at, on=channel, store=channel.store, why="manage.py reseal_channels"
    )
    return True


def hold_anew(messages: Any, at: datetime) -> None:
    """What is held back until some hour is asked again when that hour changes."""
    messages.filter(outcome=Message.Outcome.OWED, attempts=0).update(due=at)


def _check_address(kind: str, address: str, line: Line | None) -> None:
    """Outside of any transaction: the host of a webhook is looked up."""
    try:
        kinds.check_address(kind, address, line=line)
    except Unreached as trouble:
        raise Blocked(str(trouble)) from None


def _locked(channel: Channel, by: Keeper) -> Channel:
    channel = (
        Channel.objects.select_for_update(of=("self",), no_key=True)
        .select_related("store", "person")
        .get(pk=channel.pk)
    )
    check_can_keep(by, channel)
    return channel


def _told(channel: Channel) -> dict[str, Any]:
    """What the history says of it: never the address, only its mask."""
    return {
        "name": channel.name,
        "kind": channel.kind,
        "address": channel.masked,
        "topics": sorted(channel.topics),
        **hours(channel),
    }


def hours(timed: Any) -> dict[str, Any]:
    """When somebody is told, as the history says it."""
    quiet = f"{timed.quiet_from:%H:%M}-{timed.quiet_until:%H:%M}" if timed.quiet_from is not None else ""
    return {"quiet": quiet, "digest": timed.digest, "digest_hour": timed.digest_hour}
