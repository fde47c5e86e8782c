"""What the checker found, the report of it, and the digest that a decision names."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Literal

from promoflow.rulebook import kinds
from promoflow.rulebook.offers import IN_REVIEW, UNDECIDED, Discount, ListedProduct, Offer, Window

if TYPE_CHECKING:
    from promoflow.rulebook.case import Case

Severity = Literal["block", "warn", "note"]

SCHEMA = 2


@dataclass(frozen=True, slots=True)
class Step:
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


def as_text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, datetime):
        return _instant_as_text(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    return str(value)


@lru_cache(maxsize=4096)
def _instant_as_text(value: datetime) -> str:
    """Kept, because the findings of one report name the same few instants over and over."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


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
    named = {reference for finding in findings for reference in finding.others}
    candidate = _offer_to_data(case.candidate)
    if case.candidate.state in UNDECIDED:
        candidate["state"] = IN_REVIEW
    looked_at = [
        other
        for other in (*case.held, *case.in_review)
        if other.reference in named or (case.comes_near(other) and case.shares_product(other))
    ]
    return {
        "schema": SCHEMA,
        "policy": case.policy.number,
        "candidate": candidate,
        "others": sorted((_offer_to_data(other) for other in looked_at), key=lambda row: row["reference"]),
        "products": [_product_to_data(case.products[asin]) for asin in case.asins if asin in case.products],
        "findings": to_data(findings),
    }


def candidate_of(report: Mapping[str, Any]) -> Offer:
    """The candidate that a report looked at."""
    return _offer_from_data(report["candidate"])


def others_of(report: Mapping[str, Any]) -> tuple[Offer, ...]:
    """What a report looked at beside its candidate, as that was then."""
    return tuple(_offer_from_data(row) for row in report["others"])


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
        "window": _window_to_data(finding.window),
        "price": _text_or_none(finding.price),
        "floor": _text_or_none(finding.floor),
        "steps": [[step.reference, step.kind, step.label, as_text(step.amount)] for step in finding.steps],
        "params": dict(finding.params),
        "earliest_safe_start": _text_or_none(finding.earliest_safe_start),
        "greatest_discount": _text_or_none(finding.greatest_discount),
        "let_go": list(finding.let_go),
    }


def _finding_from_data(row: Mapping[str, Any]) -> Finding:
    return Finding(
        code=row["code"],
        severity=row["severity"],
        asin=row["asin"],
        others=tuple(row["others"]),
        window=_window_from_data(row["window"]),
        price=_amount_or_none(row["price"]),
        floor=_amount_or_none(row["floor"]),
        steps=tuple(
            Step(reference, kind, label, Decimal(amount)) for reference, kind, label, amount in row["steps"]
        ),
        params=tuple(sorted(row["params"].items())),
        earliest_safe_start=_instant_or_none(row["earliest_safe_start"]),
        greatest_discount=_amount_or_none(row["greatest_discount"]),
        let_go=tuple(row.get("let_go", ())),
    )


def _offer_to_data(offer: Offer) -> dict[str, Any]:
    terms = {name: term for name, term in zip(_TERMS, _terms_of(offer), strict=True) if term is not None}
    for name in _TERMS_READ.keys() & terms:
        terms[name] = as_text(terms[name])
    return {
        "reference": offer.reference,
        "state": offer.state,
        "kind": offer.kind,
        "discount": [offer.discount.type, _text_or_none(offer.discount.value)],
        "asins": sorted(offer.asins),
        "window": _window_to_data(offer.window),
        "currency": offer.currency,
        "terms": terms,
    }


_TERMS = (*kinds.FIELDS, "stopped_at")
_terms_of = attrgetter(*_TERMS)
# The terms that are more than a number or a word.
_TERMS_READ: Mapping[str, Any] = {"budget": Decimal, "stopped_at": datetime.fromisoformat}


def _offer_from_data(row: Mapping[str, Any]) -> Offer:
    discount_type, value = row["discount"]
    starts_at, ends_at = row["window"]
    terms = {
        name: _TERMS_READ[name](term) if name in _TERMS_READ else term for name, term in row["terms"].items()
    }
    return Offer(
        reference=row["reference"],
        state=row["state"],
        kind=row["kind"],
        discount=Discount(discount_type, _amount_or_none(value)),
        asins=frozenset(row["asins"]),
        window=Window(datetime.fromisoformat(starts_at), datetime.fromisoformat(ends_at)),
        currency=row["currency"],
        **terms,
    )


def _product_from_data(row: Mapping[str, Any]) -> ListedProduct:
    return ListedProduct(
        asin=row["asin"],
        title=row["title"],
        price=_amount_or_none(row["price"]),
        floor=_amount_or_none(row["floor"]),
        currency=row["currency"],
    )


def _product_to_data(product: ListedProduct) -> dict[str, Any]:
    return {
        "asin": product.asin,
        "title": product.title,
        "price": _text_or_none(product.price),
        "floor": _text_or_none(product.floor),
        "currency": product.currency,
    }


def _window_to_data(window: Window | None) -> list[str] | None:
    return None if window is None else [as_text(window.starts_at), as_text(window.ends_at)]


def _window_from_data(pair: Sequence[str] | None) -> Window | None:
    return None if pair is None else Window(datetime.fromisoformat(pair[0]), datetime.fromisoformat(pair[1]))


def _text_or_none(value: object | None) -> str | None:
    return None if value is None else as_text(value)


def _amount_or_none(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _instant_or_none(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
