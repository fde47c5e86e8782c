"""What people call the names under which an entry keeps its values; the names themselves never change."""

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

LABELS: Final[Mapping[str, str | Promise]] = {
    "accounts": _("accounts of the human"),
    "acknowledged": _("warnings acknowledged"),
    "active": _("account is active"),
    "address": _("address of the channel"),
    "amazon_id": _("number at Amazon"),
    "amended_by": _("amended by"),
    "amends": _("amends"),
    "approvals": _("approvals"),
    "approved_by": _("approved by"),
    "approved_by_role": _("role that approves"),
    "asin": "ASIN",
    "asins": _("ASINs"),
    "blocked": _("requests blocked"),
    "budget": _("budget"),
    "buy_quantity": _("units to buy"),
    "by": _("opened by"),
    "changes": _("changes"),
    "channel.digest": _("how often it is told"),
    "claim_code": _("claim code"),
    "claim_type": _("type of claim code"),
    "claimed_by": _("claimed by"),
    "closed": _("where the log was closed"),
    "closes": _("closes"),
    "combinability": _("combinability"),
    "committed_units": _("committed units"),
    "confirmed_at": _("confirmed with a code"),
    "continues": _("log that it continues"),
    "copied_from": _("copied from"),
    "counters": _("counters of attempts to sign in"),
    "counts": _("counts"),
    "covered": _("products covered"),
    "currency": _("currency"),
    "days": _("days"),
    "deactivated": _("deactivated at Amazon"),
    "delegate": _("who decides in their place"),
    "desk.address": _("address of the page"),
    "digest": _("hash"),
    "digest_hour": _("hour of the digest"),
    "discount_type": _("type of discount"),
    "discount_value": _("discount"),
    "email": _("email address"),
    "ends_at": _("end"),
    "family": _("family"),
    "fields": _("fields"),
    "file": _("file"),
    "findings": _("findings"),
    "floor": _("floor price"),
    "floor_price": _("floor price"),
    "get_quantity": _("units free"),
    "gone_by": _("gone by"),
    "hours": _("hours"),
    "imports": _("uploaded files"),
    "kept": _("how much of it is kept"),
    "key": _("key of the log"),
    "kind": _("kind"),
    "language": _("language"),
    "lines": _("lines"),
    "lowered": _("lowered floors"),
    "mail": _("mail"),
    "marketplace": _("marketplace"),
    "max_redemptions": _("most redemptions"),
    "may_run": _("may run at Amazon"),
    "mentions": _("people mentioned"),
    "merchant_id": _("merchant id"),
    "messages": _("messages"),
    "missing": _("missing"),
    "name": _("name"),
    "on_behalf_of": _("on behalf of"),
    "one_per_customer": _("once per customer"),
    "opened_at": _("opened"),
    "opens": _("opens"),
    "page": _("page"),
    "parent_asin": _("parent"),
    "person": _("person"),
    "person.digest": _("how often they are told"),
    "policy": _("version of the rules"),
    "price": _("price"),
    "quiet": _("quiet hours"),
    "reason": _("reason"),
    "references": _("requests"),
    "refused": _("lines refused"),
    "requests": _("number of requests"),
    "retyped_asin": _("ASIN typed anew"),
    "role": _("role"),
    "screenshot": _("screenshot"),
    "screenshots": _("screenshots"),
    "sessions": _("sessions"),
    "sha256": "SHA-256",
    "size": _("bytes"),
    "sku": "SKU",
    "sku_price": _("price of the SKU"),
    "starts_at": _("start"),
    "status": _("status"),
    "step": _("confirmed with"),
    "store": _("store"),
    "time_zone": _("time zone"),
    "title": _("title"),
    "too_many_attempts": _("too many attempts"),
    "topics": _("topics"),
    "turned_away": _("turned away unread"),
    "units_per_order": _("units per order"),
    "version": _("version"),
    "with": _("together with"),
    "zone": _("time zone"),
}


BLACKOUT: Final = "blackouts."
"""What stands before the name of a blackout where a draft of the rules changed it."""


def label_of(name: str, part: str = "") -> str:
    """In the reader's language; a name that is not listed, such as a finding's key, stays as it is.

    A blackout has the name that people gave it. What is said of several products stands under the name of
    each: "B0AURORA01 floor". A few names mean something else in one part of the history.
    """
    if name.startswith(BLACKOUT):
        return gettext("Blackout %(name)s") % {"name": name.removeprefix(BLACKOUT)}
    about, space, what = name.rpartition(" ")
    if space and what in LABELS:
        return f"{about} {LABELS[what]}"
    return str(LABELS.get(f"{part}.{name}") or LABELS.get(name, name.replace("_", " ")))
