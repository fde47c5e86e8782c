"""What a request costs from the open form to its approval, beside the least of a desk and Django's admin.

Not part of the ordinary run; PROMOFLOW_BENCHMARKS=1 manage.py test tests/benchmarks/test_cycle.py -s
"""

import gc
import os
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from promoflow.catalog.models import Product
from promoflow.promotions.models import PromotionRequest, State
from tests import cast
from tests.benchmarks import guarded
from tests.benchmarks.measuring import Cost, cost_of, median, times_as_much
from tests.promotions import lives

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls("tests.benchmarks.admin_peer"),
    pytest.mark.skipif(
        "PROMOFLOW_BENCHMARKS" not in os.environ, reason="a benchmark: set PROMOFLOW_BENCHMARKS=1"
    ),
]

STEPS = ("open form", "save draft", "submit", "open for review", "approve")


@pytest.fixture
def now(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: lives.NOW)


@pytest.fixture
def clients(olivia, sam, now):
    """The supervisor has just confirmed with a code."""
    maker, checker = cast.Client(), cast.Client()
    maker.force_login(olivia)
    checker.force_login(sam)
    return maker, checker


class Desk:
    """A cycle through the desk: a price discount on one product, each one week after the last."""

    def __init__(self, store, clients):
        self.store, (self.maker, self.checker) = store, clients
        self.week = 0

    def __iter__(self):
        self.week += 1
        starts = lives.NOW + timedelta(days=30 + 8 * self.week)
        typed = {
            "store": self.store.pk,
            "kind": "price_discount",
            "title": f"Week {self.week}",
            "asins": lives.FLOOR_LAMP,
            "discount_type": "percent",
            "discount_value": "10",
            "starts_on": starts.date().isoformat(),
            "starts_time": "00:00",
            "ends_on": (starts + timedelta(days=7)).date().isoformat(),
            "ends_time": "00:00",
        }
        yield lambda: answered(self.maker.get(reverse("request-new"), {"kind": "price_discount"}), 200)
        yield lambda: answered(self.maker.post(reverse("request-new"), typed), 302, 303)
        [request] = PromotionRequest.objects.order_by("-pk")[:1]
        page = lives.as_shown(request)
        asked = {"revision": 1, "report": page["report"]}
        asked |= {f"reason:{key}": "Wanted." for key in page["acknowledged"]}
        yield lambda: answered(
            self.maker.post(reverse("request-submit", args=[request.reference]), asked), 302, 303
        )
        yield lambda: answered(self.checker.get(reverse("request", args=[request.reference])), 200)
        page = lives.as_shown(request)
        yield lambda: answered(
            self.checker.post(reverse("request-approve", args=[request.reference]), page), 302, 303
        )
        assert lives.again(request).state == State.APPROVED


class Guarded:
    """The same five steps through the floor."""

    def __init__(self, store, clients):
        self.store, (self.maker, self.checker) = store, clients
        self.week = 0

    def __iter__(self):
        self.week += 1
        starts = lives.NOW + timedelta(days=30 + 8 * self.week)
        typed = {"title": "Week", "asin": lives.FLOOR_LAMP, "percent": "10"}
        typed |= {"starts_at": starts.isoformat(), "ends_at": (starts + timedelta(days=7)).isoformat()}
        address = f"/guarded/{self.store.pk}"
        yield lambda: answered(self.maker.get(f"{address}/new/"), 200)
        yield lambda: answered(self.maker.post(f"{address}/new/", typed), 302)
        with connection.cursor() as cursor:
            cursor.execute("SELECT max(id) FROM guarded_request")
            [number] = cursor.fetchone()
        yield lambda: answered(self.maker.post(f"{address}/{number}/submit/"), 302)
        yield lambda: answered(self.checker.get(f"{address}/{number}/"), 200)
        yield lambda: answered(self.checker.post(f"{address}/{number}/approve/"), 302)


class Admin:
    """The same five steps through Django's admin."""

    def __init__(self, store, clients):
        # Late: what it adds to Django is for this benchmark alone.
        from tests.benchmarks import admin_peer

        admin_peer.make_its_table()
        self.asked = admin_peer.Asked
        self.store, (self.maker, self.checker) = store, clients
        self.product = Product.objects.get(store=store, asin=lives.FLOOR_LAMP)
        self.week = 0

    def __iter__(self):
        self.week += 1
        starts = lives.NOW + timedelta(days=30 + 8 * self.week)
        typed = {"store": self.store.pk, "product": self.product.pk, "title": "Week", "percent": "10"}
        for name, instant in (("starts_at", starts), ("ends_at", starts + timedelta(days=7))):
            typed |= {f"{name}_0": instant.date().isoformat(), f"{name}_1": "00:00"}
        yield lambda: answered(self.maker.get(reverse("peer:promotions_asked_add")), 200)
        yield lambda: answered(self.maker.post(reverse("peer:promotions_asked_add"), typed), 302)
        made = self.asked.objects.latest("pk")
        address = reverse("peer:promotions_asked_change", args=[made.pk])
        yield lambda: answered(self.maker.post(address, {**typed, "_submit": ""}), 302)
        yield lambda: answered(self.checker.get(address), 200)
        yield lambda: answered(self.checker.post(address, {**typed, "_approve": ""}), 302)
        assert self.asked.objects.get(pk=made.pk).state == State.APPROVED


def answered(response, *statuses):
    assert response.status_code in statuses, (response.status_code, response.content[:2000])


def queries_of(deed):
    with CaptureQueriesContext(connection) as captured:
        deed()
    return sum(not query["sql"].startswith(("BEGIN", "COMMIT")) for query in captured.captured_queries)


def test_a_cycle_beside_its_guarded_floor_and_the_admin(aurora, clients, now):
    with connection.cursor() as cursor:
        cursor.execute(guarded.TABLES)
    subjects = {kind.__name__.lower(): kind(aurora, clients) for kind in (Guarded, Admin, Desk)}
    for subject in subjects.values():
        for step in subject:
            step()
    queries = {name: [queries_of(step) for step in subject] for name, subject in subjects.items()}
    cycles = {name: [] for name in subjects}
    # As the server does once all is loaded (promoflow/wsgi.py).
    gc.collect()
    gc.freeze()
    for _ in range(20):
        for name, subject in subjects.items():
            cycles[name].append([cost_of(step) for step in subject])

    for place, step in enumerate(STEPS):
        told(
            step,
            {name: median([cycle[place] for cycle in cycles[name]]) for name in subjects},
            [queries[name][place] for name in subjects],
        )
    told(
        "the cycle",
        {name: median([summed(cycle) for cycle in cycles[name]]) for name in subjects},
        [sum(queries[name]) for name in subjects],
    )


def told(step, costs, queries):
    desk = costs["desk"]
    print(f"{step:>16}: desk {desk}; queries of {', '.join(costs)} {queries}", end="")
    for name in ("guarded", "admin"):
        print(f"; {name} {costs[name]}, {times_as_much(desk, costs[name])}", end="")
    print()


def summed(costs):
    return Cost(*(sum(values) for values in zip(*costs, strict=True)))
