"""How pages show times, money, states and form fields."""

from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from functools import cache
from uuid import uuid4
from zoneinfo import ZoneInfo

from django import template
from django.conf import settings
from django.core.paginator import Page
from django.forms import BaseForm, BoundField, Widget
from django.forms.boundfield import BoundWidget
from django.forms.utils import flatatt
from django.http import HttpRequest, QueryDict
from django.templatetags.static import static
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_lazy, ngettext_lazy, pgettext, pgettext_lazy

from promoflow.phrases import written_once
from promoflow.rulebook.money import decimals, rounded

register = template.Library()

NOTHING = "–"

# key: (word, icon, tone); the tone is a colour name of desk.css.
STATES = {
    "draft": (gettext_lazy("Draft"), "pencil", "quiet"),
    "in_review": (gettext_lazy("In review"), "hourglass", "yellow"),
    "approved": (gettext_lazy("Approved"), "circle-check", "blue"),
    "scheduled": (gettext_lazy("Scheduled"), "calendar-event", "blue"),
    "live": (gettext_lazy("Live"), "player-play", "green"),
    "cooling": (gettext_lazy("Cooling off"), "snowflake", "cyan"),
    "ended": (gettext_lazy("Ended"), "flag-check", "quiet"),
    "rejected": (gettext_lazy("Rejected"), "circle-x", "red"),
    "cancelled": (gettext_lazy("Cancelled"), "ban", "quiet"),
}
# In a picture also what is no state of a request: it may stand at Amazon although it is approved no more.
PICTURED = {**STATES, "may_run": (gettext_lazy("May still run"), "alert-triangle", "yellow")}

KINDS = {
    "coupon": (gettext_lazy("Coupon"), "ticket"),
    "lightning_deal": (gettext_lazy("Lightning Deal"), "bolt"),
    "best_deal": (gettext_lazy("Best Deal"), "flame"),
    "price_discount": (gettext_lazy("Price Discount"), "tag"),
    "social_code": (gettext_lazy("Social media promo code"), "share"),
    "percentage_off": (gettext_lazy("Percentage off"), "percentage"),
    "buy_one_get_one": (gettext_lazy("Buy one get one"), "gift"),
}

SEVERITIES = {
    "block": (gettext_lazy("Blocks"), "ban", "red"),
    "warn": (gettext_lazy("Warns"), "alert-triangle", "yellow"),
    "note": (pgettext_lazy("severity", "Note"), "info-circle", "blue"),
}

CURRENCY_SIGNS = {
    "USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹", "CAD": "CA$", "MXN": "MX$", "BRL": "R$",
    "AUD": "A$", "SGD": "S$", "PLN": "zł ", "TRY": "₺",
}  # fmt: skip

NAVIGATION = (
    ("desk", gettext_lazy("My desk"), "layout-dashboard"),
    ("request-list", gettext_lazy("Requests"), "list-details"),
    ("review-queue", gettext_lazy("Review"), "gavel"),
    ("calendar", gettext_lazy("Calendar"), "calendar"),
    ("product-list", gettext_lazy("Products"), "package"),
    ("import-list", gettext_lazy("Imports"), "file-import"),
    ("policy-list", gettext_lazy("Rules"), "scale"),
    ("history", gettext_lazy("History"), "history"),
    ("store-list", gettext_lazy("Stores and people"), "building-store"),
)
DEMO_NAVIGATION = (("mailbox", gettext_lazy("Mailbox"), "mail"),)


# --- Pictures and marks ---------------------------------------------------------------------------------


@register.simple_tag(takes_context=True)
def once(context: dict[str, HttpRequest]) -> SafeString:
    """The one-time key of a form that makes something; shown again after a refusal, it keeps its key."""
    key = context["request"].POST.get("once") or uuid4()
    return format_html('<input type="hidden" name="once" value="{}">', key)


