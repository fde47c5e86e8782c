"""Confirming who sits there: when this session last used two-step verification, and a code typed just now."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from allauth.account.authentication import get_authentication_records
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.permissions import CONFIRMED_FOR
from accounts.selectors import has_two_step
from accounts.signing_in import ReauthenticateForm
from promoflow import web

# The clocks of two web servers may differ by so much.
_SKEW: Final = timedelta(seconds=2)


@dataclass(frozen=True, kw_only=True)
class Confirmation:
    """What a form that decides asks for: nothing, a code, or that two-step verification is set up first."""

    at: datetime | None
    has_two_step: bool
    is_fresh: bool
    error: str = ""
    """What was wrong with the code that was typed."""

    @property
    def is_wanted(self) -> bool:
        """Whether a code has to be typed along."""
        return self.has_two_step and not self.is_fresh


def asked(request: web.SignedInRequest) -> Confirmation:
    """As the session has it now."""
    now, at = timezone.now(), _last(request)
    if at is not None and now < at <= now + _SKEW:
        at = now
    is_fresh = at is not None and now - CONFIRMED_FOR <= at <= now
    return Confirmation(
        at=at,
        # Who used a code just now has one; that it was taken away since is for the services to see.
        has_two_step=is_fresh or has_two_step(request.user),
        is_fresh=is_fresh,
    )


def given(request: web.SignedInRequest) -> Confirmation:
    """The same after the code that was sent along, where one is wanted: allauth checks and limits it."""
    confirmation = asked(request)
    if not confirmation.is_wanted:
        return confirmation
    code = request.POST.get("code", "").strip()
    if not code:
        return replace(confirmation, error=_("Type the code that your authenticator shows now."))
    form = ReauthenticateForm({"code": code}, user=request.user)
    if form.is_valid():
        form.save()
        return asked(request)
    return replace(confirmation, error=" ".join(form.errors.get("code", ())))


def _last(request: web.SignedInRequest) -> datetime | None:
    """Signing in with a code counts as much as confirming with one; a password alone never does."""
    used = [
        float(record["at"])
        for record in get_authentication_records(request, request.user)
        if record.get("method") == "mfa"
    ]
    return datetime.fromtimestamp(max(used), UTC) if used else None
