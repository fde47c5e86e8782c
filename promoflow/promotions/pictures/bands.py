"""The bands of a store's calendar: its products, or its requests, as lanes with what goes wrong on them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from promoflow.promotions.pictures import lanes, price_line
from promoflow.promotions.pictures.lanes import Lane
from promoflow.promotions.pictures.price_line import Prices
from promoflow.promotions.pictures.scale import Bar, Frame, Scale
from promoflow.promotions.wording import terms, words
from promoflow.rulebook.offers import HELD, MAY_RUN, ListedProduct, Offer, Window
from promoflow.rulebook.policy import Policy

BROAD = Frame(labels=236.0, plot=692.0, margin=8.0, lane=36.0, middle=18.0, most_lanes=12)
# A phone's: what stands beside the plane elsewhere stands above it.
SLIM = Frame(labels=0.0, plot=296.0, margin=0.0, lane=50.0, middle=34.0, most_lanes=12, names=21.0)
# The days are written above the bands; a product has a head of its own above its lanes.
DAYS, HEAD, LEFT_OUT, AIR = 40.0, 40.0, 16.0, 6.0
# So many Latin letters fit beside the plane; above it a product's name has more room and a request's less.
_NAME, _TITLE = 30, 31
_NAME_ABOVE, _TITLE_ABOVE = 38, 22


@dataclass(frozen=True, kw_only=True, slots=True)
class Planned:
    """A request on the calendar."""

    offer: Offer
    danger: Window
    title: str
    stage: str
    is_wanted: bool
    """Whether it is of the kind and in the state that somebody looks for."""
    is_named: bool
    """Whether the text that they look for names it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """A request's lane in a band."""

    lane: Lane
    title: str
    stage: str

    @property
    def discount(self) -> str:
        return terms.discount(self.lane.offer, self.lane.offer.currency)


@dataclass(frozen=True, kw_only=True, slots=True)
class Alarm:
    """When the worst price is below the floor: with what is decided, or if all in review were approved."""

    asin: str
    bar: Bar
    price: Decimal
    floor: Decimal
    is_decided: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Band:
    """A product with its promotions; or a request, then without a product, with all that it covers."""

    top: float
    bottom: float
    frame: Frame
    entries: tuple[Entry, ...]
    crowded: int = 0
    """How many of its promotions there is no room for."""
    product: ListedProduct | None = None
    prices: Prices | None = None
    alarms: tuple[Alarm, ...] = ()

    @property
    def name(self) -> str:
        room = _NAME_ABOVE if self.frame.names_above else _NAME
        return words.shortened(self.product.title, room) if self.product else ""

    @property
    def strip(self) -> float:
        """Where its prices are drawn: beside its name, or below that."""
        return self.top + _head(self.frame) - HEAD

    @property
    def names(self) -> list[tuple[float, float]]:
        """From where to where something is written above what is drawn."""
        if not self.frame.names_above:
            return []
        head = [(self.top, self.top + HEAD)] if self.product else []
        return [*head, *((one.lane.top, one.lane.top + self.frame.names) for one in self.entries)]

    @property
    def lanes_end(self) -> float:
        return self.entries[-1].lane.top + self.frame.lane if self.entries else self.bottom


def by_product(
    products: Iterable[ListedProduct],
    planned: Sequence[Planned],
    policy: Policy,
    scale: Scale,
    *,
    named: Collection[str],
) -> tuple[Band, ...]:
    """A band for each product; its marks and its price count also what is not looked for.

    On a product that the text names, all that is looked for otherwise is shown.
    """
    touching, top, bands = _by_asin(planned), DAYS, []
    for product in products:
        on_it = touching[product.asin]
        wanted = [one for one in on_it if one.is_wanted and (one.is_named or product.asin in named)]
        band = _product_band(product, on_it, wanted, policy, scale, top)
        bands.append(band)
        top = band.bottom
    return tuple(bands)


def by_request(
    shown: Iterable[Planned],
    planned: Sequence[Planned],
    products: Iterable[ListedProduct],
    policy: Policy,
    scale: Scale,
) -> tuple[Band, ...]:
    """A band for each request shown, with the marks of every product that it covers."""
    touching = _by_asin(planned)
    shared, alarms = _shared(touching, policy), _alarms_by_reference(products, touching, policy, scale)
    frame, room = scale.frame, _TITLE_ABOVE if scale.frame.names_above else _TITLE
    return tuple(
        Band(
            top=top,
            bottom=top + frame.lane + AIR,
            frame=frame,
            entries=(_entry(one, shared[id(one.offer)], scale, top, words.shortened(one.title, room)),),
            alarms=alarms[one.offer.reference] if _counts(one) else (),
        )
        for row, one in enumerate(shown)
        for top in [DAYS + (frame.lane + AIR) * row]
    )


