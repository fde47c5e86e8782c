"""Messages and channels as their readers need them: who listens, what is owed, unread, or in trouble."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final, Protocol

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db.models import Min, Q, QuerySet
from django.db.models.functions import Greatest
from django.db.models.lookups import LessThanOrEqual

from promoflow.audit.selectors import stores_with
from promoflow.outbox.models import Channel, Message, Outage, Preference
from promoflow.outbox.notices import TOPICS
from promoflow.outbox.timing import Habits
from promoflow.prepared import AnyOf, Prepared

_MANAGE: Final = "manage_store"
_REQUEST: Final = "promotions.promotionrequest"
# The bell says 99+.
MOST_COUNTED: Final = 100


class Manager(Protocol):
    """What looking after messages asks of an account; accounts.User is one."""

    @property
    def pk(self) -> Any: ...
    @property
    def is_active(self) -> bool: ...


# --- Who looks after what -------------------------------------------------------------------------------


def managed_stores(user: Manager) -> set[int]:
    """The stores that an active person manages; nobody manages one for being a superuser."""
    return stores_with(user, (_MANAGE,))


def managers_of(store_id: int) -> QuerySet[Any]:
    """The active people who manage the store."""
    return get_user_model().objects.filter(
        is_active=True,
        groups__storegrouppermission__content_object=store_id,
        groups__storegrouppermission__permission__codename=_MANAGE,
    )


def may_read(message: Message) -> bool:
    """Whether its recipient has a role on the store that it is about; what is about none is their own."""
    if message.store_id is None:
        return True
    people = get_user_model().objects.filter(groups__storegrouppermission__content_object=message.store_id)
    return people.filter(pk=message.reader.pk).exists()


def is_decided(message: Message) -> bool:
    """Whether the request that asked for its readers' decision asks for none any more."""
    if message.meaning.why != "decides" or message.subject_type != _REQUEST:
        return False
    requests = apps.get_model(_REQUEST)._default_manager
    return not requests.filter(pk=message.subject_id, state="in_review").exists()


def undelivered(user: Manager) -> QuerySet[Message]:
    """What was given up in the stores that the person manages, newest first."""
    stores = managed_stores(user)
    if not stores:
        return Message.objects.none()
    given_up = Message.objects.filter(outcome=Message.Outcome.FAILED, channel=None)
    ours = given_up.filter(Q(store_id__in=stores) | Q(store_id=None))
    return ours.select_related("recipient").order_by("-closed", "-pk")


def outage(user: Manager) -> Outage | None:
    """That mail does not go out, for whoever manages a store."""
    found = Outage.objects.first()
    return found if found and managed_stores(user) else None


# --- The inbox ------------------------------------------------------------------------------------------


def inbox(user: Manager) -> QuerySet[Message]:
    """All that the person was ever told: what is unread first, then the newest."""
    told = Message.objects.filter(recipient=user.pk, channel=None)
    return told.alias(read=Q(seen__isnull=False)).order_by("read", "-owed", "-pk")


def unread(user: Manager) -> int:
    """How many messages the person has not read, counted no further than the bell shows."""
    return len(_UNREAD(recipient=user.pk))


_UNREAD: Final = Prepared(
    lambda recipient: Message.objects.filter(recipient=recipient, channel=None, seen=None).values_list("pk")[
        :MOST_COUNTED
    ]
)


# --- Channels -------------------------------------------------------------------------------------------


def listening(topic: str, *, store: int | None, people: Collection[int]) -> list[Channel]:
    """The channels of the store, and of these people, that are told of the topic."""
    if topic not in TOPICS:
        return []
    return _LISTENING(topics=[topic], store=store, people=[*people])


_LISTENING: Final = Prepared(
    lambda topics, store, people: (
        Channel.objects.filter(
            Q(AnyOf("person_id", people, array="bigint[]")) | Q(store_id=store),
            removed=None,
            paused=None,
            topics__contains=topics,
        )
        .only("pk", "person_id")
        .order_by("pk")
    )
)


def channels_of_store(store_id: int) -> QuerySet[Channel]:
    return Channel.objects.filter(store=store_id, removed=None).order_by("name", "pk")


def channels_of_person(user: Manager) -> QuerySet[Channel]:
    return Channel.objects.filter(person=user.pk, removed=None).order_by("name", "pk")


def in_trouble(user: Manager) -> QuerySet[Channel]:
    """One's own channels, and those of one's stores, that fail or that the desk paused for failing."""
    failing = Channel.objects.filter(removed=None).filter(Q(failures__gt=0) | ~Q(pause_reason=""))
    ours = Q(person=user.pk) | Q(store__in=managed_stores(user))
    return failing.filter(ours).select_related("store").order_by("failing_since", "pk")


# --- Delivery -------------------------------------------------------------------------------------------


def owed(at: datetime) -> QuerySet[Message]:
    """What is due, locked row by row; a channel that rests after a failure holds back its own alone."""
    resting = Q(channel__held_until__gt=at)
    return (
        Message.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
        .filter(outcome=Message.Outcome.OWED, due__lte=at)
        .exclude(resting)
        .select_related("recipient", "channel__person", "channel__store")
        .order_by("due", "pk")
    )


def due_since(at: datetime) -> datetime | None:
    """Since when the message that is due longest has waited for a worker; None where none is due.

    What was held back by its channel is due since that rest is over.
    """
    due = Greatest("due", "channel__held_until")
    owing = Message.objects.filter(LessThanOrEqual(due, at), outcome=Message.Outcome.OWED)
    since: datetime | None = owing.aggregate(first=Min(due))["first"]
    return since


def batched(message: Message) -> QuerySet[Message]:
    """The whole digest that a message went with before."""
    return (
        Message.objects.select_for_update(of=("self",), no_key=True)
        .filter(batch=message.batch, outcome=Message.Outcome.OWED)
        .select_related("recipient", "channel__person", "channel__store")
        .order_by("pk")
    )


def preference(person_id: int) -> Preference:
    """How the person wants to be told; by mail and at once, if they never said."""
    return Preference.objects.filter(pk=person_id).first() or Preference(person_id=person_id)


def habits_of(message: Message) -> Habits:
    """A person's, for their mail and their own channels; a store channel has its own."""
    channel = message.channel
    if channel is not None and channel.person is None:
        return channel.habits(channel.reads_as[1])
    return preference(message.reader.pk).habits(message.reader.time_zone)


def wants_mail(message: Message) -> bool:
    return preference(message.reader.pk).mail
