"""Adding a store and correcting what the desk calls it."""

from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import check_can_manage
from accounts.roles import MANAGER
from accounts.selectors import lock_role
from accounts.services import grants
from promoflow.audit import services as audit
from promoflow.catalog.models import Store
from promoflow.catalog.permissions import check_can_add_store
from promoflow.catalog.wording import differences
from promoflow.errors import Stale


class Facts(NamedTuple):
    """What can be changed of a store."""

    name: str
    merchant_id: str

    @classmethod
    def of(cls, store: Store) -> "Facts":
        return cls(store.name, store.merchant_id)


@transaction.atomic(durable=True)
def add(*, name: str, merchant_id: str, marketplace_id: str, manager: User, by: User, at: datetime) -> Store:
    """Adds a store with the roles on it, all still to be granted but its first manager's."""
    check_can_add_store(by, manager)
    store = Store(name=name, merchant_id=merchant_id, marketplace_id=marketplace_id)
    store.full_clean()
    store.save()
    audit.record("store.added", by=by, at=at, on=store, after=_told(store))
    grants.open_store(store=store, manager=manager, by=by, at=at)
    return store


def change(*, store: Store, seen: Facts, to: Facts, by: User, at: datetime) -> Store:
    """Corrects the name or the merchant id from what the person saw to what they want.

    The marketplace stays: prices and windows are in its terms.
    """
    with (
        audit.refusals("store.change_refused", by=by, at=at, on=Store.objects.filter(pk=store.pk).first),
        transaction.atomic(durable=True),
    ):
        lock_role(by, store.pk, MANAGER)
        check_can_manage(by, store)
        store = Store.objects.select_for_update(no_key=True).get(pk=store.pk)
        before, found = _told(store), Facts.of(store)
        if found != seen:
            raise Stale(
                _("Somebody changed this store after you opened it."),
                differences(seen._asdict(), found._asdict()),
            )
        store.name, store.merchant_id = to
        store.full_clean()
        store.save(update_fields=Facts._fields)
        audit.record("store.changed", by=by, at=at, on=store, before=before, after=_told(store))
        return store


def _told(store: Store) -> dict[str, str]:
    return {"name": store.name, "merchant_id": store.merchant_id, "marketplace": store.marketplace.recorded}
