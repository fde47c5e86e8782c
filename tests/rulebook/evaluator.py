"""A slow second opinion on prices, written from the facts, not from the code: it tries every legal basket."""

from decimal import ROUND_HALF_UP, Decimal
from itertools import chain, combinations

DEALS = ("lightning_deal", "best_deal", "price_discount")


def cheapest(standard, currency, offers):
    """The lowest price over every price promotion, every legal basket of add-ons and both bases."""
    deals = [offer for offer in offers if offer.kind in DEALS]
    addons = [offer for offer in offers if offer.kind not in DEALS]
    shown = min([standard, *(standard - off(deal, standard, currency) for deal in deals)])
    return min(
        max(Decimal(0), shown - sum(off(addon, base, currency) for addon in basket))
        for basket in every_subset(addons)
        if is_legal(basket)
        for base in (standard, shown)
    )


def off(offer, base, currency):
    cents = Decimal(1) if currency == "JPY" else Decimal("0.01")
    amounts = {
        "percent": lambda: base * offer.discount.value / 100,
        "money": lambda: offer.discount.value,
        "price": lambda: max(Decimal(0), base - offer.discount.value),
        "free_items": lambda: base * offer.get_quantity / (offer.buy_quantity + offer.get_quantity),
    }
    return amounts[offer.discount.type]().quantize(cents, ROUND_HALF_UP)


def is_legal(basket):
    """What Amazon lets into one order: domain facts, 2.1."""
    codes = [offer for offer in basket if code_of(offer)]
    roles = [code_of(offer) for offer in codes]
    if "exclusive" in roles:
        return len(codes) == 1
    if "preferential" in roles:
        return roles.count("preferential") == 1 and "social" not in roles
    return True


def code_of(offer):
    if offer.kind == "social_code":
        return "social"
    if offer.kind == "coupon" or offer.claim_type in (None, "none"):
        return None
    return offer.combinability or "unrestricted"


def every_subset(items):
    return chain.from_iterable(combinations(items, size) for size in range(len(items) + 1))
