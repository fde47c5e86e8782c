"""Who may change people and their roles: `check_can_*` raises the sentence that the person reads."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.db.models import Model
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import MANAGER, ROLES
from accounts.selectors import (
    grants_of,
    has_two_step,
    holds_role,
    only_managed_by,
    same_person,
    stores_of,
)
from promoflow import phrases
from promoflow.errors import NotAllowed, Refused, WrongState

CONFIRMED_FOR: Final = timedelta(seconds=settings.ACCOUNT_REAUTHENTICATION_TIMEOUT)


def why_not(check: Callable[..., None], *args: Any, **named: Any) -> str:
    """The sentence with which a check would refuse, for the tooltip of a disabled button; else nothing."""
    try:
        check(*args, **named)
    except Refused as refusal:
        return str(refusal)
    return ""


def check_can_manage(by: User, store: Model) -> None:
    """A manager of the store, or the superuser who sets the desk up and names its first manager."""
    if not (_is_superuser(by) or holds_role(by, store.pk, MANAGER)):
        raise NotAllowed(_("Only a manager of %(store)s may do this.") % {"store": store})


def check_can_grant(by: User, to: User, store: Model, role: str) -> None:
    check_can_manage(by, store)
    check_may_be_granted(by, to, store)
    if (store.pk, role) in grants_of(to):
        raise WrongState(
            _("%(name)s already holds the role %(role)s on %(store)s.")
            % {"name": to.name, "role": ROLES[role].name, "store": store}
        )


def check_may_be_granted(by: User, to: User, store: Model) -> None:
    """What of a grant depends on the two people alone, whatever the role."""
    if same_person(by, to):
        raise NotAllowed(
            _("Nobody grants a role to themselves: ask another manager of %(store)s.") % {"store": store}
        )
    if not to.is_active:
        raise WrongState(_deactivated(to))


def check_can_revoke(by: User, from_: User, store: Model, role: str) -> None:
    check_can_manage(by, store)
    if (store.pk, role) not in grants_of(from_):
        raise WrongState(
            _("%(name)s does not hold the role %(role)s on %(store)s.")
            % {"name": from_.name, "role": ROLES[role].name, "store": store}
        )
    if role == MANAGER and store.pk in only_managed_by(from_):
        raise WrongState(_last_manager(from_, str(store)))


def check_can_add(by: User) -> None:
    """People belong to no store: a manager of any may add one, and then grants roles on their own stores."""
    if not (_is_superuser(by) or stores_of(by, MANAGER)):
        raise NotAllowed(_("Only a manager of a store may add people."))


def check_can_invite(by: User, user: User) -> None:
    check_can_add(by)
    if not user.is_active:
        raise WrongState(_deactivated(user))
    if user.has_usable_password():
        raise WrongState(
            _("%(name)s has a password; who forgets one asks for a new one on the sign-in page.")
            % {"name": user.called}
        )


def check_can_deactivate(by: User, user: User) -> None:
    """Stopping is easy: a manager of one of the person's stores is enough."""
    if by.pk == user.pk:
        raise NotAllowed(_("Nobody deactivates their own account: ask another manager."))
    if user.is_superuser and not _is_superuser(by):
        raise NotAllowed(_("Only a superuser may deactivate a superuser."))
    theirs, managed = _stores_held(user), stores_of(by, MANAGER)
    if not (_is_superuser(by) or (theirs & managed if theirs else managed)):
        raise NotAllowed(_("Only a manager of a store of %(name)s may do this.") % {"name": user.called})
    if not user.is_active:
        raise WrongState(_("%(name)s is deactivated already.") % {"name": user.called})
    if alone := only_managed_by(user):
        seen = stores_seen(by, {*alone})
        names = phrases.listed(name for store, name in alone.items() if store in seen)
        raise WrongState(_last_manager(user, names or _("another store")))


def check_can_reactivate(by: User, user: User) -> None:
    """The roles come back with the account, so whoever gives it back must manage each of their stores."""
    if same_person(by, user):
        raise NotAllowed(_("Nobody reactivates an account of their own: ask another manager."))
    _check_manages_all(by, user)
    if user.is_active:
        raise WrongState(_("%(name)s is active already.") % {"name": user.called})
    _check_named(user)


