"""Requests as lines of a list: what one reads at a glance, without asking the rules again."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from promoflow.promotions import checker, neighbours, selectors
from promoflow.promotions.checker import Sum
from promoflow.promotions.content import decode
from promoflow.promotions.models import Claim, ConflictReport, PromotionRequest, Revision
from promoflow.promotions.risks import DEEP
from promoflow.promotions.wording import terms
from promoflow.rulebook.findings import GRAVEST_FIRST
from promoflow.rulebook.offers import Offer, Window
from promoflow.rulebook.policy import Policy

_NAMED = 2


@dataclass
class Line:
    """A request in one line; its report is the one it was submitted with."""

    request: PromotionRequest
    policy: Policy
    at: datetime
    report: ConflictReport | None = None
    claim: Claim | None = None
    """Who is on it, where the list says so."""

    @property
    def seen(self) -> str:
        """The request and the content that this line shows, as a form names them."""
        return f"{self.request.reference}:{bytes(self.revision.digest).hex()}"

    @property
    def is_deep(self) -> bool:
        return self.request.worst_percent is not None and self.request.worst_percent >= DEEP

    @property
    def revision(self) -> Revision:
        return self.request.newest

    @cached_property
    def content(self) -> dict[str, Any]:
        return decode(self.revision.body)

    @cached_property
    def offer(self) -> Offer:
        return neighbours.offer_of(self.request)

    @property
    def zone(self) -> str:
        return self.request.store.marketplace.time_zone

    @property
    def currency(self) -> str:
        return self.request.store.marketplace.currency

    @property
    def discount(self) -> str:
        return terms.discount(self.offer, self.currency)

    @property
    def days(self) -> str:
        return terms.days(self.offer, self.zone)

    @property
    def stage(self) -> str:
        return selectors.stage(self.request, danger=self.danger, at=self.at)

    @property
    def products(self) -> int:
        return len(self.content["covered"])

    @property
    def asins(self) -> list[str]:
        """The first of the chosen products."""
        return list(self.content["asins"][:_NAMED])

    @property
    def more(self) -> int:
        """How many products there are beside those named."""
        return self.products - len(self.asins)

    @cached_property
    def found(self) -> dict[str, Any]:
        return json.loads(bytes(self.report.body)) if self.report else {}

    @property
    def named(self) -> list[str]:
        """The first chosen products by title, as the report knew them."""
        titles = {product["asin"]: product["title"] for product in self.found.get("products", ())}
        return [titles.get(asin, asin) for asin in self.asins]

    @property
    def severities(self) -> list[tuple[str, int]]:
        """How many findings of each severity, the gravest first."""
        counted = Counter(finding["severity"] for finding in self.found.get("findings", ()))
        return [(severity, counted[severity]) for severity in GRAVEST_FIRST if counted[severity]]

    @cached_property
    def nearest(self) -> Sum | None:
        """The worst price of the product that comes nearest to its floor."""
        sums = checker.stored_sums(self.report).values() if self.report else ()
        return min(sums, key=lambda total: total.room, default=None)

    @cached_property
    def danger(self) -> Window:
        return self.policy.danger_window(self.offer)

    @property
    def decide_by(self) -> datetime:
        return self.policy.decide_by(self.offer)

    @property
    def mark_live_by(self) -> datetime:
        return self.policy.mark_live_by(self.offer)

    @property
    def verify_by(self) -> datetime:
        return self.policy.verify_by(self.request.activation.live_at)

    @property
    def has_started(self) -> bool:
        return self.offer.window.starts_at <= self.at

    @property
    def is_soon(self) -> bool:
        """Whether less than a day is left to decide."""
        return self.decide_by - self.at < timedelta(days=1)

    @property
    def is_late(self) -> bool:
        return self.decide_by <= self.at

    @property
    def is_overdue(self) -> bool:
        """Whether the second look should have been taken by now."""
        return self.verify_by <= self.at


def of(requests: Iterable[PromotionRequest], policy: Policy, at: datetime) -> list[Line]:
    return [Line(request, policy, at) for request in requests]


def with_reports(requests: Iterable[PromotionRequest], policy: Policy, at: datetime) -> list[Line]:
    """The lines with the newest report that was stored for each: one query for all of them."""
    found = list(requests)
    reports = (
        ConflictReport.objects.filter(revision__in=[request.current_id for request in found])
        .order_by("revision_id", "-pk")
        .distinct("revision_id")
    )
    by_revision = {report.revision_id: report for report in reports}
    return [Line(request, policy, at, by_revision.get(request.newest.pk)) for request in found]
