"""What people call the fields of a request's content, on pages and in letters."""

from collections.abc import Iterable, Mapping
from typing import Final

from django import template
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from promoflow import phrases

register = template.Library()

FIELD_NAMES: Final[Mapping[str, str | Promise]] = {
    "kind": _("Kind"),
    "title": _("Title"),
    "asins": _("Products"),
    "covered": _("Products with their variations"),
    "discount_type": _("Type of discount"),
    "discount_value": _("Discount"),
    "starts_at": _("Start"),
    "ends_at": _("End"),
    "claim_type": _("Claim code"),
    "claim_code": _("Code"),
    "combinability": _("Together with other codes"),
    "budget": _("Budget"),
    "one_per_customer": _("One per customer"),
    "units_per_order": _("Most units in one order"),
    "max_redemptions": _("Most redemptions in all"),
    "committed_units": _("Committed units"),
    "buy_quantity": _("Shopper buys"),
    "get_quantity": _("Shopper gets free"),
    "store": _("Store"),
    "currency": _("Currency"),
    "amazon_id": _("Amazon's promotion id"),
    "state": _("State"),
    "stopped_at": _("Stopped"),
}


@register.filter
def field_words(fields: Iterable[str]) -> str:
    """The names of fields, on one line."""
    return phrases.listed(str(FIELD_NAMES.get(field, field)) for field in fields)
