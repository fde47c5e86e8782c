"""The picture of what touches a product: lanes, price and days as places, before anything draws them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property
from itertools import combinations, pairwise

from django.utils import timezone

from promoflow.promotions import words
from promoflow.rulebook import stacking, zones
from promoflow.rulebook.offers import HELD, ListedProduct, Offer, Window
from promoflow.rulebook.policy import Policy

MOST_LANES = 50
# Days far from what the picture is about would press it into a corner.
REACH = timedelta(days=14)

LABELS, PLOT, MARGIN = 220.0, 476.0, 60.0
TOP, LANE, GAP, PRICES, DAYS = 22.0, 40.0, 16.0, 96.0, 22.0
_TICK = 76.0
_STEPS = (1, 2, 4, 7, 14, 28, 56)


@dataclass(frozen=True, slots=True)
class Scale:
    """Instants as places from left to right: an hour is as wide in a day of 25 hours as in any other."""

    view: Window

    def x(self, at: datetime) -> float:
        share = (at - self.view.starts_at) / (self.view.ends_at - self.view.starts_at)
        return round(LABELS + PLOT * min(1.0, max(0.0, share)), 2)

    def bar(self, window: Window) -> "Bar | None":
        """The part of a window that is in view; nothing where there is none."""
        seen = window.intersection(self.view)
        return Bar(self.x(seen.starts_at), self.x(seen.ends_at), seen) if seen else None


@dataclass(frozen=True, slots=True)
class Bar:
    """A half-open span of time as a span of the plane."""

    left: float
    right: float
    window: Window

    @property
    def width(self) -> float:
        return round(self.right - self.left, 2)

    @property
    def middle(self) -> float:
        return round((self.left + self.right) / 2, 2)


@dataclass(frozen=True, kw_only=True, slots=True)
class Lane:
    """One promotion: when it runs, how early and late it may touch a sale, where it may not meet another."""

    offer: Offer
    danger: Window
    top: float
    running: Bar | None
    paddings: tuple[Bar, ...]
    conflicts: tuple[Bar, ...]
    is_candidate: bool
    about: str


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
    """The first with the lowest price, of those that the candidate has a part in where there is one."""
    standard: Decimal
    standard_y: float
    floor: Decimal
    floor_y: float
    top: float

    @property
    def points(self) -> str:
        """The corners of the step line."""
        return " ".join(f"{x},{level.y}" for level in self.levels for x in (level.bar.left, level.bar.right))


@dataclass(frozen=True, slots=True)
class Tick:
    """The start of a day in the marketplace; only some are written, so that they never touch."""

    at: datetime
    x: float
    is_written: bool
    day: str
    here: str


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """All that the picture shows."""

    lanes: tuple[Lane, ...]
    more: int
    prices: Prices | None
    ticks: tuple[Tick, ...]
    view: Window
    zone: str
    zone_name: str
    here_name: str
    now: float | None

    @property
    def width(self) -> float:
        return LABELS + PLOT + MARGIN

    @property
    def left(self) -> float:
        return LABELS

    @property
    def right(self) -> float:
        return LABELS + PLOT

    @property
    def lanes_end(self) -> float:
        return TOP + LANE * len(self.lanes)

    @property
    def bottom(self) -> float:
        """Where the days are written."""
        return self.lanes_end + (GAP + PRICES if self.prices else 0.0)

    @property
    def height(self) -> float:
        return self.bottom + DAYS * (2 if self.here_name else 1)

    @cached_property
    def conflicting(self) -> int:
        """How many of the lanes beside the candidate it may not meet."""
        return sum(bool(lane.conflicts) and not lane.is_candidate for lane in self.lanes)


def draw(
    offers: Sequence[Offer],
    product: ListedProduct,
    policy: Policy,
    *,
    at: datetime,
    zone: str,
    candidate: Offer | None = None,
) -> Timeline | None:
    """The picture of a product: the candidate first, what it may not meet next; None where nothing runs."""
    dangers = {id(offer): policy.danger_window(offer) for offer in offers if product.asin in offer.asins}
    touching = [offer for offer in offers if dangers.get(id(offer))]
    if candidate is not None:
        dangers[id(candidate)] = policy.danger_window(candidate)
        touching = [candidate, *touching] if dangers[id(candidate)] else touching
    focus = dangers[id(candidate)] if candidate is not None else Window(at, at + 3 * REACH)
    view = _view([dangers[id(offer)] for offer in touching], focus, at, zone)
    seen = [offer for offer in touching if dangers[id(offer)].overlaps(view)]
    if not seen:
        return None
    scale, here = Scale(view), timezone.get_current_timezone_name()
    meetings = _meetings(seen, dangers, policy, candidate)
    ordered = sorted(
        seen,
        key=lambda offer: (offer is not candidate, id(offer) not in meetings, offer.window.starts_at),
    )
    lanes = tuple(
        Lane(
            offer=offer,
            danger=dangers[id(offer)],
            top=TOP + LANE * row,
            running=scale.bar(offer.running),
            paddings=_paddings(offer, dangers[id(offer)], scale),
            conflicts=_bars(_joined(meetings.get(id(offer), ())), scale),
            is_candidate=offer is candidate,
            about=_about(offer, product.currency),
        )
        for row, offer in enumerate(ordered[:MOST_LANES])
    )
    decided = [offer for offer in touching if offer is candidate or offer.state in HELD]
    return Timeline(
        lanes=lanes,
        more=len(touching) - len(lanes),
        prices=_prices(
            decided,
            product,
            policy,
            scale,
            TOP + LANE * len(lanes) + GAP,
            focus if candidate is not None and focus else view,
        ),
        ticks=_ticks(scale, zone, here),
        view=view,
        zone=zone,
        zone_name=words.zone_name(zone, view.starts_at, view.ends_at),
        here_name=words.zone_name(here, view.starts_at, view.ends_at) if _differ(view, zone, here) else "",
        now=scale.x(at) if at in view else None,
    )


def _view(dangers: Iterable[Window], focus: Window, at: datetime, zone: str) -> Window:
    """Whole days that hold what is near the focus, and today where it is near."""
    near = Window(focus.starts_at - REACH, focus.ends_at + REACH)
    seen = [cut for danger in dangers if (cut := danger.intersection(near))] or [focus]
    instants = [instant for window in seen for instant in (window.starts_at, window.ends_at)]
    if at in near:
        instants.append(at)
    first = zones.local(min(instants), zone).date()
    last = zones.local(max(instants) - timedelta(microseconds=1), zone).date()
    return Window(zones.start_of_day(first, zone), zones.start_of_day(last + timedelta(days=1), zone))


def _meetings(
    offers: Sequence[Offer], dangers: dict[int, Window], policy: Policy, candidate: Offer | None
) -> dict[int, tuple[Window, ...]]:
    """Where each may touch a sale together with one that the policy keeps apart from it."""
    found: dict[int, tuple[Window, ...]] = {}
    for one, other in combinations(offers, 2):
        if candidate is not None and one is not candidate and other is not candidate:
            continue
        shared = dangers[id(one)].intersection(dangers[id(other)])
        if shared and policy.pair(one.kind, other.kind) == "block":
            found[id(one)] = (*found.get(id(one), ()), shared)
            found[id(other)] = (*found.get(id(other), ()), shared)
    return found


def _about(offer: Offer, currency: str) -> str:
    discount = words.discount(offer.discount.type, stacking.label(offer), currency)
    return f"{words.kind(offer.kind)}, {discount}"


def _paddings(offer: Offer, danger: Window, scale: Scale) -> tuple[Bar, ...]:
    """When it may touch a sale before it is meant to run, and after."""
    before = Window(danger.starts_at, max(danger.starts_at, offer.running.starts_at))
    after = Window(min(danger.ends_at, offer.running.ends_at), danger.ends_at)
    return _bars((before, after), scale)


def _bars(windows: Iterable[Window], scale: Scale) -> tuple[Bar, ...]:
    return tuple(bar for window in windows if (bar := scale.bar(window)))


def _joined(windows: Iterable[Window]) -> list[Window]:
    """The same instants in as few spans as can be."""
    joined: list[Window] = []
    for window in sorted(windows, key=lambda window: window.starts_at):
        if joined and window.starts_at <= joined[-1].ends_at:
            last = joined.pop()
            window = Window(last.starts_at, max(last.ends_at, window.ends_at))
        joined.append(window)
    return joined


def _prices(
    offers: Sequence[Offer], product: ListedProduct, policy: Policy, scale: Scale, top: float, within: Window
) -> Prices | None:
    """The worst price over the whole view; None where nobody knows the product's price or floor."""
    floor = policy.floor_of(product)
    if product.price is None or floor is None:
        return None
    spans = [
        (segment.window, segment.worst.price)
        for segment in stacking.sweep(product, offers, policy, within=scale.view)
    ]
    spans = _without_gaps(spans, product.price, scale.view)
    amounts = [product.price, floor, *(price for _, price in spans)]
    low, high = min(amounts), max(amounts)

    def y(amount: Decimal) -> float:
        share = float((high - amount) / (high - low)) if high > low else 0.0
        return round(top + 14 + (PRICES - 32) * share, 2)

    levels = tuple(
        Level(
            bar=bar,
            price=price,
            y=y(price),
            depth=round(max(0.0, y(price) - y(floor)), 2),
            is_broken=price < floor,
        )
        for window, price in spans
        if (bar := scale.bar(window))
    )
    return Prices(
        levels=levels,
        lowest=min((level for level in levels if level.bar.window.overlaps(within)), key=_price),
        standard=product.price,
        standard_y=y(product.price),
        floor=floor,
        floor_y=y(floor),
        top=top,
    )


