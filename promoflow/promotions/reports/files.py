"""A report as a file: its words, its numbers as numbers, its instants as instants of the reader's zone."""

from collections.abc import Iterator
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import gettext as _

from promoflow.errors import Blocked
from promoflow.promotions.reports.frame import Column, Kind, Row, Table
from promoflow.sheets import LONGEST_CELL

# A workbook is made whole in memory, at some two thousand rows a second; a CSV streams at any length.
MOST_ROWS: Final = 20_000


def why_no_workbook(table: Table) -> str:
    """What is said beside the download, and to who asks for it all the same; nothing where it fits."""
    if len(table.rows) <= MOST_ROWS:
        return ""
    sentence = _(
        "%(rows)d rows are too many for a workbook, which holds %(most)d here. Choose fewer days, or "
        "take the CSV: it has them all."
    )
    return sentence % {"rows": len(table.rows), "most": MOST_ROWS}


def check_fits_a_workbook(table: Table) -> None:
    if sentence := why_no_workbook(table):
        raise Blocked(sentence)


def header(table: Table) -> list[str]:
    """The names of the columns, with the units that the page writes into each cell."""
    return [_("Look at"), *(_named(column) for column in table.columns)]


def rows(table: Table) -> Iterator[list[object]]:
    """All rows, in the order of the page: one by one, as a CSV streams them.

    Zone and language are those of now: while an answer streams, the reader's no longer hold.
    """
    columns, zone, unknown = table.columns, timezone.get_current_timezone(), _("unknown")
    return (_row(row, columns, zone, unknown) for row in table.rows)


def totals(table: Table) -> list[object]:
    if not table.totals:
        return []
    return [_("Total"), *(table.totals.get(column.key, "") for column in table.columns)]


def _named(column: Column) -> str:
    units = {
        Kind.PERCENT: "%",
        Kind.SECONDS: _("seconds"),
        Kind.LENGTH: _("seconds"),
        Kind.INSTANT: timezone.get_current_timezone_name(),
    }
    unit = units.get(column.kind)
    return f"{column.title} ({unit})" if unit else str(column.title)


def _row(row: Row, columns: list[Column], zone: tzinfo, unknown: str) -> list[object]:
    cells = (_value(row.values[column.key], column.kind, zone, unknown) for column in columns)
    return ["; ".join(row.flags), *cells]


def _value(value: Any, kind: Kind, zone: tzinfo, unknown: str) -> object:
    match kind, value:
        case Kind.SECONDS, None:
            return unknown
        case ((Kind.SECONDS | Kind.LENGTH), float()):
            return Decimal(value).quantize(Decimal("0.1"))
        case Kind.INSTANT, datetime():
            return timezone.localtime(value, zone)
        case Kind.CLOCK, datetime():
            return f"{value:%Y-%m-%d %H:%M} {value.tzinfo}"
        case Kind.TEXT, str() if len(value) > LONGEST_CELL:
            return value[: LONGEST_CELL - 1] + "…"
    return value
