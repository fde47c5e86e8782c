"""Requests as the rules see them, and the ones that stand beside a candidate."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from promoflow.catalog import selectors as catalog
from promoflow.catalog.models import Product, Store
from promoflow.prepared import planned_once
from promoflow.promotions.models import BEFORE_LIVE, PromotionRequest, Reservation, State
from promoflow.rulebook import claim_codes, offers
from promoflow.rulebook.offers import MAY_RUN, Offer
from promoflow.rulebook.policy import Policy

# The longest padding of any kind is hours; the exact windows are compared in Python.
_NEAR = timedelta(days=7)

# By all that decides how the rules see a request: its number, its state, the revision with its digest, when
# it was stopped, and what it amends. The same ones stand beside one draft after the other.
_Row = tuple[int, str, int, bytes, datetime | None, str | None]
_known: dict[_Row, Offer] = {}
_MOST_KNOWN = 8192


def offer_of(request: PromotionRequest) -> Offer:
    """The request as the rules see it."""
    activation = getattr(request, "activation", None)
    ends = [activation.stopped_at if activation else None, request.ends_early]
    stopped_at = min((end for end in ends if end), default=None)
    amends = request.amends.reference if request.amends else None
    offer = _offer(bytes(request.newest.body).decode(), request.reference, request.state, stopped_at, amends)
    return replace(offer, decide_until=decide_until(request)) if request.amends_id else offer


def decide_until(request: PromotionRequest) -> datetime | None:
    """For an amendment that is not live yet: the end of what it amends, which runs already."""
    if request.amends is None or request.state not in BEFORE_LIVE:
        return None
    return request.amends.runs_until


def may_run(request: PromotionRequest, *, at: datetime) -> bool:
    """Whether it may stand at Amazon although nobody marked it live: it is approved, or was until lately."""
    if request.state == State.APPROVED:
        return True
    return Reservation.objects.filter(request=request, may_run=True, danger__endswith__gt=at).exists()


def beside(
    store: Store, products: Iterable[Product], *, candidate: Offer, policy: Policy, besides: int = 0
) -> list[Offer]:
    """What may touch a sale of the products, or of their parents, and what uses the candidate's claim code.

    Held by reservation, still in review, or let go although it may stand at Amazon; from shortly before the
    candidate on, as the policy looks back. There is no end to it: a safe start lies behind all of them. One
    query for any number of products.
    """
    ways = [_HOLDING, _ASKING]
    return _found(ways, store, products, candidate=candidate, policy=policy, besides=besides)


def by_content(
    store: Store, products: Iterable[Product], *, candidate: Offer, policy: Policy, besides: int = 0
) -> list[Offer]:
    """The same by rules that are not in force.

    Reservations are written for the danger windows of those that are, so what is held is found by content.
    """
    return _found([_TOUCHING], store, products, candidate=candidate, policy=policy, besides=besides)


_HOLDING = """
SELECT request_id FROM promotions_reservation
WHERE held AND conflict_group = 0 AND product_id = ANY(%(products)s::int[])
    AND danger && tstzrange(%(since)s, NULL)
"""
_BY_CONTENT = """
SELECT request.id
FROM promotions_revision revision
    JOIN promotions_promotionrequest request ON request.current_id = revision.id
    {more}
WHERE revision.ends_at > %(near)s AND request.state IN {states} AND {condition}
"""
_NAMES = {
    "more": "JOIN promotions_revisionproduct named ON named.revision_id = revision.id",
    "condition": "named.product_id = ANY(%(products)s::int[])",
}
_ASKING = _BY_CONTENT.format(states="('in_review')", **_NAMES)
_TOUCHING = _BY_CONTENT.format(states="('in_review', 'approved', 'live', 'ended')", **_NAMES)

# On whatever product: one code opens every promotion that has it. An index has the codes.
_WITH_CODE = _BY_CONTENT.format(
    more="",
    states="('in_review', 'approved', 'live', 'ended')",
    condition="request.store_id = %(store)s"
    " AND translate(promotions_content(revision.body) ->> 'claim_code', '01', 'OI') = %(code)s",
)

# What was let go although it may stand at Amazon, as it was approved and whatever its request says by now,
# unless that is held again.
_LET_GO = """
SELECT request.id, '{may_run}', revision.id, revision.digest, NULL::timestamptz, 'PR-' || request.amends_id
FROM (
    SELECT DISTINCT request_id, revision_id FROM promotions_reservation
    WHERE may_run AND conflict_group = 0 AND product_id = ANY(%(products)s::int[])
        AND danger && tstzrange(%(since)s, NULL)) let_go
    JOIN promotions_promotionrequest request ON request.id = let_go.request_id
    JOIN promotions_revision revision ON revision.id = let_go.revision_id
