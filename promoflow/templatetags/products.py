"""How pages and mails say what changed of a product."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from django import template
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from promoflow.templatetags.desk import money

register = template.Library()

_AMOUNTS: Final[Mapping[tuple[str, str], str | Promise]] = {
    ("price", "fell"): _("The price of %(asin)s fell from %(before)s to %(after)s."),
    ("price", "rose"): _("The price of %(asin)s rose from %(before)s to %(after)s."),
    ("price", "gone"): _("The price of %(asin)s is no longer known; it was %(before)s."),
    ("price", "new"): _("The price of %(asin)s is known now: %(after)s."),
    ("floor", "fell"): _("The floor of %(asin)s was lowered from %(before)s to %(after)s."),
    ("floor", "rose"): _("The floor of %(asin)s was raised from %(before)s to %(after)s."),
    ("floor", "gone"): _("The floor of %(asin)s was taken away; it was %(before)s."),
    ("floor", "new"): _("%(asin)s was given a floor: %(after)s."),
}


@register.simple_tag
def product_change(change: Mapping[str, Any], currency: str) -> str:
    """One change that an alarm keeps (promotions/price_changes.py), as a sentence."""
    what, before, after = change["what"], change.get("before"), change.get("after")
    if what == "more":
        return ngettext("%(count)d more product changed.", "%(count)d more changed.", change["count"]) % {
            "count": change["count"]
        }
    if what == "family":
        text = _("%(asin)s now belongs to the family of %(after)s.")
        return str(text if after else _("%(asin)s no longer belongs to a family.")) % change
    values = {"asin": change["asin"], "before": money(before, currency), "after": money(after, currency)}
    return str(_AMOUNTS[what, _way(before, after)]) % values


def _way(before: str | None, after: str | None) -> str:
    if before is None or after is None:
        return "new" if before is None else "gone"
    return "fell" if Decimal(after) < Decimal(before) else "rose"
