"""How much waits for a decision, by urgency, kind, store and writer: one query for all of it."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Count, Model, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.lookups import LessThan, LessThanOrEqual
from django.utils import timezone

from accounts.models import User
from promoflow.catalog.models import Store
from promoflow.prepared import written_for
from promoflow.promotions import waiting
from promoflow.rulebook.policy import Policy

_WRITERS = ("created_by", "current__edited_by", "submitted_by")


class _OfGroup(Subquery):
    """Says more of what is grouped by anyway: looked up for each group, not for each of thousands of rows."""

    def get_group_by_cols(self) -> list[Any]:
        return []


def _name_of(model: type[Model], key: str) -> Subquery:
    return _OfGroup(model._default_manager.filter(pk=OuterRef(key)).order_by().values("name"))


# Of what was counted: joined before, thousands of names would be sorted to be told apart.
_NAMES: Final = {"store_name": _name_of(Store, "store")} | {
    f"{writer}_name": _name_of(User, writer) for writer in _WRITERS
}

Named = list[tuple[int, str, int]]
"""Key, name and number of each, by name."""


@dataclass
class Counts:
    total: int = 0
    overdue: int = 0
    today: int = 0
    """Due by the end of the reader's day, and not overdue yet."""
    kinds: Counter[str] = field(default_factory=Counter)
    stores: Named = field(default_factory=list)
    people: Named = field(default_factory=list)


def of(standing: Mapping[str, Any], policy: Policy, at: datetime) -> Counts:
    """The counts of all that somebody of this standing may decide."""
    tomorrow = (timezone.localtime(at) + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    counted = written_for(_counted, waiting.hours_of(policy))
    rows = counted(**standing, at=at, tomorrow=tomorrow)
    counts = Counts()
    for row in rows:
        counts.total += row["number"]
        counts.overdue += row["overdue"]
        counts.today += max(0, row["soon"] - row["overdue"])
        counts.kinds[row["current__kind"]] += row["number"]
    counts.stores = _named(((row["store"], row["store_name"]), row["number"]) for row in rows)
    counts.people = _named((who, row["number"]) for row in rows for who in _writers(row))
    return counts


def _counted(
    hours: waiting.Hours,
    human: waiting.Human,
    supervised: waiting.Stores,
    managed: waiting.Stores,
    at: Value,
    tomorrow: Value,
) -> "QuerySet[Any, dict[str, Any]]":
    due = waiting.latest(hours)
    counted: QuerySet[Any, dict[str, Any]] = (
        waiting.decidable(human, supervised, managed)
        .values("store", "current__kind", *_WRITERS)
        .annotate(
            number=Count("pk"),
            overdue=Count("pk", filter=Q(LessThanOrEqual(due, at))),
            soon=Count("pk", filter=Q(LessThan(due, tomorrow))),
        )
        .annotate(**_NAMES)
    )
    return counted


def _writers(row: dict[str, Any]) -> set[tuple[int, str]]:
    """Each of the people once, whatever they did of it."""
    return {(row[writer], row[f"{writer}_name"]) for writer in _WRITERS}


def _named(found: Iterable[tuple[tuple[int, str], int]]) -> Named:
    numbers: Counter[tuple[int, str]] = Counter()
    for who, number in found:
        numbers[who] += number
    return sorted(((key, name, number) for (key, name), number in numbers.items()), key=lambda one: one[1])
