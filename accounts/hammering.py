"""Attempts turned away unread, because too many came in a short time: one entry for each window."""

import hashlib
from collections.abc import Callable, Mapping
from datetime import timedelta
from http import HTTPStatus
from typing import Final

from django.core.cache import cache
from django.db import transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from accounts.models import User
from promoflow.audit import services as audit
from promoflow.audit.middleware import origin

WINDOW: Final = timedelta(minutes=1)
"""Of one address and one kind of attempt so much time takes one entry, however many come."""

_EVENTS: Final[Mapping[str, str]] = {
    "account_login": "person.sign_in_failed",
    "mfa_authenticate": "person.sign_in_failed",
    "account_reauthenticate": "person.confirm_failed",
    "mfa_reauthenticate": "person.confirm_failed",
}


class TooManyAttempts:
    """Records that an address was turned away. An attacker writes no more with it than by failing."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.status_code == HTTPStatus.TOO_MANY_REQUESTS and request.resolver_match:
            _record(request, request.resolver_match.view_name)
        return response


def _record(request: HttpRequest, page: str) -> None:
    event = _EVENTS.get(page)
    if event is None:
        return
    by = request.user if request.user.is_authenticated else None
    email = request.POST.get("login", "")[:254]
    # Both are rows: where the entry cannot be written, the window does not count as told either.
    with transaction.atomic():
        if not _is_first(event):
            return
        audit.record(
            event,
            by=by,
            at=timezone.now(),
            on=by or User.objects.filter(email__iexact=email).first(),
            after={**({"email": email} if email else {}), "turned_away": True},
            outcome="refused",
        )


def _is_first(event: str) -> bool:
    address = hashlib.sha256(origin().address.encode()).hexdigest()
    return cache.add(f"turned-away:{event}:{address}", True, WINDOW.total_seconds())
