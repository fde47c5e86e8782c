"""What all reports are made of: a question, columns, rows with their reasons, and the table that answers."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import Enum
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from django.db import connection
from django.urls import reverse
from django.utils.translation import gettext_lazy
from django_stubs_ext import StrPromise

from promoflow.audit.naming import Names, names
from promoflow.promotions.models import PromotionRequest
from promoflow.standing_in import everywhere, in_words

ABOUT_REQUESTS: Final = PromotionRequest._meta.label_lower
APPROVING: Final = ["request.approved", "request.endorsed"]
# PostgreSQL's number for jsonb, which Django leaves as text.
_JSONB: Final = 3802
# What people or the desk wrote into an entry.
_TOLD: Final = ("subject", "why", "before", "after", "reasons")
# Who did one of these wrote a request, as permissions count it.
WRITING: Final = [
    *("request.drafted", "request.edited", "request.copied", "request.submitted"),
    "request.amendment_drafted",
]

# Names alone do not tell people apart; addresses do.
HUMANS: Final = """
    called AS (
        SELECT id, person_id, email, CASE WHEN count(*) OVER (PARTITION BY lower(name)) > 1
            THEN name || ' (' || email || ')' ELSE name END AS name
        FROM accounts_user
    ),
    human AS (
        SELECT person_id, string_agg(name, ' / ' ORDER BY id) AS name, min(id) AS account,
            string_agg(email, ' / ' ORDER BY id) AS email,
            string_agg(id::text, ' / ' ORDER BY id) AS accounts
        FROM called GROUP BY person_id
    )
"""


@dataclass(frozen=True)
class Question:
    """What the reader asks, and of which stores they may know."""

    stores: tuple[int, ...]
    since: datetime
    until: datetime
    """The first instant that is not asked for any more."""
    at: datetime
    everywhere: bool = True
    """Whether no store was chosen: then what belongs to no store is asked for too."""
    person: UUID | None = None
    author: UUID | None = None
    approver: UUID | None = None
    policy: int | None = None
    acknowledged: bool = False
    seconds: int = 30
    """An approval that took less is quick."""
    kind: str = ""
    zone: str = "UTC"
    """The reader's."""
    kept: Mapping[str, str] = field(default_factory=dict)
    """Period, store and person as an address has them, for the links to what lies behind a figure."""


def ask(sql: str, question: Question, **more: Any) -> Iterator[dict[str, Any]]:
    """The rows of a query whose parameters are the question's fields, each made as it is asked for."""
    parameters = vars(question) | {
        "stores": list(question.stores),
        "about_requests": ABOUT_REQUESTS,
        "approving": APPROVING,
        "writing": WRITING,
        **more,
    }
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        columns = [column.name for column in cursor.description]
        documents = [column.name for column in cursor.description if column.type_code == _JSONB]
        found = cursor.fetchall()
    stand_ins = names()
    for values in found:
        row = dict(zip(columns, values, strict=True))
        row |= {name: json.loads(row[name] or "null") for name in documents}
        yield everywhere(_without_removed(row, stand_ins), in_words)


def _without_removed(row: dict[str, Any], stand_ins: Names) -> dict[str, Any]:
    """What the history copied, with stand-ins for the names that were removed since."""
    told = {name: stand_ins.value(row[name]) for name in _TOLD if name in row}
    if "subject_type" in row:
        told["subject"] = stand_ins.subject(row["subject_type"], row.get("subject_id"), row["subject"])
    return row | told


class Kind(Enum):
    """What a column holds: how it is shown, sorted and written into a file."""

    TEXT = "text"
    NUMBER = "number"
    PERCENT = "percent"
    SECONDS = "seconds"
    """How long a page was open; nothing where nobody can know."""
    LENGTH = "length"
    """A length of time, in seconds."""
    INSTANT = "instant"
    CLOCK = "clock"
    """An instant on the clock of its own place, which differs from row to row."""
    BAR = "bar"
    """From when to when within the period, as two percentages; a picture of other columns."""


