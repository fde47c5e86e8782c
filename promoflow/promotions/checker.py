"""The conflict report of a content beside everything that may touch the same products."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from promoflow.catalog import selectors as catalog
from promoflow.catalog.models import Product, Store
from promoflow.policies import selectors as policies
from promoflow.policies.models import PolicyVersion
from promoflow.promotions import selectors
from promoflow.promotions.content import decode
from promoflow.promotions.models import ConflictReport, PromotionRequest
from promoflow.rulebook import findings as found
from promoflow.rulebook import offers, stacking
from promoflow.rulebook.conflicts import find_conflicts
from promoflow.rulebook.findings import Finding
from promoflow.rulebook.offers import ListedProduct, Offer
from promoflow.rulebook.policy import Policy


@dataclass(frozen=True, kw_only=True)
class Report:
    """What was looked at and what was found, before anybody stores it."""

    candidate: Offer
    others: tuple[Offer, ...]
    products: tuple[ListedProduct, ...]
    version: PolicyVersion
    policy: Policy
    findings: tuple[Finding, ...]

    @cached_property
    def body(self) -> dict[str, Any]:
        return found.report(self.candidate, self.others, self.products, self.policy, self.findings)

    @property
    def encoded(self) -> bytes:
        return canonical(self.body)

    @cached_property
    def digest(self) -> bytes:
        return found.digest(self.body)

    @property
    def blocks(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.severity == "block")

    @property
    def warnings(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.severity == "warn")

    @property
    def notes(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.severity == "note")

    @cached_property
    def worst(self) -> dict[str, stacking.Segment]:
        """By ASIN, the span with the lowest price beside everything decided; unpriced products are left out."""
        decided = [other for other in self.others if other.state != "in_review"]
        within = self.policy.danger_window(self.candidate)
        worst = {}
        for product in self.products:
            if product.price is not None and product.asin in self.candidate.asins:
                beside = [other for other in decided if product.asin in other.asins]
                lowest = stacking.lowest(
                    stacking.sweep(product, [self.candidate, *beside], self.policy, within=within)
                )
                if lowest:
                    worst[product.asin] = lowest
        return worst


def canonical(body: Mapping[str, Any]) -> bytes:
    """The bytes that `rulebook.findings.digest` digests."""
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode()


def report_on(
    store: Store,
    content: Mapping[str, Any],
    *,
    at: datetime,
    reference: str = "",
    state: str = "draft",
    products: list[Product] | None = None,
) -> Report:
    """Check a content, saved or not; `products` are its covered products where they are already locked."""
    version = policies.current_version()
    policy = policies.policy_of(version)
    candidate = offers.read(content, reference=reference, state=state)
    if products is None:
        products = list(catalog.products_of(store, candidate.asins).values())
    others = selectors.touching(
        [product.pk for product in products],
        danger=policy.danger_window(candidate),
        policy=policy,
        besides=selectors.number_of(reference) if reference else None,
    )
    listed = catalog.listed(products)
    return Report(
        candidate=candidate,
        others=tuple(others),
        products=listed,
        version=version,
        policy=policy,
        findings=find_conflicts(candidate, others, listed, policy, at),
    )


def report_of(request: PromotionRequest, *, at: datetime, products: list[Product] | None = None) -> Report:
    """Check a request as it stands now."""
    return report_on(
        request.store,
        decode(request.newest.body),
        at=at,
        reference=request.reference,
        state=request.state,
        products=products,
    )


def stored_findings(report: ConflictReport) -> tuple[Finding, ...]:
    """The findings of a stored report, as they were seen then."""
    return found.from_data(json.loads(bytes(report.body))["findings"])