WHERE NOT (request.state = 'approved' AND request.current_id = revision.id){others}
ORDER BY 1, 3
"""
# What was found is taken as an array: an index then finds each, where a join may read the whole table. An
# amendment stands in for what it amends, and neither against the other.
_OFFERS = """
SELECT request.id, request.state, request.current_id, revision.digest,
    least(activation.stopped_at, request.ends_early), 'PR-' || request.amends_id
FROM promotions_promotionrequest request
    JOIN promotions_revision revision ON revision.id = request.current_id
    LEFT JOIN promotions_activation activation ON activation.request_id = request.id
WHERE request.id = ANY(ARRAY({found})::bigint[]){others}
    AND NOT EXISTS (SELECT FROM promotions_succession WHERE amended_id = request.id)
UNION ALL""" + _LET_GO.replace("{others}", "{let_go}")
_NEITHER_AMENDED_NOR_AMENDMENT = """
    AND request.amends_id IS DISTINCT FROM %(besides)s
    AND request.id IS DISTINCT FROM (
        SELECT amends_id FROM promotions_promotionrequest WHERE id = %(besides)s)"""
_BUT_ONE = "AND request.id <> %(besides)s" + _NEITHER_AMENDED_NOR_AMENDMENT
# Two amendments of one promotion are one promotion at Amazon. What is of another kind by now is another one
# there: the one that was approved before may stand beside it.
_LET_GO_BUT_ONE = f"""
    AND (request.id <> %(besides)s OR revision.kind <> %(kind)s){_NEITHER_AMENDED_NOR_AMENDMENT}
    AND NOT EXISTS (SELECT FROM promotions_promotionrequest
        WHERE id = %(besides)s AND amends_id = request.amends_id)"""


def _found(
    ways: list[str],
    store: Store,
    products: Iterable[Product],
    *,
    candidate: Offer,
    policy: Policy,
    besides: int,
) -> list[Offer]:
    """Those that are found these ways and may still touch a sale, as the rules see them.

    The bodies of those that stood beside an earlier draft are known already, and are not sent again.
    """
    starts_at = policy.danger_window(candidate).starts_at - policy.look_back
    asked: dict[str, Any] = {
        "products": list({pk for product in products for pk in (product.pk, product.parent_id) if pk}),
        "since": starts_at,
        "near": starts_at - _NEAR,
        "store": store.pk,
        "besides": besides,
        "kind": candidate.kind,
    }
    if candidate.claim_code:
        ways = [*ways, _WITH_CODE]
        asked["code"] = claim_codes.normalise(candidate.claim_code)
    found = _offers(_written(ways, besides), asked)
    return [offer for offer in found if policy.danger_ends_after(offer, starts_at)]


def let_go(product: Product, *, at: datetime) -> list[Offer]:
    """What left *approved* without having been marked live and may stand at Amazon, on it or its family."""
    return let_go_on(catalog.relatives(product).values_list("pk", flat=True), since=at)


def let_go_on(products: Iterable[int], *, since: datetime) -> list[Offer]:
    """The same on any of these products, by their keys."""
    asked = {"products": list(products), "since": since}
    return _offers(_LET_GO.format(may_run=MAY_RUN, others=""), asked)


def _offers(written: str, asked: Mapping[str, Any]) -> list[Offer]:
    with planned_once(), connection.cursor() as cursor:
        cursor.execute(written, asked)
        rows: list[_Row] = cursor.fetchall()
    try:
        return [_known[row] for row in rows]
    except KeyError:
        return _read(rows)


def _written(ways: list[str], besides: int) -> str:
    return _OFFERS.format(
        found="UNION".join(ways),
        others=_BUT_ONE if besides else "",
        let_go=_LET_GO_BUT_ONE if besides else "",
        may_run=MAY_RUN,
    )


def _read(rows: list[_Row]) -> list[Offer]:
    """The bodies that are not known come as text: half as much to send as bytes in hexadecimal digits."""
    known = {row: _known.get(row) for row in rows}
    unread = [row for row, offer in known.items() if offer is None]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, convert_from(body, 'UTF8') FROM promotions_revision WHERE id = ANY(%s::bigint[])",
            [[row[2] for row in unread]],
        )
        bodies = dict(cursor.fetchall())
    if len(_known) > _MOST_KNOWN:
        _known.clear()
    read = {row: _offer(bodies[row[2]], f"PR-{row[0]}", row[1], *row[4:]) for row in unread}
    _known.update(read)
    return [offer or read[row] for row, offer in known.items()]


def _offer(body: str, reference: str, state: str, stopped_at: datetime | None, amends: str | None) -> Offer:
    return offers.read(
        json.loads(body), reference=reference, state=state, stopped_at=stopped_at, amends=amends
    )
