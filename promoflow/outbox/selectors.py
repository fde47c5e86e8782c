"""Messages that could not be delivered, and who looks after them."""

from typing import Any, Final, Protocol

from django.apps import apps
from django.db.models import Q, QuerySet
from guardian.shortcuts import get_objects_for_user

from promoflow.outbox.models import Message

_MANAGE: Final = "catalog.manage_store"


class Manager(Protocol):
    """What looking after messages asks of an account; accounts.User is one."""

    @property
    def pk(self) -> Any: ...
    @property
    def is_active(self) -> bool: ...


def managed_stores(user: Manager) -> set[int]:
    """The stores that an active person manages; nobody manages one for being a superuser."""
    if not user.is_active:
        return set()
    stores = get_objects_for_user(
        user,
        _MANAGE,
        klass=apps.get_model("catalog", "Store"),
        with_superuser=False,
        accept_global_perms=False,
    )
    return set(stores.values_list("pk", flat=True))


def undelivered(user: Manager) -> QuerySet[Message]:
    """What was given up in the stores that the person manages, newest first."""
    stores = managed_stores(user)
    if not stores:
        return Message.objects.none()
    given_up = Message.objects.filter(outcome=Message.Outcome.FAILED)
    ours = given_up.filter(Q(store_id__in=stores) | Q(store_id=None))
    return ours.select_related("recipient").order_by("-closed", "-pk")
