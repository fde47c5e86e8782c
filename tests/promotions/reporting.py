"""Asking the reports of a store in tests: all of its history, a day around it, as its manager would."""

from datetime import timedelta

from promoflow.promotions.reports.frame import Question, Table
from promoflow.promotions.reports.listing import REPORTS
from tests.promotions.lives import NOW


def question(*stores, **asked):
    return Question(
        **{
            "stores": tuple(store.pk for store in stores),
            "since": NOW - timedelta(days=60),
            "until": NOW + timedelta(days=60),
            "at": NOW + timedelta(days=30),
            "zone": "Asia/Shanghai",
            **asked,
        }
    )


def table(code, *stores, order="", **asked):
    return Table(REPORTS[code], question(*stores, **asked), order)


def values(found, *names):
    """The named values of each row, in the order of the page."""
    return [tuple(row.values[name] for name in names) for row in found.rows]


def flags(found):
    return [row.flags for row in found.rows]
