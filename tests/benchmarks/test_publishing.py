"""What publishing costs with many standing requests, and what it costs an approval to wait for none.

Not part of the ordinary run; PROMOFLOW_BENCHMARKS=1 manage.py test tests/benchmarks/test_publishing.py -s
"""

import os
import statistics
import time
from decimal import Decimal

import pytest
from django.db import transaction

from promoflow.catalog.models import Product
from promoflow.policies import selectors as policies
from promoflow.promotions import impact
from promoflow.promotions.models import Alarm, Reservation
from promoflow.promotions.services import publishing
from tests.policies import drafts
from tests.promotions import lives
from tests.promotions.lives import NOW

pytestmark = [
    pytest.mark.skipif(
        "PROMOFLOW_BENCHMARKS" not in os.environ, reason="a benchmark: set PROMOFLOW_BENCHMARKS=1"
    ),
    pytest.mark.django_db(transaction=True),
]

PAIRS = 150


def _asin(number: int) -> str:
    return f"B0BENCH{number:03}"


def test_publishing_over_many_standing_requests(aurora, mia, olivia, sam, sue):
    """Every product has a coupon and a price discount; the new rules keep all of them apart."""
    Product.objects.bulk_create(
        Product(store=aurora, asin=_asin(n), title=f"Lamp {n}", price=Decimal(100), floor_price=Decimal(10))
        for n in range(PAIRS)
    )
    for number in range(PAIRS):
        for kind in (lives.coupon, lives.price_discount):
            lives.approved(aurora, kind(_asin(number), percent="10.00"), by=olivia, supervisor=sam)
    draft = drafts.drafted({"pairs.coupon.price_discount": "block"}, by=mia)

    started = time.perf_counter()
    found = impact.of(draft.newest, at=NOW)
    seen = time.perf_counter()
    publishing.publish(
        by=sue, at=NOW, confirmed_at=NOW, revision=bytes(draft.newest.digest).hex(), effect=found.digest.hex()
    )
    published = time.perf_counter()

    standing = 2 * PAIRS
    print(f"effect of {standing} standing requests {seen - started:.2f} s")
    print(
        f"published, {Reservation.objects.filter(held=False).count()} reservations written anew,"
        f" {Alarm.objects.count()} alarms, {published - seen:.2f} s"
    )
    assert Alarm.objects.count() == standing


def test_keeping_the_rules_in_force_costs_an_approval_next_to_nothing(aurora):
    spans = []
    for _ in range(300):
        with transaction.atomic(durable=True):
            policies.current_version()
            started = time.perf_counter()
            policies.keep_in_force()
            spans.append((time.perf_counter() - started) * 1000)

    assert len(spans) == 300
    print(f"the shared lock {statistics.median(spans):.3f} ms at the median")
