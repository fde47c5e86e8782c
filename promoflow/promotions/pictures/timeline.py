"""The picture of what touches a product: lanes, price and days as places, before anything draws them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from django.utils import timezone

from promoflow.promotions.pictures import lanes, price_line, scale, span
from promoflow.promotions.pictures.lanes import Lane
from promoflow.promotions.pictures.price_line import Prices
from promoflow.promotions.pictures.scale import GAP, TOP, WIDE, Frame, Scale, Tick
from promoflow.promotions.wording import words
from promoflow.rulebook import zones
from promoflow.rulebook.offers import HELD, ListedProduct, Offer, Window
from promoflow.rulebook.policy import Policy

# Days far from what the picture is about would press it into a corner.
REACH = timedelta(days=14)

PRICES, LINE, TOP_OF_DAYS, TOP_OF_NOW = 96.0, 15.0, 18, 16


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """All that the picture shows."""

    lanes: tuple[Lane, ...]
    before: int
    """How many promotions are over before these days, start after them, and are in them but not drawn."""
    after: int
    crowded: int
    prices: Prices | None
    ticks: tuple[Tick, ...]
    view: Window
    zone: str
    zone_name: str
    here_name: str
    now: float | None
    frame: Frame

    @property
    def more(self) -> int:
        """How many promotions touch the product and are not drawn."""
        return self.before + self.after + self.crowded

    @property
    def days(self) -> str:
        """The first and the last day in view."""
        return " – ".join(dict.fromkeys(words.span(self.view.starts_at, self.view.ends_at, self.zone)))

    @property
    def width(self) -> float:
        return self.frame.width

    @property
    def left(self) -> float:
        return self.frame.left

    @property
    def right(self) -> float:
        return self.frame.right

    @property
    def lanes_end(self) -> float:
        return TOP + self.frame.lane * max(1, len(self.lanes))

    @property
    def prices_top(self) -> float:
        return self.lanes_end + GAP

    @property
    def bottom(self) -> float:
        """Where the days are written."""
        return self.lanes_end + (GAP + PRICES if self.prices else 0.0)

    @property
    def height(self) -> float:
        """The days are written in one line, the reader's in another, and in a third whose each line is."""
        lines = (2 if self.here_name else 1) + (1 if self.frame.names_above else 0)
        return self.bottom + 7 + LINE * lines

    @property
    def day_lines(self) -> dict[str, str]:
        """The lines of the ticks by how strongly they are drawn, each strength as one path."""
        lines: dict[str, str] = {}
        for tick in self.ticks:
            strength = ("is-day is-written" if tick.is_written else "is-day") if tick.is_day else "is-hour"
            lines[strength] = f"{lines.get(strength, '')}M{tick.x} {TOP_OF_DAYS}V{self.bottom}"
        return lines

    @property
    def now_line(self) -> str:
        """Where now is, down all that is drawn; nothing where it is not in view."""
        return "" if self.now is None else scale.line(self.now, TOP_OF_NOW, self.bottom, self._names)

    @property
    def _names(self) -> list[tuple[float, float]]:
        """From where to where something is written above what is drawn."""
        if not self.frame.names_above:
            return []
        tops = [*(lane.top for lane in self.lanes), *([self.prices_top] if self.prices else [])]
        return [(top, top + self.frame.names) for top in tops]

    @property
    def written(self) -> list[Tick]:
        return [tick for tick in self.ticks if tick.is_written]

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
    view: Window | None = None,
    frame: Frame = WIDE,
) -> Timeline | None:
    """The picture of a product: the candidate first, what it may not meet next; None where nothing runs.

    Without a view it shows what is near the candidate, or what is near today.
    """
    dangers = {id(offer): policy.danger_window(offer) for offer in offers if product.asin in offer.asins}
    touching = [offer for offer in offers if dangers.get(id(offer))]
    if candidate is not None:
        dangers[id(candidate)] = policy.danger_window(candidate)
        touching = [candidate, *touching] if dangers[id(candidate)] else touching
    if not touching:
        return None
    focus = dangers[id(candidate)] if candidate is not None else _next(list(dangers.values()), at)
    view = view or _view([dangers[id(offer)] for offer in touching], focus, at, zone)
    placed, here = Scale(view, frame), timezone.get_current_timezone_name()
    seen = [offer for offer in touching if dangers[id(offer)].overlaps(view)]
    drawn = _lanes(seen, dangers, policy, placed, product.currency, candidate)
    top = TOP + frame.lane * max(1, len(drawn)) + GAP
    return Timeline(
        lanes=drawn,
        before=sum(dangers[id(offer)].ends_at <= view.starts_at for offer in touching),
        after=sum(dangers[id(offer)].starts_at >= view.ends_at for offer in touching),
        crowded=len(seen) - len(drawn),
        prices=price_line.draw(
            [offer for offer in touching if offer is candidate or offer.state in HELD],
            product,
            policy,
            placed,
            top=top + (42 if frame.names_above else 14),
            bottom=top + PRICES - 18,
            within=focus if candidate is not None and focus else view,
        ),
        ticks=scale.ticks(placed, zone, here),
        view=view,
        zone=zone,
        zone_name=words.zone_name(zone, view.starts_at, view.ends_at),
        here_name=words.zone_name(here, view.starts_at, view.ends_at)
        if scale.differ(view, zone, here)
        else "",
        now=placed.x(at) if at in view else None,
        frame=frame,
    )


def _lanes(
    seen: Sequence[Offer],
    dangers: dict[int, Window],
    policy: Policy,
    placed: Scale,
    currency: str,
    candidate: Offer | None,
) -> tuple[Lane, ...]:
    meetings = lanes.meetings(seen, dangers, policy, candidate=candidate)
    ordered = sorted(
        seen,
        key=lambda offer: (offer is not candidate, id(offer) not in meetings, offer.window.starts_at),
    )
    return tuple(
        lanes.lane(
            offer,
            dangers[id(offer)],
            meetings.get(id(offer), ()),
            placed,
            top=TOP + placed.frame.lane * row,
            about=lanes.about(offer, currency),
            is_candidate=offer is candidate,
        )
        for row, offer in enumerate(ordered[: placed.frame.most_lanes])
    )


def _next(dangers: Sequence[Window], at: datetime) -> Window:
    """The weeks from now on; where nothing is near them, what comes first."""
    weeks = Window(at, at + 3 * REACH)
    near = Window(weeks.starts_at - REACH, weeks.ends_at + REACH)
    if any(danger.overlaps(near) for danger in dangers):
        return weeks
    return min((danger for danger in dangers if danger and danger.starts_at >= at), key=_start, default=weeks)


def _start(window: Window) -> datetime:
    return window.starts_at


def _view(dangers: Iterable[Window], focus: Window, at: datetime, zone: str) -> Window:
    """Whole days that hold what is near the focus, and today where it is near."""
    near = Window(focus.starts_at - REACH, focus.ends_at + REACH)
    seen = [cut for danger in dangers if (cut := danger.intersection(near))] or [focus]
    instants = [instant for window in seen for instant in (window.starts_at, window.ends_at)]
    if at in near:
        instants.append(at)
    first = zones.local(min(instants), zone).date()
    last = zones.local(max(instants) - timedelta(microseconds=1), zone).date()
    return span.whole_days(first, (last - first).days + 1, zone)
