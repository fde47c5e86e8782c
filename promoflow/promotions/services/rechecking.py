"""Checking again what stands on products whose price, floor or family changed; alarming what is blocked."""

import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import Min

from promoflow.catalog.models import Product
from promoflow.policies import selectors as policies
from promoflow.promotions import checker, price_changes, selectors
from promoflow.promotions.models import Cause, PromotionRequest, Recheck, State
from promoflow.promotions.services import alarms
from promoflow.rulebook.findings import Finding

logger = logging.getLogger(__name__)

# What one tick takes; the next one goes on. A check costs some milliseconds.
PORTION: Final = 500


def check_again(*, at: datetime) -> int:
    """Check what the database asks for, and alarm what is blocked by now; how many alarms that were.

    It approves, ends and stops nothing. Each request in a transaction of its own under its lock, so any
    number of these may run at once and be killed: what was asked goes in the transaction that did it. One
    request that cannot be checked keeps no other from it, and is tried again with the next tick.
    """
    return sum(_checked(reference, at) for reference in _asked())


def _asked() -> list[str]:
    """Whatever was asked first, comes first."""
    asked = Recheck.objects.values("request").annotate(first=Min("pk")).order_by("first")
    return [f"PR-{row['request']}" for row in asked[:PORTION]]


def _checked(reference: str, at: datetime) -> bool:
    try:
        return _check(reference, at)
    except Exception:
        logger.exception("%s could not be checked again", reference)
        return False


@dataclass(frozen=True)
class _Changed:
    """What changed since the last check: the products, and of these the ones that changed families."""

    products: Collection[Product]
    moved: Collection[Product]

    @property
    def asins(self) -> set[str]:
        return {product.asin for product in self.products}


@transaction.atomic(durable=True)
def _check(reference: str, at: datetime) -> bool:
    policies.keep_in_force()
    request = selectors.locked_if_free(reference)
    if request is None:
        return False
    changed = _take(request)
    if request.state not in (State.APPROVED, State.LIVE) or selectors.alarm_of(request):
        return False
    found = checker.report_of(request, at=at)
    settled = _settled(request)
    if all(_is_settled(finding, settled, changed) for finding in found.blocks):
        return False
    rested_on = request.newest.reports.order_by("-pk")[0]
    alarms.raise_alarm(
        request,
        found,
        cause=Cause.PRICES,
        changes=price_changes.since(rested_on, found, moved=changed.moved),
        by=None,
        at=at,
    )
    return True


def _take(request: PromotionRequest) -> _Changed:
    """Take what was asked of a request, before anything is read for its check.

    A change that commits later than this is asked for by a row that this does not see, and stays.
    """
    asked = list(request.rechecks.all())
    Recheck.objects.filter(pk__in=[one.pk for one in asked]).delete()
    moved = {product for one in asked for product in one.moved}
    keys = moved.union(*(one.products for one in asked))
    products = list(Product.objects.filter(pk__in=keys).select_related("parent").order_by("asin"))
    return _Changed(products, [product for product in products if product.pk in moved])


_Fact = tuple[str, str]


def _fact(finding: Finding) -> _Fact:
    return finding.key, finding.details.get("asins", "")


def _settled(request: PromotionRequest) -> set[_Fact]:
    """What somebody has said may stay, of the content as it is."""
    alarm = request.alarms.filter(revision=request.current_id).select_related("report").first()
    return {_fact(finding) for finding in checker.stored_findings(alarm.report)} if alarm else set()


def _is_settled(finding: Finding, settled: Collection[_Fact], changed: _Changed) -> bool:
    """Settled it stays until a product that it is about changes."""
    return _fact(finding) in settled and changed.asins.isdisjoint(price_changes.products_of(finding))
