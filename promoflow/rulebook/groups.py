"""Which held reservations exclude each other, in the words of the database's exclusion constraint.

In the database two held rows of one product and one group, with overlapping danger windows and different
members, exclude each other. So the pairs that the policy blocks are covered with groups:

* kinds that all block each other and themselves share one group whose member is the request itself (None
  here);
* a pair of which one kind may meet itself has a group of its own, whose member is the kind.

A group's number is made of the kinds in it, so it means the same under every version of the policy.
"""

from collections.abc import Iterable
from itertools import combinations

from promoflow.rulebook.kinds import KINDS

Pair = frozenset[str]
Held = tuple[tuple[int, int | None], ...]


def of_kinds(blocked: frozenset[Pair]) -> dict[str, Held]:
    """By kind the (group, member) of its reservations; `blocked` has pairs of one kind too."""
    selves = frozenset(kind for kind in KINDS if frozenset((kind,)) in blocked)
    held: dict[str, list[tuple[int, int | None]]] = {kind: [] for kind in KINDS}
    for clique in _cliques_that_cover(blocked, selves):
        for kind in clique:
            held[kind].append((_number(clique), None))
    for pair in sorted(blocked, key=sorted):
        if not pair <= selves:
            for kind in pair:
                held[kind].append((-_number(pair), -1 - KINDS[kind].number))
    return {kind: tuple(sorted(rows, key=lambda row: row[0])) for kind, rows in held.items()}


def _cliques_that_cover(blocked: frozenset[Pair], selves: frozenset[str]) -> list[frozenset[str]]:
    """Greedily the clique with the most uncovered pairs; of equals the smallest, then the first."""
    uncovered = {pair for pair in blocked if pair <= selves}
    cliques = [clique for clique in _subsets(selves) if _pairs_in(clique) <= blocked]
    chosen: list[frozenset[str]] = []
    while uncovered:
        best = max(cliques, key=lambda clique: len(_pairs_in(clique) & uncovered))
        chosen.append(best)
        uncovered -= _pairs_in(best)
    return chosen


def _subsets(kinds: Iterable[str]) -> list[frozenset[str]]:
    ordered = sorted(kinds, key=lambda kind: KINDS[kind].number)
    return [frozenset(some) for size in range(1, len(ordered) + 1) for some in combinations(ordered, size)]


def _pairs_in(clique: frozenset[str]) -> set[Pair]:
    return {frozenset((kind,)) for kind in clique} | {
        frozenset(pair) for pair in combinations(sorted(clique), 2)
    }


def _number(kinds: frozenset[str]) -> int:
    return sum(1 << KINDS[kind].number for kind in kinds)
