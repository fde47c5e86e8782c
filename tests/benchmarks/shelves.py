"""A store of any size: products, requests and the reservations they hold, loaded with COPY.

About twenty reservation rows to a product over ninety days, for windows of one to fourteen days: requests of
one to nineteen products that no policy would have kept apart, and one in forty of them still in review.
"""

import random
import time
from datetime import timedelta
from decimal import Decimal

from django.db import connection

from promoflow.catalog.models import Product
from promoflow.policies import selectors as policies
from promoflow.promotions.content import encode
from promoflow.promotions.models import PromotionRequest, Reservation, Revision, RevisionProduct
from promoflow.rulebook import offers
from tests.promotions import lives
from tests.unguarded import unguarded

HORIZON_DAYS = 90
ROWS_TO_A_PRODUCT = 20

# Nothing of the kind that the benchmarks draft; a lightning deal is too short to matter.
KINDS = {
    "coupon": ("percent", {"budget": "500.00", "one_per_customer": True}),
    "best_deal": ("percent", {"committed_units": 50}),
    "social_code": ("percent", {"one_per_customer": True}),
    "percentage_off": ("percent", {"claim_type": "none", "budget": "500.00", "one_per_customer": True}),
    "buy_one_get_one": (
        "free_items",
        {"claim_type": "none", "budget": "500.00", "buy_quantity": 5, "get_quantity": 1},
    ),
}
# As most requests are: one supervisor decides.
ROUTE = '{"approvals": 1, "role": "supervisor", "retype_asin": false, "why": []}'
WORDS = "Steel bottle kitchen organizer wireless lamp garden hose yoga mat premium pack of two with lid"
COPIES = {
    Product: ("id", "store_id", "asin", "title", "image_url", "price", "floor_price"),
    PromotionRequest: (
        *("id", "store_id", "state", "step", "current_id", "created_at", "created_by_id"),
        *("submitted_at", "submitted_by_id", "reasons", "route"),
    ),
    Revision: (
        *("id", "request_id", "number", "body", "kind", "title", "starts_at", "ends_at"),
        *("edited_at", "edited_by_id"),
    ),
    RevisionProduct: ("revision_id", "product_id", "chosen"),
    Reservation: (
        *("request_id", "revision_id", "product_id", "conflict_group", "member", "danger", "held"),
    ),
}


