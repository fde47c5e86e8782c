"""How pages show the history."""

import json
from typing import Final

from django import template
from django.db.models import Model
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext

from promoflow.audit import naming, searching, selectors
from promoflow.audit.labels import BLACKOUT
from promoflow.audit.models import Change, Entry
from promoflow.templatetags.desk import STATES, icon, kind_word, state_badge

register = template.Library()

# A digest or a UUID says nothing in a list.
_BRIEF: Final = 32


@register.inclusion_tag("audit/_timeline.html")
def timeline(subject: Model) -> dict[str, object]:
    """All that happened to a record, oldest first."""
    return {"entries": naming.shown(selectors.timeline(subject))}


@register.simple_tag
def state_change(entry: Entry) -> SafeString | str:
    """From which state to which, where the entry moved something."""
    before, after = entry.state_before, entry.state_after
    if after not in STATES or before == after:
        return ""
    if before not in STATES:
        return state_badge(after)
    return format_html(
        '<span class="state-change">{}{}{}</span>',
        state_badge(before),
        icon("arrow-right"),
        state_badge(after),
    )


@register.simple_tag
def brief_changes(entry: Entry) -> str:
    """What an entry changed, on one line, where that is short: floor price: 9.99 → 12.50."""
    if entry.state_after:
        return ""
    changes = [change for change in entry.changes if change.before != change.after and _is_brief(change)]
    return pgettext("between the names of a list", ", ").join(_in_brief(change) for change in changes[:3])


def _is_brief(change: Change) -> bool:
    return change.name.startswith(BLACKOUT) or all(map(_is_short, (change.before, change.after)))


def _is_short(value: object) -> bool:
    return value is None or (isinstance(value, str | int | float) and len(str(value)) <= _BRIEF)


def _in_brief(change: Change) -> str:
    both = (change.before, change.after)
    is_blackout = change.name.startswith(BLACKOUT)
    values = [_briefly(value) for value in both if is_blackout or value is not None]
    return gettext("%(name)s: %(text)s") % {"name": change.label, "text": " → ".join(dict.fromkeys(values))}


def _briefly(value: object) -> str:
    """A blackout by its days and kinds, all else as it is."""
    if not isinstance(value, dict):
        return plainly(value)
    kinds = pgettext("between the names of a list", ", ").join(map(kind_word, value["kinds"]))
    days = {"first": value["first_day"], "last": value["last_day"], "kinds": kinds}
    return gettext("%(first)s – %(last)s (%(kinds)s)") % days


@register.filter
def marking(text: object, words: str) -> SafeString:
    """The text with the words that somebody looked for marked."""
    return searching.marked(str(text), words)


@register.simple_tag
def found_in(entry: Entry, words: str) -> SafeString | str:
    """The value in which the words stand, where the list shows it nowhere else."""
    shown = f"{entry.why[:200]} {entry.subject[:60]} {entry.who}".casefold()
    if not words or words.casefold() in shown:
        return ""
    found = searching.elsewhere(entry, words)
    if found is None:
        return ""
    return format_html(gettext("%(name)s: %(text)s") % {"name": "{}", "text": "{}"}, found[0].label, found[1])


@register.simple_tag
def stood_address(entry: Entry, place: selectors.Place) -> str:
    """The page of the request as it stood after this entry; nothing where it is about something else."""
    if entry.subject_type != "promotions.promotionrequest" or entry.outcome == Entry.Outcome.REFUSED:
        return ""
    return reverse("request-stood", args=[entry.subject, place.link.seq])


@register.simple_tag
def subject_url(entry: Entry) -> str:
    """The page of what an entry is about; nothing where there is none."""
    arguments: list[object]
    match entry.subject_type:
        case "promotions.promotionrequest":
            name, arguments = "request", [entry.subject]
        case "catalog.product" if entry.asins:
            name, arguments = "product", [entry.store_id, entry.asins[0]]
        case "catalog.store":
            name, arguments = "store", [entry.subject_id]
        case "policies.policydraft":
            name, arguments = "policy", [entry.subject.rpartition(" ")[2]]
        case "accounts.user":
            name, arguments = "person", [entry.subject_id]
        case _:
            return ""
    try:
        return reverse(name, args=arguments)
    except NoReverseMatch:
        return ""


@register.filter
def plainly(value: object) -> str:
    """A recorded value as text: words as they are, lists with commas, the rest as JSON."""
    match value:
        case None:
            return "–"
        case str():
            return value or "–"
        case [*parts] if all(isinstance(part, str) for part in parts):
            return pgettext("between the names of a list", ", ").join(map(str, parts)) or "–"
        case _:
            return json.dumps(value, ensure_ascii=False, indent=1)
