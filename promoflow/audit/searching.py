"""Words in the history: which entries hold them, and where in an entry they stand.

The newest entries are looked at one by one, whatever is asked: words that many entries hold fill a page from
these. Only words that hardly any of them holds are asked of the indexes, which then name few entries.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import reduce
from operator import or_
from typing import Any, Final

from django.contrib.postgres.fields import ArrayField
from django.db import connection, transaction
from django.db.models import (
    BooleanField,
    DateTimeField,
    ExpressionWrapper,
    F,
    Func,
    JSONField,
    Q,
    QuerySet,
    TextField,
    Value,
)
from django.db.utils import OperationalError
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from psycopg.errors import QueryCanceled

from promoflow.audit.models import PEOPLES, Change, Entry
from promoflow.errors import Blocked

LOOKED_AT: Final = 40
"""So many entries are looked at for each that is wanted, before the indexes are asked."""

PATIENCE: Final = timedelta(seconds=3)
"""So long the indexes may take: words that all entries hold, but never in this order, name them all."""

_THREE: Final = re.compile(r"[A-Za-z0-9]{3}")
_WIDE: Final = re.compile(r"[^\x00-\x7f]+")


class _Searched(Func):
    """All the text of an entry, as the indexes have it."""

    function = "audit_searched"
    output_field = TextField()

    def __init__(self, after: str | Func = "after") -> None:
        super().__init__("why", "subject", "actor_name", "before", after)


class _Without(Func):
    """What an entry says afterwards, but for one value of it."""

    template = "(%(expressions)s)"
    arg_joiner = " - "
    output_field = JSONField()


class _Pairs(Func):
    function = "audit_pairs"
    output_field = ArrayField(TextField())


class _Infix(Func):
    template = "(%(expressions)s)"
    output_field = BooleanField()


def can_be_found(text: str) -> bool:
    """Whether the indexes know of it: three letters or digits in a row, or one character beyond ASCII."""
    return bool(_THREE.search(text) or _WIDE.search(text))


def among(entries: QuerySet[Entry], text: str) -> QuerySet[Entry]:
    """Those of a few entries that hold the text, in any case.

    No index has the text with nothing behind it, so no index is asked: it would name all of a long history.
    """
    unindexed = Func(_Searched(), Value(""), function="concat", output_field=TextField())
    return entries.filter(_like(unindexed, text)).filter(PEOPLES, _is_told(text))


def _is_told(text: str) -> Q:
    """Older entries of new rules name the requests of every store that these block; nobody is shown them."""
    told = _Searched(after=_Without("after", Value("blocked")))
    return ~Q(event="policy.published") | _like(told, text)


def _like(searched: Any, text: str) -> Q:
    """Values stand there as JSON has them, where a quotation mark has a backslash before it."""
    within = json.dumps(text, ensure_ascii=False)[1:-1]
    return reduce(or_, (_holds(searched, written) for written in sorted({text, within})))


def _holds(searched: Any, text: str) -> Q:
    pattern = re.sub(r"([\\%_])", r"\\\1", text)
    return Q(_Infix(searched, Value(f"%{pattern}%"), arg_joiner=" ILIKE "))


def _indexed(text: str) -> Q:
    """The same condition as the two indexes have it."""
    held, pairs = _like(_Searched(), text) & PEOPLES, _pairs_of(text)
    if not pairs:
        return held
    wanted = Value(pairs, output_field=ArrayField(TextField()))
    return held & Q(_Infix(_Pairs(_Searched()), wanted, arg_joiner=" @> "))


def _pairs_of(text: str) -> list[str]:
    """What `audit_pairs` makes of it, but for single characters that stand in a pair anyway."""
    runs = _WIDE.findall(text.lower())
    pairs = {run[place : place + 2] for run in runs for place in range(max(1, len(run) - 1))}
    return sorted(pairs)


def by_index(entries: "QuerySet[Any, Any]", text: str, *, up: bool) -> "QuerySet[Any, Any]":
    """The instants and keys of those that hold it, in the order of the page.

    Ordered by a sum that no index has: the rows are few, and an index in this order would be walked for long.
    """
    instant = ExpressionWrapper(F("at") + Value(timedelta(0)), output_field=DateTimeField())
    order = (instant.asc(), "pk") if up else (instant.desc(), "-pk")
    return entries.filter(_indexed(text)).filter(_is_told(text)).order_by(*order)


@contextmanager
def patience() -> Iterator[None]:
    """Give up on what takes too long, and say what to do instead."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            milliseconds = PATIENCE // timedelta(milliseconds=1)
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(milliseconds)])
            yield
            cursor.execute("SELECT set_config('statement_timeout', '0', true)")
    except OperationalError as late:
        if not isinstance(late.__cause__, QueryCanceled):
            raise
        raise Blocked(
            _("Too many entries hold parts of these words. Add a rarer word, or narrow by days or a person.")
        ) from late


# --- Where it stands --------------------------------------------------------------------------------------


def marked(text: str, words: str) -> SafeString:
    """The text with each place where the words stand marked; all else is text."""
    if not words:
        return format_html("{}", text)
    parts = re.split(f"({re.escape(words)})", text, flags=re.IGNORECASE)
    return mark_safe("".join(_part(part, place % 2 == 1) for place, part in enumerate(parts)))  # noqa: S308


def _part(part: str, is_found: bool) -> str:
    return format_html("<mark>{}</mark>", part) if is_found else format_html("{}", part)


_AROUND: Final = 40


def elsewhere(entry: Entry, words: str) -> tuple[Change, SafeString] | None:
    """The first value before or after that holds the words, with some of what stands around them."""
    for change, value in _values(entry):
        found = re.search(re.escape(words), value, re.IGNORECASE)
        if found:
            first, last = max(0, found.start() - _AROUND), found.end() + _AROUND
            cut = ("…" if first else "") + value[first:last] + ("…" if last < len(value) else "")
            return change, marked(cut, words)
    return None


def _values(entry: Entry) -> Iterator[tuple[Change, str]]:
    for change in entry.changes:
        for value in (change.after, change.before):
            if value is not None:
                yield change, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
