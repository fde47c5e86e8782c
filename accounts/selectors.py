"""Who holds which role on which store, and who is the same human."""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group
from django.db import connection
from django.db.models import QuerySet

from accounts.models import User
from accounts.roles import MANAGER, ROLES, group_name
from promoflow.prepared import Prepared, planned_once
from promoflow.reading import read_once


def same_person(a: User, b: User) -> bool:
    """Two accounts of one human are one person for every rule."""
    return a.person_id == b.person_id


def people_with_role(store_id: int, role: str, *, besides: Collection[UUID] = ()) -> list[User]:
    """The active accounts that hold the role, by name, but for those of some humans.

    guardian's own lists would include the deactivated.
    """
    group, permission = group_name(store_id, role), ROLES[role].permission
    holders = _HOLDERS(store=store_id, group=group, permission=permission)
    return [holder for holder in holders if holder.person_id not in besides]


_HOLDERS: Final = Prepared(
    lambda store, group, permission: User.objects.filter(
        is_active=True,
        groups__name=group,
        groups__storegrouppermission__content_object=store,
        groups__storegrouppermission__permission__codename=permission,
    ).order_by("name", "pk")
)


def people_of(store_id: int) -> list[User]:
    """The active accounts that hold any role on the store, by name."""
    return _PEOPLE(store=store_id, **{role: group_name(store_id, role) for role in ROLES})


_PEOPLE: Final = Prepared(
    lambda store, operator, supervisor, auditor, manager: (
        User.objects.filter(
            is_active=True,
            groups__name__in=[operator, supervisor, auditor, manager],
            groups__storegrouppermission__content_object=store,
        )
        .distinct()
        .order_by("name", "pk")
    )
)


def holds_role(user: User, store_id: int, role: str) -> bool:
    """Whether the person may act in the role now. Nobody passes for being a superuser."""
    return role in roles_of(user, store_id)


@read_once
def lock_role(user: User, store_id: int, role: str) -> bool:
    """Like `holds_role`, and true until the transaction ends: a revoke meanwhile waits, or is seen.

    Outside of one nothing would be held; a page that only shows what somebody may do locks no row for it.
    """
    if not connection.in_atomic_block:
        return holds_role(user, store_id, role)
    with planned_once(), connection.cursor() as cursor:
        cursor.execute("SELECT accounts_holds_role(%s, %s, %s)", [user.pk, store_id, role])
        return bool(cursor.fetchone()[0])


def has_two_step(user: User) -> bool:
    """Whether they have an authenticator, without whose codes nobody decides."""
    return bool(_AUTHENTICATORS(user=user.pk))


_AUTHENTICATORS: Final = Prepared(
    lambda user: Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).values_list("pk")
)


def roles_of(user: User, store_id: int) -> set[str]:
    """The roles that an active person holds on the store."""
    return {role for store, role in grants_of(user, active_only=True) if store == store_id}


def stores_of(user: User, *roles: str) -> set[int]:
    """The keys of the stores on which an active person holds one of the roles; without roles named, any."""
    return {store for store, role in grants_of(user, active_only=True) if role in (roles or ROLES)}


@read_once
def grants_of(user: User, *, active_only: bool = False) -> frozenset[tuple[int, str]]:
    """Store and role of every grant; a deactivated person's are asleep and come back with the account."""
    return frozenset(
        (store, role.code)
        for name, store, permission, awake in _GRANTS(user=user.pk)
        if awake or not active_only
        for role in ROLES.values()
        if store and name == group_name(store, role.code) and permission == role.permission
    )


_GRANTS: Final = Prepared(
    lambda user: Group.objects.filter(user=user).values_list(
        "name",
        "storegrouppermission__content_object",
        "storegrouppermission__permission__codename",
        "user__is_active",
    )
)


def roles_on(store_id: int) -> dict[int, set[str]]:
    """The roles of everybody on the store by account key, the deactivated too."""
    held: dict[int, set[str]] = {}
    for role in ROLES.values():
        holders = Group.objects.filter(
            name=group_name(store_id, role.code),
            storegrouppermission__content_object=store_id,
            storegrouppermission__permission__codename=role.permission,
            user__isnull=False,
        )
        for user_id in holders.values_list("user", flat=True):
            held.setdefault(user_id, set()).add(role.code)
    return held


def accounts_of_same_person(user: User) -> QuerySet[User]:
    """The other accounts of the human behind this one."""
    return User.objects.filter(person_id=user.person_id).exclude(pk=user.pk).order_by("name", "pk")


def only_managed_by(user: User) -> dict[int, str]:
    """Key and name of each store that would be left without an active manager if this one went."""
    managed = stores_of(user, MANAGER)
    alone = {store for store in managed if {*people_with_role(store, MANAGER)} <= {user}}
    return store_names(alone)


def store_names(stores: set[int]) -> dict[int, str]:
    """What the stores are called; people are below the catalog and know stores by their grants alone."""
    return dict(
        Group.objects.filter(storegrouppermission__content_object__in=stores)
        .order_by("storegrouppermission__content_object__name")
        .values_list("storegrouppermission__content_object", "storegrouppermission__content_object__name")
    )


def lock_accounts(*users: User) -> list[User]:
    """The accounts as they are now, in the order asked; nobody changes them until the transaction ends."""
    keys = [user.pk for user in users]
    rows = User.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk").in_bulk()
    return [rows[key] for key in keys]


def lock_managers(*store_ids: int) -> None:
    """Two managers who remove each other at once would leave the store without one: they take turns.

    Taken before any account is locked.
    """
    names = [group_name(store_id, MANAGER) for store_id in store_ids]
    list(Group.objects.select_for_update(no_key=True).filter(name__in=names).order_by("pk"))
