"""What people see of a content and of findings: fields by name, values in words, findings with sums."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.forms import BaseForm, BoundField
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from promoflow import phrases
from promoflow.errors import Blocked, Stale
from promoflow.promotions.content import Difference
from promoflow.promotions.wording import sentences, words
from promoflow.promotions.wording.sentences import Line
from promoflow.rulebook import kinds
from promoflow.rulebook.findings import Finding
from promoflow.templatetags.desk import NOTHING, STATES, exactly
from promoflow.templatetags.fields import FIELD_NAMES

Names = Mapping[str, str | Promise]

CHOICE_NAMES: Mapping[str, Names] = {
    "discount_type": {
        kinds.PERCENT: _("Percent off the price"),
        kinds.MONEY: _("Money off the price"),
        kinds.PRICE: _("A price to sell at"),
        kinds.FREE_ITEMS: _("Free items"),
    },
    "claim_type": {
        "none": _("No code: everybody gets it"),
        "single_use": _("Single-use codes: each works once"),
        "group": _("One group code that may be passed on"),
    },
    "combinability": {
        "preferential": _("Preferential: the best one, with unrestricted ones"),
        "unrestricted": _("Unrestricted: adds up with every other code"),
        "exclusive": _("Exclusive: with no other code"),
    },
    "state": {state: word for state, (word, _icon, _tone) in STATES.items()},
}

_FEW = 8


# --- Fields and their values ----------------------------------------------------------------------------


def field_name(field: str) -> str:
    """What people call a field of the content."""
    return str(FIELD_NAMES.get(field, field))


def field_value(field: str, value: Any, *, zone: str, currency: str, content: Mapping[str, Any]) -> str:
    """A value in words; the content that it stands in says how a discount and the end of a day are meant."""
    if value is None or value == "" or value == []:
        return NOTHING
    if field in CHOICE_NAMES:
        return str(CHOICE_NAMES[field].get(value, value))
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, list | tuple):
        return words.listed([str(item) for item in value], at_most=_FEW)
    return _single(field, str(value), zone=zone, currency=currency, content=content)


def _single(field: str, value: str, *, zone: str, currency: str, content: Mapping[str, Any]) -> str:
    match field:
        case "kind":
            return words.kind(value)
        case "budget":
            return words.money(Decimal(value), currency)
        case "discount_value":
            return _discount(value, currency, content)
        case "stopped_at":
            return exactly(datetime.fromisoformat(value), zone)
        case "starts_at" | "ends_at":
            return _instant(field, datetime.fromisoformat(value), zone, content)
        case _:
            return value


def _discount(value: str, currency: str, content: Mapping[str, Any]) -> str:
    discount_type = content.get("discount_type")
    if discount_type in (kinds.PERCENT, kinds.MONEY, kinds.PRICE):
        return words.discount(discount_type, value, currency)
    return value


def _instant(field: str, at: datetime, zone: str, content: Mapping[str, Any]) -> str:
    if not kinds.runs_whole_days(str(content.get("kind", ""))):
        return exactly(at, zone)
    # People type the last day; the window ends where the next one begins.
    shown = at - timedelta(minutes=1) if field == "ends_at" else at
    form = pgettext("date format", "D j M Y")
    return date_format(shown.astimezone(ZoneInfo(zone)), form, use_l10n=False)


@dataclass(frozen=True)
class Changed:
    """A field that differs, in words; as text one line."""

    field: str
    name: str
    before: str
    after: str
    added: str = ""
    removed: str = ""

    def __str__(self) -> str:
        return gettext("%(name)s: %(text)s") % {"name": self.name, "text": self.text}

    @property
    def text(self) -> str:
        if not self.added and not self.removed:
            return gettext("%(before)s → %(after)s") % {"before": self.before, "after": self.after}
        parts = [
            gettext("added %(names)s") % {"names": self.added} if self.added else "",
            gettext("removed %(names)s") % {"names": self.removed} if self.removed else "",
        ]
        return phrases.in_a_line(parts)


def difference_lines(
    changes: Iterable[Difference], *, zone: str, currency: str, content: Mapping[str, Any] | None = None
) -> list[Changed]:
    """Differences with human names and values; `content` is one of the two, for what did not change."""
    changes = list(changes)
    names = {change.field for change in changes}
    before = {**(content or {}), **{change.field: change.before for change in changes}}
    after = {**(content or {}), **{change.field: change.after for change in changes}}
    return [
        _changed(change, before, after, zone=zone, currency=currency)
        for change in changes
        # Children follow from their chosen parents, and are told of only where they alone changed.
        if change.field != "covered" or "asins" not in names
    ]


def _changed(
    change: Difference, before: Mapping[str, Any], after: Mapping[str, Any], *, zone: str, currency: str
) -> Changed:
    was, now = change.before or [], change.after or []
    added, removed = [], []
    if change.field in ("asins", "covered"):
        added = [asin for asin in now if asin not in was]
        removed = [asin for asin in was if asin not in now]
    return Changed(
        field=change.field,
        name=field_name(change.field),
        before=field_value(change.field, change.before, zone=zone, currency=currency, content=before),
        after=field_value(change.field, change.after, zone=zone, currency=currency, content=after),
        added=words.listed(added, at_most=_FEW),
        removed=words.listed(removed, at_most=_FEW),
    )


# --- Findings -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shown:
    """A finding as a page shows it; `field` is the form field that answers it, where there is one."""

    finding: Finding
    sentence: str
    way_out: str
    lines: tuple[Line, ...]
    title: str = ""
    field: BoundField | None = None
    opened: bool = False
    """Whether its sum is spelled out at once: the first ones are, so that a long list stays readable."""

    @property
    def key(self) -> str:
        return self.finding.key

    @property
    def severity(self) -> str:
        return self.finding.severity

    @property
    def is_beside_the_price(self) -> bool:
        """Said beside the worst price, and not in the list: that it comes off prices unknown here too."""
        return self.finding.code == "unseen-prices"

    @property
    def price(self) -> str:
        """What shoppers would pay, from the sum."""
        return next((line.amount for line in self.lines if line.role == "result"), "")

    @property
    def linked(self) -> SafeString:
        """The sentence, each other request in it a link to its page."""
        return linked(self.sentence, self.finding.others)

    def __str__(self) -> str:
        return self.sentence


_OPENED = 3


def present(
    findings: Iterable[Finding],
    *,
    zone: str,
    currency: str = "",
    titles: Mapping[str, str] | None = None,
) -> list[Shown]:
    """Findings in words, in their order; `titles` names their products by ASIN."""
    shown: list[Shown] = []
    opened = 0
    for finding in findings:
        lines = tuple(sentences.arithmetic(finding, currency))
        opened += bool(lines)
        shown.append(
            Shown(
                finding=finding,
                sentence=sentences.sentence(finding, zone=zone),
                way_out=sentences.way_out(finding, zone=zone),
                lines=lines,
                title=(titles or {}).get(finding.asin, ""),
                opened=bool(lines) and opened <= _OPENED,
            )
        )
    return shown


def with_fields(shown: Iterable[Shown], form: BaseForm, prefix: str) -> list[Shown]:
    """Each finding with the form's field for its key, where the form has one."""
    return [
        replace(one, field=form[f"{prefix}{one.key}"]) if f"{prefix}{one.key}" in form.fields else one
        for one in shown
    ]


