"""What an import would change: its lines folded into products and set beside the catalog, in the database."""

from typing import Final

from django.db import connection

from promoflow.catalog import selectors
from promoflow.catalog.models import Import, Sku

# Several SKUs of an ASIN are one product. Its price is the lowest at which it can be bought: of its SKUs on
# sale, in the file or not; where none is on sale, the lowest that it will have once one is. A product whose
# SKUs the file names under another ASIN is changed with it; once none is left, its last price stays.
_LISTINGS: Final = """
WITH line AS (SELECT * FROM catalog_importline WHERE source_id = %(source)s),
placed AS (
    SELECT line.asin, line.number, was.asin AS was_asin, sku.id IS NULL AS is_new,
        sku.id IS NOT NULL AND (sku.price, sku.quantity, sku.status, sku.channel)
            IS DISTINCT FROM (line.price, line.quantity, line.status, line.channel) AS is_changed
    FROM line
    LEFT JOIN catalog_sku sku ON sku.store_id = %(store)s AND sku.sku = line.sku
    LEFT JOIN catalog_product was ON was.id = sku.product_id
),
skus AS (
    SELECT asin, count(*) FILTER (WHERE is_new) AS new_skus,
        count(*) FILTER (WHERE was_asin <> asin) AS moved_skus,
        count(*) FILTER (WHERE is_changed) AS changed_skus
    FROM placed GROUP BY asin
),
lost AS (
    SELECT was_asin AS asin, min(number) AS number, count(*) AS lost_skus
    FROM placed WHERE was_asin <> asin GROUP BY was_asin
),
named AS (
    SELECT asin, min(number) AS number,
        (array_agg(title ORDER BY lower(status) = ANY (%(not_on_sale)s), number)
            FILTER (WHERE title <> ''))[1] AS title,
        (array_agg(image_url ORDER BY lower(status) = ANY (%(not_on_sale)s), number)
            FILTER (WHERE image_url <> ''))[1] AS image_url
    FROM line GROUP BY asin
    UNION ALL
    SELECT asin, number, NULL, NULL FROM lost WHERE asin NOT IN (SELECT asin FROM line)
),
sold AS (
    SELECT asin, price, lower(status) <> ALL (%(not_on_sale)s) AS on_sale FROM line
    UNION ALL
    SELECT product.asin, sku.price, lower(sku.status) <> ALL (%(not_on_sale)s)
    FROM catalog_sku sku JOIN catalog_product product ON product.id = sku.product_id
    WHERE sku.store_id = %(store)s AND product.asin IN (SELECT asin FROM named)
        AND NOT EXISTS (SELECT FROM line WHERE line.sku = sku.sku)
),
priced AS (
    SELECT asin, COALESCE(min(price) FILTER (WHERE on_sale), min(price)) AS price FROM sold GROUP BY asin
)
SELECT named.asin, named.number, product.id AS product_id,
    COALESCE(named.title, product.title, named.asin) AS title, COALESCE(product.title, '') AS was_title,
    COALESCE(named.image_url, product.image_url, '') AS image_url,
    COALESCE(product.image_url, '') AS was_image_url,
    COALESCE(priced.price, product.price) AS price, product.price AS was_price,
    product.floor_price, product.floor_price AS was_floor_price,
    COALESCE(parent.asin, '') AS parent_asin, COALESCE(parent.asin, '') AS was_parent_asin,
    COALESCE(skus.new_skus, 0) AS new_skus, COALESCE(skus.moved_skus, 0) AS moved_skus,
    COALESCE(skus.changed_skus, 0) AS changed_skus, COALESCE(lost.lost_skus, 0) AS lost_skus
FROM named
LEFT JOIN priced USING (asin)
LEFT JOIN skus USING (asin)
LEFT JOIN lost USING (asin)
LEFT JOIN catalog_product product ON product.store_id = %(store)s AND product.asin = named.asin
LEFT JOIN catalog_product parent ON parent.id = product.parent_id
"""

