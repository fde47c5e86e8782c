"""Carrying a confirmed import into the catalog: all of its good lines in one transaction, or none."""

import hashlib
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models.functions import Collate

from accounts.models import User
from promoflow.audit import services as audit
from promoflow.catalog import selectors
from promoflow.catalog.files.problems import told
from promoflow.catalog.marketplaces import Marketplace
from promoflow.catalog.models import Import, ImportChange, Store
from promoflow.catalog.permissions import check_can_import
from promoflow.catalog.services import comparing
from promoflow.errors import NotAllowed, Stale

# A history entry lists what it changed up to here; beyond it tells the counts and the digest of the list.
LONGEST_LIST: Final = 500

# The products that change and the parents that they are given, in key order like every other locker.
_LOCK = """
SELECT FROM catalog_product product
WHERE store_id = %(store)s AND (
    id IN (SELECT product_id FROM catalog_importchange WHERE source_id = %(source)s)
    OR asin IN (
        SELECT parent_asin FROM catalog_importchange
        WHERE source_id = %(source)s AND parent_asin <> was_parent_asin)
)
ORDER BY id FOR NO KEY UPDATE
"""
_ADD_PRODUCTS = """
INSERT INTO catalog_product (store_id, asin, title, image_url, price, floor_price)
SELECT %(store)s, asin, title, image_url, price, floor_price
FROM catalog_importchange WHERE source_id = %(source)s AND is_new ORDER BY asin
"""
_CHANGE_PRODUCTS = """
UPDATE catalog_product product
SET title = change.title, image_url = change.image_url, price = change.price, floor_price = change.floor_price
FROM catalog_importchange change
WHERE change.source_id = %(source)s AND product.id = change.product_id
    AND (change.changes_price OR change.changes_floor OR change.changes_text)
"""
_CHANGE_PARENTS = """
UPDATE catalog_product product SET parent_id = parent.id
FROM catalog_importchange change
JOIN catalog_product parent ON parent.store_id = %(store)s AND parent.asin = change.parent_asin
WHERE change.source_id = %(source)s AND change.changes_parent AND product.id = change.product_id
"""
_CHANGE_SKUS = """
INSERT INTO catalog_sku AS sku (store_id, product_id, sku, price, quantity, status, channel)
SELECT %(store)s, product.id, line.sku, line.price, line.quantity, line.status, line.channel
FROM catalog_importline line
JOIN catalog_importchange change ON change.source_id = %(source)s AND change.asin = line.asin
JOIN catalog_product product ON product.store_id = %(store)s AND product.asin = line.asin
WHERE line.source_id = %(source)s AND line.sku <> ''
    AND change.new_skus + change.moved_skus + change.changed_skus > 0
ORDER BY line.sku
ON CONFLICT (store_id, sku) DO UPDATE
SET (product_id, price, quantity, status, channel)
    = (excluded.product_id, excluded.price, excluded.quantity, excluded.status, excluded.channel)
WHERE (sku.product_id, sku.price, sku.quantity, sku.status, sku.channel) IS DISTINCT FROM
    (excluded.product_id, excluded.price, excluded.quantity, excluded.status, excluded.channel)
"""


def apply(source: Import, *, at: datetime) -> None:
    """Apply a confirmed import; where the catalog has moved since it was shown, show it again instead."""
    try:
        _apply(source, at=at)
    except NotAllowed:
        put_back(source, "may-no-longer")
    except Stale:
        put_back(source, "moved-on")


@transaction.atomic(durable=True)
def _apply(source: Import, *, at: datetime) -> None:
    # Imports into one store take turns; other work on its products only waits for the rows that change.
    store = Store.objects.select_for_update(no_key=True).get(pk=source.store_id)
    source = (
        Import.objects.select_for_update(no_key=True, of=("self",))
        .select_related("confirmed_by")
        .get(pk=source.pk)
    )
    if source.status != Import.Status.APPLYING:
        return
    by = source.confirmed_by
    assert by is not None  # noqa: S101 - a constraint of the row
    check_can_import(by, store, source.kind)
    comparing.plan_for_bulk()
    comparing.execute(_LOCK, source)
    if not comparing.still_holds(source):
        raise Stale(told("moved-on", {}))
    for statement in (_ADD_PRODUCTS, _CHANGE_PRODUCTS, _CHANGE_PARENTS, _CHANGE_SKUS):
        comparing.execute(statement, source)
    source.status = Import.Status.APPLIED
    source.clear_problem()
    source.applied_at, source.applied_by = at, by
    source.save(update_fields=["status", *Import.TROUBLE, "applied_at", "applied_by"])
    _record(source, by=by, at=at)
    source.lines.all().delete()


@transaction.atomic(durable=True)
def put_back(source: Import, problem: str) -> None:
    """Show the import again as it would be now, with the reason why; nothing of it was applied."""
    source = Import.objects.select_for_update(no_key=True).get(pk=source.pk)
    if source.status != Import.Status.APPLYING:
        return
    comparing.compare(source)
    source.status = Import.Status.READY
    source.clear_problem()
    source.problem_code = problem
    source.confirmed_at = source.confirmed_by = None
    source.attempts = 0
    source.comparison += 1
    for name, number in comparing.count_the_rest(source).items():
        setattr(source, name, number)
    source.save()


def _record(source: Import, *, by: User, at: datetime) -> None:
    audit.record(
        "import.applied",
        by=by,
        at=at,
        on=source,
        store=source.store,
        states=(Import.Status.READY, Import.Status.APPLIED),
        before={"sha256": source.sha256, "lines": source.lines_read, "refused": source.lines_refused},
        **_told(source),
    )


def _told(source: Import) -> dict[str, Any]:
    """Counts and digest of what was changed; where it is short, the list of prices, floors and parents."""
    told: dict[str, Any] = {"counts": selectors.counts(source), "digest": _digest(source)}
    listed = list(source.changes.filter(selectors.WEIGHTY).order_by("asin")[: LONGEST_LIST + 1])
    if len(listed) > LONGEST_LIST:
        return {"after": told}
    told["changes"] = [_change_told(change, source.store.marketplace) for change in listed]
    return {"after": told, "asins": [change.asin for change in listed]}


def _change_told(change: ImportChange, marketplace: Marketplace) -> dict[str, Any]:
    told: dict[str, Any] = {"asin": change.asin}
    if change.changes_price:
        told["price"] = [marketplace.written(amount) for amount in (change.was_price, change.price)]
    if change.changes_floor:
        floors = (change.was_floor_price, change.floor_price)
        told["floor_price"] = [marketplace.written(amount) for amount in floors]
    if change.changes_parent:
        told["parent_asin"] = [change.was_parent_asin, change.parent_asin]
    return told


def _digest(source: Import) -> str:
    """SHA-256 of all prices, floors and parents, before and after, of the products it changed, by ASIN."""
    digest = hashlib.sha256()
    rows = source.changes.order_by(Collate("asin", "C")).values_list(
        "asin",
        "was_price",
        "price",
        "was_floor_price",
        "floor_price",
        "was_parent_asin",
        "parent_asin",
    )
    for row in rows.iterator():
        digest.update("\t".join("" if value is None else str(value) for value in row).encode() + b"\n")
    return digest.hexdigest()
