"""What stood in a followed table at any moment, worked out from the history alone; and whether it is so.

The database tells each change of a row (followed.py). Told again in the order of the chain, the changes make
the rows; and what they make must be what stands there, or somebody changed a table behind the history's back.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.db import connection, transaction
from django.utils.translation import gettext as _
from psycopg import sql

from promoflow.audit.followed import FOLLOWED, Followed
from promoflow.audit.models import Link

Row = dict[str, Any]
Rows = dict[str, Row]
"""By their keys, as texts. Values are as JSON has them, instants in UTC, numbers as Decimal."""

_CHANGES: Final = """
SELECT l.seq, e.subject_type, e.before::text, e.after::text
FROM audit_entry e JOIN audit_link l ON l.entry_id = e.id
WHERE e.event = 'rows.changed' AND e.subject_type = ANY(%s) AND (%s OR e.subject = ANY(%s))
    AND l.seq <= %s
ORDER BY l.seq
"""
_UNEXPLAINED: Final = """
SELECT min(l.seq), min(l.sealed), min(e.actor_name),
    array_agg(DISTINCT e.subject_type ORDER BY e.subject_type)
FROM audit_entry e JOIN audit_link l ON l.entry_id = e.id
WHERE e.event = 'rows.changed' AND e.why = ''
    AND NOT EXISTS (SELECT FROM audit_entry o WHERE o.txid = e.txid AND o.event <> 'rows.changed')
GROUP BY e.txid ORDER BY 1
"""
_STANDING: Final = sql.SQL("SELECT {}, audit_plain(to_jsonb(r), {}, {})::text FROM {} r")
_LAST: Final = 2**62


@dataclass(frozen=True)
class Mismatch:
    """A row that is not what the history makes of it."""

    table: str
    key: str
    sentence: str

    def __str__(self) -> str:
        return self.sentence


@dataclass(frozen=True)
class Unexplained:
    """A transaction that changed rows, and nobody, no service and no clock, said what for."""

    seq: int
    sealed: datetime
    role: str
    """The role of the database that it ran as."""
    tables: list[str]

    def __str__(self) -> str:
        sentence = _("at place %(seq)s, %(at)s, %(role)s changed rows of %(tables)s")
        tables, at = ", ".join(self.tables), self.sealed.isoformat(" ", "seconds")
        return sentence % {"seq": self.seq, "at": at, "role": self.role, "tables": tables}


def unexplained() -> list[Unexplained]:
    """What was changed past the services: the database tells it, but nobody gave a reason."""
    with connection.cursor() as cursor:
        cursor.execute(_UNEXPLAINED)
        return [Unexplained(*row) for row in cursor.fetchall()]


def place_after(seq: int) -> int:
    """The last place of this place's transaction: what is sealed together stands together."""
    later = Link.objects.filter(seq__gt=seq).order_by("seq")
    txid = Link.objects.values_list("entry__txid", flat=True).get(pk=seq)
    following = later.exclude(entry__txid=txid).values_list("seq", flat=True).first()
    return following - 1 if following else later.values_list("seq", flat=True).last() or seq


def table(name: str, *, until: int = _LAST) -> Rows:
    """The rows of a followed table as they stood when the chain was `until` places long."""
    rows: Rows = {}
    for _seq, _table, before, after in _changes([name], until=until):
        _fold(rows, before, after)
    return rows


def of_request(number: int, *, until: int = _LAST) -> dict[str, Rows]:
    """What stood in each table of a request, its own row among them."""
    tables = {name: followed for name, followed in FOLLOWED.items() if followed.request}
    found: dict[str, Rows] = defaultdict(dict)
    # What a statement did to rows of several requests names none of them.
    for _seq, name, before, after in _changes([*tables], until=until, subjects=[f"PR-{number}", ""]):
        _fold(found[name], before, after)
    return {name: _belonging(rows, tables[name], number) for name, rows in found.items()}


def _belonging(rows: Rows, followed: Followed, number: int) -> Rows:
    return {key: row for key, row in rows.items() if row.get(followed.request) == number}


