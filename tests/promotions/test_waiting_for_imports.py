"""Whoever had to wait for an import decides on the products as it left them."""

import psycopg
import pytest
from django.db import transaction

from promoflow.catalog import selectors as catalog
from promoflow.errors import Stale
from promoflow.promotions.models import State
from tests.promotions import lives, turns

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]


JOINS = """
INSERT INTO catalog_product (store_id, asin, title, image_url, price, floor_price, parent_id)
SELECT store_id, 'B0JOINED01', 'Aurora desk lamp, black', '', 19.99, 19.00, id FROM catalog_product
WHERE asin = 'B0AURORA01'
"""

LEAVES_FOR = """
UPDATE catalog_product SET parent_id = (SELECT id FROM catalog_product WHERE asin = 'B0AURORA03')
WHERE asin = 'B0AURORA01'
"""


def test_who_approves_behind_an_import_reads_of_the_variation_that_it_brought(
    aurora, olivia, sam, database_url
):
    request = lives.submitted(aurora, by=olivia)
    page = lives.as_shown(request)

    (refusal,) = turns.in_turn(database_url, JOINS, lambda: lives.approve_as_shown(request, page, by=sam))

    assert isinstance(refusal, Stale)
    assert lives.again(request).state == State.IN_REVIEW


def test_the_parent_that_an_import_gave_a_product_is_locked_with_it(aurora, database_url):
    (asked_for,) = turns.in_turn(
        database_url, LEAVES_FOR, lambda: refused_while_locked(aurora, database_url, of=lives.SET)
    )

    assert isinstance(asked_for, psycopg.errors.LockNotAvailable)


def refused_while_locked(store, url, *, of):
    """Ask for a product's row while another session has locked the lamp for an approval."""
    with transaction.atomic(), psycopg.connect(url) as another:
        catalog.lock_products(store, [lives.LAMP])
        another.execute("SELECT FROM catalog_product WHERE asin = %s FOR NO KEY UPDATE NOWAIT", [of])
