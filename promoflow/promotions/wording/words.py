"""Kinds, money, discounts and instants in the reader's language."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final
from unicodedata import east_asian_width
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext, pgettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from promoflow import phrases
from promoflow.phrases import written_once
from promoflow.rulebook import kinds, zones
from promoflow.templatetags import desk

KIND_NAMES: Mapping[str, str | Promise] = {
    kinds.COUPON: _("coupon"),
    kinds.LIGHTNING_DEAL: _("Lightning Deal"),
    kinds.BEST_DEAL: _("Best Deal"),
    kinds.PRICE_DISCOUNT: _("Price Discount"),
    kinds.SOCIAL_CODE: _("social code"),
    kinds.PERCENTAGE_OFF: _("percentage off"),
    kinds.BUY_ONE_GET_ONE: _("buy one get one"),
}


def kind(code: str) -> str:
    """The name of a kind inside a sentence; a code that nobody knows stands for itself."""
    return str(KIND_NAMES.get(code, code))


def money(amount: Decimal, currency: str) -> str:
    """An amount as pages write it: "$3.99"."""
    return desk.money(amount, currency)


@written_once
def percent(value: Decimal) -> str:
    return desk.percent(value)


@written_once
def discount(discount_type: str, label: str, currency: str) -> str:
    """What a promotion takes off, from the rulebook's wordless label ("20 %", "10.00", "=25.00", "2+1")."""
    number = label.removesuffix(" %").removeprefix("=")
    if discount_type == kinds.FREE_ITEMS:
        buy, _plus, get = number.partition("+")
        return gettext("buy %(buy)s, get %(get)s free") % {"buy": buy, "get": get}
    if discount_type == kinds.PERCENT:
        return gettext("%(percent)s off") % {"percent": percent(Decimal(number))}
    if discount_type == kinds.PRICE:
        return gettext("at %(price)s") % {"price": money(Decimal(number), currency)}
    return gettext("%(money)s off") % {"money": money(Decimal(number), currency)}


def discount_of_label(label: str, currency: str) -> str:
    """The same where only the label is at hand, as in a step of the arithmetic."""
    if label.endswith("%"):
        return discount(kinds.PERCENT, label, currency)
    if "+" in label:
        return discount(kinds.FREE_ITEMS, label, currency)
    return discount(kinds.PRICE if label.startswith("=") else kinds.MONEY, label, currency)


def listed(names: Sequence[str], *, at_most: int) -> str:
    """The first names of a list, and how many more there are."""
    text = phrases.listed(names[:at_most])
    left = len(names) - at_most
    if left <= 0:
        return text
    return ngettext("%(names)s and %(left)d more", "%(names)s and %(left)d more", left) % {
        "names": text,
        "left": left,
    }


@written_once
def instant(at: datetime, zone: str) -> str:
    """A date and time without its zone: "Nov 25, 08:00"."""
    return date_format(at.astimezone(ZoneInfo(zone)), pgettext("date format", "M j, H:i"))


@written_once
def instant_of_year(at: datetime, zone: str) -> str:
    """The same with its year: "Nov 25, 2026, 08:00"."""
    return date_format(at.astimezone(ZoneInfo(zone)), pgettext("date format", "M j, Y, H:i"))


@written_once
def day(at: datetime, zone: str) -> str:
    """A date: "Nov 25"."""
    return date_format(at.astimezone(ZoneInfo(zone)), pgettext("date format", "M j"))


@written_once
def day_of_year(at: datetime, zone: str) -> str:
    """The same with its year: "Nov 25, 2026"."""
    return date_format(at.astimezone(ZoneInfo(zone)), pgettext("date format", "M j, Y"))


@written_once
def month(at: datetime, zone: str) -> str:
    """A month of a year: "November 2026"."""
    return date_format(at.astimezone(ZoneInfo(zone)), pgettext("date format", "F Y"), use_l10n=False)


@written_once
def weekday(at: datetime, zone: str) -> str:
    """The name of a day of the week as a column of a month has room for it: "Mon"."""
    return str(_WEEKDAYS[at.astimezone(ZoneInfo(zone)).weekday()])


_WEEKDAYS: Final = (
    pgettext_lazy("day in a narrow column", "Mon"),
    pgettext_lazy("day in a narrow column", "Tue"),
    pgettext_lazy("day in a narrow column", "Wed"),
    pgettext_lazy("day in a narrow column", "Thu"),
    pgettext_lazy("day in a narrow column", "Fri"),
    pgettext_lazy("day in a narrow column", "Sat"),
    pgettext_lazy("day in a narrow column", "Sun"),
)


def shortened(text: str, room: int) -> str:
    """The text, cut where it takes more room than so many Latin letters; Chinese ones take that of two."""
    taken = 0
    for place, letter in enumerate(text):
        taken += 2 if east_asian_width(letter) in "WF" else 1
        if taken > room:
            return f"{text[: place - 1].rstrip()}…"
    return text


@written_once
def clock(at: datetime, zone: str) -> str:
    """A time of day: "08:00"."""
    return date_format(at.astimezone(ZoneInfo(zone)), "H:i")


def start(at: datetime, zone: str, kind_code: str) -> str:
    """When something of this kind may start: for kinds that run whole days the next day, else the time."""
    if kinds.runs_whole_days(kind_code):
        return day(zones.next_midnight(at, zone), zone)
    return instant(at, zone)


def span(
    starts_at: datetime, ends_at: datetime, zone: str, *, with_year: bool | None = None
) -> tuple[str, str]:
    """Its two ends: days, the last one included, where it runs from midnight to midnight; else instants.

    Where nobody says otherwise they have their years unless both are of this one: a wrong year is to be seen.
    """
    whole = starts_at < ends_at and _is_midnight(starts_at, zone) and _is_midnight(ends_at, zone)
    last = ends_at - timedelta(minutes=1) if whole else ends_at
    if with_year is None:
        with_year = {zones.local(at, zone).year for at in (starts_at, last)} != {_this_year()}
    write = _ENDS[whole, with_year]
    return write(starts_at, zone), write(last, zone)


_ENDS: Final = {
    (True, False): day,
    (True, True): day_of_year,
    (False, False): instant,
    (False, True): instant_of_year,
}


def _this_year() -> int:
    """The reader's."""
    return timezone.localtime().year


def zone_name(zone: str, *instants: datetime) -> str:
    """The zone's short name at these instants: "PST", or "PDT/PST" where clocks change between them."""
    names = dict.fromkeys(desk.zone_name(at.astimezone(ZoneInfo(zone))) for at in instants)
    return "/".join(names)


def _is_midnight(at: datetime, zone: str) -> bool:
    return zones.next_midnight(at, zone) == at


def one_of(names: Sequence[str]) -> str:
    """Up to three names, any of whom will do, and how many more there are."""
    if len(names) == 1:
        return names[0]
    if len(names) <= 3:
        return gettext("%(names)s or %(last)s") % {"names": phrases.listed(names[:-1]), "last": names[-1]}
    return gettext("%(names)s or one of %(left)d others") % {
        "names": phrases.listed(names[:2]),
        "left": len(names) - 2,
    }
