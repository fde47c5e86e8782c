"""How pages show the rows of a report."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import template
from django.utils import formats
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext

from promoflow.promotions.reports.frame import Column, Kind, Row, Table
from promoflow.templatetags.desk import NOTHING, lasting, moment, percent

register = template.Library()


@register.simple_tag
def report_cell(row: Row, column: Column) -> SafeString | str:
    """A value as its kind is read, with the link to what lies behind it."""
    value = row.values[column.key]
    shown = _shown(value, column.kind)
    link = row.links.get(column.key)
    return format_html('<a href="{}">{}</a>', str(link), shown) if link and value else shown


def _shown(value: Any, kind: Kind) -> SafeString | str:
    match kind:
        case Kind.NUMBER:
            return NOTHING if value is None else formats.number_format(value, force_grouping=True)
        case Kind.PERCENT:
            return percent(value)
        case Kind.SECONDS:
            return gettext("unknown") if value is None else _exactly(value)
        case Kind.LENGTH:
            return NOTHING if value is None else lasting(timedelta(seconds=value))
        case Kind.INSTANT:
            return moment(value)
        case Kind.CLOCK:
            return moment(value, value.tzinfo)
        case Kind.BAR:
            return _bar(value)
    return str(value) if value else NOTHING


def _exactly(seconds: float) -> str:
    """Seconds while they count; from two minutes on in the one largest unit."""
    if seconds >= 120:
        return lasting(timedelta(seconds=seconds))
    whole = int(seconds)
    return ngettext("%(n)d second", "%(n)d seconds", whole) % {"n": whole}


def _bar(part: tuple[float, float]) -> SafeString:
    """When it held within the period; the columns beside it say so in words."""
    start, width = part
    return format_html(
        '<svg class="report-bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="report-bar-whole" width="100" height="8"></rect>'
        '<rect class="report-bar-part" x="{}" width="{}" height="8"></rect></svg>',
        start,
        width,
    )


@register.simple_tag
def report_total(table: Table, column: Column) -> str:
    """The sum of a column; nothing where there is none."""
    total = table.totals.get(column.key)
    return "" if total is None else formats.number_format(Decimal(total), force_grouping=True)


@register.simple_tag
def next_order(table: Table, column: Column) -> str:
    """How the table is sorted after one more click on the column's name: figures from the greatest down."""
    down = f"-{column.key}"
    if column.kind is Kind.TEXT:
        return down if table.order == column.key else column.key
    return column.key if table.order == down else down


@register.simple_tag
def sorted_how(table: Table, column: Column) -> str:
    """What aria-sort says of the column."""
    orders = {column.key: "ascending", f"-{column.key}": "descending"}
    return orders.get(table.order, "none")


@register.filter
def is_figure(column: Column) -> bool:
    """Figures are read in columns, so they stand at the end of their cell."""
    return column.kind in {Kind.NUMBER, Kind.PERCENT, Kind.SECONDS, Kind.LENGTH}
