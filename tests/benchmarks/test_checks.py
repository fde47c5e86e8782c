"""What a check costs beside the bare query of what it must read, at 10,000 reservations and at 1,000,000.

Not part of the ordinary run; PROMOFLOW_BENCHMARKS=1 manage.py test tests/benchmarks/test_checks.py -s
"""

import os
import re
from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from promoflow.catalog.models import Product
from promoflow.policies import selectors as policies
from promoflow.promotions import checker
from promoflow.rulebook import stacking
from promoflow.rulebook.offers import ListedProduct
from tests.benchmarks.measuring import median, side_by_side, times_as_much
from tests.benchmarks.shelves import Shelves
from tests.promotions import lives
from tests.rulebook import making

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        "PROMOFLOW_BENCHMARKS" not in os.environ, reason="a benchmark: set PROMOFLOW_BENCHMARKS=1"
    ),
]

SIZES = [10_000, 100_000, 1_000_000]
CHOSEN = [1, 20, 200]

# Everything that a check must read of what is beside: each reservation with the content that holds it.
BARE = """
SELECT r.product_id, q.id, q.state, v.body, a.stopped_at
FROM promotions_reservation r
JOIN promotions_promotionrequest q ON q.id = r.request_id
JOIN promotions_revision v ON v.id = q.current_id
LEFT JOIN promotions_activation a ON a.request_id = q.id
WHERE r.held AND r.conflict_group = 0 AND r.product_id = ANY(%s) AND r.danger && tstzrange(%s, NULL)
"""


@pytest.fixture
def shelves(aurora, olivia):
    return Shelves(aurora, olivia)


def draft(store, asins, kind="price_discount"):
    """A week in the middle of the horizon: may meet everything, or as a coupon is forbidden with most."""
    make = lives.price_discount if kind == "price_discount" else lives.coupon
    typed = make(*asins, percent="10.00", days=7, start=45)
    return {"version": 1, "currency": "USD", "covered": sorted(asins), **typed}


def check(store, content):
    report = checker.report_on(store, content, at=lives.NOW)
    return report, report.digest


def bare(products, starts_at):
    with connection.connection.cursor() as cursor:
        return cursor.execute(BARE, [products, starts_at]).fetchall()


def looked_back_to(report):
    return report.policy.danger_window(report.candidate).starts_at - report.policy.look_back


def keys_of(store, asins):
    return list(Product.objects.filter(store=store, asin__in=asins).values_list("pk", flat=True))