def check_can_remove_name(by: User, user: User) -> None:
    """For good, so it takes a manager of each of their stores, and a human who is no longer here at all."""
    if same_person(by, user):
        raise NotAllowed(_("Nobody removes their own name: ask another manager."))
    _check_manages_all(by, user)
    if user.name_removed_at:
        raise WrongState(_("%(name)s: the name is removed already.") % {"name": user.called})
    here = User.objects.filter(person_id=user.person_id, is_active=True).order_by("pk").first()
    if here is not None:
        raise WrongState(
            _("%(name)s is active: a name is removed only of somebody who has left. Deactivate the account.")
            % {"name": f"{here.name} ({here.email})"}
        )


def check_can_join_somebody(by: User, user: User) -> None:
    """What of a join depends on one of the accounts alone; adding a second account of somebody is one too."""
    _check_manages_all(by, user)


def check_can_join(by: User, user: User, with_: User) -> None:
    """Joining cannot be undone, so it takes a manager of every store that either account has a role on."""
    if same_person(user, with_):
        raise WrongState(
            _("%(one)s and %(other)s are one human already.") % {"one": user.called, "other": with_.called}
        )
    _check_manages_all(by, user, with_)


def check_can_rename(by: User, user: User) -> None:
    """People read names when they decide, so nobody chooses their own."""
    if same_person(by, user):
        raise NotAllowed(_("Nobody renames themselves: ask another manager."))
    _check_manages_all(by, user)
    _check_named(user)


def check_confirmed(by: User, confirmed_at: datetime | None, *, at: datetime) -> None:
    """Who decides has two-step verification, and used it no longer ago than allauth lets one go unasked.

    A session left open on a desk, or its cookie in other hands, decides nothing.
    """
    if not has_two_step(by):
        raise NotAllowed(
            _("Who decides needs two-step verification. Set it up under your name, then decide.")
        )
    if confirmed_at is None or not at - CONFIRMED_FOR <= confirmed_at <= at:
        raise NotAllowed(
            _("Confirm that it is you, with a code from your authenticator, and decide within ten minutes.")
        )


def check_can_take_off_two_step(by: User, user: User) -> None:
    """For somebody who lost the phone and the recovery codes; their password still protects the account."""
    if same_person(by, user):
        raise NotAllowed(_("Switch your own two-step verification off under your name, with a code."))
    _check_manages_all(by, user)
    if not is_mfa_enabled(user):
        raise WrongState(_("%(name)s has no two-step verification.") % {"name": user.called})


def _check_named(user: User) -> None:
    if user.name_removed_at:
        raise WrongState(
            _("The name of %(name)s was removed for good. Who comes back gets another account: add one.")
            % {"name": user.called}
        )


def _check_manages_all(by: User, *users: User) -> None:
    """Of all their accounts: through one without roles somebody would reach those that have some."""
    accounts = User.objects.filter(person_id__in={user.person_id for user in users})
    if any(account.is_superuser for account in accounts) and not _is_superuser(by):
        raise NotAllowed(_("Only a superuser may change the account of a superuser."))
    managed = stores_of(by, MANAGER)
    held = set().union(*map(_stores_held, accounts))
    if not (_is_superuser(by) or (managed and held <= managed)):
        names = phrases.listed(user.called for user in users)
        raise NotAllowed(_("Only a manager of every store of %(names)s may do this.") % {"names": names})


def _stores_held(user: User) -> set[int]:
    return {store for store, _role in grants_of(user)}


def stores_seen(viewer: User, stores: set[int]) -> set[int]:
    """Those of the stores whose names the viewer may read."""
    return stores if _is_superuser(viewer) else stores & stores_of(viewer)


def _is_superuser(user: User) -> bool:
    return user.is_active and user.is_superuser


def _last_manager(user: User, stores: str) -> str:
    return _(
        "%(name)s is the last manager of %(stores)s. Somebody else has to be made a manager of it first: by "
        "%(name)s, or by a superuser, whom whoever runs this desk makes with manage.py createsuperuser."
    ) % {"name": user.called, "stores": stores}


def _deactivated(user: User) -> str:
    return _("%(name)s is deactivated: reactivate the account first.") % {"name": user.called}
