"""What an operator types into the form of each kind, as the form hands it on."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from promoflow.promotions.forms.amounts import stored
from promoflow.rulebook import kinds
from promoflow.rulebook.texts import as_text

Window = tuple[datetime, datetime]


def coupon(title: str, *asins: str, percent: int, window: Window, budget: int = 500) -> dict[str, Any]:
    terms = {"budget": stored(Decimal(budget)), "one_per_customer": True}
    return _typed(kinds.COUPON, title, asins, kinds.PERCENT, Decimal(percent), window) | terms


def social_code(title: str, *asins: str, code: str, percent: int, window: Window) -> dict[str, Any]:
    terms = {"claim_code": code, "one_per_customer": True}
    return _typed(kinds.SOCIAL_CODE, title, asins, kinds.PERCENT, Decimal(percent), window) | terms


def percentage_off(
    title: str, *asins: str, percent: int, window: Window, code: str = "", careless: bool = False
) -> dict[str, Any]:
    """Careless ones lack every limit that Amazon lets a seller forget."""
    terms: dict[str, Any] = {"claim_type": "none", "budget": "2000.00", "one_per_customer": not careless}
    if code:
        terms |= {"claim_type": "group", "claim_code": code, "combinability": "preferential"}
    return _typed(kinds.PERCENTAGE_OFF, title, asins, kinds.PERCENT, Decimal(percent), window) | terms


def price_discount(title: str, *asins: str, percent: int, window: Window) -> dict[str, Any]:
    return _typed(kinds.PRICE_DISCOUNT, title, asins, kinds.PERCENT, Decimal(percent), window)


def lightning_deal(title: str, *asins: str, price: str, units: int, window: Window) -> dict[str, Any]:
    terms = {"committed_units": units}
    return _typed(kinds.LIGHTNING_DEAL, title, asins, kinds.PRICE, Decimal(price), window) | terms


def best_deal(title: str, *asins: str, price: str, units: int, window: Window) -> dict[str, Any]:
    terms = {"committed_units": units}
    return _typed(kinds.BEST_DEAL, title, asins, kinds.PRICE, Decimal(price), window) | terms


def buy_one_get_one(title: str, *asins: str, window: Window) -> dict[str, Any]:
    typed = _typed(kinds.BUY_ONE_GET_ONE, title, asins, kinds.FREE_ITEMS, None, window)
    terms = {"buy_quantity": 2, "get_quantity": 1, "claim_type": "none", "one_per_customer": True}
    return typed | terms | {"max_redemptions": 200}


def _typed(
    kind: str,
    title: str,
    asins: tuple[str, ...],
    discount_type: str,
    value: Decimal | None,
    window: Window,
) -> dict[str, Any]:
    starts_at, ends_at = window
    return {
        "kind": kind,
        "title": title,
        "asins": list(asins),
        "discount_type": discount_type,
        **({} if value is None else {"discount_value": stored(value)}),
        "starts_at": as_text(starts_at),
        "ends_at": as_text(ends_at),
    }