@register.simple_tag
def icon(name: str, label: object = "") -> SafeString:
    """An icon of icons.svg; decoration, unless it carries a label of its own."""
    address = f"{_icons()}#{name}"
    if label:
        return format_html(
            '<svg class="icon" role="img" aria-label="{}"><use href="{}"></use></svg>', label, address
        )
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}"></use></svg>', address)


@cache
def _icons() -> str:
    """Where the icons are, looked up once: a page draws hundreds of them."""
    return static("icons.svg")


def _mark(word: object, name: str, tone: str) -> SafeString:
    return format_html('<span class="mark mark-{}">{}<span>{}</span></span>', tone, icon(name), word)


@register.simple_tag
def state_badge(state: str) -> SafeString:
    return _mark(*PICTURED[str(state)])


@register.simple_tag
def severity_badge(severity: str) -> SafeString:
    return _mark(*SEVERITIES[str(severity)])


@register.simple_tag
def kind_badge(kind: str) -> SafeString:
    word, name = KINDS[str(kind)]
    return format_html('<span class="kind">{}<span>{}</span></span>', icon(name), word)


@register.filter
def state_word(state: str) -> str:
    return str(PICTURED[str(state)][0])


@register.filter
def severity_word(severity: str) -> str:
    return str(SEVERITIES[str(severity)][0])


@register.filter
def kind_icon(kind: str) -> str:
    """The name of a kind's icon, where a picture draws it itself."""
    return KINDS[str(kind)][1]


@register.filter
def kind_word(kind: str) -> str:
    return str(KINDS[str(kind)][0])


# --- Numbers --------------------------------------------------------------------------------------------


@register.filter
@written_once
def money(amount: Decimal | int | str | None, currency: str) -> str:
    """An amount with its currency's sign and decimals; `–` where there is none."""
    if amount is None or amount == "":
        return NOTHING
    exact = rounded(Decimal(amount), currency)
    digits = formats.number_format(abs(exact), decimals(currency), force_grouping=True)
    sign = "−" if exact < 0 else ""
    return f"{sign}{CURRENCY_SIGNS.get(currency, currency + ' ')}{digits}"


@register.filter
@written_once
def percent(value: Decimal | int | str | None) -> str:
    """A percentage of 0-100 without idle zeros: 20 %, 12.5 %."""
    if value is None or value == "":
        return NOTHING
    number = Decimal(value).normalize()
    places = max(0, -int(number.as_tuple().exponent))
    return pgettext("percentage", "%(value)s %%") % {"value": formats.number_format(number, places)}


# --- Times ----------------------------------------------------------------------------------------------

Zone = tzinfo | str | None


def _zone(zone: Zone) -> tzinfo:
    if not zone:
        return timezone.get_current_timezone()
    return ZoneInfo(zone) if isinstance(zone, str) else zone


# China's time and America's Central are both CST; India's, Ireland's and Israel's are all IST.
_NAMES_OF_SEVERAL = ("CST", "IST")


