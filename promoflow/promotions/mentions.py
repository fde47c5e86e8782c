"""People and requests that a comment names: found in its text, and shown in it."""

import re
from collections.abc import Collection, Iterable, Iterator

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from accounts.models import User

_REFERENCE = r"\bPR-[1-9]\d{0,14}\b"


def mentioned(text: str, people: Iterable[User]) -> list[User]:
    """Those whose names stand in the text behind an @; where two names fit, the longer one."""
    people = list(people)
    pattern = _named([person.name for person in people])
    found = {match[1].casefold() for match in re.finditer(pattern, text, re.IGNORECASE)} if pattern else set()
    return [person for person in people if person.name.casefold() in found]


def shown(text: str, names: Collection[str]) -> SafeString:
    """The text as a page shows it: these names stand out, references are links, all else is text."""
    return format_html_join("", "{}", ((part,) for part in _parts(text, names)))


def _parts(text: str, names: Collection[str]) -> Iterator[str]:
    pattern = "|".join(filter(None, [_named(names), _REFERENCE]))
    read = 0
    for match in re.finditer(pattern, text, re.IGNORECASE):
        begins, ends = match.span()
        yield text[read:begins]
        yield _marked(match[0])
        read = ends
    yield text[read:]


def _marked(found: str) -> SafeString:
    if found.startswith("@"):
        return format_html('<strong class="mention">{}</strong>', found)
    return format_html('<a href="{}">{}</a>', reverse("request", args=[found.upper()]), found)


def _named(names: Iterable[str]) -> str:
    """A pattern for these names behind an @, or nothing; what follows a name may not go on with it."""
    longest_first = sorted({re.escape(name) for name in names if name}, key=len, reverse=True)
    return rf"(?<!\w)@({'|'.join(longest_first)})(?![A-Za-z0-9_])" if longest_first else ""
