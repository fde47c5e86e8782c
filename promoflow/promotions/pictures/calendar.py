"""The calendar of a store: a week or a month of what runs or may still run, whatever there is of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from promoflow.catalog import selectors as catalog
from promoflow.catalog.models import Product, Store
from promoflow.promotions import neighbours, selectors
from promoflow.promotions.models import PromotionRequest
from promoflow.promotions.pictures import bands, scale, span
from promoflow.promotions.pictures.bands import BROAD, DAYS, Band, Planned
from promoflow.promotions.pictures.scale import Bar, Frame, Scale, Tick
from promoflow.promotions.pictures.span import Move
from promoflow.promotions.wording import words
from promoflow.rulebook import zones
from promoflow.rulebook.offers import MAY_RUN, Offer, Window, with_children
from promoflow.rulebook.policy import Policy

WEEK, MONTH = "week", "month"
# So wide is a column that has a day's number to itself.
_COLUMN = 18.0
TOP_OF_NOW = 37
# What fits a printed page.
PRODUCTS_ON_A_PAGE, REQUESTS_ON_A_PAGE = 15, 30


_ALL = Q(pk__isnull=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What somebody looks for; left alone, it is everything."""

    requests: Q = _ALL
    """By kind and stage."""
    named: Q = _ALL
    """Requests that the text names by reference or title."""
    products: Q = _ALL
    """Products that the text names by ASIN or title."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Day:
    """A day of the marketplace, written above the bands."""

    bar: Bar
    weekday: str
    number: int
    is_today: bool
    is_weekend: bool
    is_written: bool
    """Where there is no room for all of a month, its Mondays and today are."""


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """All that the picture and the table show."""

    bands: tuple[Band, ...]
    page: Page[Any]
    days: tuple[Day, ...]
    ticks: tuple[Tick, ...]
    view: Window
    zone: str
    zone_name: str
    here_name: str
    now: float | None
    frame: Frame

    @property
    def bottom(self) -> float:
        return self.bands[-1].bottom if self.bands else DAYS

    @property
    def height(self) -> float:
        return self.bottom + DAYS + (20 if self.here_name or self.frame.names_above else 0)

    @property
    def now_line(self) -> str:
        """Where now is, down all that is drawn; nothing where it is not in view."""
        names = [name for band in self.bands for name in band.names]
        return "" if self.now is None else scale.line(self.now, TOP_OF_NOW, self.bottom, names)

    @property
    def conflicting(self) -> int:
        """How many lanes may not meet another somewhere in view."""
        return sum(bool(entry.lane.conflicts) for band in self.bands for entry in band.entries)

    @property
    def may_run(self) -> bool:
        """Whether a lane is of something that may still run although nobody marked it live."""
        return any(entry.stage == MAY_RUN for band in self.bands for entry in band.entries)

    @property
    def alarms(self) -> set[bool]:
        """Whether some price is below its floor as decided, and whether if all in review were approved."""
        return {alarm.is_decided for band in self.bands for alarm in band.alarms}


def period(query: Mapping[str, str], length: str, *, at: datetime, zone: str) -> Window:
    """The week from Monday, or the month, that holds the day asked for; where none can be read, today's."""
    day = span.day_of(query, at=at, zone=zone) or zones.local(at, zone).date()
    first = _first(day, length)
    return Window(zones.start_of_day(first, zone), zones.start_of_day(_after(first, length), zone))


def title(view: Window, length: str, zone: str) -> str:
    """What people call the week or month."""
    if length == MONTH:
        return words.month(view.starts_at, zone)
    days = " – ".join(words.span(view.starts_at, view.ends_at, zone, with_year=False))
    return gettext("%(days)s, %(year)s") % {"days": days, "year": zones.local(view.starts_at, zone).year}


def moves(
    view: Window, length: str, query: QueryDict, address: str, *, at: datetime, zone: str
) -> tuple[Move, ...]:
    """The period before, the one after and today's."""
    first = zones.local(view.starts_at, zone).date()
    today = _first(zones.local(at, zone).date(), length)
    targets = (
        ("earlier", _("Previous"), "chevron-left", _first(first - timedelta(days=1), length)),
        ("today", _("Today"), "calendar-event", today),
        ("later", _("Next"), "chevron-right", _after(first, length)),
    )
    return tuple(
        Move(
            code=code,
            label=label,
            icon=icon,
            address=span.around(query, address, **{span.FROM: day.isoformat()}) if day != first else "",
        )
        for code, label, icon, day in targets
    )


def _first(day: date, length: str) -> date:
    return day.replace(day=1) if length == MONTH else day - timedelta(days=day.weekday())


def _after(first: date, length: str) -> date:
    return _first(first + timedelta(days=31), length) if length == MONTH else first + timedelta(days=7)


# --- Reading --------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class OnIt:
    """The requests on it, with their stage, and those that may still run although they are over or changed.

    A request may be among both: in review with other terms than those with which it left *approved*.
    """

    requests: QuerySet[PromotionRequest]
    let_go: QuerySet[PromotionRequest]

    def filter(self, condition: Q) -> "OnIt":
        return OnIt(requests=self.requests.filter(condition), let_go=self.let_go.filter(condition))

    def products(self) -> Q:
        """Whether a product is touched by one of them."""
        return selectors.of_requests(self.requests) | selectors.of_let_go(self.let_go)

    def all(self) -> QuerySet[PromotionRequest]:
        requests, let_go = (found.order_by().values("pk") for found in (self.requests, self.let_go))
        both = PromotionRequest.objects.filter(Q(pk__in=requests) | Q(pk__in=let_go))
        return both.order_by("current__starts_at", "pk")


