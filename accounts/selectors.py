"""Who holds which role on which store, and who is the same human."""

from collections.abc import Iterator

from django.contrib.auth.models import Group
from django.db import connection
from django.db.models import QuerySet

from accounts.models import User
from accounts.roles import ROLES, group_name


def same_person(a: User, b: User) -> bool:
    """Two accounts of one human are one person for every rule."""
    return a.person_id == b.person_id


def people_with_role(store_id: int, role: str) -> QuerySet[User]:
    """The active accounts that hold the role; guardian's own lists would include the deactivated."""
    return User.objects.filter(
        is_active=True,
        groups__name=group_name(store_id, role),
        groups__storegrouppermission__content_object=store_id,
        groups__storegrouppermission__permission__codename=ROLES[role].permission,
    ).order_by("name", "pk")


def holds_role(user: User, store_id: int, role: str) -> bool:
    """Whether the person may act in the role now. Nobody passes for being a superuser."""
    return people_with_role(store_id, role).filter(pk=user.pk).exists()


def lock_role(user: User, store_id: int, role: str) -> bool:
    """Like `holds_role`, and holds to the end of the transaction: a revoke at the same moment waits or is seen."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT accounts_holds_role(%s, %s, %s)", [user.pk, store_id, role])
        return bool(cursor.fetchone()[0])


def roles_of(user: User, store_id: int) -> set[str]:
    """The roles that an active person holds on the store."""
    return {role for store, role in _grants_of(user) if store == store_id}


def stores_of(user: User, *roles: str) -> set[int]:
    """The keys of the stores on which an active person holds one of the roles; of any role when none is named."""
    return {store for store, role in _grants_of(user) if role in (roles or ROLES)}


def _grants_of(user: User) -> Iterator[tuple[int, str]]:
    """Store and role of each of a person's groups that really holds the role's permission on that store."""
    groups = Group.objects.filter(user=user, user__is_active=True).values_list(
        "name", "storegrouppermission__content_object", "storegrouppermission__permission__codename"
    )
    for name, store, permission in groups:
        for role in ROLES.values():
            if store and name == group_name(store, role.code) and permission == role.permission:
                yield store, role.code
