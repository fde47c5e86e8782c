"""Clearing: whoever has looked says of what left *approved* that it does not stand at Amazon."""

from datetime import datetime
from functools import partial

from django.db import transaction

from accounts.models import User
from promoflow.audit import services as audit
from promoflow.promotions import permissions, selectors
from promoflow.promotions.content import decode
from promoflow.promotions.models import PromotionRequest
from promoflow.promotions.services import reserving


def clear(*, reference: str, by: User, at: datetime, note: str = "") -> PromotionRequest:
    """Nobody is warned any more of what left *approved* without having been marked live; it moves nothing."""
    with (
        audit.refusals("request.clear_refused", by=by, at=at, on=partial(selectors.get, reference)),
        transaction.atomic(durable=True),
    ):
        request = selectors.lock(reference)
        permissions.check_can_clear(by, request, at=at)
        audit.record(
            "request.cleared",
            by=by,
            at=at,
            on=request,
            after={"may_run": False},
            why=note.strip(),
            asins=decode(request.newest.body)["covered"],
        )
        reserving.settle(request)
        return request
