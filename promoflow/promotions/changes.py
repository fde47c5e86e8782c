"""What differs between the report that a page showed and the one that is true now, as plain values."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from promoflow.rulebook.findings import Finding, from_data

Body = Mapping[str, Any]
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Pair:
    """A promotion or a product as it was and as it is; nothing where that report does not know it."""

    name: str
    before: Row | None
    after: Row | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Changes:
    """Everything that differs; `policies` are the two versions, also where they are the same one."""

    policies: tuple[int, int]
    promotions: tuple[Pair, ...]
    products: tuple[Pair, ...]
    appeared: tuple[Finding, ...]
    altered: tuple[tuple[Finding, Finding], ...]
    """The same finding with something else in it: as it was, and as it is."""
    gone: tuple[Finding, ...]
    untouched: frozenset[str]
    """The keys of the findings that say to the letter what they said."""


def compare(seen: Body, now: Body) -> Changes:
    """The differences from the body of one report to the body of a later one."""
    before, after = from_data(seen["findings"]), from_data(now["findings"])
    known, same = {finding.key: finding for finding in before}, set(before)
    fresh = [finding for finding in after if finding not in same]
    return Changes(
        policies=(seen["policy"], now["policy"]),
        promotions=tuple(_pairs(_promotions(seen), _promotions(now))),
        products=tuple(_pairs(_products(seen), _products(now))),
        appeared=tuple(finding for finding in fresh if finding.key not in known),
        altered=tuple((known[finding.key], finding) for finding in fresh if finding.key in known),
        gone=tuple(finding for finding in before if finding.key not in _keys(after)),
        untouched=frozenset(_keys(after) - _keys(fresh)),
    )


def _promotions(body: Body) -> dict[str, Row]:
    return {row["reference"]: row for row in body["others"]}


def _products(body: Body) -> dict[str, Row]:
    """Each product with the worst price that shoppers could pay for it."""
    worst = body.get("worst", {})
    return {
        row["asin"]: {**row, "worst": worst.get(row["asin"], {}).get("price")} for row in body["products"]
    }


def _pairs(before: Mapping[str, Row], after: Mapping[str, Row]) -> Iterator[Pair]:
    """What only one of them has, or has otherwise: the new first, then what changed, then what is gone."""
    pairs = [Pair(name, before.get(name), after.get(name)) for name in sorted({*before, *after})]
    differing = [pair for pair in pairs if pair.before != pair.after]
    yield from (pair for pair in differing if pair.before is None)
    yield from (pair for pair in differing if pair.before is not None and pair.after is not None)
    yield from (pair for pair in differing if pair.after is None)


def _keys(findings: Iterable[Finding]) -> set[str]:
    return {finding.key for finding in findings}
