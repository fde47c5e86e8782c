"""Holding products for a request's danger window, and letting them go."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from django.db import connection
from django.utils.translation import gettext as _

from promoflow.catalog.models import Product
from promoflow.errors import Blocked
from promoflow.promotions import neighbours
from promoflow.promotions.models import PromotionRequest, Reservation
from promoflow.rulebook.policy import Policy

# Group 0 only says that a request is there; its members are all equal, so it excludes nothing.
PRESENCE = (0, 0)


def rows(request: PromotionRequest, products: Sequence[Product], *, policy: Policy) -> list[Reservation]:
    """A presence for every product, and one row for each group of the request's kind."""
    offer = neighbours.offer_of(request)
    danger = policy.danger_window(offer)
    groups = [
        (group, request.first_pk if member is None else member)
        for group, member in policy.conflict_groups(offer.kind)
    ]
    return [
        Reservation(
            request=request,
            revision=request.newest,
            product=product,
            conflict_group=group,
            member=member,
            danger=(danger.starts_at, danger.ends_at),
        )
        for product in products
        for group, member in (PRESENCE, *groups)
    ]


def hold(request: PromotionRequest, products: Sequence[Product], *, policy: Policy) -> None:
    """Hold every product, or refuse: the exclusion constraint is the backstop behind the checked findings.

    ON CONFLICT DO NOTHING, because two plain inserts that exclude each other can deadlock (reliability.md,
    P2); so the count says whether all of them went in.
    """
    wanted = rows(request, products, policy=policy)
    if insert(wanted) != len(wanted):
        raise Blocked(
            _("A promotion that may not meet %(reference)s holds one of its products. Reload to see which.")
            % {"reference": request.reference}
        )


_INSERT: Final = """
INSERT INTO promotions_reservation
    (request_id, revision_id, product_id, conflict_group, member, danger, held)
SELECT request, revision, product, conflict_group, member, tstzrange(starts_at, ends_at), true
FROM unnest(%s::bigint[], %s::bigint[], %s::int[], %s::smallint[], %s::bigint[],
            %s::timestamptz[], %s::timestamptz[])
    AS wanted (request, revision, product, conflict_group, member, starts_at, ends_at)
ON CONFLICT DO NOTHING
"""


def insert(wanted: Iterable[Reservation]) -> int:
    """Hold whatever of it fits beside all that is held; how many rows that were.

    The count is why this is no `bulk_create`, which would not tell what it left out.
    """
    columns = [
        (row.request_id, row.revision_id, row.product_id, row.conflict_group, row.member, *row.danger)
        for row in wanted
    ]
    if not columns:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [list(column) for column in zip(*columns, strict=True)])
        return int(cursor.rowcount)


def release(request: PromotionRequest, *, may_run: bool) -> None:
    """Let every product go; `may_run` where it was never marked live and may stand at Amazon all the same."""
    Reservation.objects.filter(request=request, held=True).update(held=False, may_run=may_run)


def settle(request: PromotionRequest) -> None:
    """What it let go before no longer may run unseen: somebody says that it is not there."""
    Reservation.objects.filter(request=request, may_run=True).update(may_run=False)


def settle_as_live(request: PromotionRequest) -> None:
    """The same of what is seen there, now that it is marked live: what is of its kind and on its products.

    What it was before it became another kind, or on products that it left, may stand there as another one.
    """
    held = Reservation.objects.filter(request=request, held=True)
    Reservation.objects.filter(
        request=request,
        may_run=True,
        revision__kind=request.newest.kind,
        product__in=held.values("product"),
    ).update(may_run=False)


def cool_off(request: PromotionRequest, *, policy: Policy, at: datetime) -> None:
    """After a stop: hold the products only for as long as the promotion may still touch a sale.

    What new rules left out of its groups has no place there now either, and keeps nobody from stopping it.
    """
    held = Reservation.objects.filter(request=request, held=True)
    products = list(Product.objects.filter(pk__in=held.values("product")).order_by("pk"))
    danger = policy.danger_window(neighbours.offer_of(request))
    held.update(held=False)
    if danger and danger.ends_at > at:
        insert(rows(request, products, policy=policy))


def shorten(request: PromotionRequest, *, policy: Policy) -> None:
    """Hold for the shorter danger window of one that runs on; at no instant is a product held by nobody.

    The new rows go in before the old ones are let go: rows of one request never exclude each other.
    """
    held = Reservation.objects.filter(request=request, held=True)
    products = list(Product.objects.filter(pk__in=held.values("product")).order_by("pk"))
    newest = held.order_by("-pk").values_list("pk", flat=True)[0]
    insert(rows(request, products, policy=policy))
    held.filter(pk__lte=newest).update(held=False)