def measured(store, choose, number, kind="price_discount", seeds=5):
    """Median milliseconds of the bare query and of the check, over products chosen anew for each seed."""
    deeds, seen = [], []
    for seed in range(seeds):
        content = draft(store, choose(number, seed), kind)
        products = keys_of(store, content["covered"])
        report, _ = check(store, content)
        starts_at = looked_back_to(report)
        seen.append((len(bare(products, starts_at)), len(report.others), len(report.findings)))
        deeds += [
            lambda products=products, starts_at=starts_at: bare(products, starts_at),
            lambda content=content: check(store, content),
        ]
    costs = side_by_side(*deeds, times=7)
    floor, whole = median(costs[::2]), median(costs[1::2])
    rows, others, findings = sorted(seen)[seeds // 2]
    return floor, whole, f"{rows} rows, {others} others, {findings} findings"


def test_a_check_beside_the_bare_query(aurora, shelves):
    """Products of one shelf find the same at any size, so they tell how the cost grows with the table.

    Of 200 from all over the store the smallest table has too little: all its requests are some 440, and 366
    stand beside them, where it is 1,586 at a million. What grows there is, for the most part, what is found.
    """
    found = {}
    for size in SIZES:
        shelves.fill(size)
        for number in CHOSEN:
            found[size, number] = told(size, f"{number} products", measured(aurora, shelves.some, number))
        of_a_shelf = measured(aurora, shelves.together, 200)
        found[size, "200 of a shelf"] = told(size, "200 of a shelf", of_a_shelf)
    floor, blocked, what = measured(aurora, shelves.some, 200, "coupon", seeds=3)
    print(f"\na coupon that most forbid: {floor}, check {blocked}, {times_as_much(blocked, floor)}; {what}")
    tell_growth(found)


def test_a_check_of_promotions_of_one_product_each(aurora, olivia):
    """Ten times as many requests to as many reservations; 200 products find the same at any size."""
    shelves, found = Shelves(aurora, olivia, most=1), {}
    for size in SIZES:
        shelves.fill(size)
        for number in CHOSEN:
            found[size, number] = told(size, f"{number} products", measured(aurora, shelves.some, number))
    tell_growth(found)


def told(size, which, result):
    floor, whole, what = result
    print(
        f"\n{size:9,} reservations, {which:>14}: bare {floor}, check {whole},"
        f" {times_as_much(whole, floor)}; {what}",
        end="",
    )
    return floor, whole


def tell_growth(found):
    print()
    for which in dict.fromkeys(which for _, which in found):
        (bare_small, small), (bare_large, large) = (found[size, which] for size in (SIZES[0], SIZES[-1]))
        print(
            f"{which:>14}, from 10,000 to 1,000,000: the check {times_as_much(large, small)},"
            f" the bare query {times_as_much(bare_large, bare_small)}"
        )


def test_the_panel_beside_the_check(aurora, shelves, olivia, client, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: lives.NOW)
    client.force_login(olivia)
    shelves.fill(100_000)
    queries = {}
    for number in CHOSEN:
        content = draft(aurora, shelves.some(number))
        typed = {
            "store": aurora.pk,
            "kind": "price_discount",
            "title": "Prime price",
            "asins": "\n".join(content["asins"]),
            "discount_type": "percent",
            "discount_value": "10",
            "starts_on": "2027-01-06",
            "starts_time": "00:00",
            "ends_on": "2027-01-13",
            "ends_time": "00:00",
        }

        def panel(typed=typed, **more):
            return client.post(reverse("request-check"), typed | more, headers={"HX-Request": "true"})

        # As-you-type: the page has the table of products already.
        shelf = re.search(rb'name="shelf" value="(\w+)"', panel().content)[1].decode()
        typing = partial(panel, shelf=shelf)
        whole, shown = side_by_side(lambda content=content: check(aurora, content), typing)
        queries[number] = queries_of(typing)
        print(
            f"\n{number:3} products: check {whole}, {queries_of(lambda c=content: check(aurora, c))} queries;"
            f" panel {shown}, {times_as_much(shown, whole)}, {queries[number]} queries",
            end="",
        )
    assert len(set(queries.values())) == 1


def queries_of(deed):
    with CaptureQueriesContext(connection) as captured:
        deed()
    return len(captured)


def test_approving_beside_its_bare_statements(aurora, shelves, olivia, sam):
    for size in SIZES:
        shelves.fill(size)
        waiting = waiting_requests(aurora, shelves, olivia, number=9)
        pages = [(request, lives.as_shown(request)) for request in waiting]
        approvals = iter(pages)

        def approve(approvals=approvals):
            request, page = next(approvals)
            lives.approve_as_shown(request, page, by=sam)

        spare = keys_of(aurora, shelves.some(20, seed=99))
        floor, whole = side_by_side(lambda spare=spare: bare_approval(spare), approve, times=len(pages) - 1)
        print(
            f"\n{size:9,} reservations: bare transaction {floor}, approve {whole},"
            f" {times_as_much(whole, floor)}",
            end="",
        )


def waiting_requests(store, shelves, by, number):
    """Requests in review that nothing blocks, each of twenty products of its own."""
    waiting, spread = [], shelves.some(400, len(shelves.asins))
    while len(waiting) < number:
        chosen, spread = spread[:20], spread[20:]
        content = lives.price_discount(*chosen, percent="10.00", days=7, start=45)
        request = lives.drafted(store, content, by=by)
        if not checker.report_of(lives.again(request), at=lives.NOW).blocks:
            waiting.append(lives.submit(request, by=by))
    return waiting


def bare_approval(products):
    """Lock the products, look for what overlaps, insert, commit: what no approval can do without."""
    starts_at = lives.NOW + timedelta(days=200)
    with transaction.atomic():
        cursor = connection.connection.cursor()
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            "SELECT FROM catalog_product WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", [products]
        )
        cursor.execute(BARE, [products, starts_at - timedelta(days=155)]).fetchall()
        cursor.execute(
            "INSERT INTO promotions_reservation"
            " (request_id, revision_id, product_id, conflict_group, member, danger, held)"
            " SELECT 1, 1, product, conflict_group, 1, tstzrange(%s, %s), true"
            " FROM unnest(%s::int[]) product, unnest(ARRAY[0, 8]) conflict_group ON CONFLICT DO NOTHING",
            [starts_at, starts_at + timedelta(days=7), products],
        )
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("DELETE FROM promotions_reservation WHERE request_id = 1")


def test_a_sweep_over_fifty_offers_and_a_report_of_eight_thousand_children(aurora, shelves):
    shelves.fill(SIZES[-1])
    one = keys_of(aurora, shelves.some(1))
    product = ListedProduct("B000000001", "Lamp", Decimal("100.00"), Decimal("10.00"), "USD")
    kinds = ["coupon", "price_discount", "percentage_off", "social_code", "best_deal"]
    fifty = [
        making.offer(
            kinds[n % 5], "%2", hours=(n, 100 + n), reference=f"PR-{n}", asins=frozenset([product.asin])
        )
        for n in range(50)
    ]
    floor, swept = side_by_side(
        lambda: bare(one, lives.NOW), lambda: stacking.sweep(product, fifty, policies.current())
    )
    spans = len(stacking.sweep(product, fifty, policies.current()))
    print(
        f"\nsweep of 50 offers, {spans} spans: {swept}, {times_as_much(swept, floor)} the bare query of one"
    )

    content = draft(aurora, shelves.some(8000))
    products = keys_of(aurora, content["covered"])
    report, _ = check(aurora, content)
    starts_at = looked_back_to(report)
    floor, whole = side_by_side(lambda: bare(products, starts_at), lambda: check(aurora, content), times=3)
    print(
        f"8,000 children: bare {floor}, check {whole}, {times_as_much(whole, floor)};"
        f" {len(report.others)} others, {len(report.findings)} findings, {len(report.encoded) / 1e6:.1f} MB"
    )
