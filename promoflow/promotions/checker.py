"""The conflict report of a content beside everything that may touch the same products."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

import orjson

from promoflow.catalog import selectors as catalog
from promoflow.catalog.models import Product, Store
from promoflow.policies import selectors as policies
from promoflow.policies.models import PolicyVersion
from promoflow.promotions import neighbours, selectors
from promoflow.promotions.content import decode
from promoflow.promotions.models import ConflictReport, PromotionRequest
from promoflow.rulebook import findings as found
from promoflow.rulebook import offers, stacking
from promoflow.rulebook.case import Case
from promoflow.rulebook.conflicts import findings_of
from promoflow.rulebook.findings import Finding, Step
from promoflow.rulebook.offers import UNDECIDED, ListedProduct, Offer
from promoflow.rulebook.policy import Policy
from promoflow.rulebook.texts import as_text


@dataclass(frozen=True, kw_only=True)
class Sum:
    """What shoppers would pay for a product at worst: the price, and each promotion that comes off it."""

    price: Decimal
    floor: Decimal
    steps: tuple[Step, ...]

    @property
    def room(self) -> Decimal:
        """How far above its floor it stays; below nothing it has broken it."""
        return self.price - self.floor


@dataclass(frozen=True, kw_only=True)
class Report:
    """What was looked at and what was found, before anybody stores it."""

    case: Case
    products: tuple[ListedProduct, ...]
    version: PolicyVersion
    findings: tuple[Finding, ...]

    @property
    def candidate(self) -> Offer:
        return self.case.candidate

    @property
    def others(self) -> tuple[Offer, ...]:
        """All that is decided and all that is in review, with the children that their parents have by now."""
        return (*self.case.held, *self.case.in_review)

    @property
    def pictured(self) -> tuple[Offer, ...]:
        """These, and what was let go although it may stand at Amazon: it counts for no price."""
        return (*self.others, *self.case.may_run)

    @property
    def policy(self) -> Policy:
        return self.case.policy

    @property
    def beside(self) -> list[Offer]:
        """Of the others those that may touch a sale of the same products at the same time."""
        return self.case.beside

    @property
    def asking(self) -> list[Offer]:
        """Of these the ones still in review, which need not come to be."""
        return [offer for offer in self.beside if offer.state in UNDECIDED]

    @property
    def is_alone(self) -> bool:
        """Whether nothing else may touch such a sale, not even what was let go and may run all the same."""
        return not self.beside and all(finding.code != "may-still-run" for finding in self.findings)

    @cached_property
    def body(self) -> dict[str, Any]:
        report = found.report(self.case, self.findings)
        return report | {"worst": {asin: _sum_to_data(total) for asin, total in self.sums.items()}}

    @cached_property
    def encoded(self) -> bytes:
        """The bytes that a stored report has, and whose SHA-256 is its digest there.

        Canonical as the rulebook writes it, in a tenth of the time.
        """
        return orjson.dumps(self.body, option=orjson.OPT_SORT_KEYS)

    @cached_property
    def digest(self) -> bytes:
        return hashlib.sha256(self.encoded).digest()

    @property
    def blocks(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.severity == "block")

    @property
    def warnings(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.severity == "warn")

    @property
    def worst(self) -> Mapping[str, stacking.Segment]:
        """By ASIN, the span with the lowest price beside all that is decided; without unpriced products."""
        return self.case.worst

    @cached_property
    def sums(self) -> dict[str, Sum]:
        """By ASIN, the worst price beside everything decided, as a sum that people can follow."""
        products = {product.asin: product for product in self.products}
        return {
            asin: Sum(price=segment.worst.price, floor=floor, steps=segment.worst.steps)
            for asin, segment in self.worst.items()
            if (floor := self.policy.floor_of(products[asin])) is not None
        }


def report_on(
    store: Store,
    content: Mapping[str, Any],
    *,
    at: datetime,
    reference: str = "",
    state: str = "draft",
    family: Iterable[Product] | None = None,
    policy: Policy | None = None,
    decide_until: datetime | None = None,
    stopped_at: datetime | None = None,
) -> Report:
    """Check a content, saved or not.

    `family` is what it covers and the children that its parents have by now, where they are read already.
    With a `policy` it is checked by those rules, as if they were in force already. `decide_until` is for an
    amendment of what runs, `stopped_at` for what was shortened.
    """
    version = policies.current_version()
    look_beside = neighbours.beside if policy is None else neighbours.by_content
    policy = policy or policies.policy_of(version)
    read = offers.read(content, reference=reference, state=state, stopped_at=stopped_at)
    candidate = replace(read, decide_until=decide_until)
    if family is None:
        family = catalog.products_of(store, candidate.asins, parents=candidate.chosen).values()
    family = list(family)
    products = [product for product in family if product.asin in candidate.asins]
    joined = [product for product in family if product.asin not in candidate.asins]
    candidate = replace(candidate, asins=candidate.asins - _never_sold(products))
    others = look_beside(
        store, products, candidate=candidate, policy=policy, besides=selectors.number_of(reference)
    )
    listed = catalog.listed([*products, *joined])
    case = Case.of(candidate, others, listed, policy, at, store.marketplace.time_zone)
    return Report(case=case, products=listed, version=version, findings=findings_of(case))


def _never_sold(products: Iterable[Product]) -> set[str]:
    """Parents without a price: nobody can buy one, and its variations are checked in its place."""
    products = list(products)
    parents = {product.parent_id for product in products}
    heads = (product for product in products if product.pk in parents and product.parent_id is None)
    return {product.asin for product in heads if product.price is None}


def report_of(
    request: PromotionRequest,
    *,
    at: datetime,
    family: Iterable[Product] | None = None,
    policy: Policy | None = None,
) -> Report:
    """Check a request as it stands now."""
    return report_on(
        request.store,
        decode(request.newest.body),
        at=at,
        reference=request.reference,
        state=request.state,
        family=family,
        policy=policy,
        decide_until=neighbours.decide_until(request),
        stopped_at=request.ends_early,
    )


def stored_findings(report: ConflictReport) -> tuple[Finding, ...]:
    """The findings of a stored report, as they were seen then."""
    return found.from_data(decode(report.body)["findings"])


def stored_sums(report: ConflictReport) -> dict[str, Sum]:
    """The worst prices of a stored report, as they were seen then."""
    rows = decode(report.body).get("worst", {})
    return {
        asin: Sum(
            price=Decimal(row["price"]),
            floor=Decimal(row["floor"]),
            steps=tuple(
                Step(reference, kind, label, Decimal(off)) for reference, kind, label, off in row["steps"]
            ),
        )
        for asin, row in rows.items()
    }


def _sum_to_data(total: Sum) -> dict[str, Any]:
    steps = [[step.reference, step.kind, step.label, as_text(step.amount)] for step in total.steps]
    return {"price": as_text(total.price), "floor": as_text(total.floor), "steps": steps}
