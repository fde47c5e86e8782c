"""A slow second opinion on prices, written from the facts, not from the code: it tries every legal basket.

It counts in exact fractions and rounds once for each line of the checkout.
"""

from fractions import Fraction
from itertools import chain, combinations
from math import floor

DEALS = ("lightning_deal", "best_deal", "price_discount")


def cheapest(standard, currency, offers):
    """The lowest price over every price promotion, every legal basket of add-ons and both bases."""
    standard, offers = Fraction(standard), without_amended(offers)
    deals = [offer for offer in offers if offer.kind in DEALS]
    addons = [offer for offer in offers if offer.kind not in DEALS]
    shown = min([standard, *(standard - off(deal, standard, currency) for deal in deals)])
    return min(
        max(Fraction(0), shown - sum(off(addon, base, currency) for addon in basket))
        for basket in every_subset(addons)
        if is_legal(basket)
        for base in (standard, shown)
    )


def without_amended(offers):
    """A promotion and the amendment that stands beside it are one at Amazon."""
    amended = {offer.amends for offer in offers} - {None}
    return [offer for offer in offers if offer.reference not in amended]


def off(offer, base, currency):
    amounts = {
        "percent": lambda: base * Fraction(offer.discount.value) / 100,
        "money": lambda: Fraction(offer.discount.value),
        "price": lambda: max(Fraction(0), base - Fraction(offer.discount.value)),
        "free_items": lambda: base * offer.get_quantity / (offer.buy_quantity + offer.get_quantity),
    }
    return halves_up(amounts[offer.discount.type](), 1 if currency == "JPY" else 100)


def halves_up(amount, units):
    return Fraction(floor(amount * units + Fraction(1, 2)), units)


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
