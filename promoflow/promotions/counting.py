"""How much waits for a decision, by urgency, kind, store and writer: one query for all of it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.db.models.lookups import LessThan, LessThanOrEqual
from django.utils import timezone

from promoflow.promotions import waiting
from promoflow.promotions.models import PromotionRequest
from promoflow.rulebook.policy import Policy

_WRITERS = ("created_by", "current__edited_by", "submitted_by")

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


def of(requests: QuerySet[PromotionRequest], policy: Policy, at: datetime) -> Counts:
    """The counts of what is in review among these."""
    due = waiting.deadline(policy)
    tomorrow = (timezone.localtime(at) + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    names = [f"{writer}__name" for writer in _WRITERS]
    rows = list(
        requests.order_by()
        .values("store", "store__name", "current__kind", *_WRITERS, *names)
        .annotate(
            number=Count("pk"),
            overdue=Count("pk", filter=Q(LessThanOrEqual(due, at))),
            soon=Count("pk", filter=Q(LessThan(due, tomorrow))),
        )
    )
    counts = Counts()
    for row in rows:
        counts.total += row["number"]
        counts.overdue += row["overdue"]
        counts.today += max(0, row["soon"] - row["overdue"])
        counts.kinds[row["current__kind"]] += row["number"]
    counts.stores = _named(((row["store"], row["store__name"]), row["number"]) for row in rows)
    counts.people = _named((who, row["number"]) for row in rows for who in _writers(row))
    return counts


def _writers(row: dict[str, Any]) -> set[tuple[int, str]]:
    """Each of the people once, whatever they did of it."""
    return {(row[writer], row[f"{writer}__name"]) for writer in _WRITERS}


def _named(found: Iterable[tuple[tuple[int, str], int]]) -> Named:
    numbers: Counter[tuple[int, str]] = Counter()
    for who, number in found:
        numbers[who] += number
    return sorted(((key, name, number) for (key, name), number in numbers.items()), key=lambda one: one[1])
