"""The worst price: what promotions that run at the same moment leave of a product's price.

Amazon adds discounts up (its own example: 100 USD, a 20 % Lightning Deal and a 5 % coupon leave 75). Sources
differ on whether a percentage at the checkout is taken of the standard price or of the promotion's price; the
lower result counts. Where the sources are silent, discounts are taken to add up.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from operator import attrgetter
from typing import Any, Literal

from promoflow.rulebook import kinds
from promoflow.rulebook.findings import Step
from promoflow.rulebook.kinds import KINDS
from promoflow.rulebook.money import rounded, without_exponent
from promoflow.rulebook.offers import ListedProduct, Offer, Window, amended_by
from promoflow.rulebook.policy import Policy

Basis = Literal["standard", "promo"]

# An offer, and what it takes off.
_Taken = tuple[Offer, Decimal]

_SETTING_THE_PRICE = frozenset(kind.code for kind in KINDS.values() if kind.layer == "price")
_ROLES = ("no-code", "social", "unrestricted", "preferential", "exclusive")
_ZERO = Decimal(0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Worst:
    """The lowest price a shopper can reach, and the offers that are taken on the way to it."""

    price: Decimal
    standard: Decimal
    basis: Basis
    taken: tuple[_Taken, ...]

    @property
    def steps(self) -> tuple[Step, ...]:
        """They add up to the price, unless they fall below nothing.

        Made when asked for: of all the spans of a sweep only the lowest one is ever spelled out.
        """
        return (Step("", "price", "", self.standard), *(_step(offer, off) for offer, off in self.taken))

    @property
    def percent(self) -> Decimal:
        """How much of the standard price is off."""
        return rounded_percent((self.standard - self.price) / self.standard * 100 if self.standard else _ZERO)


@dataclass(frozen=True, slots=True)
class Segment:
    """A span in which the same offers may touch a sale, and what they leave of the price."""

    window: Window
    offers: tuple[Offer, ...]
    worst: Worst = field(compare=False)


def worst_price(product: ListedProduct, offers: Iterable[Offer]) -> Worst:
    """The lower of the prices on both bases, for offers that all run at the same moment.

    That is the one on the standard price: no promotion raises the price, and nothing comes off a higher base
    that would not come off a lower one.
    """
    return price_on(product, offers, basis="standard")


def price_on(product: ListedProduct, offers: Iterable[Offer], *, basis: Basis) -> Worst:
    """The price with percentages at the checkout taken of the standard or of the promotion's price.

    Each deduction is rounded to the smallest unit by itself, halves up, as a checkout lists them line by
    line.
    """
    together = [(offer, deduction(offer, _standard(product), product.currency)) for offer in in_order(offers)]
    return _worst_of(product, together, basis)


def sweep(
    product: ListedProduct, offers: Iterable[Offer], policy: Policy, *, within: Window | None = None
) -> tuple[Segment, ...]:
    """The spans between the instants at which the set of offers that may touch a sale changes, in order.

    Spans in which nothing runs are left out; `within` cuts to a window.
    """
    spans = [(policy.danger_window(offer), offer) for offer in in_order(offers)]
    if within is not None:
        spans = [(cut, offer) for span, offer in spans if (cut := span.intersection(within))]
    return segments(product, spans)


def segments(product: ListedProduct, spans: Sequence[tuple[Window, Offer]]) -> tuple[Segment, ...]:
    """The sweep of offers in order whose time is known already."""
    standard, currency = _standard(product), product.currency
    timed = [(span, (offer, deduction(offer, standard, currency))) for span, offer in spans]
    instants = sorted({instant for span, _ in spans if span for instant in (span.starts_at, span.ends_at)})
    found = []
    for starts_at, ends_at in pairwise(instants):
        together = [taken for span, taken in timed if span.starts_at <= starts_at < span.ends_at]
        if together:
            offers = tuple(offer for offer, _ in together)
            found.append(Segment(Window(starts_at, ends_at), offers, _worst_of(product, together)))
    return tuple(found)


def lowest(segments: Iterable[Segment]) -> Segment | None:
    """The segment with the lowest price, the earliest of equals."""
    return min(segments, key=lambda segment: segment.worst.price, default=None)


def deduction(offer: Offer, base: Decimal, currency: str) -> Decimal:
    """What one offer takes off a unit: of the base for shares, as it is for money, down to it for a price."""
    value = offer.discount.value
    if offer.discount.type == kinds.FREE_ITEMS:
        amount = base * _free_share(offer)
    elif value is None:
        amount = base
    elif offer.discount.type == kinds.PERCENT:
        amount = base * value / 100
    elif offer.discount.type == kinds.PRICE:
        amount = base - value
    else:
        amount = value
    return max(_ZERO, rounded(amount, currency))


def taken_off(offer: Offer, product: ListedProduct) -> Decimal:
    """What one offer by itself takes off a unit of a product whose price is known."""
    return deduction(offer, product.price or _ZERO, product.currency)


def keeps_floor(price: Decimal, floor: Decimal | None) -> bool:
    """Nothing is ever given away, whatever the floor."""
    return price > 0 and (floor is None or price >= floor)


def percent_off(offer: Offer, product: ListedProduct) -> Decimal:
    """The same in percent of the price."""
    return taken_off(offer, product) * 100 / (product.price or Decimal(1))


def label(offer: Offer) -> str:
    """The discount without words, for a step: "20 %", "10.00", "=25.00", "2+1"."""
    if offer.discount.type == kinds.FREE_ITEMS:
        return f"{offer.buy_quantity or 0}+{offer.get_quantity or 0}"
    value = offer.discount.value or _ZERO
    if offer.discount.type == kinds.PERCENT:
        return f"{plain(value)} %"
    text = without_exponent(value)
    return f"={text}" if offer.discount.type == kinds.PRICE else text


def rounded_percent(value: Decimal) -> Decimal:
    """A percentage with the two places that percentages have."""
    return value.quantize(Decimal("0.01"))


def plain(value: Decimal) -> str:
    """A number without trailing zeros behind the point."""
    text = without_exponent(value)
    return text.rstrip("0").rstrip(".") if "." in text else text


def in_order(offers: Iterable[Offer]) -> tuple[Offer, ...]:
    """One order for one set of offers, so that results never depend on how they were passed."""
    offers = list(offers)
    stored = [offer for offer in offers if offer.reference]
    tried = [offer for offer in offers if not offer.reference]
    return (*sorted(tried, key=rank), *sorted(stored, key=attrgetter("reference")))


def rank(offer: Offer) -> tuple[Any, ...]:
    """By reference, which is enough to tell stored ones apart; by more for those that have none."""
    if offer.reference:
        return (offer.reference,)
    return ("", offer.kind, offer.window.starts_at, label(offer))


def _worst_of(product: ListedProduct, together: Sequence[_Taken], basis: Basis = "standard") -> Worst:
    """What is left when these run together, with what each of them takes off the standard price."""
    deals: list[_Taken] = []
    addons: list[_Taken] = []
    amended = amended_by(offer for offer, _ in together)
    for taken in together:
        if taken[0].reference in amended:
            continue
        (deals if sets_the_price(taken[0]) else addons).append(taken)
    # Of the promotions that set the price, the one that sets it lowest; two of them never add up.
    shown = [max(deals, key=_off)] if deals else []
    standard = _standard(product)
    if basis == "promo" and shown:
        base = standard - shown[0][1]
        addons = [(offer, deduction(offer, base, product.currency)) for offer, _ in addons]
    redeemed = (*shown, *_redeemed_together(addons))
    price = standard - sum(map(_off, redeemed), _ZERO)
    return Worst(price=max(_ZERO, price), standard=standard, basis=basis, taken=redeemed)


def _standard(product: ListedProduct) -> Decimal:
    if product.price is None:
        raise ValueError(f"{product.asin} has no price")
    return product.price


def _redeemed_together(addons: Sequence[_Taken]) -> Sequence[_Taken]:
    """The add-ons that take most off in one order, by Amazon's rules for claim codes.

    Everything without a code combines with everything. Of the codes: all unrestricted ones with either the
    best preferential one or the social codes; or one exclusive code and no other.
    """
    roles = [_role(offer) for offer, _ in addons]
    if "preferential" not in roles and "exclusive" not in roles:
        return addons
    by_role: dict[str, list[_Taken]] = {role: [] for role in _ROLES}
    for role, addon in zip(roles, addons, strict=True):
        by_role[role].append(addon)
    unrestricted, exclusive = by_role["unrestricted"], by_role["exclusive"]
    best_preferential = sorted(by_role["preferential"], key=_off, reverse=True)[:1]
    baskets = [
        unrestricted + by_role["social"],
        unrestricted + best_preferential,
        *([one] for one in exclusive),
    ]
    codes = max(baskets, key=lambda basket: sum(map(_off, basket), _ZERO))
    redeemed = {id(addon) for addon in by_role["no-code"] + codes}
    return [addon for addon in addons if id(addon) in redeemed]


def _off(taken: _Taken) -> Decimal:
    return taken[1]


def _role(offer: Offer) -> str:
    if offer.kind == kinds.SOCIAL_CODE:
        return "social"
    if offer.claim_type in ("single_use", "group"):
        return offer.combinability if offer.combinability in ("preferential", "exclusive") else "unrestricted"
    return "no-code"


def sets_the_price(offer: Offer) -> bool:
    """Whether it sets the price that a shopper sees, rather than come off it at the checkout.

    A kind that is not known is taken to come off on top of everything.
    """
    return offer.kind in _SETTING_THE_PRICE


def _free_share(offer: Offer) -> Decimal:
    """The free part of the units in one redemption; all of them where the quantities are not known."""
    if not offer.buy_quantity or not offer.get_quantity:
        return Decimal(1)
    return Decimal(offer.get_quantity) / (offer.buy_quantity + offer.get_quantity)


def _step(offer: Offer, amount: Decimal) -> Step:
    return Step(offer.reference, offer.kind, label(offer), -amount)
