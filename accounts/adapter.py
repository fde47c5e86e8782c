"""How sign-in behaves here: nobody signs up, mail goes through the outbox, the history hears of each step."""

from collections.abc import Mapping
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ReauthenticationRequired
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone, translation

from accounts import confirming
from accounts.models import User
from accounts.services import securing
from promoflow.audit import services as audit
from promoflow.outbox import services as outbox


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def login(self, request: HttpRequest, user: User) -> None:
        with transaction.atomic():
            super().login(request, user)
            audit.record("person.signed_in", by=user, at=timezone.now(), on=user)

    def post_login(self, request: HttpRequest, user: User, **how: Any) -> HttpResponse:
        """The greeting is read on a page of theirs; the form before it spoke the browser's language."""
        with translation.override(user.language):
            response: HttpResponse = super().post_login(request, user, **how)
        return response

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """An account counts once: allauth's own key begins with the host as the visitor spells it."""
        return str(credentials.get("email", "")).lower()

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            _sign_in_failed(request, credentials, too_many_attempts=True)
            raise

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        _sign_in_failed(request, credentials)

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:
        after = {"email": user.email, "active": False}
        audit.record(
            "person.sign_in_failed", by=None, at=timezone.now(), on=user, after=after, outcome="refused"
        )
        response: HttpResponse = super().respond_user_inactive(request, user)
        return response

    def send_password_reset_mail(self, user: User, email: str, context: dict[str, Any]) -> None:
        at = timezone.now()
        link = {"uidb36": context["uid"], "key": context["key"]}
        outbox.enqueue(
            "password_reset",
            to=[user],
            key=f"password_reset:{user.pk}:{at.isoformat()}",
            about=user,
            context={},
            at=at,
            link=reverse("account_reset_password_from_key", kwargs=link),
        )

    def set_password(self, user: User, password: str) -> None:
        with transaction.atomic():
            super().set_password(user, password)
            securing.tell("person.password_set", user=user, at=timezone.now())

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """Afterwards is too late: what happened is told in its own transaction (services/securing.py)."""

    def get_reauthentication_methods(self, user: User) -> list[dict[str, Any]]:
        """For whoever has an authenticator its code alone: the password would lay the recovery codes open."""
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        return [method for method in methods if method["id"] == "mfa_reauthenticate"] or methods

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """A password that was typed before there was an authenticator does not serve either."""
        if confirming.asked(self.request).is_wanted:
            raise ReauthenticationRequired
        return bool(super().is_reauthentication_required(app=app, **kwargs))


def _sign_in_failed(request: HttpRequest, credentials: Mapping[str, Any], **why: bool) -> None:
    email = str(credentials.get("email", ""))[:254]
    audit.record(
        "person.sign_in_failed",
        by=request.user if request.user.is_authenticated else None,
        at=timezone.now(),
        on=User.objects.filter(email__iexact=email).first(),
        after={"email": email, **why},
        outcome="refused",
    )