# An empty cell leaves what is there alone. A parent cannot be bought, so that a listing report may lack it:
# the import adds it.
_FLOORS: Final = """
WITH line AS (SELECT * FROM catalog_importline WHERE source_id = %(source)s)
SELECT line.asin, line.number, product.id AS product_id,
    product.title, product.title AS was_title, product.image_url, product.image_url AS was_image_url,
    COALESCE(line.price, product.price) AS price, product.price AS was_price,
    COALESCE(line.floor_price, product.floor_price) AS floor_price, product.floor_price AS was_floor_price,
    COALESCE(NULLIF(line.parent_asin, ''), parent.asin, '') AS parent_asin,
    COALESCE(parent.asin, '') AS was_parent_asin,
    0 AS new_skus, 0 AS moved_skus, 0 AS changed_skus, 0 AS lost_skus
FROM line
JOIN catalog_product product ON product.store_id = %(store)s AND product.asin = line.asin
LEFT JOIN catalog_product parent ON parent.id = product.parent_id
UNION ALL
SELECT line.parent_asin, min(line.number), NULL, line.parent_asin, '', '', '',
    NULL, NULL, NULL, NULL, '', '', 0, 0, 0, 0
FROM line
WHERE line.parent_asin <> ''
    AND line.parent_asin NOT IN (SELECT asin FROM catalog_product WHERE store_id = %(store)s)
GROUP BY line.parent_asin
"""

_COLUMNS: Final = (
    "asin, number, product_id, title, was_title, image_url, was_image_url, price, was_price, "
    "floor_price, was_floor_price, parent_asin, was_parent_asin, new_skus, moved_skus, changed_skus, "
    "lost_skus"
)
_DIFFERS: Final = """
    product_id IS NULL OR new_skus + moved_skus + changed_skus + lost_skus > 0
    OR (title, image_url, price, floor_price, parent_asin)
        IS DISTINCT FROM (was_title, was_image_url, was_price, was_floor_price, was_parent_asin)
"""


def _changes(source: Import) -> str:
    """The SELECT of what the import would change now."""
    found = _LISTINGS if source.kind == Import.Kind.LISTINGS else _FLOORS
    return f"SELECT {_COLUMNS} FROM ({found}) AS found WHERE {_DIFFERS}"  # noqa: S608 - parts of this module


def compare(source: Import) -> None:
    """Write down what the import would change now, in place of what was written before."""
    statement = f"""
    INSERT INTO catalog_importchange (source_id, {_COLUMNS},
        is_new, changes_price, changes_floor, lowers_floor, changes_parent, changes_text)
    SELECT %(source)s, {_COLUMNS}, product_id IS NULL,
        product_id IS NOT NULL AND price IS DISTINCT FROM was_price,
        product_id IS NOT NULL AND floor_price IS DISTINCT FROM was_floor_price,
        COALESCE(floor_price < was_floor_price, false),
        parent_asin <> was_parent_asin,
        product_id IS NOT NULL AND (title, image_url) IS DISTINCT FROM (was_title, was_image_url)
    FROM ({_changes(source)}) AS change
    """  # noqa: S608
    source.changes.all().delete()
    plan_for_bulk()
    execute(statement, source)


def still_holds(source: Import) -> bool:
    """Whether the import would change exactly what was written down."""
    written = f"SELECT {_COLUMNS} FROM catalog_importchange WHERE source_id = %(source)s"  # noqa: S608
    statement = f"""
    WITH found AS MATERIALIZED ({_changes(source)}), written AS MATERIALIZED ({written})
    SELECT FROM ((TABLE found EXCEPT TABLE written) UNION ALL (TABLE written EXCEPT TABLE found)) AS moved
    """
    plan_for_bulk()
    return execute(f"{statement} LIMIT 1", source) == 0


def count_the_rest(source: Import) -> dict[str, int]:
    """Products that the file names and leaves as they are, and SKUs on sale that a report does not name."""
    changed = source.changes.values("asin")
    is_report = source.kind == Import.Kind.LISTINGS
    return {
        "unchanged": source.lines.exclude(asin__in=changed).values("asin").distinct().count(),
        "unnamed_skus": selectors.unnamed_skus(source).count() if is_report else 0,
    }


def plan_for_bulk() -> None:
    """For the rest of this transaction, join sets and not row by row.

    The lines are too new for the planner to have counted them: it would guess few, and there may be 100,000.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_nestloop = off; SET LOCAL jit = off; SET LOCAL work_mem = '64MB'")


def execute(statement: str, source: Import) -> int:
    """Run one of the statements about an import; says how many rows it found or changed."""
    with connection.cursor() as cursor:
        cursor.execute(
            statement,
            {"source": source.pk, "store": source.store_id, "not_on_sale": list(Sku.NOT_ON_SALE)},
        )
        return int(cursor.rowcount)
