"""What the desk refused somebody and no service has told the history of is told here."""

from collections.abc import Callable
from typing import cast

from django.apps import apps
from django.db.models import Model
from django.http import HttpRequest, HttpResponseBase
from django.urls import ResolverMatch
from django.utils import timezone

from promoflow import web
from promoflow.audit import services as audit
from promoflow.errors import Refused


class RefusedAttempts:
    """Records a refusal on its way to becoming an answer. Reading tries nothing, and writes nothing."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        if not isinstance(exception, Refused) or exception.recorded or request.method != "POST":
            return
        match = request.resolver_match
        audit.record_refused(
            "desk.refused",
            by=cast(web.SignedInRequest, request).user if request.user.is_authenticated else None,
            at=timezone.now(),
            on=None,
            store=_store_of(match) if match else None,
            sentence=str(exception),
            after={"page": match.view_name if match else "", "address": request.path},
        )


def _store_of(match: ResolverMatch) -> Model | None:
    """The store whose page it was; nothing where the address names none."""
    if not match.route.startswith("stores/<int:"):
        return None
    key, *_more = match.kwargs.values()
    return cast(Model | None, apps.get_model("catalog", "Store").objects.filter(pk=key).first())