def _price(level: Level) -> Decimal:
    return level.price


def _without_gaps(
    spans: Sequence[tuple[Window, Decimal]], standard: Decimal, view: Window
) -> list[tuple[Window, Decimal]]:
    """The spans with the plain price between them, and neighbours of one price joined."""
    instants = {view.starts_at, view.ends_at}
    for window, _ in spans:
        instants |= {window.starts_at, window.ends_at}
    prices = {window.starts_at: price for window, price in spans}
    joined: list[tuple[Window, Decimal]] = []
    for starts_at, ends_at in pairwise(sorted(instants)):
        price = prices.get(starts_at, standard)
        if joined and joined[-1][1] == price:
            starts_at = joined.pop()[0].starts_at
        joined.append((Window(starts_at, ends_at), price))
    return joined


def _ticks(scale: Scale, zone: str, here: str) -> tuple[Tick, ...]:
    first = zones.local(scale.view.starts_at, zone).date()
    last = zones.local(scale.view.ends_at, zone).date()
    days = max(1, (last - first).days)
    step = next((step for step in _STEPS if PLOT / days * step >= _TICK), _STEPS[-1])
    return tuple(
        Tick(at, scale.x(at), number % step == 0, words.day(at, zone), words.instant(at, here))
        for number in range(days)
        for at in [zones.start_of_day(first + timedelta(days=number), zone)]
    )


def _differ(view: Window, zone: str, here: str) -> bool:
    return any(zones.local(at, zone) != zones.local(at, here) for at in (view.starts_at, view.ends_at))
