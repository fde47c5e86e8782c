"""allauth's forms of signing in, which tell the history of what they turn down and of recovery codes."""

from collections.abc import Callable
from typing import Any

from allauth.account.forms import ChangePasswordForm as AnyChangePasswordForm
from allauth.account.forms import ResetPasswordForm as AnyResetPasswordForm
from allauth.account.internal.flows.login import record_authentication
from allauth.core import context
from allauth.mfa.base.forms import AuthenticateForm as AnyAuthenticateForm
from allauth.mfa.base.forms import BaseAuthenticateForm as AnyBaseAuthenticateForm
from allauth.mfa.base.forms import ReauthenticateForm as AnyReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm as AnyActivateTOTPForm
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import User
from accounts.services import securing
from promoflow.audit import services as audit


class AuthenticateForm(AnyAuthenticateForm):  # type: ignore[misc]  # allauth has no types
    """The second step: whoever is here has typed the password."""

    def clean_code(self) -> str:
        try:
            return _told_of_recovery_code(self, super().clean_code)
        except ValidationError:
            _refused("person.sign_in_failed", None, self.user, email=self.user.email, step="code")
            raise


class ReauthenticateForm(AnyReauthenticateForm):  # type: ignore[misc]
    def clean_code(self) -> str:
        try:
            return _told_of_recovery_code(self, super().clean_code)
        except ValidationError:
            _refused("person.confirm_failed", self.user, self.user)
            raise


class ActivateTOTPForm(AnyActivateTOTPForm):  # type: ignore[misc]
    """Its first code counts as any other, or the recovery codes that follow would ask for one more."""

    def clean_code(self) -> str:
        code = str(super().clean_code())
        record_authentication(
            context.request, self.user, "mfa", type=Authenticator.Type.TOTP, reauthenticated=True
        )
        return code


class ChangePasswordForm(AnyChangePasswordForm):  # type: ignore[misc]
    def clean_oldpassword(self) -> str:
        try:
            return str(super().clean_oldpassword())
        except ValidationError:
            _refused("person.confirm_failed", self.user, self.user, step="password")
            raise


class ResetPasswordForm(AnyResetPasswordForm):  # type: ignore[misc]
    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        """Somebody who is not signed in wants a link; of a stranger nothing is known but what they typed."""
        with transaction.atomic():
            asked = self.users[0] if self.users else None
            audit.record(
                "person.password_reset_asked",
                by=None,
                at=timezone.now(),
                on=asked,
                after={"email": self.cleaned_data["email"][:254]},
            )
            return str(super().save(request, **kwargs))


def _told_of_recovery_code(form: AnyBaseAuthenticateForm, check: Callable[[], object]) -> str:
    """Checks a code. One that stands in for the phone is crossed out, and the owner told, in one transaction.

    A code that is wrong must not undo it: the attempt that it was is counted in the same database.
    """
    wrong: ValidationError | None = None
    code = ""
    with transaction.atomic():
        try:
            code = str(check())
        except ValidationError as refusal:
            wrong = refusal
        else:
            if form.authenticator.type == Authenticator.Type.RECOVERY_CODES:
                securing.tell("person.recovery_code_used", user=form.user, at=timezone.now())
    if wrong:
        raise wrong
    return code


def _refused(event: str, by: User | None, on: User, **after: str) -> None:
    audit.record(event, by=by, at=timezone.now(), on=on, after=after, outcome="refused")
