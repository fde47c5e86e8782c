"""The worst price of a product as a step line against its floor."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from promoflow.promotions.pictures.scale import Bar, Scale
from promoflow.rulebook import stacking
from promoflow.rulebook.offers import ListedProduct, Offer, Window
from promoflow.rulebook.policy import Policy

Span = tuple[Window, Decimal]

# What an amount takes, written beside a line.
_AMOUNT_WIDE, _AMOUNT_HIGH = 56.0, 22.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Level:
    """A span with one worst price, and how high it lies."""

    bar: Bar
    price: Decimal
    y: float
    depth: float
    """How far below the line of the floor it lies."""
    is_broken: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Prices:
    """The worst price as steps, against the floor and the price without any promotion."""

    levels: tuple[Level, ...]
    lowest: Level
    """The first with the lowest price, of those asked about where there are any."""
    standard: Decimal
    floor: Decimal
    floor_y: float

    @property
    def points(self) -> str:
        """The corners of the step line."""
        return " ".join(f"{x},{level.y}" for level in self.levels for x in (level.bar.left, level.bar.right))

    @property
    def is_written_below(self) -> bool:
        """Whether the lowest price stands under its line: in a narrow dip it would lie across the steps."""
        is_narrow = self.lowest.bar.width < _AMOUNT_WIDE
        return self.lowest.is_broken or (is_narrow and self.floor_y - self.lowest.y > _AMOUNT_HIGH)


def draw(
    offers: Iterable[Offer],
    product: ListedProduct,
    policy: Policy,
    scale: Scale,
    *,
    top: float,
    bottom: float,
    within: Window,
) -> Prices | None:
    """The line over the whole view, between two heights; None where nobody knows the price or the floor."""
    floor = policy.floor_of(product)
    if product.price is None or floor is None:
        return None
    spans = _spans(offers, product, product.price, policy, scale.view)
    amounts = [product.price, floor, *(price for _, price in spans)]
    low, high = min(amounts), max(amounts)

    def y(amount: Decimal) -> float:
        share = float((high - amount) / (high - low)) if high > low else 0.0
        return round(top + (bottom - top) * share, 2)

    levels = tuple(
        Level(
            bar=bar,
            price=price,
            y=y(price),
            depth=round(max(0.0, y(price) - y(floor)), 2),
            is_broken=not stacking.keeps_floor(price, floor),
        )
        for window, price in spans
        if (bar := scale.bar(window))
    )
    asked = [level for level in levels if level.bar.window.overlaps(within)]
    return Prices(
        levels=levels,
        lowest=min(asked or levels, key=_price),
        standard=product.price,
        floor=floor,
        floor_y=y(floor),
    )


def _price(level: Level) -> Decimal:
    return level.price


def _spans(
    offers: Iterable[Offer], product: ListedProduct, standard: Decimal, policy: Policy, view: Window
) -> list[Span]:
    segments = stacking.sweep(product, offers, policy, within=view)
    return _without_gaps([(segment.window, segment.worst.price) for segment in segments], standard, view)


def _without_gaps(spans: Sequence[Span], standard: Decimal, view: Window) -> list[Span]:
    """The spans with the plain price between them, and neighbours of one price joined."""
    instants = {view.starts_at, view.ends_at}
    for window, _ in spans:
        instants |= {window.starts_at, window.ends_at}
    prices = {window.starts_at: price for window, price in spans}
    joined: list[Span] = []
    for starts_at, ends_at in pairwise(sorted(instants)):
        price = prices.get(starts_at, standard)
        if joined and joined[-1][1] == price:
            starts_at = joined.pop()[0].starts_at
        joined.append((Window(starts_at, ends_at), price))
    return joined
