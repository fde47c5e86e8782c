"""A second look that sees something else: recorded, and told at once to everybody who can stop it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from accounts.models import User
from promoflow.audit import services as audit
from promoflow.promotions import selectors
from promoflow.promotions.content import Difference, decode
from promoflow.promotions.models import Discrepancy, Look, PromotionRequest
from promoflow.promotions.screenshots import Screenshot
from promoflow.promotions.services import attaching
from promoflow.promotions.services.steps import tell


def raise_alarm(
    request: PromotionRequest,
    differing: Sequence[Difference],
    *,
    shown: Mapping[str, Any],
    screenshot: Screenshot | None,
    by: User,
    at: datetime,
) -> Discrepancy:
    """Keep what was seen, inside the transaction of the look; it alarms until verified or stopped."""
    seen = Discrepancy.objects.create(
        request=request,
        activation=request.activation,
        shown=dict(shown),
        differing=[difference.field for difference in differing],
        seen_at=at,
        seen_by=by,
    )
    attached = attaching.attach(screenshot, request, Look.SECOND, by=by, at=at)
    audit.record(
        "request.looked_otherwise",
        by=by,
        at=at,
        on=request,
        store=request.store,
        before={difference.field: difference.before for difference in differing},
        after={difference.field: difference.after for difference in differing} | attached,
        asins=decode(request.newest.body)["covered"],
        revision=bytes(request.newest.digest),
    )
    tell(
        "request_looks_otherwise", request, to=selectors.who_can_stop(request), by=by, at=at, occasion=seen.pk
    )
    return seen
