"""What the other parts ask of the catalog: products found, searched, locked and read for the rules."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Final

from django.db import connection
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Lower

from promoflow.catalog.models import Import, ImportChange, ImportLine, Product, Sku, Store
from promoflow.prepared import AnyOf, Prepared, planned_once
from promoflow.rulebook.offers import ListedProduct

_STORE: Final = Product.store.field
_PARENT: Final = Product.parent.field

# Unknown where one of the SKUs on sale does not say.
_UNITS_ON_SALE: Final = """
    SELECT CASE WHEN count(*) = count(quantity) THEN sum(quantity) END
    FROM catalog_sku WHERE product_id = catalog_product.id AND lower(status) <> ALL(%(not_on_sale)s)
"""

# Each of the ways by an index of its own: an OR across them would read the whole catalog. Parents come along,
# and of whatever is a parent the children, where children are asked for: hundreds of ASINs are sent once.
_FAMILY: Final = """
WITH named AS MATERIALIZED (
    SELECT id, parent_id FROM catalog_product
    WHERE store_id = %(store)s AND asin = ANY(%(named)s::varchar[]))
SELECT {columns}
FROM catalog_product
WHERE id = ANY(ARRAY(
    SELECT id FROM named
    UNION
    SELECT parent_id FROM named WHERE parent_id IS NOT NULL
    UNION
    SELECT child.id FROM named JOIN catalog_product child ON child.parent_id = named.id
    WHERE %(children)s))
ORDER BY id
"""
_FAMILY_READ: Final = _FAMILY.format(
    columns="id, store_id, asin, title, image_url, price, floor_price, parent_id,"
    f" ({_UNITS_ON_SALE}) AS units_on_sale"
)
_FAMILY_LOCKED: Final = f"{_FAMILY.format(columns='id')} FOR NO KEY UPDATE"
_COUNTED: Final = f"""
SELECT id, ({_UNITS_ON_SALE}) FROM catalog_product WHERE id = ANY(%(products)s::int[])
"""  # noqa: S608


def stores(keys: Iterable[int]) -> list[Store]:
    """The stores with these keys, by name."""
    return _STORES(keys=[*keys])


_STORES: Final = Prepared(lambda keys: Store.objects.filter(AnyOf("id", keys, array="bigint[]")))


def lock_products(store: Store, asins: Iterable[str], *, parents: Iterable[str] = ()) -> list[Product]:
    """The products and all children of the parents, with their rows locked.

    Always in key order, so that two lockers never deadlock, and nothing but the product rows. Unknown ASINs
    are left out: compare the lengths. The products' own parents are locked too, since a promotion on one
    covers children that joined later: without that, it and one on such a child could be approved at once
    without seeing each other.

    They are read once they are locked: whoever had to wait for an import would not see which children it
    brought. From then on none joins, since whatever is given a parent locks that.
    """
    wanted, heads = set(asins), set(parents)
    locked = _rows(_FAMILY_LOCKED, store, wanted, heads)
    read = _rows(_FAMILY_READ, store, wanted, heads)
    if read.keys() <= locked.keys():
        return _family(read, store, wanted, heads)
    return lock_products(store, wanted, parents=heads)


def products_of(store: Store, asins: Iterable[str], *, parents: Iterable[str] = ()) -> dict[str, Product]:
    """The store's products by ASIN, sorted, with all children of the parents; unknown ASINs are left out."""
    wanted, heads = set(asins), set(parents)
    found = _family(_rows(_FAMILY_READ, store, wanted, heads), store, wanted, heads)
    return {product.asin: product for product in sorted(found, key=attrgetter("asin"))}


def _rows(sql: str, store: Store, wanted: set[str], heads: set[str]) -> dict[int, Product]:
    if not wanted | heads:
        return {}
    asked = {
        "store": store.pk,
        "named": list(wanted | heads),
        "children": bool(heads),
        "not_on_sale": list(Sku.NOT_ON_SALE),
    }
    with planned_once():
        return {product.pk: product for product in Product.objects.raw(sql, asked)}


def _family(read: dict[int, Product], store: Store, wanted: set[str], heads: set[str]) -> list[Product]:
    """One store, and one parent, for all of them, not one made for each."""
    found = []
    for product in read.values():
        parent = read.get(product.parent_id) if product.parent_id else None
        _STORE.set_cached_value(product, store)
        if parent or not product.parent_id:
            _PARENT.set_cached_value(product, parent)
        if product.asin in wanted or (parent and parent.asin in heads):
            found.append(product)
    return found


def find(store: Store, texts: Sequence[str]) -> tuple[list[Product], list[str]]:
    """The products that the texts name by ASIN or SKU, each once, in the order named; and the unknown texts.

    A text that is one product's ASIN and another one's SKU means the ASIN.
    """
    by_asin = products_of(store, texts)
    left = {text for text in texts if text not in by_asin}
    by_sku = {
        sku.sku: sku.product
        for sku in Sku.objects.filter(store=store, sku__in=left).select_related(
            "product__store", "product__parent"
        )
    }
    named = by_sku | by_asin
    found = {named[text].pk: named[text] for text in texts if text in named}
    unknown = [text for text in dict.fromkeys(texts) if text not in named]
    return list(found.values()), unknown


def search(stores: Iterable[Store | int], text: str) -> QuerySet[Product]:
    """The products of the stores whose ASIN, title or a SKU contains the text, in any case; sorted by title.

    Three lookups joined by UNION: an OR across two tables would keep PostgreSQL from its trigram indexes.
    """
    within = Product.objects.filter(store__in=stores).select_related("store", "parent")
    text = " ".join(text.split())
    if text:
        by_asin = Product.objects.filter(asin__contains=text.upper()).values("pk")
        by_title = Product.objects.filter(title__icontains=text).values("pk")
        by_sku = Sku.objects.filter(sku__icontains=text).values("product_id")
        within = within.filter(pk__in=by_asin.union(by_title, by_sku))
    return within.order_by("title", "asin", "pk")


