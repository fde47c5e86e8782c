"""The people and the stores that the tests are about."""

import time
from datetime import timedelta
from functools import cache

from allauth.mfa.app_settings import TOTP_PERIOD
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import connection
from django.test import Client as DjangoClient
from django.utils import timezone

from accounts.models import User
from accounts.roles import SUPERVISOR
from accounts.services import grants, people
from promoflow.catalog.models import Store
from promoflow.catalog.services import stores

PASSWORD = "correct horse battery staple"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


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
    """Gives the role as the superuser does, and hands the person back; a supervisor has two steps."""
    grants.grant(to=user, store=store, role=role, by=root(), at=timezone.now())
    return two_step(user) if role == SUPERVISOR else user


def two_step(user: User) -> User:
    """Two-step verification, set up with SECRET."""
    if not is_mfa_enabled(user):
        TOTP.activate(user, SECRET)
    return user


def code() -> str:
    """What the authenticator of everybody with two steps shows now; one about to change is waited out."""
    left = TOTP_PERIOD - time.time() % TOTP_PERIOD
    if left < 2:
        time.sleep(left)
    return format_hotp_value(hotp_value(SECRET, next(yield_hotp_counters_from_time())))


def committed() -> None:
    """What was done so far in a test's transaction is checked, as the commit of each service checks it."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")


def revoke(user: User, store: Store, role: str) -> User:
    grants.revoke(from_=user, store=store, role=role, by=root(), at=timezone.now())
    return user


def lose(how: str, person: User, store: Store, manager: User, other: User) -> None:
    """Decides no more, as the role went, or the account, or it turned out to be another's second one."""
    if how == "role":
        revoke(person, store, SUPERVISOR)
    elif how == "account":
        people.deactivate(user=person, by=manager, at=timezone.now())
    else:
        people.join(user=person, with_=other, by=manager, at=timezone.now())


class Client(DjangoClient):
    """A test client; whoever it signs in has just confirmed with a code."""

    def force_login(self, user: User, backend: str | None = None) -> None:
        super().force_login(user, backend or settings.AUTHENTICATION_BACKENDS[0])
        in_use(self)
        confirmed(self, user)


def in_use(client: DjangoClient) -> None:
    """The session says what its first page writes into it, so that looking at the next one writes nothing."""
    session = client.session
    session["signed_in_at"] = session["last_use_at"] = timezone.now().timestamp()
    session.save()


def confirmed(client: DjangoClient, user: User, *, minutes_ago: float = 0) -> None:
    """The session says what allauth writes into it when a code is typed."""
    session, at = client.session, timezone.now() - timedelta(minutes=minutes_ago)
    session["account_authentication_methods"] = [{"method": "mfa", "type": "totp", "at": at.timestamp()}]
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()
