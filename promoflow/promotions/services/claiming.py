"""Claiming: a supervisor says that they are on a request, so that two don't work on one."""

from datetime import datetime, timedelta
from functools import partial
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import selectors as people
from accounts.models import User
from promoflow.audit import services as audit
from promoflow.errors import Taken, WrongState
from promoflow.promotions import permissions, selectors
from promoflow.promotions.models import Claim, PromotionRequest

# Longer than reading one request takes, and short enough that one forgotten over lunch is nobody's. No policy
# says so: a claim keeps nobody from deciding in time, since anybody who may decide may take it over.
LASTS: Final = timedelta(minutes=15)


def claim(*, reference: str, by: User, at: datetime, over: int | None = None) -> Claim:
    """Be on it from now. `over` is somebody else's claim that this person saw, to be taken over."""
    with (
        audit.refusals("request.claim_refused", by=by, at=at, on=partial(selectors.get, reference)),
        transaction.atomic(durable=True),
    ):
        request = selectors.lock(reference)
        permissions.check_can_claim(by, request)
        held = selectors.claim_of(request, at=at)
        if held and held.pk != over and not people.same_person(held.claimed_by, by):
            raise Taken(_is_on_it(held, request))
        request.claims.filter(released_at__isnull=True).update(released_at=at, released_by=by)
        made = Claim.objects.create(
            request=request, step=request.step, claimed_at=at, claimed_by=by, ends_at=at + LASTS
        )
        before = {"claimed_by": held.claimed_by.name} if held else None
        audit.record("request.claimed", by=by, at=at, on=request, store=request.store, before=before)
        return made


def release(*, reference: str, by: User, at: datetime) -> Claim:
    """Be on it no longer."""
    with (
        audit.refusals("request.release_refused", by=by, at=at, on=partial(selectors.get, reference)),
        transaction.atomic(durable=True),
    ):
        request = selectors.lock(reference)
        held = selectors.claim_of(request, at=at)
        if held is None or not people.same_person(held.claimed_by, by):
            raise WrongState(_("You are not on %(reference)s.") % {"reference": request.reference})
        held.released_at, held.released_by = at, by
        held.save(update_fields=["released_at", "released_by"])
        audit.record("request.claim_released", by=by, at=at, on=request, store=request.store)
        return held


def check_nobody_else_is_on(request: PromotionRequest, *, by: User, at: datetime) -> None:
    """Who approves what somebody else claimed takes it over first; then the other one is told by the page."""
    held = selectors.claim_of(request, at=at)
    if held and not people.same_person(held.claimed_by, by):
        raise Taken(_is_on_it(held, request))


def _is_on_it(held: Claim, request: PromotionRequest) -> str:
    return _(
        "%(name)s is on %(reference)s now. Take it over first, so that two people don't work on one."
    ) % {
        "name": held.claimed_by.name,
        "reference": request.reference,
    }
