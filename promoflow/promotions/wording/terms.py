"""What a content offers, in words: how much it takes off, when, under which terms, and what it adds up to."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from promoflow.promotions.checker import Sum
from promoflow.promotions.wording import presenting, words
from promoflow.rulebook import kinds, stacking
from promoflow.rulebook.offers import Offer


@dataclass(frozen=True)
class Off:
    """What one promotion takes off a product's price; `reference` is empty for the request itself."""

    amount: Decimal
    reference: str
    text: str


def discount(offer: Offer, currency: str) -> str:
    return words.discount(offer.discount.type, stacking.label(offer), currency)


def days(offer: Offer, zone: str) -> str:
    """When it runs, in the marketplace's days or hours."""
    starts, ends = words.span(offer.shown.starts_at, offer.shown.ends_at, zone)
    return starts if starts == ends else f"{starts} – {ends}"


def named(content: Mapping[str, Any], *, zone: str, currency: str) -> list[tuple[str, str]]:
    """The fields that only some kinds have, by name, with their values in words."""
    return [
        (
            presenting.field_name(field),
            presenting.field_value(field, content[field], zone=zone, currency=currency, content=content),
        )
        for field in kinds.FIELDS
        if field in content
    ]


def percent_off(total: Sum | None) -> Decimal | None:
    """How much of the price is gone at worst."""
    if total is None:
        return None
    standard = total.steps[0].amount
    return ((standard - total.price) / standard * 100).quantize(Decimal("0.1"))


def offs(total: Sum | None, *, reference: str, currency: str) -> tuple[Off, ...]:
    """What each promotion takes off, in the order of the sum."""
    if total is None:
        return ()
    return tuple(
        Off(
            step.amount,
            "" if step.reference == reference else step.reference,
            f"{words.kind(step.kind)}, {words.discount_of_label(step.label, currency)}",
        )
        for step in total.steps[1:]
    )