def skus_of(products: Iterable[Product]) -> dict[int, list[str]]:
    """By product, sorted, whether they are on sale or not."""
    found: dict[int, list[str]] = defaultdict(list)
    for product, sku in _SKUS(products=[product.pk for product in products]):
        found[product].append(sku)
    return found


_SKUS: Final = Prepared(
    lambda products: (
        Sku.objects.filter(AnyOf("product_id", products, array="int[]"))
        .order_by("sku")
        .values_list("product_id", "sku")
    )
)


def children_of(products: Iterable[Product]) -> dict[int, list[Product]]:
    """By the key of each that is a parent."""
    children = _CHILDREN(parents=[product.pk for product in products])
    return {parent: list(family) for parent, family in groupby(children, key=attrgetter("parent_id"))}


_CHILDREN: Final = Prepared(
    lambda parents: Product.objects.filter(AnyOf("parent_id", parents, array="int[]")).order_by(
        "parent_id", "pk"
    )
)


def relatives(product: Product) -> QuerySet[Product]:
    """It, its parent, and the variations of either."""
    head = product.parent_id or product.pk
    return Product.objects.filter(Q(pk=head) | Q(parent=head)).order_by("pk")


def parents_of(store: Store, asins: Iterable[str]) -> set[str]:
    """The parents that have any of these among their children, by ASIN."""
    children = Product.objects.filter(store=store, asin__in=asins, parent__isnull=False)
    return set(children.values_list("parent__asin", flat=True))


def listed(products: Iterable[Product]) -> tuple[ListedProduct, ...]:
    """The products as the rules see them; read with their store and parent, or each asks for them again."""
    products = list(products)
    _count_units([product for product in products if not hasattr(product, "units_on_sale")])
    return tuple(
        ListedProduct(
            asin=product.asin,
            title=product.title,
            price=product.price,
            floor=product.floor_price,
            currency=product.store.marketplace.currency,
            parent=product.parent.asin if product.parent else "",
            stock=product.units_on_sale,
        )
        for product in products
    )


def _count_units(products: Sequence[Product]) -> None:
    """Where a product was read without what its SKUs on sale have."""
    if not products:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            _COUNTED,
            {"products": [product.pk for product in products], "not_on_sale": list(Sku.NOT_ON_SALE)},
        )
        units = dict(cursor.fetchall())
    for product in products:
        product.units_on_sale = units.get(product.pk)


# What an import can do to a product; one product may be in several.
CHANGES = {
    "new": Q(is_new=True),
    "price": Q(changes_price=True),
    "floor": Q(changes_floor=True),
    "lowered": Q(lowers_floor=True),
    "above": Q(floor_price__gt=F("price")) & (Q(changes_floor=True) | Q(changes_price=True)),
    "parent": Q(changes_parent=True),
    "text": Q(changes_text=True),
    "moved": Q(moved_skus__gt=0),
    "lost": Q(lost_skus__gt=0),
    "skus": Q(is_new=False) & (Q(new_skus__gt=0) | Q(changed_skus__gt=0)),
}
# What a rule reads of a product.
WEIGHTY: Final = CHANGES["price"] | CHANGES["floor"] | CHANGES["parent"]


def counts(source: Import) -> dict[str, int]:
    """How many products an import changes, in all and in what."""
    wanted = {"all": Q(), **CHANGES}
    # Not named as the columns are: in the next figure's condition Django takes such a name for the figure.
    found = source.changes.aggregate(
        **{f"number_{code}": Count("asin", filter=changed) for code, changed in wanted.items()}
    )
    return {code: int(found[f"number_{code}"]) for code in wanted}


def unnamed_skus(source: Import) -> QuerySet[Sku]:
    """The SKUs on sale that a listing report does not name, as long as its lines are there."""
    named = ImportLine.objects.filter(source=source, sku=OuterRef("sku"))
    on_sale = Sku.objects.alias(said=Lower("status")).exclude(said__in=Sku.NOT_ON_SALE)
    return on_sale.filter(~Exists(named), store=source.store_id).select_related("product").order_by("sku")


def applied_since(source: Import) -> Import | None:
    """The last import of the kind that was applied after this file was uploaded: it may be the newer one."""
    others = Import.objects.filter(store=source.store_id, kind=source.kind, status=Import.Status.APPLIED)
    newer = others.filter(applied_at__gt=source.created_at).exclude(pk=source.pk)
    return newer.select_related("applied_by").order_by("applied_at").last()


def applied_before(source: Import) -> Import | None:
    """The last import by which this very file was applied already."""
    same = Import.objects.filter(
        store=source.store_id, kind=source.kind, sha256=source.sha256, status=Import.Status.APPLIED
    )
    return same.exclude(pk=source.pk).select_related("applied_by").order_by("applied_at").last()


def imports_that_changed(product: Product) -> QuerySet[ImportChange]:
    """What imports did to the price, the floor or the parent of a product, or took from it; latest first."""
    found = _applied_to(product).filter(CHANGES["new"] | WEIGHTY | CHANGES["lost"])
    return found.select_related("source__applied_by").order_by("-source__applied_at")


def was_listed(product: Product) -> bool:
    """Whether a listing report has ever named it."""
    return _applied_to(product).filter(source__kind=Import.Kind.LISTINGS).exists()


def _applied_to(product: Product) -> QuerySet[ImportChange]:
    return ImportChange.objects.filter(
        source__store=product.store_id, source__status=Import.Status.APPLIED, asin=product.asin
    )
