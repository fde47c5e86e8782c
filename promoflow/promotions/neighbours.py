"""Requests as the rules see them, and the ones that stand beside a candidate."""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, F, Func, JSONField, OuterRef, QuerySet, TextField, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Least

from promoflow.catalog.models import Product, Store
from promoflow.catalog.selectors import AnyOf
from promoflow.promotions.models import PromotionRequest, Reservation, Revision, State
from promoflow.rulebook import claim_codes, offers
from promoflow.rulebook.offers import UNDECIDED, Offer
from promoflow.rulebook.policy import Policy

# The longest padding of any kind is hours; the exact windows are compared in Python.
_NEAR = timedelta(days=7)

# By all that decides how the rules see a request: its number, its state, the revision with its digest, and
# when it was stopped. The same ones stand beside one draft after the other.
_Row = tuple[int, str, int, bytes, datetime | None]
_known: dict[_Row, Offer] = {}
_MOST_KNOWN = 8192

_MAY_TOUCH = (State.IN_REVIEW, State.APPROVED, State.LIVE, State.ENDED)


def offer_of(request: PromotionRequest) -> Offer:
    """The request as the rules see it."""
    activation = getattr(request, "activation", None)
    ends = [activation.stopped_at if activation else None, request.ends_early]
    stopped_at = min((end for end in ends if end), default=None)
    offer = _offer(bytes(request.newest.body).decode(), request.reference, request.state, stopped_at)
    return replace(offer, decide_until=decide_until(request)) if request.amends_id else offer


def decide_until(request: PromotionRequest) -> datetime | None:
    """For an amendment that is not live yet: the end of what it amends, which runs already."""
    if request.amends is None or request.state not in (*UNDECIDED, State.APPROVED):
        return None
    return request.amends.runs_until


def beside(
    store: Store, products: Iterable[Product], *, candidate: Offer, policy: Policy, besides: int = 0
) -> list[Offer]:
    """What may touch a sale of the products, or of their parents, and what uses the candidate's claim code.

    Held by reservation, or still in review; from shortly before the candidate on, as the policy looks back.
    There is no end to it: a safe start lies behind all of them. One query for any number of products.
    """
    starts_at = policy.danger_window(candidate).starts_at - policy.look_back
    keys = _with_parents(products)
    holding = Reservation.objects.filter(
        AnyOf("product_id", keys, array="int[]"),
        held=True,
        conflict_group=0,
        danger__overlap=(starts_at, None),
    ).values("request_id")
    asking = _naming(keys, starts_at).filter(request__state=State.IN_REVIEW)
    with_code = _with_code(store, candidate.claim_code, starts_at)
    wanted = holding.union(asking.values("request_id"), *with_code)
    return _offers_of(wanted, besides=besides, policy=policy, starts_at=starts_at)


def by_content(
    store: Store, products: Iterable[Product], *, candidate: Offer, policy: Policy, besides: int = 0
) -> list[Offer]:
    """The same by rules that are not in force.

    Reservations are written for the danger windows of those that are, so what is held is found by content.
    """
    starts_at = policy.danger_window(candidate).starts_at - policy.look_back
    touching = _naming(_with_parents(products), starts_at).filter(request__state__in=_MAY_TOUCH)
    wanted = touching.values("request_id").union(*_with_code(store, candidate.claim_code, starts_at))
    return _offers_of(wanted, besides=besides, policy=policy, starts_at=starts_at)


def _with_parents(products: Iterable[Product]) -> set[int]:
    return {pk for product in products for pk in (product.pk, product.parent_id) if pk}


def _current(starts_at: datetime) -> QuerySet[Revision]:
    """The newest revisions of what may not be over by then."""
    return Revision.objects.filter(request__current=F("pk"), ends_at__gt=starts_at - _NEAR).order_by()


def _naming(keys: set[int], starts_at: datetime) -> QuerySet[Revision]:
    return _current(starts_at).filter(AnyOf("rows__product_id", keys, array="int[]"))


def _offers_of(
    wanted: "QuerySet[Any, Any]", *, besides: int, policy: Policy, starts_at: datetime
) -> list[Offer]:
    """Those of the wanted requests that may still touch a sale then, as the rules see them.

    The bodies of those that stood beside an earlier draft are known already, and are not sent again.
    """
    found = PromotionRequest.objects.filter(AnyOf("pk", ArraySubquery(wanted), array="bigint[]"))
    if besides:
        # An amendment stands in for what it amends, and neither against the other.
        amended = PromotionRequest.objects.filter(pk=besides, amends=OuterRef("pk"))
        found = found.exclude(pk=besides).exclude(amends=besides).exclude(Exists(amended))
    rows = list(
        found.filter(succession__isnull=True)
        .order_by("pk")
        .values_list(
            "pk",
            "state",
            "current_id",
            "current__digest",
            Least("activation__stopped_at", "ends_early"),
        )
    )
    read = {row: _known.get(row) for row in rows}
    unread = [row for row, offer in read.items() if offer is None]
    if unread:
        read |= _read(unread)
    return [offer for offer in read.values() if offer and policy.danger_ends_after(offer, starts_at)]


def _read(rows: list[_Row]) -> dict[_Row, Offer]:
    revisions = Revision.objects.filter(AnyOf("pk", [row[2] for row in rows], array="bigint[]"))
    bodies = dict(revisions.values_list("pk", _text_of("body")))
    if len(_known) > _MOST_KNOWN:
        _known.clear()
    read = {row: _offer(bodies[row[2]], f"PR-{row[0]}", row[1], row[4]) for row in rows}
    _known.update(read)
    return read


def _text_of(body: str) -> Func:
    """Half as much to send as bytes, which go as hexadecimal digits."""
    return Func(F(body), Value("UTF8"), function="convert_from", output_field=TextField())


def _offer(body: str, reference: str, state: str, stopped_at: datetime | None) -> Offer:
    return offers.read(json.loads(body), reference=reference, state=state, stopped_at=stopped_at)


def _with_code(store: Store, claim_code: str | None, starts_at: datetime) -> "list[QuerySet[Any, Any]]":
    """On whatever product: one code opens every promotion that has it. An index has the codes."""
    if not claim_code:
        return []
    content = Func(F("body"), function="promotions_content", output_field=JSONField())
    revisions = _current(starts_at).annotate(code=KeyTextTransform("claim_code", content))
    found = revisions.filter(
        request__store=store,
        request__state__in=_MAY_TOUCH,
        code=claim_codes.normalise(claim_code),
    )
    return [found.values("request_id")]
