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
from promoflow.rulebook.offers import Window, with_children
from promoflow.rulebook.policy import Policy

WEEK, MONTH = "week", "month"
# So wide is a column that has a day's number to itself.
_COLUMN = 18.0
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
    def conflicting(self) -> int:
        """How many lanes may not meet another somewhere in view."""
        return sum(bool(entry.lane.conflicts) for band in self.bands for entry in band.entries)

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
    requests = selectors.with_stage(selectors.on_calendar(store, view, policy), at)
    zone, here, placed = store.marketplace.time_zone, timezone.get_current_timezone_name(), Scale(view, frame)
    drawn, shown = (_by_request if by_request else _by_product)(store, requests, wanted, policy, placed, page)
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
    requests: QuerySet[PromotionRequest],
    wanted: Wanted,
    policy: Policy,
    placed: Scale,
    page: str | None,
) -> tuple[tuple[Band, ...], Page[Any]]:
    found = requests.filter(wanted.requests)
    touched = selectors.of_requests(found) & wanted.products | selectors.of_requests(
        found.filter(wanted.named)
    )
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
    planned = _planned(requests, shown, wanted, policy)
    return bands.by_product(catalog.listed(shown), planned, policy, placed, named=named), shown


def _by_request(
    store: Store,
    requests: QuerySet[PromotionRequest],
    wanted: Wanted,
    policy: Policy,
    placed: Scale,
    page: str | None,
) -> tuple[tuple[Band, ...], Page[Any]]:
    named = Product.objects.filter(wanted.products, store=store)
    parents = named.filter(parent__isnull=False).values("parent")
    found = requests.filter(wanted.requests).filter(
        wanted.named | selectors.on_products(named.values("pk").union(parents))
    )
    shown = Paginator(found, REQUESTS_ON_A_PAGE).get_page(page)
    references = {request.pk: request.reference for request in shown}
    covered = selectors.of_requests(PromotionRequest.objects.filter(pk__in=references))
    products = list(Product.objects.filter(covered).select_related("store", "parent").order_by("asin"))
    planned = _planned(requests, products, wanted, policy)
    asked = [one for one in planned if one.offer.reference in references.values()]
    return bands.by_request(asked, planned, catalog.listed(products), policy, placed), shown


def _planned(
    requests: QuerySet[PromotionRequest], products: Iterable[Product], wanted: Wanted, policy: Policy
) -> list[Planned]:
    """The requests on the products, with the variations that their chosen parents pull in by now."""
    touched = {pk for product in products for pk in (product.pk, product.parent_id) if pk}
    asked: QuerySet[Any, Any] = requests.filter(selectors.on_products(touched)).annotate(
        is_wanted=_whether(wanted.requests), is_named=_whether(wanted.named)
    )
    found = list(asked)
    grown = with_children([neighbours.offer_of(request) for request in found], catalog.listed(products))
    return [
        Planned(
            offer=offer,
            danger=policy.danger_window(offer),
            title=request.newest.title,
            stage=request.stage,
            is_wanted=request.is_wanted,
            is_named=request.is_named,
        )
        for request, offer in zip(found, grown, strict=True)
    ]


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
