"""Adding people, letting them go, and joining the accounts of one human."""

from datetime import datetime

from allauth.mfa.models import Authenticator
from django.contrib.auth.tokens import default_token_generator
from django.db import transaction
from django.urls import reverse
from django.utils.http import int_to_base36

from accounts.models import User
from accounts.permissions import (
    check_can_add,
    check_can_deactivate,
    check_can_invite,
    check_can_join,
    check_can_join_somebody,
    check_can_reactivate,
    check_can_rename,
    check_can_take_off_two_step,
)
from accounts.roles import MANAGER
from accounts.selectors import lock_accounts, lock_managers, stores_of
from accounts.services import securing
from promoflow.audit import services as audit
from promoflow.outbox import services as outbox


def add(
    *,
    email: str,
    name: str,
    language: str,
    time_zone: str,
    by: User,
    at: datetime,
    same_person_as: User | None = None,
) -> User:
    """Adds an account and mails its owner the link to set a password; nobody else ever knows one.

    `same_person_as` says that the human behind it has an account already, which counts as the same person.
    """
    user = User(email=email.strip().lower(), name=name, language=language, time_zone=time_zone)
    with (
        audit.refusals("person.add_refused", by=by, at=at, on=same_person_as),
        transaction.atomic(durable=True),
    ):
        check_can_add(by)
        if same_person_as:
            other, by = lock_accounts(same_person_as, by)
            check_can_join_somebody(by, other)
            user.person_id = other.person_id
        user.set_unusable_password()
        user.full_clean()
        user.save()
        audit.record("person.added", by=by, at=at, on=user, after=_told(user))
        _owe_invitation(user, at)
    return user


@transaction.atomic
def record_added_by_hand(*, user: User, at: datetime) -> None:
    """Says of a superuser, whom only a hand at the machine makes, that they were added, and how."""
    audit.record("person.added", by=None, at=at, on=user, after=_told(user), why="manage.py createsuperuser")


@transaction.atomic
def record_password_set_by_hand(*, user: User, at: datetime) -> None:
    audit.record("person.password_set", by=None, at=at, on=user, why="manage.py changepassword")


def _told(user: User) -> dict[str, str]:
    return {"email": user.email, "name": user.name, "person": str(user.person_id)}


@transaction.atomic(durable=True)
def invite(*, user: User, by: User, at: datetime) -> None:
    """Mails a fresh link to somebody who has not set a password yet."""
    user, by = lock_accounts(user, by)
    check_can_invite(by, user)
    audit.record("person.invited", by=by, at=at, on=user)
    _owe_invitation(user, at)


@transaction.atomic(durable=True)
def invite_by_hand(*, user: User, at: datetime) -> str:
    """The path of the link, for whoever runs the machine and has no mail server: the `invite` command."""
    [user] = lock_accounts(user)
    audit.record("person.invited", by=None, at=at, on=user, why="manage.py invite")
    return _link_to_set_a_password(user)


@transaction.atomic(durable=True)
def deactivate(*, user: User, by: User, at: datetime) -> User:
    """Shuts an account at once. The password goes too: with it every session and every mailed link dies."""
    lock_managers(*stores_of(user, MANAGER))
    user, by = lock_accounts(user, by)
    check_can_deactivate(by, user)
    user.is_active, user.deactivated_at, user.deactivated_by = False, at, by
    user.set_unusable_password()
    user.save(update_fields=["is_active", "deactivated_at", "deactivated_by", "password"])
    audit.record("person.deactivated", by=by, at=at, on=user)
    return user


@transaction.atomic(durable=True)
def reactivate(*, user: User, by: User, at: datetime) -> User:
    """Opens an account again, with its roles; its owner sets a new password."""
    user, by = lock_accounts(user, by)
    check_can_reactivate(by, user)
    user.is_active, user.deactivated_at, user.deactivated_by = True, None, None
    user.save(update_fields=["is_active", "deactivated_at", "deactivated_by"])
    audit.record("person.reactivated", by=by, at=at, on=user)
    _owe_invitation(user, at)
    return user


@transaction.atomic(durable=True)
def join(*, user: User, with_: User, by: User, at: datetime) -> None:
    """Two accounts turn out to be one human: from now on they are one person for every rule, for good."""
    user, with_, by = lock_accounts(user, with_, by)
    check_can_join(by, user, with_)
    accounts = User.objects.filter(person_id=user.person_id)
    before = {"person": str(user.person_id), "accounts": sorted(accounts.values_list("email", flat=True))}
    accounts.update(person_id=with_.person_id)
    after = {"person": str(with_.person_id), "with": with_.email}
    audit.record("person.merged", by=by, at=at, on=user, before=before, after=after)


@transaction.atomic(durable=True)
def change_preferences(*, by: User, language: str, time_zone: str, at: datetime) -> User:
    """Everybody chooses their own language and time zone."""
    [user] = lock_accounts(by)
    before = {"language": user.language, "time_zone": user.time_zone}
    user.language, user.time_zone = language, time_zone
    user.clean_fields(exclude={field.name for field in User._meta.fields} - before.keys())
    user.save(update_fields=list(before))
    after = {"language": language, "time_zone": time_zone}
    audit.record("person.preferences_changed", by=user, at=at, on=user, before=before, after=after)
    return user


@transaction.atomic(durable=True)
def rename(*, user: User, name: str, by: User, at: datetime) -> User:
    """Corrects a name; the history keeps telling of the past under the old one."""
    user, by = lock_accounts(user, by)
    check_can_rename(by, user)
    before, user.name = user.name, name
    user.clean_fields(exclude={field.name for field in User._meta.fields} - {"name"})
    user.save(update_fields=["name"])
    audit.record("person.renamed", by=by, at=at, on=user, before={"name": before}, after={"name": name})
    return user


@transaction.atomic(durable=True)
def take_off_two_step(*, user: User, by: User, at: datetime) -> None:
    """Lets somebody sign in who lost the phone and the recovery codes."""
    user, by = lock_accounts(user, by)
    check_can_take_off_two_step(by, user)
    Authenticator.objects.filter(user=user).delete()
    securing.tell("person.two_step_off", user=user, by=by, at=at)


def _owe_invitation(user: User, at: datetime) -> None:
    outbox.enqueue(
        "person_added",
        to=[user],
        key=f"person_added:{user.pk}:{at.isoformat()}",
        about=user,
        context={},
        at=at,
        link=_link_to_set_a_password(user),
    )


def _link_to_set_a_password(user: User) -> str:
    """One use: a password once set, or a sign-in, makes the token worthless."""
    key = default_token_generator.make_token(user)
    return reverse("account_reset_password_from_key", kwargs={"uidb36": int_to_base36(user.pk), "key": key})
