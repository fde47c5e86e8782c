"""Who works at the demonstration store, and how they sign in."""

from base64 import b32encode
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from allauth.account.forms import ResetPasswordKeyForm
from allauth.mfa.totp.internal.auth import TOTP
from allauth.mfa.utils import is_mfa_enabled
from django.contrib.auth.tokens import default_token_generator
from django.db import transaction

from accounts.models import User
from accounts.roles import AUDITOR, MANAGER, OPERATOR, SUPERVISOR
from accounts.selectors import roles_of
from accounts.services import grants
from accounts.services import people as accounts
from promoflow.audit import services as audit
from promoflow.catalog.models import Store

SETS_UP: Final = "setup@aurora.example"


@dataclass(frozen=True)
class Part:
    """One person of the cast."""

    key: str
    name: str
    role: str
    joined: int
    """On which day, counted from today."""
    time_zone: str = "Asia/Shanghai"

    @property
    def email(self) -> str:
        return f"{self.key}@aurora.example"

    @property
    def password(self) -> str:
        """The same for both of a role, and the same at every start: it is printed there."""
        return f"aurora-{self.role}-2026"

    @property
    def secret(self) -> str:
        """Of the authenticator of whoever decides, the same at every start; the mailbox shows its codes."""
        if self.role not in (SUPERVISOR, MANAGER):
            return ""
        return b32encode(f"aurora {self.key}".encode().ljust(20, b".")).decode()


MANAGING: Final = Part("margaret", "Margaret Zhou 周敏", MANAGER, -21, time_zone="America/Los_Angeles")
CAST: Final = (
    Part("mei", "Mei Lin 林梅", OPERATOR, -21),
    Part("sam", "Sam Carter", SUPERVISOR, -21, time_zone="Europe/London"),
    Part("wei", "Wei Chen 陈伟", SUPERVISOR, -9),
    Part("ada", "Ada Novak", AUDITOR, -8, time_zone="Europe/Berlin"),
    MANAGING,
    Part("hao", "Hao Zhang 张浩", OPERATOR, -9),
)


def find(part: Part) -> User | None:
    return User.objects.filter(email=part.email).first()


@transaction.atomic
def who_sets_up(*, at: datetime) -> User:
    """The superuser whom every desk begins with; here nobody can sign in as it."""
    if found := User.objects.filter(email=SETS_UP).first():
        return found
    user = User.objects.create_superuser(SETS_UP, name="Setup")
    accounts.record_added_by_hand(user=user, at=at)
    return user


def invite(part: Part, *, by: User, at: datetime) -> User:
    """Add the person, who then follows the link and sets the password."""
    user = find(part) or accounts.add(
        email=part.email, name=part.name, language="en", time_zone=part.time_zone, by=by, at=at
    )
    if not user.has_usable_password():
        _set_password(user, part.password, at=at)
    if part.secret and not is_mfa_enabled(user):
        _set_up_two_steps(user, part.secret, at=at)
    return user


@transaction.atomic(durable=True)
def _set_up_two_steps(user: User, secret: str, *, at: datetime) -> None:
    """What the page does once the first code was right."""
    TOTP.activate(user, secret)
    audit.record("person.two_step_on", by=user, at=at, on=user)


@transaction.atomic(durable=True)
def _set_password(user: User, password: str, *, at: datetime) -> None:
    """What the page behind the link does."""
    form = ResetPasswordKeyForm(
        {"password1": password, "password2": password},
        user=user,
        temp_key=default_token_generator.make_token(user),
    )
    if not form.is_valid():
        raise ValueError(f"{password} is refused: {form.errors.as_text()}")
    user.set_password(password)
    user.save(update_fields=["password"])
    audit.record("person.password_set", by=user, at=at, on=user)


def join(part: Part, store: Store, *, by: User, at: datetime) -> bool:
    """Invite the person and give them their role, unless they have it; whether there was something to do."""
    user = invite(part, by=by, at=at)
    if part.role in roles_of(user, store.pk):
        return False
    grants.grant(to=user, store=store, role=part.role, by=by, at=at)
    return True
