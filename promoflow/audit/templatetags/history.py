"""How pages show the history."""

import json

from django import template
from django.db.models import Model
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from promoflow import phrases
from promoflow.audit import naming, searching, selectors
from promoflow.audit.models import Entry
from promoflow.templatetags.desk import STATES, icon, state_badge

register = template.Library()


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
            return phrases.listed(map(str, parts)) or "–"
        case _:
            return json.dumps(value, ensure_ascii=False, indent=1)
