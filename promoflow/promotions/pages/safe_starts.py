"""From when each kind may start on the products of a promotion that is stopped but not gone yet."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from promoflow.catalog import selectors as catalog
from promoflow.promotions import neighbours
from promoflow.promotions.content import decode
from promoflow.promotions.models import PromotionRequest
from promoflow.rulebook import kinds
from promoflow.rulebook.case import Case
from promoflow.rulebook.offers import Discount, Offer, Window
from promoflow.rulebook.policy import Policy

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class SafeStart:
    """The first start that the rules allow; `waits` where it is the stopped promotion that keeps it back."""

    kind: str
    starts_at: datetime | None
    waits: bool


def of(request: PromotionRequest, *, policy: Policy, at: datetime) -> list[SafeStart]:
    """Every kind, asked of the rules beside all that holds these products: a shallow one, for one day.

    How deep it may be is a question of its own, and is answered when it is drafted.
    """
    stopped = neighbours.offer_of(request)
    products = list(catalog.products_of(request.store, decode(request.newest.body)["covered"]).values())
    wanted = _of_kind(kinds.COUPON, stopped, at)
    others = neighbours.beside(request.store, products, candidate=wanted, policy=policy)
    listed = catalog.listed(products)
    zone = request.store.marketplace.time_zone
    gone_at = policy.danger_window(stopped).ends_at
    found = []
    for kind in kinds.KINDS:
        case = Case.of(_of_kind(kind, stopped, at), others, listed, policy, at, zone)
        waits = policy.pair(kind, stopped.kind) == "block" and gone_at > at
        found.append(SafeStart(kind, case.earliest_safe_start, waits))
    return found


def _of_kind(kind: str, stopped: Offer, at: datetime) -> Offer:
    is_free_items = kind == kinds.BUY_ONE_GET_ONE
    return Offer(
        reference="",
        state="draft",
        kind=kind,
        discount=Discount(kinds.FREE_ITEMS) if is_free_items else Discount(kinds.PERCENT, Decimal(1)),
        asins=stopped.asins,
        chosen=stopped.chosen,
        currency=stopped.currency,
        window=Window(at, at + _DAY),
        buy_quantity=1 if is_free_items else None,
        get_quantity=1 if is_free_items else None,
    )
