"""Offers and products for the tests of the rulebook, and the policy that ships."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from promoflow.rulebook import policy as policies
from promoflow.rulebook.findings import Finding
from promoflow.rulebook.kinds import FREE_ITEMS, MONEY, PERCENT, PRICE
from promoflow.rulebook.offers import Discount, ListedProduct, Offer, Window

ROOT = Path(policies.__file__).parent.parent
WRITTEN: dict[str, Any] = json.loads((ROOT / "policies" / "versions" / "0001.json").read_text())
POLICY = policies.read(WRITTEN)

ASIN = "B000000001"
ZONE = "America/Los_Angeles"

# Midnight in Seattle, on a day far from any change of clocks.
DAY = datetime(2026, 11, 25, 8, tzinfo=UTC)
NOW = DAY - timedelta(days=5)

_DISCOUNT_TYPES = {"%": PERCENT, "$": MONEY, "=": PRICE}


def discount(text: str) -> Discount:
    """A discount in short: "%20", "$10", "=25", or "free" for free items."""
    if text == "free":
        return Discount(FREE_ITEMS)
    return Discount(_DISCOUNT_TYPES[text[0]], Decimal(text[1:]))


def offer(kind: str, off: str = "%10", *, hours: tuple[float, float] = (0, 24), **terms: Any) -> Offer:
    """An approved offer on ASIN, from and to so many hours after DAY."""
    window = Window(DAY + timedelta(hours=hours[0]), DAY + timedelta(hours=hours[1]))
    return Offer(
        **{
            "reference": "",
            "state": "approved",
            "kind": kind,
            "discount": discount(off),
            "asins": frozenset({ASIN}),
            "window": window,
            "currency": "USD",
            **terms,
        }
    )


def product(
    price: str | None = "100.00", floor: str | None = "1.00", *, asin: str = ASIN, currency: str = "USD"
) -> ListedProduct:
    return ListedProduct(
        asin=asin,
        title="Earphones",
        price=None if price is None else Decimal(price),
        floor=None if floor is None else Decimal(floor),
        currency=currency,
    )


def content(kind: str = "coupon", **changes: Any) -> dict[str, Any]:
    """The content of a request that Amazon would take."""
    by_kind: dict[str, dict[str, Any]] = {
        "coupon": {"budget": "500.00", "one_per_customer": True},
        "lightning_deal": {"committed_units": 50, "ends_at": "2026-11-25T16:00:00Z"},
        "best_deal": {"committed_units": 50},
        "price_discount": {},
        "social_code": {"claim_code": "35EARPHONE", "one_per_customer": True},
        "percentage_off": {"claim_type": "none", "budget": "500.00", "one_per_customer": True},
        "buy_one_get_one": {
            "claim_type": "none",
            "budget": "500.00",
            "one_per_customer": True,
            "discount_type": "free_items",
            "discount_value": None,
            "buy_quantity": 1,
            "get_quantity": 1,
        },
    }
    made = {
        "version": 1,
        "kind": kind,
        "title": "Desk lamps",
        "asins": [ASIN],
        "covered": [ASIN],
        "currency": "USD",
        "discount_type": "percent",
        "discount_value": "20.00",
        "starts_at": "2026-11-25T08:00:00Z",
        "ends_at": "2026-11-28T08:00:00Z",
        **by_kind.get(kind, {}),
        **changes,
    }
    return {field: value for field, value in made.items() if value is not None}


def but_the_usual(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Without the note that all which comes off at the checkout has."""
    return tuple(finding for finding in findings if finding.code != "unseen-prices")
