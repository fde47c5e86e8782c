"""What the checker found, the report of it, and the digest that a decision names."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from promoflow.rulebook import offers
from promoflow.rulebook.offers import IN_REVIEW, UNDECIDED, ListedProduct, Offer, Window
from promoflow.rulebook.texts import amount_or_none, as_text, instant_or_none, text_or_none

if TYPE_CHECKING:
    from promoflow.rulebook.case import Case

Severity = Literal["block", "warn", "note"]
GRAVEST_FIRST: tuple[Severity, ...] = ("block", "warn", "note")

SCHEMA = 2


class Step(NamedTuple):
    """One line of the arithmetic: the price, then what each promotion takes off (negative).

    `reference` is empty for the price itself (kind "price") and for a promotion not yet saved; `label` is the
    discount as typed, without words: "20 %", "10.00", "=25.00", "2+1".
    """

    reference: str
    kind: str
    label: str
    amount: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing found; about one product, or about the whole request where `asin` is empty."""

    code: str
    severity: Severity
    asin: str = ""
    others: tuple[str, ...] = ()
    window: Window | None = None
    price: Decimal | None = None
    floor: Decimal | None = None
    steps: tuple[Step, ...] = ()
    params: tuple[tuple[str, str], ...] = ()
    earliest_safe_start: datetime | None = None
    greatest_discount: Decimal | None = None
    let_go: tuple[str, ...] = ()
    """Other requests: stopping or withdrawing any one of them takes the finding away."""

    @property
    def key(self) -> str:
        """What reasons and acknowledgements refer to."""
        return f"{self.code}:{self.asin}:{','.join(self.others)}"

    @property
    def details(self) -> dict[str, str]:
        return dict(self.params)


def params(**values: object) -> tuple[tuple[str, str], ...]:
    """Finding parameters in a fixed order, as text."""
    return tuple((name, as_text(values[name])) for name in sorted(values) if values[name] is not None)


def to_data(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """Findings as plain JSON values."""
    return [_finding_to_data(finding) for finding in findings]


def from_data(rows: Iterable[Mapping[str, Any]]) -> tuple[Finding, ...]:
    """The findings that to_data wrote."""
    return tuple(_finding_from_data(row) for row in rows)


def report(case: "Case", findings: Sequence[Finding]) -> dict[str, Any]:
    """What was looked at and what was found, as JSON values and without the time of day.

    Of the others only those count that could have mattered, so that a change elsewhere leaves the digest
    alone. A draft is looked at as what it asks to become, so that its supervisor sees what its operator saw.
    """
    mattered = {reference for finding in findings for reference in finding.others}
    mattered |= {other.reference for other in case.beside}
    candidate = dict(case.candidate.data)
    if case.candidate.state in UNDECIDED:
        candidate["state"] = IN_REVIEW
    looked_at = [other for other in (*case.held, *case.in_review) if other.reference in mattered]
    return {
        "schema": SCHEMA,
        "policy": case.policy.number,
        "candidate": candidate,
        "others": sorted((other.data for other in looked_at), key=itemgetter("reference")),
        "products": [_product_to_data(case.products[asin]) for asin in case.asins if asin in case.products],
        "findings": to_data(findings),
    }


def candidate_of(report: Mapping[str, Any]) -> Offer:
    """The candidate that a report looked at."""
    return offers.from_data(report["candidate"])


def others_of(report: Mapping[str, Any]) -> tuple[Offer, ...]:
    """What a report looked at beside its candidate, as that was then."""
    return tuple(offers.from_data(row) for row in report["others"])


def products_of(report: Mapping[str, Any]) -> tuple[ListedProduct, ...]:
    """The products that a report looked at, with their prices and floors of then."""
    return tuple(_product_from_data(row) for row in report["products"])


def canonical(report: Mapping[str, Any]) -> bytes:
    """The report as the one JSON text that says it."""
    text = json.dumps(report, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode()


def digest(report: Mapping[str, Any]) -> bytes:
    """SHA-256 of the report's canonical JSON."""
    return hashlib.sha256(canonical(report)).digest()


def _finding_to_data(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "severity": finding.severity,
        "asin": finding.asin,
        "others": list(finding.others),
        "window": finding.window.data if finding.window else None,
        "price": text_or_none(finding.price),
        "floor": text_or_none(finding.floor),
        "steps": [[step.reference, step.kind, step.label, as_text(step.amount)] for step in finding.steps],
        "params": dict(finding.params),
        "earliest_safe_start": text_or_none(finding.earliest_safe_start),
        "greatest_discount": text_or_none(finding.greatest_discount),
        "let_go": list(finding.let_go),
    }


def _finding_from_data(row: Mapping[str, Any]) -> Finding:
    return Finding(
        code=row["code"],
        severity=row["severity"],
        asin=row["asin"],
        others=tuple(row["others"]),
        window=offers.window_from_data(row["window"]) if row["window"] else None,
        price=amount_or_none(row["price"]),
        floor=amount_or_none(row["floor"]),
        steps=tuple(
            Step(reference, kind, label, Decimal(amount)) for reference, kind, label, amount in row["steps"]
        ),
        params=tuple(sorted(row["params"].items())),
        earliest_safe_start=instant_or_none(row["earliest_safe_start"]),
        greatest_discount=amount_or_none(row["greatest_discount"]),
        let_go=tuple(row.get("let_go", ())),
    )


def _product_from_data(row: Mapping[str, Any]) -> ListedProduct:
    return ListedProduct(
        asin=row["asin"],
        title=row["title"],
        price=amount_or_none(row["price"]),
        floor=amount_or_none(row["floor"]),
        currency=row["currency"],
    )


def _product_to_data(product: ListedProduct) -> dict[str, Any]:
    return {
        "asin": product.asin,
        "title": product.title,
        "price": text_or_none(product.price),
        "floor": text_or_none(product.floor),
        "currency": product.currency,
    }
