"""What an entry of the history keeps, in the reader's language: each value as all other pages say it.

This is how it is shown and nothing else. What is recorded, and hashed, are the codes.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, Final

from django.conf import settings
from django.utils.dates import WEEKDAYS
from django.utils.formats import number_format
from django.utils.functional import Promise, lazystr
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.roles import ROLES
from promoflow import phrases
from promoflow.audit.labels import BLACKOUT, label_of
from promoflow.audit.models import Change, Entry
from promoflow.catalog.marketplaces import MARKETPLACES, Marketplace
from promoflow.catalog.models import Import, Sku, Store
from promoflow.catalog.wording import CHANGED
from promoflow.outbox.kinds import KINDS as CHANNELS
from promoflow.outbox.models import Preference
from promoflow.outbox.notices import TOPICS
from promoflow.policies import wording as rules
from promoflow.promotions.content import decode
from promoflow.promotions.models import PromotionRequest, Revision
from promoflow.promotions.wording import presenting, sentences
from promoflow.reading import read_once
from promoflow.templatetags.desk import KINDS, NOTHING, in_both_zones, money
from promoflow.templatetags.fields import FIELD_NAMES

_ROLES: Final = {role.code: role.name for role in ROLES.values()}

WORDS: Final[Mapping[str, Mapping[Any, str | Promise]]] = {
    **presenting.CHOICE_NAMES,
    "approved_by_role": _ROLES,
    "days": {day + 1: name for day, name in WEEKDAYS.items()},
    "digest": dict(Preference.Digest.choices),
    "fields": FIELD_NAMES,
    "kind": {
        **{code: word for code, (word, _icon) in KINDS.items()},
        **dict(Import.Kind.choices),
        **{kind.code: kind.name for kind in CHANNELS.values()},
    },
    "language": dict(settings.LANGUAGES),
    "marketplace": {each.recorded: lazystr(each) for each in MARKETPLACES.values()},
    "role": _ROLES,
    "status": {Sku.RETIRED: _("left out")},
    "step": {"password": _("password"), "code": _("code")},
    "topics": TOPICS,
}
"""The words for codes, by the name under which an entry keeps them."""

_COUNTS: Final[Mapping[str, str | Promise]] = {"all": _("in all"), **CHANGED}

_AMOUNTS: Final = frozenset({"budget", "floor", "floor_price", "price", "sku_price"})
# What is read beside the kind of the promotion, or of its discount.
_OF_A_CONTENT: Final = frozenset({"discount_value", "starts_at", "ends_at"})
# What an import tells of a product: before, and after.
_BOTH: Final = frozenset({"floor_price", "parent_asin", "price"})
_AMOUNT: Final = re.compile(r"\d+(\.\d+)?")
_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(\.\d+)?(Z|[+-]\d\d:\d\d)")


class Terms:
    """How the values of one side of an entry are meant: in which money, on which clocks, of what content."""

    def __init__(self, entry: Entry, told: Mapping[str, Any]) -> None:
        self._entry, self._told = entry, told

    @cached_property
    def _marketplace(self) -> Marketplace | None:
        return _marketplace_of(self._entry.store_id) if self._entry.store_id else None

    @property
    def zone(self) -> str:
        """The store's; the reader's own where there is none."""
        return self._marketplace.time_zone if self._marketplace else ""

    @property
    def currency(self) -> str:
        return str(self._told.get("currency") or (self._marketplace.currency if self._marketplace else ""))

    @cached_property
    def content(self) -> Mapping[str, Any]:
        """What stood beside the values: in the entry itself, or in the revision that it names."""
        entry, told = self._entry, self._told
        if {
            "kind",
            "discount_type",
        } <= told.keys() or entry.subject_type != PromotionRequest._meta.label_lower:
            return told
        digest = bytes(entry.revision_digest or b"")
        return {**_content_of(entry.subject_id, digest), **told} if digest else told


@read_once
def _marketplace_of(store: int) -> Marketplace | None:
    found = Store.objects.filter(pk=store).first()
    return found.marketplace if found else None


@read_once
def _content_of(request: int | None, digest: bytes) -> Mapping[str, Any]:
    found = Revision.objects.filter(request=request, digest=digest).first()
    return decode(found.body) if found else {}


@dataclass(frozen=True)
class Said:
    """One named value before and after, in words."""

    code: str
    """The name under which it is kept."""
    label: str
    before: str
    after: str


def changes(entry: Entry) -> list[Said]:
    """What an entry changed, and what it only says beside that."""
    was, now = Terms(entry, entry.before), Terms(entry, entry.after)
    return [
        Said(one.name, label(one), value(one.name, one.before, was), value(one.name, one.after, now))
        for one in entry.changes
    ]


def label(change: Change) -> str:
    """What is under this name: of a finding's key the finding, of a rule's path the rule."""
    if sentences.is_key(change.name):
        return sentences.name_of_key(change.name)
    if change.part == "policy" and "." in change.name and not change.name.startswith(BLACKOUT):
        return rules.name(change.name)
    return change.label


def value(name: str, told: Any, terms: Terms) -> str:
    """A value as pages say it; what nobody has a word for stays as it is."""
    what = name.rpartition(" ")[2]
    if told in (None, "", [], {}):
        return NOTHING
    match told:
        case bool():
            return gettext("yes") if told else gettext("no")
        case dict():
            return rules.blackout_text(told) if "first_day" in told else _named(what, told, terms)
        case [was, now] if what in _BOTH:
            return f"{value(what, was, terms)} → {value(what, now, terms)}"
        case [dict(), *_rest]:
            return "\n".join(value(what, part, terms) for part in told)
        case list():
            return phrases.listed(value(what, part, terms) for part in told)
        case _:
            return _single(what, told, terms)


def _named(what: str, told: Mapping[str, Any], terms: Terms) -> str:
    """Values within a value, each with its name; figures that are nothing are left out."""
    labels = _COUNTS if what == "counts" else {}
    return phrases.in_a_line(
        gettext("%(name)s: %(text)s")
        % {"name": labels.get(name) or label_of(name), "text": value(name, part, terms)}
        for name, part in told.items()
        if part != 0 or what != "counts"
    )


def _single(what: str, told: Any, terms: Terms) -> str:
    words = WORDS.get(what, {})
    if told in words:
        return str(words[told])
    if "." in what:
        return rules.value_text(told)
    if isinstance(told, int):
        return number_format(told, force_grouping=True)
    return _text(what, str(told), terms)


def _text(what: str, told: str, terms: Terms) -> str:
    if sentences.is_key(told):
        return sentences.name_of_key(told)
    if what in _AMOUNTS and terms.currency and _AMOUNT.fullmatch(told):
        return money(Decimal(told), terms.currency)
    if what in _OF_A_CONTENT and terms.content.get("kind") and terms.zone:
        return presenting.field_value(
            what, told, zone=terms.zone, currency=terms.currency, content=terms.content
        )
    if _INSTANT.fullmatch(told):
        return in_both_zones(datetime.fromisoformat(told), terms.zone)
    return told
