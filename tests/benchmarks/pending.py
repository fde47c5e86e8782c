"""A queue of any length: submitted requests with the reports they were submitted with, loaded with COPY."""

import random
from datetime import timedelta

from django.db import connection

from promoflow.catalog.models import Product
from promoflow.promotions.content import encode
from promoflow.promotions.models import ConflictReport, PromotionRequest, Revision, RevisionProduct
from promoflow.rulebook import offers
from tests.benchmarks.shelves import COPIES as SHELVED
from tests.benchmarks.shelves import ROUTE
from tests.promotions import lives
from tests.unguarded import unguarded

PRODUCTS = 2_000
COPIES = {
    PromotionRequest: (*SHELVED[PromotionRequest], "worst_percent", "exposed", "warned"),
    Revision: SHELVED[Revision],
    RevisionProduct: SHELVED[RevisionProduct],
    ConflictReport: ("revision_id", "policy_id", "body", "computed_at", "computed_by_id"),
}


class Pending:
    """Fills one store's queue up to a length; the first to decide stays the first."""

    def __init__(self, store, writers):
        self.store, self.writers = store, [writer.pk for writer in writers]
        self.chance = random.Random(7)
        self.products = Product.objects.bulk_create(
            Product(store=store, asin=f"B0PEND{n:04}", title=f"Steel lamp {n}", price=40, floor_price=10)
            for n in range(PRODUCTS)
        )
        model = lives.submitted(store, self._content([self.products[0].asin], start=5), by=writers[0])
        self.first = model.reference
        self.report = bytes(ConflictReport.objects.get(revision=model.current).body)
        self.body = model.newest
        self.length = 1
        self.next = 1_000_000

    def fill(self, length):
        rows = {model: [] for model in COPIES}
        while self.length < length:
            self._request(rows)
        # Nobody submitted these: triggers and foreign keys are off.
        with unguarded(*(model._meta.db_table for model in COPIES)), connection.cursor() as cursor:
            for model, columns in COPIES.items():
                with cursor.copy(f"COPY {model._meta.db_table} ({', '.join(columns)}) FROM STDIN") as copy:
                    for row in rows[model]:
                        copy.write_row(row)
        with connection.cursor() as cursor:
            for model in COPIES:
                cursor.execute(f"VACUUM (ANALYZE) {model._meta.db_table}")

    def _request(self, rows):
        self.length += 1
        pk, self.next = self.next, self.next + 1
        product = self.chance.choice(self.products)
        content = {
            "version": 1,
            "store": f"{self.store.merchant_id}/{self.store.marketplace_id}",
            "currency": "USD",
            "covered": [product.asin],
            **self._content([product.asin], start=self.chance.randint(6, 90)),
        }
        window, writer, at = offers.read(content).window, self.chance.choice(self.writers), lives.NOW
        weight = (self.chance.randint(10, 70), self.chance.choice([None, 500]), self.chance.randint(0, 3))
        born, submitted = (at, writer), (at - timedelta(minutes=pk % 999), writer)
        rows[PromotionRequest].append(
            (pk, self.store.pk, "in_review", 3, pk, *born, *submitted, "{}", ROUTE, *weight)
        )
        rows[Revision].append(
            (
                *(pk, pk, 1, encode(content), content["kind"], content["title"]),
                *(window.starts_at, window.ends_at, at, writer),
            )
        )
        rows[RevisionProduct].append((pk, product.pk, True))
        rows[ConflictReport].append((pk, 1, self.report, at, writer))

    def _content(self, asins, *, start):
        if self.chance.random() < 0.5:
            return lives.coupon(*asins, percent="20.00", start=start)
        return lives.price_discount(*asins, percent="20.00", start=start)
