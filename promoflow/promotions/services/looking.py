"""A second look that sees something else: recorded, and told at once to everybody who can stop it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from promoflow.audit import services as audit
from promoflow.errors import Stale
from promoflow.promotions import amendments, selectors
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


def check_known(request: PromotionRequest, known: int) -> None:
    """Whoever verifies has heard of the newest look that differed: verifying ends its alarm."""
    newest = request.discrepancies.select_related("seen_by").order_by("-pk").first()
    if newest is None or newest.pk == known:
        return
    holds = amendments.in_force(request)
    raise Stale(
        _(
            "%(name)s has looked since you opened this page, and saw something else. Look at Seller "
            "Central again, correct what you typed, then verify."
        )
        % {"name": newest.seen_by.name},
        changes=[Difference(field, holds[field], newest.shown.get(field)) for field in newest.differing],
    )


def tell_verified(request: PromotionRequest, *, by: User, at: datetime) -> None:
    """Whoever was alarmed hears how it ended; where nobody was, there is nothing to say."""
    if request.discrepancies.exists():
        tell("request_verified", request, to=selectors.who_can_stop(request), by=by, at=at)
