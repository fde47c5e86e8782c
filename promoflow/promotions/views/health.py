"""Whether the desk does its work, for what watches the server: it needs no account, and tells no secret."""

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final

from django.contrib.auth.decorators import login_not_required
from django.db import Error
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from promoflow.catalog.services import imports
from promoflow.outbox import selectors as outbox
from promoflow.policies import selectors as policies
from promoflow.promotions import waiting

# Beat rings every half minute at the latest.
_LATE: Final = timedelta(minutes=2)


@login_not_required
@require_safe
@never_cache
def health(request: HttpRequest) -> JsonResponse:
    """How late the oldest work is that is due: the clock's, the outbox', owed checks and imports."""
    at = timezone.now()
    try:
        late = {
            "clock_late_seconds": _late(at, waiting.due_since(at, policies.current())),
            "messages_late_seconds": _late(at, outbox.due_since(at)),
            "checks_late_seconds": _late(at, waiting.unchecked_since()),
            "imports_late_seconds": _late(at, imports.due_since()),
        }
    except Error:
        return JsonResponse({"database_answers": False}, status=HTTPStatus.SERVICE_UNAVAILABLE)
    is_well = max(late.values()) <= _LATE.total_seconds()
    status = HTTPStatus.OK if is_well else HTTPStatus.SERVICE_UNAVAILABLE
    return JsonResponse({"database_answers": True, **late}, status=status)


def _late(at: datetime, since: datetime | None) -> int:
    return int((at - since).total_seconds()) if since else 0
