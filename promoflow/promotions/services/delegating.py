"""Being away: a supervisor names another one of the store to decide in their place, and ends it again."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.urls import reverse

from accounts.models import User
from promoflow.audit import services as audit
from promoflow.catalog.models import Store
from promoflow.outbox import services as outbox
from promoflow.promotions import permissions
from promoflow.promotions.models import Delegation


def name(
    *, store: Store, delegate: User, starts_at: datetime, ends_at: datetime, by: User, at: datetime
) -> Delegation:
    """From then until then the delegate is asked first, and what they decide says on whose behalf."""
    with (
        audit.refusals("delegation.name_refused", by=by, at=at, on=store),
        transaction.atomic(durable=True),
    ):
        # Two that overlap take turns here; the exclusion constraint stands behind it.
        Store.objects.select_for_update(no_key=True).get(pk=store.pk)
        permissions.check_can_delegate(by, store, delegate)
        permissions.check_absence(by, store, delegate, starts_at, ends_at, at=at)
        delegation = Delegation.objects.create(
            store=store,
            absent=by,
            delegate=delegate,
            starts_at=starts_at,
            ends_at=ends_at,
            named_at=at,
            named_by=by,
        )
        audit.record(
            "delegation.named",
            by=by,
            at=at,
            on=delegation,
            after={
                "delegate": delegate.name,
                "starts_at": starts_at.isoformat(),
                "ends_at": ends_at.isoformat(),
            },
        )
        _tell("delegation_named", delegation, to=[delegate], by=by, at=at)
        return delegation


def end(*, pk: int, by: User, at: datetime) -> Delegation:
    """Back earlier, or not away at all; a manager of the store may end it too."""
    seen = Delegation.objects.select_related("store").get(pk=pk)
    with audit.refusals("delegation.end_refused", by=by, at=at, on=seen), transaction.atomic(durable=True):
        delegation = (
            Delegation.objects.select_for_update(of=("self",), no_key=True)
            .select_related("store", "absent", "delegate")
            .get(pk=pk)
        )
        permissions.check_can_end_delegation(by, delegation, at=at)
        delegation.ended_at, delegation.ended_by = at, by
        delegation.save(update_fields=["ended_at", "ended_by"])
        audit.record("delegation.ended", by=by, at=at, on=delegation)
        _tell("delegation_ended", delegation, to=[delegation.absent, delegation.delegate], by=by, at=at)
        return delegation


def _tell(notice: str, delegation: Delegation, *, to: Iterable[User], by: User, at: datetime) -> None:
    """Owe it to those whom it is about; never to the one who did it."""
    outbox.enqueue(
        notice,
        to=[person for person in to if person.pk != by.pk],
        key=f"{notice}:{delegation.pk}",
        about=delegation,
        context={
            "name": delegation.absent.name,
            "delegate": delegation.delegate.name,
            "by": by.name,
            "store": delegation.store.name,
            "zone": delegation.store.marketplace.time_zone,
            "starts_at": delegation.starts_at.isoformat(),
            "ends_at": delegation.ends_at.isoformat(),
        },
        at=at,
        link=reverse("absence"),
        why=lambda person: "away" if person == delegation.absent_id else "stands-in",
    )
