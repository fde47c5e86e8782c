"""Writing the held reservations anew under other rules, in the transaction that publishes them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from django.db.models import Count, Max

from promoflow.catalog.models import Product
from promoflow.promotions import neighbours
from promoflow.promotions.models import PromotionRequest, Reservation, State
from promoflow.promotions.services import reserving
from promoflow.rulebook.policy import Policy

# Where two no longer fit beside each other, the one that is nearer to shoppers keeps its place.
_PRECEDENCE: Final = (State.LIVE, State.ENDED, State.APPROVED)

Shape = dict[tuple[int, int, datetime, datetime], int]
"""How many products a request holds in each group, as which member, for which danger window."""


def reprove(requests: Sequence[PromotionRequest], *, policy: Policy) -> set[int]:
    """Hold by these rules what was held by others; the keys of the requests that no longer fit whole.

    The requests are locked, and nobody decides meanwhile. Whoever is approved or live holds its products
    throughout: its new presence goes in before the old rows are let go, and only then the groups that
    exclude others, which by then meet no row of the old rules. What does not fit is left out by ON CONFLICT
    DO NOTHING; its presence stays.
    """
    wanted = {request.pk: _wanted(request, policy) for request in requests}
    held = _held(wanted)
    changed = sorted(
        (request for request in requests if _shape(wanted[request.pk]) != held[request.pk]),
        key=lambda request: (_PRECEDENCE.index(State(request.state)), request.pk),
    )
    newest = Reservation.objects.aggregate(newest=Max("pk"))["newest"] or 0
    reserving.insert(row for request in changed for row in wanted[request.pk] if row.conflict_group == 0)
    Reservation.objects.filter(request__in=changed, held=True, pk__lte=newest).update(held=False)
    return {request.pk for request in changed if not _fits(request, wanted[request.pk], newest)}


def _wanted(request: PromotionRequest, policy: Policy) -> list[Reservation]:
    """The rows by these rules; none where it was stopped in time to never run."""
    if not policy.danger_window(neighbours.offer_of(request)):
        return []
    products = Product.objects.filter(revisions=request.current_id).order_by("pk")
    return reserving.rows(request, list(products), policy=policy)


def _shape(rows: Iterable[Reservation]) -> Shape:
    shape: Shape = defaultdict(int)
    for row in rows:
        shape[row.conflict_group, row.member, *row.danger] += 1
    return dict(shape)


def _held(keys: Iterable[int]) -> dict[int, Shape]:
    rows = (
        Reservation.objects.filter(request__in=list(keys), held=True)
        .values_list("request", "conflict_group", "member", "danger")
        .annotate(products=Count("pk"))
        .order_by()
    )
    held: dict[int, Shape] = defaultdict(dict)
    for request, group, member, danger, products in rows:
        held[request][group, member, danger.lower, danger.upper] = products
    return held


def _fits(request: PromotionRequest, rows: Sequence[Reservation], newest: int) -> bool:
    reserving.insert(row for row in rows if row.conflict_group != 0)
    return Reservation.objects.filter(request=request, held=True, pk__gt=newest).count() == len(rows)