class Shelves:
    """Fills one store, again and again, with more of the same."""

    def __init__(self, store, by, most=19):
        """`most` says how many products are promoted together at most."""
        self.store, self.by, self.most = store, by, most
        self.policy = policies.current()
        self.chance = random.Random(7)
        self.asins = []
        self.reservations = 0
        self.next_product = 1 + (Product.objects.order_by("-pk").values_list("pk", flat=True).first() or 0)
        self.next_request = 1_000_000
        self.rows = {}

    def fill(self, reservations):
        """Load more until there are so many reservation rows."""
        self.rows = {model: [] for model in COPIES}
        while self.reservations < reservations:
            self._shelf(self.chance.randint(1, self.most))
        # Nobody approved these: triggers and foreign keys are off, the exclusion constraint is not.
        with unguarded(*(model._meta.db_table for model in COPIES)), connection.cursor() as cursor:
            for model, columns in COPIES.items():
                table = model._meta.db_table
                with cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
                    for row in self.rows[model]:
                        copy.write_row(row)
        for model in COPIES:
            _vacuum(model._meta.db_table)
        self.rows = {}

    def some(self, number, seed=1):
        """ASINs from all over the store, in no order."""
        return random.Random(seed).sample(self.asins, number)

    def together(self, number, seed=1):
        """ASINs from one end of the store, whole shelves of them: beside these is as much at any size."""
        first = random.Random(seed).randrange(len(self.asins) - number + 1)
        return self.asins[first : first + number]

    def _shelf(self, size):
        """Products that are promoted together, and their promotions."""
        products = range(self.next_product, self.next_product + size)
        self.next_product += size
        # Not made of the keys, which go on counting from test to test.
        asins = [f"B{len(self.asins) + n:09}" for n in range(size)]
        self.asins += asins
        for pk, asin in zip(products, asins, strict=True):
            price = Decimal(self.chance.randint(1000, 20000)) / 100
            floor = (price * self.chance.randint(25, 45) / 100).quantize(Decimal("0.01"))
            title = " ".join(self.chance.choices(WORDS.split(), k=14))
            self.rows[Product].append((pk, self.store.pk, asin, title, "", price, floor))
        held, rows, tries = [], 0, 0
        while rows < ROWS_TO_A_PRODUCT and tries < 100:
            tries += 1
            content = self._content(asins)
            offer = offers.read(content)
            if self._may_join(offer, held):
                held.append(offer)
                rows += 1 + len(self.policy.conflict_groups(offer.kind))
                self._request(content, offer, products, "approved")
        if self.chance.random() < 0.2:
            content = self._content(asins)
            self._request(content, offers.read(content), products, "in_review")

    def _may_join(self, offer, held):
        danger = self.policy.danger_window(offer)
        return not any(
            self.policy.pair(offer.kind, other.kind) == "block"
            and danger.overlaps(self.policy.danger_window(other))
            for other in held
        )

    def _content(self, asins):
        kind = self.chance.choice(list(KINDS))
        discount_type, terms = KINDS[kind]
        if discount_type == "percent":
            terms = {"discount_value": f"{self.chance.randint(5, 15)}.00", **terms}
        if kind == "social_code":
            terms = {"claim_code": f"{self.chance.randint(10**7, 10**8 - 1)}", **terms}
        starts_at = lives.NOW.replace(hour=8) + timedelta(days=self.chance.randrange(HORIZON_DAYS))
        ends_at = starts_at + timedelta(days=self.chance.randint(1, 14))
        return {
            "version": 1,
            "store": f"{self.store.merchant_id}/{self.store.marketplace_id}",
            "currency": "USD",
            "kind": kind,
            "title": "Save on " + " ".join(self.chance.choices(WORDS.split(), k=3)),
            "discount_type": discount_type,
            "starts_at": starts_at.isoformat().replace("+00:00", "Z"),
            "ends_at": ends_at.isoformat().replace("+00:00", "Z"),
            "asins": asins,
            "covered": asins,
            **terms,
        }

    def _request(self, content, offer, products, state):
        pk, by, at = self.next_request, self.by.pk, lives.NOW
        self.next_request += 1
        window, danger = offer.window, self.policy.danger_window(offer)
        self.rows[PromotionRequest].append((pk, self.store.pk, state, 3, pk, at, by, at, by, "{}", ROUTE))
        self.rows[Revision].append(
            (
                *(pk, pk, 1, encode(content), offer.kind, content["title"]),
                *(window.starts_at, window.ends_at, at, by),
            )
        )
        self.rows[RevisionProduct] += [(pk, product, True) for product in products]
        if state == "in_review":
            return
        groups = [
            (group, pk if member is None else member)
            for group, member in self.policy.conflict_groups(offer.kind)
        ]
        reach = f"[{danger.starts_at.isoformat()},{danger.ends_at.isoformat()})"
        held = [
            (pk, pk, product, group, member, reach, True)
            for product in products
            for group, member in ((0, 0), *groups)
        ]
        self.rows[Reservation] += held
        self.reservations += len(held)


def _vacuum(table):
    """As a table stands nearly all of its days; whoever is still looking at it holds a first one back."""
    with connection.cursor() as cursor:
        for _ in range(50):
            cursor.execute(f"VACUUM (ANALYZE) {table}")
            cursor.execute(
                "SELECT relallvisible >= 0.9 * relpages FROM pg_class WHERE oid = %s::regclass", [table]
            )
            if cursor.fetchone() == (True,):
                return
            time.sleep(0.2)
    raise AssertionError(f"{table} is still not vacuumed")
