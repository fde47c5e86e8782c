"""What the page of the review queue costs with 100 pending requests and with 10,000, all middleware included.

Not part of the ordinary run; PROMOFLOW_BENCHMARKS=1 manage.py test tests/benchmarks/test_queue.py -s
"""

import os

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from promoflow.promotions.models import PromotionRequest, State
from tests.benchmarks.measuring import side_by_side, times_as_much
from tests.benchmarks.pending import Pending
from tests.promotions import lives

pytestmark = [
    pytest.mark.skipif(
        "PROMOFLOW_BENCHMARKS" not in os.environ, reason="a benchmark: set PROMOFLOW_BENCHMARKS=1"
    ),
    pytest.mark.django_db(transaction=True),
]

SMALL, LARGE = 100, 10_000
PAGES = {
    "the queue": "/review/",
    "the queue, narrowed": "/review/?kind=coupon&risk=high",
    "its last page": "/review/?page=9999",
    "the next one": "",
}


@pytest.fixture
def _now(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: lives.NOW)


@pytest.mark.usefixtures("_now")
def test_the_queue_at_ten_thousand_costs_what_it_costs_at_a_hundred(client, aurora, olivia, oscar, sam):
    pending = Pending(aurora, [olivia, oscar])
    client.force_login(sam)
    costs, queries = {}, {}

    for size in (SMALL, LARGE):
        pending.fill(size)
        assert PromotionRequest.objects.filter(state=State.IN_REVIEW).count() == size
        for name, address in PAGES.items():
            address = address or reverse("request", args=[pending.first])
            (costs[name, size],) = side_by_side(lambda address=address: opened(client, address))
            with CaptureQueriesContext(connection) as asked:
                opened(client, address)
            queries[name, size] = len(asked)

    for name in PAGES:
        small, large = costs[name, SMALL], costs[name, LARGE]
        print(
            f"{name:20} {small} at {SMALL}, {large} at {LARGE:,}: {times_as_much(large, small)},"
            f" {queries[name, SMALL]} and {queries[name, LARGE]} queries"
        )
        assert queries[name, SMALL] == queries[name, LARGE]
    assert queries["the queue", LARGE] <= 12


def opened(client, address):
    response = client.get(address)
    assert response.status_code == 200
