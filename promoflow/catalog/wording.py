"""What somebody changed of a store or a product after another had opened its form, in words."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from promoflow.templatetags.desk import NOTHING, money

_NAMES: Final[Mapping[str, str | Promise]] = {
    "name": _("Name"),
    "merchant_id": _("Merchant id"),
    "price": _("Price"),
    "floor_price": _("Floor price"),
    "parent_asin": _("Parent"),
}

CHANGED: Final[Mapping[str, str | Promise]] = {
    "new": _("new products"),
    "price": _("changed prices"),
    "floor": _("changed floors"),
    "lowered": _("lowered floors"),
    "above": _("floors above the price"),
    "parent": _("changed parents"),
    "moved": _("with SKUs moved here"),
    "lost": _("with SKUs moved away"),
    "text": _("changed titles or pictures"),
    "skus": _("with other SKU details"),
}
"""What an import changes of products, as its figures are named."""

Facts = Mapping[str, Decimal | str | None]


def differences(seen: Facts, found: Facts, *, currency: str = "") -> list[str]:
    """What is not as it was seen, a line for each; amounts are of the currency."""
    return [
        gettext("%(what)s: you saw %(seen)s, it is %(found)s")
        % {"what": _NAMES[fact], "seen": _shown(seen[fact], currency), "found": _shown(now, currency)}
        for fact, now in found.items()
        if seen[fact] != now
    ]


def _shown(fact: Decimal | str | None, currency: str) -> str:
    return money(fact, currency) if isinstance(fact, Decimal) else fact or NOTHING
