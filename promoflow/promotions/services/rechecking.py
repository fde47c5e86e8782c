"""Checking again what stands on products whose price, floor or family changed; alarming what is blocked."""

import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Final, NamedTuple

from django.db import connection, transaction
from django.db.models import Min

from promoflow.audit import services as audit
from promoflow.catalog.models import Product
from promoflow.policies import selectors as policies
from promoflow.promotions import checker, price_changes, selectors
from promoflow.promotions.checker import Report
from promoflow.promotions.models import STANDING, Cause, PromotionRequest, Recheck
from promoflow.promotions.services import alarms
from promoflow.rulebook.findings import Finding

logger = logging.getLogger(__name__)

# What one tick takes; the next one goes on. A check costs some milliseconds.
PORTION: Final = 500
# Of those that passed an entry names so many, and counts all.
MOST_TOLD: Final = 50


def check_again(*, at: datetime) -> int:
    """Check what the database asks for, and alarm what is blocked by now; how many alarms that were.

    It approves, ends and stops nothing. Each request in a transaction of its own under its lock, so any
    number of these may run at once and be killed: what asked for an alarm goes in the transaction that raises
    it, the rest once all is checked. One request that cannot be checked keeps no other from it, and is tried
    again with the next tick.
    """
    outcomes = [_checked(reference, at) for reference in _asked()]
    passed = [key for outcome in outcomes for key in outcome.passed]
    if passed:
        _close(passed, at)
    return sum(outcome.is_alarmed for outcome in outcomes)


class _Outcome(NamedTuple):
    """Whether an alarm was raised; else the rows that asked, where they are answered by nothing new."""

    is_alarmed: bool = False
    passed: Collection[int] = ()


def _asked() -> list[str]:
    """Whatever was asked first, comes first."""
    asked = Recheck.objects.values("request").annotate(first=Min("pk")).order_by("first")
    return [f"PR-{row['request']}" for row in asked[:PORTION]]


def _checked(reference: str, at: datetime) -> _Outcome:
    try:
        return _check(reference, at)
    except Exception:
        logger.exception("%s could not be checked again", reference)
        return _Outcome()


@transaction.atomic(durable=True)
def _close(passed: Collection[int], at: datetime) -> None:
    """Take away what asked for checks that found nothing, with one entry for each store.

    An entry for each request would bury what people did under every daily import. Where two run at once, the
    row is told by the one that takes it.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM promotions_recheck WHERE id = ANY(%s) RETURNING request_id", [sorted(passed)]
        )
        keys = {key for (key,) in cursor.fetchall()}
    requests = PromotionRequest.objects.select_related("store").filter(pk__in=keys).order_by("store", "pk")
    for store, of_store in groupby(requests, key=attrgetter("store")):
        references = [request.reference for request in of_store]
        told = {"requests": len(references), "references": references[:MOST_TOLD]}
        audit.record("store.checked_again", by=None, at=at, on=store, after=told)


@dataclass(frozen=True)
class _Changed:
    """What changed since the last check: the products, and of these the ones that changed families."""

    products: Collection[Product]
    moved: Collection[Product]

    @property
    def asins(self) -> set[str]:
        return {product.asin for product in self.products}


@transaction.atomic(durable=True)
def _check(reference: str, at: datetime) -> _Outcome:
    policies.keep_in_force()
    request = selectors.locked_if_free(reference)
    if request is None:
        return _Outcome()
    # Read before anything that is checked: a change that commits later is asked for by a row not among these.
    asked = list(request.rechecks.all())
    keys = [one.pk for one in asked]
    changed = _changed(asked)
    found = _blocked_anew(request, changed, at)
    if found is None:
        return _Outcome(passed=keys)
    Recheck.objects.filter(pk__in=keys).delete()
    rested_on = request.newest.reports.order_by("-pk")[0]
    changes = price_changes.since(rested_on, found, moved=changed.moved)
    alarms.raise_alarm(request, found, cause=Cause.PRICES, changes=changes, by=None, at=at)
    return _Outcome(is_alarmed=True)


def _blocked_anew(request: PromotionRequest, changed: _Changed, at: datetime) -> Report | None:
    """What the rules find, where they block it and nobody knows of that yet."""
    if request.state not in STANDING or selectors.alarm_of(request):
        return None
    found = checker.report_of(request, at=at)
    settled = _settled(request)
    return None if all(_is_settled(finding, settled, changed) for finding in found.blocks) else found


def _changed(asked: Collection[Recheck]) -> _Changed:
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