@dataclass(frozen=True)
class Column:
    key: str
    title: StrPromise | str
    kind: Kind = Kind.TEXT
    is_summed: bool = False
    is_for_machines: bool = False
    """Whether only files have it: a code beside the words that it stands for."""
    is_sentence: bool = False
    """Whether it may break between any two letters of Chinese, as a name may not."""
    below: "Column | None" = None
    """What pages show as the second line of its cells."""


# A file tells people apart whatever they are called.
WHO_EXACTLY: Final = (
    Column("email", gettext_lazy("Email"), is_for_machines=True),
    Column("accounts", gettext_lazy("Account number"), is_for_machines=True),
)


class Link(NamedTuple):
    """Where a figure leads; spelt out only for the rows that are shown."""

    name: str
    args: tuple[Any, ...] = ()
    query: Mapping[str, Any] = MappingProxyType({})

    def __str__(self) -> str:
        query = {name: value for name, value in self.query.items() if value not in (None, "")}
        return reverse(self.name, args=self.args) + (f"?{urlencode(query)}" if query else "")


class Row(NamedTuple):
    values: Mapping[str, Any]
    links: Mapping[str, Link] = MappingProxyType({})
    flags: tuple[str, ...] = ()
    """Why somebody should look at it, in words."""


@dataclass(frozen=True)
class Report:
    """One report: what it is called, what it says, and how its rows are found."""

    code: str
    icon: str
    title: StrPromise
    shows: StrPromise
    """What it shows, and what to look for."""
    nothing: StrPromise
    """What it says where there is no row."""
    columns: tuple[Column, ...]
    rows: Callable[[Question], Iterable[Row]]
    order: str
    """The column by which it is sorted until somebody chooses another; with a minus, downwards."""
    asks: tuple[str, ...] = ("person",)
    """The fields of the form beside period and store."""


class Table:
    """The answer: flagged rows first, each part in the order asked for."""

    def __init__(self, report: Report, question: Question, order: str = "") -> None:
        self.report, self.question = report, question
        # Where all rows are of one store, no column says so.
        one_store = len(question.stores) == 1 and "nowhere" not in report.asks
        self.columns = [one for one in report.columns if not (one_store and one.key == "store_name")]
        keys = {column.key for column in self.shown}
        self.order = order if order.removeprefix("-") in keys else report.order

    @property
    def shown(self) -> list[Column]:
        """The columns that a page has."""
        return [column for column in self.columns if not column.is_for_machines]

    @cached_property
    def rows(self) -> list[Row]:
        key, down = self.order.removeprefix("-"), self.order.startswith("-")
        found = list(self.report.rows(self.question))
        known = [row for row in found if row.values[key] is not None]
        unknown = [row for row in found if row.values[key] is None]
        known.sort(key=lambda row: _sortable(row.values[key]), reverse=down)
        # What is unknown comes last whichever way; sorting again keeps the order inside each part.
        return sorted([*known, *unknown], key=lambda row: not row.flags)

    @property
    def flagged(self) -> int:
        return sum(bool(row.flags) for row in self.rows)

    @cached_property
    def totals(self) -> dict[str, int | Decimal]:
        """The sums of the columns that can be summed."""
        summed = [column.key for column in self.columns if column.is_summed]
        return {key: sum(row.values[key] or 0 for row in self.rows) for key in summed}


def _sortable(value: Any) -> Any:
    return value.casefold() if isinstance(value, str) else value


def share(part: int, whole: int) -> Decimal:
    """A part of a whole in percent, to one place."""
    return (Decimal(100 * part) / whole).quantize(Decimal("0.1")) if whole else Decimal(0)


def joined(flags: Sequence[str]) -> tuple[str, ...]:
    """The reasons that there are."""
    return tuple(flag for flag in flags if flag)