@contextmanager
def refusals_in_words(
    *, zone: str, currency: str, content: Mapping[str, Any] | None = None
) -> Iterator[None]:
    """Refusals raised inside leave with their differences and findings as sentences, ready for a page."""

    def in_words(things: Sequence[Any]) -> list[object]:
        changes = [thing for thing in things if isinstance(thing, Difference)]
        found = [thing for thing in things if isinstance(thing, Finding)]
        lines = difference_lines(changes, zone=zone, currency=currency, content=content)
        return [*lines, *present(found, zone=zone, currency=currency)]

    try:
        yield
    except Stale as stale:
        changes, found = in_words(stale.changes), in_words(stale.findings)
        raise Stale(stale.sentence, changes=changes, findings=found) from stale
    except Blocked as blocked:
        raise Blocked(blocked.sentence, findings=in_words(blocked.findings)) from blocked


def linked(text: str, references: Sequence[str]) -> SafeString:
    """The text, each of these requests in it a link to its page."""
    if not references:
        return format_html("{}", text)
    parts = re.split("({})".format("|".join(re.escape(name) for name in references)) + r"(?!\d)", text)
    return format_html_join("", "{}", ((_link(part) if part in references else part,) for part in parts))


def _link(reference: str) -> SafeString:
    return format_html('<a href="{}">{}</a>', reverse("request", args=[reference]), reference)
