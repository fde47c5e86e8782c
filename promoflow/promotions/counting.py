"""How much waits for a decision, by urgency, kind, store and writer, and which come first: by one query."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache, partial
from typing import Any, Final

from django.utils import timezone

from promoflow.prepared import Around
from promoflow.promotions import waiting
from promoflow.rulebook.policy import Policy

# Thousands of requests are read once, then counted, and ordered by their keys alone. The order is the one of
# `waiting.in_order`. Names are looked up for what was counted.
_COUNTED: Final = """
WITH weighed (id, store, kind, wrote, edited, submitted, is_for_others, decide_by, warned, worst, exposed)
    AS MATERIALIZED ({found}),
counted AS (
    SELECT store, kind, wrote, edited, submitted, count(*) AS number,
        count(*) FILTER (WHERE decide_by <= %(at)s) AS overdue,
        count(*) FILTER (WHERE decide_by < %(tomorrow)s) AS soon
    FROM weighed WHERE NOT is_for_others GROUP BY store, kind, wrote, edited, submitted)
SELECT
    (SELECT coalesce(jsonb_agg(jsonb_build_object(
            'kind', kind, 'number', number, 'overdue', overdue, 'soon', soon,
            'store', jsonb_build_array(store, (SELECT name FROM catalog_store WHERE id = store)),
            'people', (SELECT jsonb_agg(jsonb_build_array(id, name)) FROM accounts_user
                WHERE id IN (wrote, edited, submitted)))), '[]')
        FROM counted),
    ARRAY(SELECT id FROM weighed WHERE NOT is_for_others
        ORDER BY decide_by, warned DESC NULLS FIRST, worst DESC NULLS FIRST, exposed DESC NULLS FIRST, id
        LIMIT %(most)s OFFSET %(first)s),
    (SELECT count(*) FROM weighed WHERE is_for_others)
"""

Named = list[tuple[int, str, int]]
"""Key, name and number of each, by name."""


@dataclass
class Counts:
    total: int = 0
    overdue: int = 0
    today: int = 0
    """Due by the end of the reader's day, and not overdue yet."""
    for_others: int = 0
    """What is in review and not theirs to decide; all else is counted without it."""
    kinds: Counter[str] = field(default_factory=Counter)
    stores: Named = field(default_factory=list)
    people: Named = field(default_factory=list)
    keys: list[int] = field(default_factory=list)
    """Of a page of them, in the order of the queue."""


def of(standing: Mapping[str, Any], policy: Policy, at: datetime, *, first: int, most: int) -> Counts:
    """The counts of all that somebody of this standing may decide, and so many keys from `first` on."""
    tomorrow = (timezone.localtime(at) + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    counted = _counted(waiting.hours_of(policy))
    [(read, keys, for_others)] = counted(**standing, at=at, tomorrow=tomorrow, first=first, most=most)
    groups = json.loads(read)
    counts = Counts(keys=keys, for_others=for_others)
    for group in groups:
        counts.total += group["number"]
        counts.overdue += group["overdue"]
        counts.today += max(0, group["soon"] - group["overdue"])
        counts.kinds[group["kind"]] += group["number"]
    counts.stores = _named((group["store"], group["number"]) for group in groups)
    # Each of the people once, whatever they did of it.
    counts.people = _named((who, group["number"]) for group in groups for who in group["people"])
    return counts


@cache
def _counted(hours: waiting.Hours) -> Around:
    return Around(_COUNTED, partial(waiting.weighed, hours))


def _named(found: Iterable[tuple[tuple[int, str], int]]) -> Named:
    numbers: Counter[tuple[int, str]] = Counter()
    for (key, name), number in found:
        numbers[key, name] += number
    return sorted(((key, name, number) for (key, name), number in numbers.items()), key=lambda one: one[1])