def _product_band(
    product: ListedProduct,
    touching: Sequence[Planned],
    wanted: Sequence[Planned],
    policy: Policy,
    scale: Scale,
    top: float,
) -> Band:
    shared = _meetings(touching, policy)
    ordered = sorted(wanted, key=lambda one: (id(one.offer) not in shared, one.offer.window.starts_at))
    frame, head = scale.frame, _head(scale.frame)
    entries = tuple(
        _entry(
            one,
            shared.get(id(one.offer), ()),
            scale,
            top + head + frame.lane * row,
            lanes.about(one.offer, product.currency),
        )
        for row, one in enumerate(ordered[: frame.most_lanes])
    )
    crowded = len(wanted) - len(entries)
    height = head + frame.lane * len(entries) + (LEFT_OUT if crowded else 0) + AIR
    return Band(
        top=top,
        bottom=top + height,
        frame=frame,
        product=product,
        entries=entries,
        crowded=crowded,
        prices=_prices(product, [one.offer for one in touching if _is_decided(one)], policy, scale, top),
        alarms=_alarms(product, touching, policy, scale),
    )


def _head(frame: Frame) -> float:
    """What a product takes above its lanes: its name, and its prices beside or below that."""
    return HEAD * 2 if frame.names_above else HEAD


def _entry(one: Planned, shared: Iterable[Window], scale: Scale, top: float, about: str) -> Entry:
    lane = lanes.lane(one.offer, one.danger, shared, scale, top=top, about=about)
    return Entry(lane=lane, title=one.title, stage=one.stage)


def _by_asin(planned: Iterable[Planned]) -> defaultdict[str, list[Planned]]:
    touching: defaultdict[str, list[Planned]] = defaultdict(list)
    for one in planned:
        for asin in one.offer.asins:
            touching[asin].append(one)
    return touching


def _is_decided(one: Planned) -> bool:
    return one.offer.state in HELD


def _counts(one: Planned) -> bool:
    """What may still run counts for no price: nobody knows whether it does."""
    return one.offer.state != MAY_RUN


# --- What goes wrong ------------------------------------------------------------------------------------


def _meetings(touching: Sequence[Planned], policy: Policy) -> dict[int, tuple[Window, ...]]:
    dangers = {id(one.offer): one.danger for one in touching}
    return lanes.meetings([one.offer for one in touching], dangers, policy)


def _shared(touching: dict[str, list[Planned]], policy: Policy) -> defaultdict[int, list[Window]]:
    """By offer, when it may not meet another on any of its products; sets of promotions are asked once."""
    shared: defaultdict[int, list[Window]] = defaultdict(list)
    for together in {tuple(id(one) for one in them): them for them in touching.values()}.values():
        for key, windows in _meetings(together, policy).items():
            shared[key].extend(windows)
    return shared


def _prices(
    product: ListedProduct, offers: Sequence[Offer], policy: Policy, scale: Scale, top: float
) -> Prices | None:
    bottom = top + _head(scale.frame)
    return price_line.draw(
        offers, product, policy, scale, top=bottom - HEAD + 9, bottom=bottom - 7, within=scale.view
    )


def _alarms(
    product: ListedProduct, touching: Sequence[Planned], policy: Policy, scale: Scale
) -> tuple[Alarm, ...]:
    """First what only those in review would bring about, so that what is decided is drawn over it."""
    touching = [one for one in touching if _counts(one)]
    decided = [one for one in touching if _is_decided(one)]
    alarms = _below_floor(product, decided, policy, scale, is_decided=True)
    if len(decided) == len(touching):
        return alarms
    together = _below_floor(product, touching, policy, scale, is_decided=False)
    return (*(alarm for alarm in together if not any(_is_told(alarm, by=known) for known in alarms)), *alarms)


def _below_floor(
    product: ListedProduct, touching: Sequence[Planned], policy: Policy, scale: Scale, *, is_decided: bool
) -> tuple[Alarm, ...]:
    drawn = _prices(product, [one.offer for one in touching], policy, scale, 0.0)
    if drawn is None:
        return ()
    return tuple(
        Alarm(asin=product.asin, bar=level.bar, price=level.price, floor=drawn.floor, is_decided=is_decided)
        for level in drawn.levels
        if level.is_broken
    )


def _is_told(alarm: Alarm, *, by: Alarm) -> bool:
    window, known = alarm.bar.window, by.bar.window
    within = known.starts_at <= window.starts_at and window.ends_at <= known.ends_at
    return within and alarm.price == by.price


def _alarms_by_reference(
    products: Iterable[ListedProduct],
    touching: dict[str, list[Planned]],
    policy: Policy,
    scale: Scale,
) -> defaultdict[str, tuple[Alarm, ...]]:
    """By request, the alarms of its products that it has a part in; products alike are asked once."""
    found: defaultdict[str, tuple[Alarm, ...]] = defaultdict(tuple)
    known: set[tuple[object, ...]] = set()
    for product in products:
        them = touching[product.asin]
        alike = (product.price, product.floor, *(id(one) for one in them))
        if alike in known:
            continue
        known.add(alike)
        for alarm in _alarms(product, them, policy, scale):
            for one in filter(_counts, them):
                if one.danger.overlaps(alarm.bar.window) and (_is_decided(one) or not alarm.is_decided):
                    found[one.offer.reference] += (alarm,)
    return found
