"""What has changed since a page was shown, as sentences: rules, other promotions, prices, findings."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.text import Truncator
from django.utils.translation import gettext, ngettext, pgettext
from django.utils.translation import gettext_lazy as _

from promoflow import phrases
from promoflow.promotions.changes import Changes, Pair, Row
from promoflow.promotions.content import differences
from promoflow.promotions.wording import presenting, sentences, words
from promoflow.rulebook import kinds
from promoflow.rulebook.findings import Finding
from promoflow.templatetags import desk

# Of each sort so many are told: the report itself stands below them.
FEW = 5
_TITLE = 60

_APPEARED: Mapping[str, str | Promise] = {
    "block": _("New, and it blocks: %(sentence)s"),
    "warn": _("New warning: %(sentence)s"),
    "note": _("New note: %(sentence)s"),
}
_ALTERED: Mapping[str, str | Promise] = {
    "block": _("This blocks, and it now says: %(sentence)s"),
    "warn": _("This warning now says: %(sentence)s"),
    "note": _("This note now says: %(sentence)s"),
}

_ASPECTS: Mapping[str, str | Promise] = {
    "title": _("title %(before)s → %(after)s"),
    "currency": _("currency %(before)s → %(after)s"),
    "price": _("price %(before)s → %(after)s"),
    "floor": _("floor price %(before)s → %(after)s"),
    "worst": _("worst price %(before)s → %(after)s"),
}
_AMOUNTS = ("price", "floor", "worst")


def lines(changes: Changes, *, zone: str, currency: str) -> list[str]:
    """The causes before what follows from them; of each sort a few, and how many more there are."""
    return [
        *_rules(changes.policies),
        *_few(_promotion(pair, zone, currency) for pair in changes.promotions),
        *_few(_product(pair, currency) for pair in changes.products),
        *_few(_findings(changes, zone)),
    ]


def _few(all_lines: Iterable[str]) -> list[str]:
    told = list(all_lines)
    left = len(told) - FEW
    if left <= 0:
        return told
    return [*told[:FEW], ngettext("and %(left)d more", "and %(left)d more", left) % {"left": left}]


def _rules(policies: tuple[int, int]) -> list[str]:
    before, after = policies
    if before == after:
        return []
    return [gettext("Policy: version %(before)d → version %(after)d") % {"before": before, "after": after}]


# --- What stands beside it ------------------------------------------------------------------------------


def _promotion(pair: Pair, zone: str, currency: str) -> str:
    if pair.before and pair.after:
        text = gettext("%(reference)s has changed. %(changes)s")
        told = {"reference": pair.name, "changes": _differences(pair.before, pair.after, zone, currency)}
    else:
        text = gettext("No longer beside it: %(promotion)s.")
        if pair.after:
            text = gettext("New beside it: %(promotion)s. State: %(state)s.")
        told = _described(pair.after or pair.before or {}, zone, currency)
    return presenting.linked(text % told, [pair.name])


def _described(row: Row, zone: str, currency: str) -> dict[str, str]:
    starts_at, ends_at = (datetime.fromisoformat(text) for text in row["window"])
    first, last = words.span(starts_at, ends_at, zone)
    text = gettext("%(reference)s (%(kind)s, %(discount)s), %(first)s to %(last)s (%(zone)s)")
    if first == last:
        text = gettext("%(reference)s (%(kind)s, %(discount)s), all day on %(first)s (%(zone)s)")
    values = {
        "reference": row["reference"],
        "kind": words.kind(row["kind"]),
        "discount": _discount(row, currency),
        "first": first,
        "last": last,
        "zone": words.zone_name(zone, starts_at, ends_at),
    }
    return {"promotion": text % values, "state": desk.state_word(row["state"])}


def _discount(row: Row, currency: str) -> str:
    discount_type, value = row["discount"]
    terms = row["terms"]
    if discount_type == kinds.FREE_ITEMS:
        value = f"{terms.get('buy_quantity', 0)}+{terms.get('get_quantity', 0)}"
    return words.discount(discount_type, value, currency)


def _differences(before: Row, after: Row, zone: str, currency: str) -> str:
    """Field by field, as two revisions of a content are told apart."""
    was, now = _content(before), _content(after)
    told = presenting.difference_lines(differences(was, now), zone=zone, currency=currency, content=now)
    return phrases.in_a_line(str(line) for line in told)


def _content(row: Row) -> dict[str, object]:
    discount_type, value = row["discount"]
    starts_at, ends_at = row["window"]
    return {
        "state": row["state"],
        "kind": row["kind"],
        "asins": row["asins"],
        "discount_type": discount_type,
        "discount_value": value,
        "starts_at": starts_at,
        "ends_at": ends_at,
        "currency": row["currency"],
        **row["terms"],
    }


# --- Products -------------------------------------------------------------------------------------------


def _product(pair: Pair, currency: str) -> str:
    row = pair.after or pair.before or {}
    name = gettext("%(asin)s (%(title)s)") % {"asin": pair.name, "title": _short(row["title"])}
    if pair.before is None:
        return gettext("Now among its products: %(product)s") % {"product": name}
    if pair.after is None:
        return gettext("No longer among its products: %(product)s") % {"product": name}
    told = phrases.in_a_line(_aspects(pair.before, pair.after, currency))
    return gettext("%(name)s: %(text)s") % {"name": name, "text": told}


def _aspects(before: Row, after: Row, currency: str) -> Iterator[str]:
    for aspect, text in _ASPECTS.items():
        if before[aspect] != after[aspect]:
            yield str(text) % {
                "before": _value(aspect, before, currency),
                "after": _value(aspect, after, currency),
            }


def _value(aspect: str, row: Row, currency: str) -> str:
    value = row[aspect]
    if value is None:
        return pgettext("no price", "none")
    return words.money(Decimal(value), row["currency"] or currency) if aspect in _AMOUNTS else _short(value)


def _short(title: str) -> str:
    return Truncator(title).chars(_TITLE)


# --- Findings -------------------------------------------------------------------------------------------


def _findings(changes: Changes, zone: str) -> Iterator[str]:
    for finding in changes.appeared:
        yield _told(str(_APPEARED[finding.severity]), finding, sentences.sentence(finding, zone=zone))
    for before, after in changes.altered:
        if _in_full(before, zone) != _in_full(after, zone):
            yield _told(str(_ALTERED[after.severity]), after, _in_full(after, zone))
    for finding in changes.gone:
        yield _told(gettext("No longer found: %(sentence)s"), finding, sentences.sentence(finding, zone=zone))


def _in_full(finding: Finding, zone: str) -> str:
    """Its sentence with its way out: either may be all that differs."""
    said, way_out = sentences.sentence(finding, zone=zone), sentences.way_out(finding, zone=zone)
    return " ".join(part for part in (said, way_out) if part)


def _told(text: str, finding: Finding, sentence: str) -> str:
    return presenting.linked(text % {"sentence": sentence}, finding.others)
