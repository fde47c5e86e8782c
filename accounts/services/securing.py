"""What happened to the ways somebody signs in."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.urls import reverse

from accounts.models import User
from promoflow.audit import services as audit
from promoflow.outbox import services as outbox


@transaction.atomic
def tell(event: str, *, user: User, at: datetime, by: User | None = None) -> None:
    """The history hears of it, and so does its owner, in case it was somebody else.

    `by` is who did it, where that was a manager.
    """
    audit.record(event, by=by or user, at=at, on=user)
    outbox.enqueue(
        "person_secured",
        to=[user],
        key=f"{event}:{user.pk}:{at.isoformat()}",
        about=user,
        context={"event": event, "happened_at": at.isoformat(), "by": by.name if by else ""},
        at=at,
        link=reverse("preferences"),
    )


@contextmanager
def telling_of_two_step(user: User, *, at: datetime) -> Iterator[None]:
    """Makes one transaction of what changes somebody's second step and of what is told about it."""
    with transaction.atomic():
        before = _authenticators(user)
        yield
        if event := _happened(before, _authenticators(user)):
            tell(event, user=user, at=at)


def _authenticators(user: User) -> dict[str, int]:
    """Their keys by kind."""
    return dict(Authenticator.objects.filter(user=user).values_list("type", "pk"))


def _happened(before: Mapping[str, int], after: Mapping[str, int]) -> str:
    """The event; nothing where nothing happened. The first recovery codes come with the authenticator."""
    codes, phone = Authenticator.Type.RECOVERY_CODES, Authenticator.Type.TOTP
    if before.get(phone) != after.get(phone):
        return "person.two_step_on" if phone in after else "person.two_step_off"
    if codes in after and before.get(codes) != after[codes]:
        return "person.recovery_codes_made"
    return ""
