"""Granting and revoking roles on a store."""

from datetime import datetime

from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Model
from guardian.shortcuts import assign_perm

from accounts.models import User
from accounts.permissions import check_can_grant, check_can_revoke
from accounts.roles import MANAGER, ROLES, group_name
from accounts.selectors import lock_accounts, lock_managers, lock_role
from promoflow.audit import services as audit


def grant(*, to: User, store: Model, role: str, by: User, at: datetime) -> None:
    """Gives somebody else a role on the store."""
    with (
        audit.refusals("role.grant_refused", by=by, at=at, on=to, store=store, after={"role": role}),
        transaction.atomic(durable=True),
    ):
        to, by = lock_accounts(to, by)
        lock_role(by, store.pk, MANAGER)
        check_can_grant(by, to, store, role)
        _give(to=to, store=store, role=role, by=by, at=at)


def revoke(*, from_: User, store: Model, role: str, by: User, at: datetime) -> None:
    """Takes a role away; decisions that wait for this person are refused from this moment on."""
    with (
        audit.refusals("role.revoke_refused", by=by, at=at, on=from_, store=store, before={"role": role}),
        transaction.atomic(durable=True),
    ):
        lock_managers(store.pk)
        from_, by = lock_accounts(from_, by)
        lock_role(by, store.pk, MANAGER)
        check_can_revoke(by, from_, store, role)
        from_.groups.remove(Group.objects.get(name=group_name(store.pk, role)))
        audit.record("role.revoked", by=by, at=at, on=from_, store=store, before={"role": role})


def open_store(*, store: Model, manager: User, by: User, at: datetime) -> None:
    """Makes the groups of a new store and seats its first manager, in the transaction that adds the store."""
    for role in ROLES.values():
        group, _created = Group.objects.get_or_create(name=group_name(store.pk, role.code))
        assign_perm(role.permission, group, store)
    manager, by = lock_accounts(manager, by)
    _give(to=manager, store=store, role=MANAGER, by=by, at=at)


def _give(*, to: User, store: Model, role: str, by: User, at: datetime) -> None:
    to.groups.add(Group.objects.get(name=group_name(store.pk, role)))
    audit.record("role.granted", by=by, at=at, on=to, store=store, after={"role": role})