def zone_name(value: datetime) -> str:
    """The short name of an instant's zone (PST, JST); its distance from UTC where none is clear (UTC+8)."""
    name = value.tzname() or ""
    if name[:1].isalpha() and name not in _NAMES_OF_SEVERAL:
        return name
    offset = value.utcoffset() or timedelta()
    hours, minutes = divmod(abs(int(offset.total_seconds())) // 60, 60)
    sign = "−" if offset < timedelta() else "+"
    return f"UTC{sign}{hours}" + (f":{minutes:02}" if minutes else "")


def exactly(value: datetime, zone: Zone = None) -> str:
    """The instant to the minute in a zone, with the zone's short name."""
    return _to_the_minute(value, _zone(zone))


@written_once
def _to_the_minute(value: datetime, zone: tzinfo) -> str:
    there = value.astimezone(zone)
    # Translators: a date and time to the minute, in Django's date format letters.
    text = formats.date_format(there, pgettext("date and time format", "D j M Y, H:i"), use_l10n=False)
    return f"{text} {zone_name(there)}"


def in_both_zones(value: datetime, zone: Zone = None) -> str:
    """The marketplace's time, and the reader's where it differs."""
    there = exactly(value, zone)
    here = exactly(value)
    return there if here == there else gettext("%(there)s, for you %(here)s") % {"there": there, "here": here}


_MINUTE, _HOUR, _DAY = 60, 3600, 86400
# (seconds in the unit, seconds from which the next unit is used, words)
_UNITS = (
    (_MINUTE, _HOUR, ngettext_lazy("%(n)d minute", "%(n)d minutes", "n")),
    (_HOUR, _DAY, ngettext_lazy("%(n)d hour", "%(n)d hours", "n")),
    (_DAY, 30 * _DAY, ngettext_lazy("%(n)d day", "%(n)d days", "n")),
    (30 * _DAY, 365 * _DAY, ngettext_lazy("%(n)d month", "%(n)d months", "n")),
    (365 * _DAY, float("inf"), ngettext_lazy("%(n)d year", "%(n)d years", "n")),
)


def lasting(span: timedelta) -> str:
    """A length of time in its one largest unit: 4 hours, 7 days."""
    seconds = int(abs(span.total_seconds()))
    size, _limit, words = next(unit for unit in _UNITS if seconds < unit[1])
    return str(words % {"n": max(1, seconds // size)})


def relatively(value: datetime, now: datetime) -> str:
    """How far an instant is from now, in words."""
    distance = value - now
    if abs(distance) < timedelta(minutes=1):
        return gettext("now")
    if distance > timedelta():
        return gettext("in %(length)s") % {"length": lasting(distance)}
    return gettext("%(length)s ago") % {"length": lasting(distance)}


def _time(value: datetime, text: str, title: str, *, ticks: bool = False) -> SafeString:
    form = (
        '<time datetime="{}" title="{}" data-relative>{}</time>'
        if ticks
        else '<time datetime="{}" title="{}">{}</time>'
    )
    return format_html(form, value.astimezone(UTC).isoformat(timespec="seconds"), title, text)


@register.simple_tag
def instant(value: datetime | None, zone: Zone = None) -> SafeString | str:
    """An instant relative to now, with the exact instant on hover."""
    if value is None:
        return NOTHING
    return _time(value, relatively(value, timezone.now()), in_both_zones(value, zone), ticks=True)


@register.simple_tag
def moment(value: datetime | None, zone: Zone = None) -> SafeString | str:
    """An instant exactly, in a zone (the reader's, where none is given)."""
    if value is None:
        return NOTHING
    return _time(value, exactly(value, zone), in_both_zones(value, zone))


@register.simple_tag
def both_zones(value: datetime | None, zone: Zone = None) -> SafeString | str:
    """An instant in the marketplace's zone, and below it in the reader's where that differs."""
    if value is None:
        return NOTHING
    there, here = exactly(value, zone), exactly(value)
    if there == here:
        return _time(value, there, there)
    for_you = gettext("%(here)s for you") % {"here": here}
    return format_html(
        '<span class="zones">{}<span class="zones-yours">{}</span></span>',
        _time(value, there, there),
        for_you,
    )


@register.simple_tag
def window(starts_at: datetime, ends_at: datetime, zone: Zone = None) -> SafeString:
    """A half-open span of time, with its length."""
    return format_html(
        '<span>{} – {} <span class="text-secondary">({})</span></span>',
        moment(starts_at, zone),
        moment(ends_at, zone),
        lasting(_length(starts_at, ends_at, _zone(zone))),
    )


def _length(starts_at: datetime, ends_at: datetime, zone: tzinfo) -> timedelta:
    """A day counts as one also when clocks change in it; what is shorter is as long as it really takes."""
    first, last = (at.astimezone(zone).replace(tzinfo=None) for at in (starts_at, ends_at))
    return last - first if last - first >= timedelta(days=1) else ends_at - starts_at


# --- The shell ------------------------------------------------------------------------------------------


@register.simple_tag
def in_demo() -> bool:
    """Whether this desk is the demonstration, whose mail a page shows."""
    return bool(settings.DEMO)


@register.inclusion_tag("_navigation.html", takes_context=True)
def navigation(context: template.Context) -> dict[str, object]:
    """The main entries; the one that holds this page is marked as current."""
    request: HttpRequest = context["request"]
    entries = [*NAVIGATION, *(DEMO_NAVIGATION if settings.DEMO else ())]
    addresses = {name: reverse(name) for name, _label, _icon in entries}
    current = _entry_of(request, addresses)
    return {
        "entries": [
            {"label": label, "icon": picture, "url": addresses[name], "current": name == current}
            for name, label, picture in entries
        ]
    }


def _entry_of(request: HttpRequest, addresses: dict[str, str]) -> str | None:
    """The entry with the longest address that holds the page; some pages lie under their store's."""
    match = request.resolver_match
    name = (match.url_name or "") if match else ""
    if name.startswith("product"):
        return "product-list"
    if name == "store-calendar":
        return "calendar"
    if name.startswith("report"):
        return "history"
    holding = [name for name, address in addresses.items() if _holds(address, request.path)]
    return max(holding, key=lambda name: len(addresses[name]), default=None)


def _holds(address: str, path: str) -> bool:
    return path == address or (address != "/" and path.startswith(address))


@register.inclusion_tag("_pager.html", takes_context=True)
def pager(
    context: template.Context,
    page: Page[object],
    address: str = "",
    kept: str = "",
) -> dict[str, object]:
    """Links to the pages of a list; they keep the filters of the address.

    Where the list is shown again at the address of a form, its own address and filter are named.
    """
    numbers = page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1)
    return {
        "address": address,
        "asked": QueryDict(kept) if address else context["request"].GET,
        "page": page,
        "numbers": list(numbers),
        "gap": page.paginator.ELLIPSIS,
    }


@register.inclusion_tag("_empty.html")
def empty(title: str, sentence: str = "", url: str = "", label: str = "", icon: str = "") -> dict[str, str]:
    """What a list says when there is nothing in it: why, and what to do first."""
    return {"title": title, "sentence": sentence, "url": url, "label": label, "icon": icon}


# --- Forms ----------------------------------------------------------------------------------------------

_CONTROL_CLASSES = {
    "checkbox": "form-check-input",
    "radioselect": "form-check-input",
    "checkboxselectmultiple": "form-check-input",
    "select": "form-select",
}


def _dress(widget: Widget, kind: str, wrong: bool) -> None:
    known = str(widget.attrs.get("class", "")).split()
    wanted = [_CONTROL_CLASSES.get(kind, "form-control"), *(["is-invalid"] if wrong else [])]
    widget.attrs["class"] = " ".join(dict.fromkeys([*known, *wanted]))


@register.inclusion_tag("forms/_field.html")
def field(bound: BoundField, before: str = "", after: str = "") -> dict[str, object]:
    """A form field with its label, its hint and its error beside it; `before` and `after` are units."""
    kind = bound.widget_type
    _dress(bound.field.widget, kind, bool(bound.errors))
    return {
        "field": bound,
        "choices": kind in {"radioselect", "checkboxselectmultiple"},
        "checkbox": kind == "checkbox",
        "before": before,
        "after": after,
    }


@register.simple_tag
def choice_box(choice: BoundWidget) -> SafeString:
    """The box of a choice as Django's widget writes it, which takes four templates for each."""
    data = choice.data
    attrs = flatatt({"name": data["name"], "value": data["value"], **data["attrs"]})
    return format_html('<input type="{}"{}>', data["type"], attrs)


@register.inclusion_tag("forms/_errors.html")
def form_errors(form: BaseForm, outcome: str = "") -> dict[str, object]:
    """What is wrong in a form, as one list that links to the fields, and what came of sending it."""
    wrong = [form[name] for name in form.errors if name in form.fields]
    return {"form": form, "wrong": wrong, "outcome": outcome or gettext("Nothing was saved.")}
