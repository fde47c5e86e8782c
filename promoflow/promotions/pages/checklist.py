"""What to set where in Seller Central: the approved content, line by line, each with what to copy there."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from promoflow.promotions.evidence import expected
from promoflow.promotions.wording import presenting
from promoflow.rulebook import kinds, offers
from promoflow.rulebook.stacking import plain

# Where Seller Central creates each kind (domain.md, section 1).
PLACES: Final[Mapping[str, str | Promise]] = {
    kinds.COUPON: gettext_lazy("Advertising, Coupons, Create a new coupon"),
    kinds.LIGHTNING_DEAL: gettext_lazy("Advertising, Deals, Create a new deal, Lightning Deal"),
    kinds.BEST_DEAL: gettext_lazy("Advertising, Deals, Create a new deal, Best Deal"),
    kinds.PRICE_DISCOUNT: gettext_lazy("Advertising, Price Discounts, Create a discount"),
    kinds.SOCIAL_CODE: gettext_lazy("Advertising, Promotions, Social Media Promo Code"),
    kinds.PERCENTAGE_OFF: gettext_lazy("Advertising, Promotions, Percentage Off"),
    kinds.BUY_ONE_GET_ONE: gettext_lazy("Advertising, Promotions, Buy One Get One"),
}

_AMOUNTS: Final = frozenset({"discount_value", "budget"})
_COPIED_AS_THEY_ARE: Final = frozenset(
    {
        "claim_code",
        "buy_quantity",
        "get_quantity",
        "units_per_order",
        "max_redemptions",
        "committed_units",
    }
)


@dataclass(frozen=True)
class Line:
    """One thing to set: what it is called, what it must be, and what to paste where something is typed."""

    name: str
    value: str
    copied: str = ""


@dataclass(frozen=True)
class Checklist:
    """The page beside the form: where to create it or which one to change, its products, and each setting."""

    place: str
    amazon_id: str
    """Of what it amends: that one is changed, and nothing is created."""
    products_name: str
    asins: str
    lines: list[Line]


def of(
    content: Mapping[str, Any],
    *,
    zone: str,
    currency: str,
    amazon_id: str = "",
    amended: Iterable[presenting.Changed] = (),
) -> Checklist:
    """All of it; of an amendment only what it changes of the promotion with this id."""
    return Checklist(
        place=str(PLACES[content["kind"]]),
        amazon_id=amazon_id,
        products_name=presenting.field_name("asins"),
        asins=asins(content),
        lines=changed_lines(amended, content, zone=zone, currency=currency)
        if amazon_id
        else lines(content, zone=zone, currency=currency),
    )


def lines(content: Mapping[str, Any], *, zone: str, currency: str) -> list[Line]:
    """Everything beside the products that somebody sets, in the order in which it is read off afterwards."""
    found = [
        line
        for field in expected(content)
        if field != "asins"
        for line in _lines(field, content, zone=zone, currency=currency)
    ]
    return [*_title(content), *found, *_switches(content["kind"])]


def _title(content: Mapping[str, Any]) -> list[Line]:
    """Shoppers read a coupon's title; the other kinds have one on the desk alone."""
    if content["kind"] != kinds.COUPON:
        return []
    return [Line(_("Coupon title, which shoppers read"), content["title"], content["title"])]


def changed_lines(
    amended: Iterable[presenting.Changed], content: Mapping[str, Any], *, zone: str, currency: str
) -> list[Line]:
    """What an amendment changes of what Seller Central shows, each as it was and as it is to be."""
    found: list[Line] = []
    for change in amended:
        if change.field in ("asins", "covered"):
            found.append(Line(change.name, change.text, asins(content)))
        elif change.field in expected(content):
            first, *others = _lines(change.field, content, zone=zone, currency=currency)
            found += [replace(first, value=change.text), *others]
    return found


def asins(content: Mapping[str, Any]) -> str:
    """The chosen products as the kind's form takes them: coupons want semicolons (domain.md, 4.8)."""
    return (";" if content["kind"] == kinds.COUPON else "\n").join(content["asins"])


def day(content: Mapping[str, Any], field: str, *, zone: str) -> str:
    """The day that is typed for one end: the last one included, where the window ends as the next begins."""
    at = offers.instant(content, field)
    typed = at - timedelta(minutes=1) if field == "ends_at" else at
    return f"{typed.astimezone(ZoneInfo(zone)):%Y-%m-%d}"


def _lines(field: str, content: Mapping[str, Any], *, zone: str, currency: str) -> Iterable[Line]:
    name = presenting.field_name(field)
    value = presenting.field_value(field, content[field], zone=zone, currency=currency, content=content)
    if field in ("starts_at", "ends_at"):
        return _when(field, name, value, content, zone)
    if field in _AMOUNTS:
        return [Line(name, value, plain(Decimal(content[field])))]
    return [Line(name, value, str(content[field]) if field in _COPIED_AS_THEY_ARE else "")]


def _when(field: str, name: str, value: str, content: Mapping[str, Any], zone: str) -> list[Line]:
    if kinds.runs_whole_days(content["kind"]):
        return [Line(name, value, day(content, field, zone=zone))]
    local = offers.instant(content, field).astimezone(ZoneInfo(zone))
    return [
        Line(name, value, f"{local:%Y-%m-%d}"),
        Line(_("%(name)s, time") % {"name": name}, f"{local:%H:%M}", f"{local:%H:%M}"),
    ]


def _switches(kind: str) -> list[Line]:
    """What Amazon sets by itself and never lets anybody change afterwards."""
    if kind != kinds.SOCIAL_CODE:
        return []
    return [
        Line(
            _("Shared with Amazon Influencers and Associates"),
            _("off: Amazon shares a code by default, and it cannot be changed once it is created"),
        )
    ]