def read(
    store: Store,
    policy: Policy,
    view: Window,
    wanted: Wanted,
    *,
    by_request: bool,
    page: str | None,
    at: datetime,
    frame: Frame = BROAD,
) -> Calendar:
    """What the store has in view; the same queries for any number of requests and products."""
    on_it = OnIt(
        requests=selectors.with_stage(selectors.on_calendar(store, view, policy), at),
        let_go=selectors.let_go_on_calendar(store, view),
    )
    zone, here, placed = store.marketplace.time_zone, timezone.get_current_timezone_name(), Scale(view, frame)
    drawn, shown = (_by_request if by_request else _by_product)(store, on_it, wanted, policy, placed, page)
    differs = scale.differ(view, zone, here)
    return Calendar(
        bands=drawn,
        page=shown,
        days=_days(placed, zone, at),
        ticks=scale.ticks(placed, zone, here),
        view=view,
        zone=zone,
        zone_name=words.zone_name(zone, view.starts_at, view.ends_at),
        here_name=words.zone_name(here, view.starts_at, view.ends_at) if differs else "",
        now=placed.x(at) if at in view else None,
        frame=frame,
    )


def _by_product(
    store: Store,
    on_it: OnIt,
    wanted: Wanted,
    policy: Policy,
    placed: Scale,
    page: str | None,
) -> tuple[tuple[Band, ...], Page[Any]]:
    found = on_it.filter(wanted.requests)
    touched = found.products() & wanted.products | found.filter(wanted.named).products()
    # A parent without a price is not sold; its variations are.
    parents = Q(price__isnull=True) & Q(Exists(Product.objects.filter(parent=OuterRef("pk"))))
    products = (
        Product.objects.filter(touched & ~parents, store=store)
        .annotate(is_named=_whether(wanted.products))
        .select_related("store", "parent")
        .order_by("title", "asin")
    )
    shown: Page[Any] = Paginator(products, PRODUCTS_ON_A_PAGE).get_page(page)
    named = {product.asin for product in shown if product.is_named}
    planned = _planned(on_it, shown, wanted, policy, placed.view)
    return bands.by_product(catalog.listed(shown), planned, policy, placed, named=named), shown


def _by_request(
    store: Store,
    on_it: OnIt,
    wanted: Wanted,
    policy: Policy,
    placed: Scale,
    page: str | None,
) -> tuple[tuple[Band, ...], Page[Any]]:
    named = Product.objects.filter(wanted.products, store=store)
    parents = named.filter(parent__isnull=False).values("parent")
    on_them = selectors.on_products(named.values("pk").union(parents))
    found = on_it.filter(wanted.requests).filter(wanted.named | on_them)
    shown = Paginator(found.all(), REQUESTS_ON_A_PAGE).get_page(page)
    places = {request.reference: place for place, request in enumerate(shown)}
    covered = on_it.filter(Q(pk__in=[request.pk for request in shown])).products()
    products = list(Product.objects.filter(covered).select_related("store", "parent").order_by("asin"))
    planned = _planned(on_it, products, wanted, policy, placed.view)
    asked = [one for one in planned if one.is_wanted and one.offer.reference in places]
    asked.sort(key=lambda one: places[one.offer.reference])
    return bands.by_request(asked, planned, catalog.listed(products), policy, placed), shown


def _planned(
    on_it: OnIt, products: Iterable[Product], wanted: Wanted, policy: Policy, view: Window
) -> list[Planned]:
    """The requests on the products, with the variations that their chosen parents pull in by now."""
    touched = {pk for product in products for pk in (product.pk, product.parent_id) if pk}
    marks = {"is_wanted": _whether(wanted.requests), "is_named": _whether(wanted.named)}
    asked: QuerySet[Any, Any] = on_it.requests.filter(selectors.on_products(touched)).annotate(**marks)
    let_go = {request.reference: request for request in on_it.let_go.annotate(**marks)}
    standing = {request.reference: request for request in asked}
    offers = [neighbours.offer_of(request) for request in standing.values()]
    for offer in neighbours.let_go_on(touched, since=view.starts_at) if let_go else ():
        if offer.reference in let_go and policy.danger_window(offer).overlaps(view):
            offers.append(offer)
    return [
        _as_planned(offer, (let_go if offer.state == MAY_RUN else standing)[offer.reference], policy)
        for offer in with_children(offers, catalog.listed(products))
    ]


def _as_planned(offer: Offer, request: Any, policy: Policy) -> Planned:
    return Planned(
        offer=offer,
        danger=policy.danger_window(offer),
        title=request.newest.title,
        stage=request.stage,
        is_wanted=request.is_wanted,
        is_named=request.is_named,
    )


def _whether(condition: Q) -> "ExpressionWrapper[Any]":
    return ExpressionWrapper(condition, output_field=BooleanField())


def _days(placed: Scale, zone: str, at: datetime) -> tuple[Day, ...]:
    today = zones.local(at, zone).date()
    return tuple(
        Day(
            bar=bar,
            weekday=words.weekday(bar.window.starts_at, zone),
            number=day.day,
            is_today=day == today,
            is_weekend=day.weekday() >= 5,
            is_written=bar.width >= _COLUMN or day.weekday() == 0 or day == today,
        )
        for day in scale.days_in(placed.view, zone)
        if (bar := placed.bar(span.whole_days(day, 1, zone)))
    )