def _changes(
    tables: list[str], *, until: int = _LAST, subjects: list[str] | None = None
) -> Iterator[tuple[int, str, Rows, Rows]]:
    """The place, the table, and what was and is of each row that changed; by the chain's order."""
    with transaction.atomic(), connection.connection.cursor("changes") as cursor:
        cursor.itersize = 500
        cursor.execute(_CHANGES, [tables, subjects is None, subjects or [], until])
        for seq, name, before, after in cursor:
            yield seq, name, _read(before), _known(_read(after), FOLLOWED[name].left_out)


def _read(text: str) -> Rows:
    rows: Rows = json.loads(text, parse_float=Decimal)
    return rows


def _known(rows: Rows, left_out: Collection[str]) -> Rows:
    """Without what is only told to have changed: it makes no row."""
    if not left_out:
        return rows
    return {key: {name: it for name, it in row.items() if name not in left_out} for key, row in rows.items()}


def _fold(rows: Rows, before: Rows, after: Rows) -> None:
    for key in before.keys() - after.keys():
        rows.pop(key, None)
    for key, values in after.items():
        rows[key] = {**rows.get(key, {}), **values} if key in before else values


def mismatches(*, at_once: int = 1) -> Iterator[Mismatch]:
    """Each row of a followed table that the history does not account for.

    Reads one snapshot where it may open a transaction of its own; so many tables at once as it says.
    """
    alone = not connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if alone:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute("SELECT set_config('timezone', 'UTC', true), set_config('datestyle', 'ISO', true)")
        names = [*FOLLOWED]
        for first in range(0, len(names), at_once):
            yield from _compared(names[first : first + at_once])


def _compared(names: list[str]) -> Iterator[Mismatch]:
    made: dict[str, Rows] = {name: {} for name in names}
    for seq, name, before, after in _changes(names):
        yield from _contradicted(name, seq, made[name], before)
        _fold(made[name], before, after)
    for name, key, row in _standing(names):
        told = made[name].pop(key, None)
        if told is None or _holding(told) != _holding(row):
            yield Mismatch(name, key, _unlike(name, key, told, row))
    for name, left in made.items():
        for key in left:
            sentence = _(
                "Row %(key)s of %(table)s is gone, and the history does not say that anybody removed it."
            )
            yield Mismatch(name, key, sentence % {"key": key, "table": name})


def _contradicted(name: str, seq: int, made: Rows, before: Rows) -> Iterator[Mismatch]:
    """A change starts from what the changes before it had made; else one of them is not told."""
    for key, values in before.items():
        told = made.get(key, {})
        wrong = sorted(column for column, value in values.items() if _held(told.get(column)) != _held(value))
        if wrong:
            sentence = _(
                "At place %(seq)s, %(columns)s of row %(key)s of %(table)s had another value than the "
                "history had told until then: it was changed behind the history's back."
            )
            parts = {"seq": seq, "columns": ", ".join(wrong), "key": key, "table": name}
            yield Mismatch(name, key, sentence % parts)


def _standing(names: list[str]) -> Iterator[tuple[str, str, Row]]:
    held = sql.SQL(" UNION ALL ").join(
        _STANDING.format(
            sql.Literal(name), sql.Literal([*it.left_out]), sql.Literal(it.readable), sql.Identifier(name)
        )
        for name, it in FOLLOWED.items()
        if name in names
    )
    with connection.connection.cursor("standing") as cursor:
        cursor.itersize = 2000
        for name, text in cursor.execute(held):
            row = json.loads(text, parse_float=Decimal)
            yield name, str(row[FOLLOWED[name].key]), row


def _holding(row: Row) -> Row:
    return {column: value for column, value in row.items() if _held(value) is not None}


def _held(value: Any) -> Any:
    """Nothing, and no: a column that a later migration added is not told of older rows."""
    return None if value is False else value


def _unlike(name: str, key: str, told: Row | None, row: Mapping[str, Any]) -> str:
    where = {"key": key, "table": name}
    if told is None:
        return _("Row %(key)s stands in %(table)s, and the history does not say where it came from.") % where
    columns = sorted(
        column for column in told.keys() | row.keys() if _held(told.get(column)) != _held(row.get(column))
    )
    sentence = _(
        "%(columns)s of row %(key)s of %(table)s is not what the history says: "
        "it was changed behind its back."
    )
    return sentence % {**where, "columns": ", ".join(columns)}
