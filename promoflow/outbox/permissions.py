"""Who sees and repeats messages that could not be delivered: managers, for their stores."""

from typing import Any, Final, Protocol

from django.apps import apps
from django.utils.translation import gettext as _
from guardian.shortcuts import get_objects_for_user

from promoflow.errors import NotAllowed
from promoflow.outbox.models import Message

_MANAGE: Final = "catalog.manage_store"


class Manager(Protocol):
    """What deciding asks of an account; accounts.User is one."""

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


def check_can_try_again(by: Manager, message: Message) -> None:
    """Messages of no store - an invitation, a new password - are every manager's."""
    stores = managed_stores(by)
    if not stores or (message.store_id is not None and message.store_id not in stores):
        raise NotAllowed(_("Only a manager of the store may have its messages sent again."))
