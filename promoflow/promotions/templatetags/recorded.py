"""How pages show what entries of the history keep."""

import json
from typing import Any, Final, TypeGuard

from django import template
from django.utils.translation import gettext

from promoflow import phrases
from promoflow.audit.labels import BLACKOUT
from promoflow.audit.models import Change, Entry
from promoflow.promotions.wording import recorded

register = template.Library()

# A digest or a UUID says nothing in a list.
_BRIEF: Final = 32
_FEW: Final = 3


@register.simple_tag
def recorded_changes(entry: Entry) -> list[recorded.Said]:
    """All that an entry says of before and after, in words."""
    return recorded.changes(entry)


@register.filter
def as_recorded(told: dict[str, Any]) -> str:
    """Codes, names and instants as they are kept."""
    return json.dumps(told, ensure_ascii=False, indent=1)


@register.simple_tag
def brief_changes(entry: Entry) -> str:
    """What an entry changed, on one line, where that is short: floor price: $9.99 → $12.50."""
    if entry.state_after:
        return ""
    told = [_in_brief(entry, change) for change in entry.changes if change.before != change.after]
    return phrases.listed([text for text in told if text][:_FEW])


def _in_brief(entry: Entry, change: Change) -> str:
    """Nothing where it is too long for a line."""
    before, after = change.before, change.after
    was, now = recorded.Terms(entry, entry.before), recorded.Terms(entry, entry.after)
    is_blackout = change.name.startswith(BLACKOUT)
    if _is_list(before) and _is_list(after):
        text = _of_lists(change.name, before, after, now)
    elif is_blackout or (_is_brief(before) and _is_brief(after)):
        sides = [
            (told, terms) for told, terms in ((before, was), (after, now)) if is_blackout or told is not None
        ]
        # Where the days and kinds of a blackout are as before, they are said once.
        text = " → ".join(dict.fromkeys(recorded.value(change.name, told, terms) for told, terms in sides))
    else:
        text = ""
    return gettext("%(name)s: %(text)s") % {"name": recorded.label(change), "text": text} if text else ""


def _is_brief(value: object) -> bool:
    return value is None or (isinstance(value, str | int | float) and len(str(value)) <= _BRIEF)


def _is_list(value: object) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(part, str) and len(part) <= _BRIEF for part in value)


def _of_lists(name: str, before: list[str], after: list[str], terms: recorded.Terms) -> str:
    """What came and what went, as +B0AURORA02 -B0AURORA01: the first few."""
    parts = [f"+{recorded.value(name, part, terms)}" for part in after if part not in before]
    parts += [f"-{recorded.value(name, part, terms)}" for part in before if part not in after]
    return " ".join([*parts[:_FEW], *(["…"] if len(parts) > _FEW else [])])
