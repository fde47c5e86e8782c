"""What importing 100,000 listings costs beside a raw COPY of the same rows into the same tables.

Not part of the ordinary run; PROMOFLOW_BENCHMARKS=1 manage.py test tests/benchmarks/test_import.py -s
"""

import os
import random
import resource
import statistics
import time
from pathlib import Path

import pytest
from django.core.files.uploadedfile import UploadedFile
from django.db import connection
from django.utils import timezone

from promoflow.catalog.models import Import, Product
from promoflow.catalog.services import imports
from promoflow.promotions.models import Recheck
from promoflow.promotions.services import rechecking
from tests import cast
from tests.catalog.sending import HEADER, line
from tests.promotions import lives

ROWS = 100_000
TITLE = "Steel bottle kitchen organizer wireless lamp garden hose yoga mat premium pack of two with lid"

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        "PROMOFLOW_BENCHMARKS" not in os.environ, reason="a benchmark: set PROMOFLOW_BENCHMARKS=1"
    ),
]


def rows(number):
    """SKU, ASIN, title and price of listings, two SKUs to every third product."""
    chance = random.Random(1)
    for n in range(number):
        title = " ".join(chance.choices(TITLE.split(), k=16))
        yield f"SKU-{n:06}", f"B{n - (n % 3 == 2):09}", title, f"{chance.randint(5, 199)}.99"


def write_report(folder, number, price=None):
    path = Path(folder) / f"report-{number}-{price}.txt"
    chance = random.Random(2)
    with path.open("w", encoding="utf-8", newline="\r\n") as file:
        file.write(HEADER + "\n")
        for sku, asin, title, cost in rows(number):
            described = " ".join(chance.choices(TITLE.split(), k=60))
            file.write(
                line(sku, asin, item_name=title, price=price or cost, item_description=described) + "\n"
            )
    return path


def run(store, path, by):
    """Seconds of sending, of reading and of applying a file."""
    spans = []

    def timed(deed):
        started = time.perf_counter()
        found = deed()
        spans.append(time.perf_counter() - started)
        return found

    with path.open("rb") as opened:
        file = UploadedFile(opened, path.name, size=path.stat().st_size)
        source, _new = timed(
            lambda: imports.upload(store=store, kind="listings", file=file, by=by, at=timezone.now())
        )
    timed(lambda: imports.work(at=timezone.now()))
    source.refresh_from_db()
    assert source.status == Import.Status.READY, source.problem
    imports.apply(pk=source.pk, comparison=source.comparison, by=by, at=timezone.now())
    timed(lambda: imports.work(at=timezone.now()))
    source.refresh_from_db()
    assert source.status == Import.Status.APPLIED, source.problem
    return spans


def copy_raw(store):
    """Seconds of a COPY of the same products and SKUs into the same tables, their indexes and triggers."""
    listed = list(rows(ROWS))
    started = time.perf_counter()
    with connection.cursor() as cursor:
        products = {asin: (title, price) for _sku, asin, title, price in reversed(listed)}
        with cursor.copy("COPY catalog_product (store_id, asin, title, image_url, price) FROM STDIN") as copy:
            for asin, (title, price) in products.items():
                copy.write_row((store.pk, asin, title, "", price))
        cursor.execute("SELECT asin, id FROM catalog_product WHERE store_id = %s", [store.pk])
        keys = dict(cursor.fetchall())
        with cursor.copy(
            "COPY catalog_sku (store_id, product_id, sku, price, quantity, status, channel) FROM STDIN"
        ) as copy:
            for sku, asin, _title, price in listed:
                copy.write_row((store.pk, keys[asin], sku, price, 5, "Active", "DEFAULT"))
    return time.perf_counter() - started


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def test_an_import_goes_at_a_third_of_the_rate_of_a_copy_at_least(mia, tmp_path, settings):
    stores = [cast.store(f"Store {n}", manager=mia, merchant_id=f"A2AURORA123456{n}") for n in range(3)]
    path = write_report(tmp_path, ROWS)

    run(stores[2], write_report(tmp_path, 10_000), mia)
    small = peak()
    spans = run(stores[0], path, mia)
    large = peak()
    raw = copy_raw(stores[1])
    again = run(stores[0], path, mia)
    dearer = run(stores[0], write_report(tmp_path, ROWS, price="300"), mia)

    products = Product.objects.filter(store=stores[0]).count()
    print(f"\n{path.stat().st_size / 1e6:.0f} MB, {ROWS:,} lines, {products:,} products")
    for name, (sent, read, applied) in (("new", spans), ("unchanged", again), ("prices changed", dearer)):
        ratio = raw / (sent + read + applied)
        print(f"{name:16} send {sent:5.2f} s  read {read:5.2f} s  apply {applied:5.2f} s  {ratio:5.2f}x COPY")
    print(f"raw COPY {raw:.2f} s; peak memory {small:.0f} MB at 10,000 lines, {large:.0f} MB at {ROWS:,}")
    assert raw / sum(spans) >= 0.3
    assert large - small < 32


def test_asking_for_checks_adds_little_to_an_import(mia, tmp_path):
    """New prices for 10,000 products, half of them under 25 live coupons; in turn with and without asking."""
    store = cast.store("Store", manager=mia, merchant_id="A2AURORA1234561")
    olivia = cast.grant(cast.person("Olivia"), store, "operator")
    sam = cast.grant(cast.person("Sam"), store, "supervisor")
    run(store, write_report(tmp_path, 15_000, price="50.99"), mia)
    asins = list(store.products.order_by("asin").values_list("asin", flat=True))
    assert len(asins) == 10_000
    for first in range(0, 5_000, 200):
        lives.live(
            store, lives.coupon(*asins[first : first + 200], percent="5.00"), by=olivia, supervisor=sam
        )
    applied = {"ENABLE": [], "DISABLE": []}
    for turn in range(5):
        for how, spans in applied.items():
            with connection.cursor() as cursor:
                cursor.execute(f"ALTER TABLE catalog_product {how} TRIGGER products_ask_for_checks")
            report = write_report(
                tmp_path, 15_000, price=f"{60 + turn}.{10 + len(spans) + (how == 'ENABLE')}"
            )
            spans.append(run(store, report, mia)[2])
    asked = Recheck.objects.count()
    started = time.perf_counter()
    rechecking.check_again(at=lives.NOW)
    checked = time.perf_counter() - started
    started = time.perf_counter()
    rechecking.check_again(at=lives.NOW)
    idle = time.perf_counter() - started

    asking, without = (statistics.median(spans[1:]) for spans in applied.values())
    print(
        f"\napply {asking:.2f} s with asking, {without:.2f} s without: {asking / without:.2f}x; {asked} asked"
    )
    print(f"checked again in {checked:.2f} s; a tick with nothing to do {idle * 1000:.1f} ms")
    assert asked == 25 * 5
    assert asking / without <= 1.2
