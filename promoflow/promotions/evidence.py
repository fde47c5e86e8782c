"""What Seller Central shows, compared field by field with what was approved."""

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any, Final

from promoflow.promotions.content import Difference
from promoflow.rulebook import claim_codes

FIELDS: Final = (
    "asins",
    "discount_type",
    "discount_value",
    "buy_quantity",
    "get_quantity",
    "starts_at",
    "ends_at",
    "claim_type",
    "claim_code",
    "combinability",
    "one_per_customer",
    "units_per_order",
    "max_redemptions",
    "budget",
    "committed_units",
)
_NUMBERS: Final = frozenset({"discount_value", "budget"})


def expected(content: Mapping[str, Any]) -> tuple[str, ...]:
    """The fields that somebody must read off Seller Central for this content."""
    return tuple(field for field in FIELDS if field in content)


def deviations(
    content: Mapping[str, Any], shown: Mapping[str, Any], *, parents: Collection[str] = ()
) -> list[Difference]:
    """Where Seller Central shows something else than was approved; nothing shown is a deviation too.

    `parents` are those of its products.
    """
    group = content.get("claim_type") == "group"
    meant = {**content, "asins": _products(content, set(shown.get("asins") or ()), set(parents))}
    return [
        Difference(field, meant[field], shown.get(field))
        for field in expected(content)
        if not _same(field, meant[field], shown.get(field), group=group)
    ]


def _products(content: Mapping[str, Any], shown: set[str], parents: set[str]) -> list[str]:
    """A parent ASIN stands for its children: Seller Central may list it, it with them, or them alone."""
    chosen, covered = set(content["asins"]), set(content["covered"])
    if covered != chosen and not shown & (covered - chosen):
        return sorted(chosen)
    return sorted(covered - (chosen & parents - shown))


def _same(field: str, approved: Any, shown: Any, *, group: bool) -> bool:
    if shown is None:
        return False
    if field == "asins":
        return set(shown) == set(approved)
    if field in _NUMBERS:
        return Decimal(shown) == Decimal(approved)
    if field == "claim_code":
        return claim_codes.kept(shown, group=group) == claim_codes.kept(approved, group=group)
    return bool(shown == approved)
