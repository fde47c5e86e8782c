"""The people and the stores that the tests are about."""

from functools import cache

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from accounts.models import User
from accounts.services import grants
from promoflow.catalog.models import Store
from promoflow.catalog.services import stores

PASSWORD = "correct horse battery staple"


@cache
def _hashed() -> str:
    return make_password(PASSWORD)


def person(name: str, **fields: object) -> User:
    """An account whose address is its name in lower case at example.com, and its password PASSWORD."""
    return User.objects.create(
        **{"email": f"{name.lower()}@example.com", "name": name, "password": _hashed(), **fields}
    )


def root() -> User:
    """The superuser who sets the desk up; there is one."""
    found = User.objects.filter(is_superuser=True).first()
    return found or User.objects.create_superuser("root@example.com", name="Root")


def store(
    name: str = "Aurora US",
    *,
    marketplace_id: str = "ATVPDKIKX0DER",
    merchant_id: str = "A2AURORA1234567",
    manager: User | None = None,
) -> Store:
    """A store with its roles, added by the superuser; its manager is mia unless another is named."""
    return stores.add(
        name=name,
        merchant_id=merchant_id,
        marketplace_id=marketplace_id,
        manager=manager or User.objects.filter(name="Mia").first() or person("Mia"),
        by=root(),
        at=timezone.now(),
    )


def grant(user: User, store: Store, role: str) -> User:
    """Gives the role as the superuser does, and hands the person back."""
    grants.grant(to=user, store=store, role=role, by=root(), at=timezone.now())
    return user


def revoke(user: User, store: Store, role: str) -> User:
    grants.revoke(from_=user, store=store, role=role, by=root(), at=timezone.now())
    return user
