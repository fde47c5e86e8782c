"""What the desk refused somebody and no service has told the history of is told here."""

from collections.abc import Callable
from typing import cast

from django.http import HttpRequest, HttpResponseBase
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
        page = request.resolver_match.view_name if request.resolver_match else ""
        audit.record_refused(
            "desk.refused",
            by=cast(web.SignedInRequest, request).user if request.user.is_authenticated else None,
            at=timezone.now(),
            on=None,
            sentence=str(exception),
            after={"page": page, "address": request.path},
        )
