"""Changing by hand what a manager knows of a product: its floor, its parent, also its price."""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from promoflow.audit import services as audit
from promoflow.catalog.models import Product, Sku, Store
from promoflow.catalog.permissions import check_can_change_products
from promoflow.catalog.selectors import lock_products
from promoflow.catalog.wording import differences
from promoflow.errors import Blocked, Stale, WrongState


class Facts(NamedTuple):
    """What can be changed of a product by hand."""

    price: Decimal | None
    floor_price: Decimal | None
    parent_asin: str

    @classmethod
    def of(cls, product: Product) -> "Facts":
        parent = product.parent.asin if product.parent else ""
        return cls(product.price, product.floor_price, parent).written_in(product.store)

    def written_in(self, store: Store) -> "Facts":
        written = store.marketplace.written
        return self._replace(price=written(self.price), floor_price=written(self.floor_price))


_EVENTS = {
    "price": "product.price_changed",
    "floor_price": "product.floor_changed",
    "parent_asin": "product.parent_changed",
}


def change(
    *, store: Store, asin: str, seen: Facts, to: Facts, why: str, by: User, at: datetime
) -> tuple[str, ...]:
    """Set price, floor and parent from what the person saw to what they want; says which of them changed.

    A lower floor, or none, needs a reason: every later discount may go as deep as that.
    """
    with (
        audit.refusals("product.change_refused", by=by, at=at, on=_named(store, asin), asins=[asin]),
        transaction.atomic(durable=True),
    ):
        locked = {product.asin: product for product in lock_products(store, {asin, to.parent_asin})}
        check_can_change_products(by, store)
        product = locked[asin]
        found, to = Facts.of(product), to.written_in(store)
        if found != seen:
            raise Stale(
                _("Somebody changed this product after you opened it."),
                differences(seen._asdict(), found._asdict(), currency=store.marketplace.currency),
            )
        if _lowers(found.floor_price, to.floor_price) and not why.strip():
            raise Blocked(_("Say why the floor may be lower: every later discount may go as deep as that."))
        if to.parent_asin != found.parent_asin:
            product.parent = _parent(product, to.parent_asin, locked)
        product.price, product.floor_price = to.price, to.floor_price
        product.save(update_fields=["price", "floor_price", "parent"])
        changed = tuple(name for name in Facts._fields if getattr(found, name) != getattr(to, name))
        for name in changed:
            before, after = {name: getattr(found, name)}, {name: getattr(to, name)}
            _record(_EVENTS[name], product, by=by, at=at, before=before, after=after, why=why)
        return changed


def retire_sku(*, store: Store, asin: str, sku: str, by: User, at: datetime) -> Product:
    """Leave a SKU that Amazon no longer lists out of the product's price.

    An import leaves alone what its file does not name, so a SKU that is gone would hold the price down for
    ever. The next report that names it brings it back.
    """
    with (
        audit.refusals("product.change_refused", by=by, at=at, on=_named(store, asin), asins=[asin]),
        transaction.atomic(durable=True),
    ):
        (product,) = lock_products(store, {asin})
        check_can_change_products(by, store)
        retired = product.skus.select_for_update(no_key=True).get(sku=sku)
        if retired.status == Sku.RETIRED:
            raise WrongState(_("The SKU %(sku)s is left out already.") % {"sku": sku})
        written = store.marketplace.written
        before = {
            "price": written(product.price),
            "sku": sku,
            "sku_price": written(retired.price),
            "status": retired.status,
        }
        retired.status, retired.price = Sku.RETIRED, None
        retired.save(update_fields=["status", "price"])
        product.price = _lowest(product) or product.price
        product.save(update_fields=["price"])
        after = {"price": written(product.price), "sku": sku, "sku_price": None, "status": retired.status}
        _record("product.price_changed", product, by=by, at=at, before=before, after=after)
        return product


def _named(store: Store, asin: str) -> Callable[[], Product | None]:
    return Product.objects.filter(store=store, asin=asin).select_related("store").first


def _lowest(product: Product) -> Decimal | None:
    """The lowest price of the SKUs on sale, else of all that have one; as an import reckons it."""
    priced = [(sku.price, sku.is_on_sale) for sku in product.skus.all() if sku.price is not None]
    on_sale = [price for price, is_on_sale in priced if is_on_sale]
    return min(on_sale or [price for price, _is_on_sale in priced], default=None)


def _lowers(found: Decimal | None, to: Decimal | None) -> bool:
    return found is not None and (to is None or to < found)


def _parent(product: Product, asin: str, locked: Mapping[str, Product]) -> Product | None:
    """The product that becomes the parent, if the family that this makes has one level."""
    if not asin:
        return None
    parent = locked.get(asin)
    if parent is None:
        raise Blocked(_("This store has no product %(asin)s.") % {"asin": asin})
    if parent == product:
        raise Blocked(_("A product cannot be its own parent."))
    if parent.parent_id is not None:
        raise Blocked(_("%(asin)s belongs to a parent itself; a family has one level.") % {"asin": asin})
    if product.children.exists():
        raise Blocked(
            _("%(asin)s is a parent of other products, so it cannot belong to one itself.")
            % {"asin": product.asin}
        )
    return parent


def _record(event: str, product: Product, *, by: User, at: datetime, **told: Any) -> None:
    audit.record(event, by=by, at=at, on=product, store=product.store, asins=[product.asin], **told)
