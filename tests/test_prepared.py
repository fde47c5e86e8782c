"""A query that is written once finds what the same query finds when it is written anew."""

from threading import Thread

import pytest
from django.contrib.auth.models import Group
from django.db import ProgrammingError, connection, transaction
from django.db.models import Q, Value
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from promoflow.catalog.models import Product
from promoflow.prepared import AnyOf, Around, Prepared, planned_once, written_for
from tests import cast
from tests.promotions.lives import FLOOR_LAMP, LAMP, SET

named = Prepared(lambda asin: Product.objects.filter(asin=asin).select_related("store").order_by("pk"))
among = Prepared(
    lambda store, asins: (
        Product.objects.filter(AnyOf("asin", asins, array="varchar[]"), store=store)
        .order_by("asin")
        .values_list("asin", flat=True)
    )
)
above = Prepared(lambda least: Product.objects.filter(~Q(price__lte=least)).order_by("-price")[:2])
members = Prepared(lambda user: Group.objects.filter(user=user).values_list("name", "user__is_active"))


def test_each_time_with_other_values(aurora):
    assert [product.asin for product in named(asin=LAMP)] == [LAMP]
    assert [product.asin for product in named(asin=FLOOR_LAMP)] == [FLOOR_LAMP]
    assert named(asin="B0NOTHING0") == []


def test_the_values_are_never_part_of_the_statement(aurora):
    assert named(asin="'; DROP TABLE catalog_product; --") == []
    assert named(asin="%s") == []
    assert named(asin=None) == []


def test_a_list_is_one_value(aurora):
    assert among(store=aurora.pk, asins=[SET, LAMP, "B0NOTHING0"]) == sorted([LAMP, SET])
    assert among(store=aurora.pk, asins=[]) == []
    assert among(store=0, asins=[LAMP]) == []


def test_the_same_rows_as_written_anew(aurora):
    for least in (0, 49, 1000):
        assert above(least=least) == list(Product.objects.filter(price__gt=least).order_by("-price")[:2])


def test_what_it_finds_is_as_it_is_now(aurora):
    before = named(asin=LAMP)[0]
    Product.objects.filter(pk=before.pk).update(title="Another title")

    assert named(asin=LAMP)[0].title == "Another title"


def test_what_is_joined_comes_along(aurora):
    with CaptureQueriesContext(connection) as captured:
        [product] = named(asin=LAMP)
        assert product.store == aurora
    assert len(captured) == 1


def test_of_several_people_each_has_their_own(aurora, olivia):
    asleep = cast.grant(cast.person("Otto"), aurora, "operator")
    User.objects.filter(pk=asleep.pk).update(is_active=False)

    assert [awake for _name, awake in members(user=olivia.pk)] == [True]
    assert [awake for _name, awake in members(user=asleep.pk)] == [False]


def test_nothing_that_a_caller_makes_of_a_list_stays(aurora):
    named(asin=LAMP).clear()

    assert len(named(asin=LAMP)) == 1


@pytest.mark.django_db(transaction=True)
def test_each_thread_asks_by_its_own_connection(aurora):
    found, before = [], named(asin=LAMP)[0].title

    def ask():
        found.append([product.title for product in named(asin=LAMP)])
        connection.close()

    threads = [Thread(target=ask) for _ in range(4)]
    with transaction.atomic():
        # Not committed: no other connection sees it.
        Product.objects.filter(asin=LAMP).update(title="Another title")
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert named(asin=LAMP)[0].title == "Another title"

    assert found == [[before]] * 4


def test_a_value_that_is_not_given_is_an_error(aurora):
    with pytest.raises(KeyError):
        named()


def test_what_cannot_be_written_before_the_values_are_known_is_an_error(aurora):
    wrong = Prepared(lambda numbers: Product.objects.filter(pk__in=numbers))

    with pytest.raises(ProgrammingError), transaction.atomic():
        wrong(numbers=[1, 2])


@pytest.mark.django_db(transaction=True)
def test_what_locks_rows_needs_a_transaction_each_time(aurora):
    locked = Prepared(lambda asin: Product.objects.select_for_update().filter(asin=asin))
    with transaction.atomic():
        assert len(locked(asin=LAMP)) == 1

    with pytest.raises(transaction.TransactionManagementError):
        locked(asin=LAMP)


def planned(part):
    """Statements of this session that PostgreSQL keeps planned, and how often it did without planning."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT statement, generic_plans + custom_plans FROM pg_prepared_statements"
            " WHERE strpos(statement, %s) > 0",
            [part],
        )
        return cursor.fetchall()


def test_postgresql_keeps_what_it_planned(aurora):
    twice = Prepared(lambda asin: Product.objects.filter(asin=asin).exclude(title="kept planned"))
    for _ in range(4):
        twice(asin=LAMP)

    [(statement, asked)] = planned("kept planned")
    assert "$1" in statement
    assert LAMP not in statement
    assert asked == 3


def test_what_stays_the_same_is_part_of_the_statement(aurora):
    per_cent = "100 % 'cotton' %s"
    Product.objects.filter(asin=LAMP).update(title=per_cent)
    cotton = Prepared(lambda asin: Product.objects.filter(asin=asin, title=per_cent, title__contains="% '"))

    assert [product.asin for product in cotton(asin=LAMP)] == [LAMP]
    assert [product.asin for product in cotton(asin=LAMP)] == [LAMP]
    assert [place for statement, _ in planned("cotton") for place in ("$1", "$2") if place in statement] == [
        "$1"
    ]


def test_its_statement_can_be_read_each_time(aurora):
    for _ in range(3):
        with CaptureQueriesContext(connection) as captured:
            named(asin=LAMP)
        assert "catalog_product" in captured.captured_queries[0]["sql"]


def test_other_statements_are_asked_as_ever(aurora):
    with pytest.raises(RuntimeError, match="within"), planned_once():
        raise RuntimeError("within")

    for _ in range(3):
        assert Product.objects.filter(asin=LAMP).exclude(title="asked as ever").count() == 1
    assert planned("asked as ever") == []


def dearest(number, store):
    return Product.objects.filter(store=store).order_by("-price").values_list("asin", flat=True)[:number]


def test_a_statement_is_kept_for_each_of_what_is_fixed_in_it(aurora):
    one, two = written_for(dearest, 1), written_for(dearest, 2)

    assert len(one(store=aurora.pk)) == 1
    assert len(two(store=aurora.pk)) == 2
    assert written_for(dearest, 1) is one


def test_a_slot_is_an_expression(aurora):
    seen = []
    Prepared(lambda asin: seen.append(asin) or Product.objects.filter(asin=asin))(asin=LAMP)

    assert isinstance(seen[0], Value)


def test_around_a_query_stands_sql_that_shares_its_values(aurora):
    Product.objects.filter(store=aurora).update(title="100 % wool {found}")
    cheapest = Around(
        "WITH found (asin, price) AS ({found})"
        " SELECT min(price), count(*) FILTER (WHERE price > %(least)s + 1) FROM found WHERE asin LIKE 'B0%%'",
        lambda least: Product.objects.filter(price__gt=least, title__contains="%").values_list(
            "asin", "price"
        ),
    )
    prices = sorted(Product.objects.filter(price__isnull=False).values_list("price", flat=True))

    assert cheapest(least=0) == [(prices[0], len(prices))]
    assert cheapest(least=prices[-2]) == [(prices[-1], int(prices[-1] > prices[-2] + 1))]
    assert cheapest(least=prices[-1]) == [(None, 0)]
