"""Finding, locking and changing products."""

from decimal import Decimal

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from promoflow.audit import services as audit
from promoflow.audit.models import Entry
from promoflow.catalog import selectors
from promoflow.catalog.models import Product, Sku
from promoflow.catalog.services import products
from promoflow.catalog.services.products import Facts
from promoflow.errors import Blocked, NotAllowed, Stale, WrongState
from promoflow.rulebook.offers import ListedProduct
from tests import cast
from tests.catalog import sending
from tests.catalog.sending import line, report

LAMP, FLOOR_LAMP, SET = "B0AURORA01", "B0AURORA02", "B0AURORA03"


def product(store, asin=LAMP):
    return Product.objects.get(store=store, asin=asin)


def change(store, asin=LAMP, *, by, seen=None, why="", **to):
    found = Facts.of(product(store, asin))
    return products.change(
        store=store,
        asin=asin,
        seen=seen or found,
        to=found._replace(**to),
        why=why,
        by=by,
        at=timezone.now(),
    )


# --- Selectors -------------------------------------------------------------------------------------------


def family_of(store, asins):
    return list(selectors.products_of(store, asins, parents=asins))


def test_a_parent_covers_its_children(aurora, mia):
    change(aurora, LAMP, by=mia, parent_asin=SET)
    change(aurora, FLOOR_LAMP, by=mia, parent_asin=SET)

    assert family_of(aurora, [SET]) == [LAMP, FLOOR_LAMP, SET]
    assert family_of(aurora, [FLOOR_LAMP]) == [FLOOR_LAMP]
    assert family_of(aurora, ["B0UNKNOWN1", LAMP]) == [LAMP]


def test_products_are_found_by_asin_or_sku_in_the_order_named(aurora, olivia):
    sending.applied(aurora, report(line("lamp-1", LAMP), line("Lamp-1", FLOOR_LAMP)), by=olivia)

    found, unknown = selectors.find(aurora, [SET, "lamp-1", "LAMP-1", LAMP, "Lamp-1", "nope", "nope"])

    assert [one.asin for one in found] == [SET, LAMP, FLOOR_LAMP]
    assert unknown == ["LAMP-1", "nope"]


def test_only_the_products_of_the_store_are_found(aurora):
    other = cast.store("Borealis", merchant_id="A2BOREALIS12345")

    assert selectors.find(other, [LAMP]) == ([], [LAMP])
    assert selectors.products_of(other, [LAMP]) == {}
    assert not selectors.search([other], "lamp")


@pytest.mark.parametrize(
    ("text", "asins"),
    [
        ("", [LAMP, FLOOR_LAMP, SET, "B0TAIDENG1"]),
        ("aurora02", [FLOOR_LAMP]),
        ("DESK lamp", [LAMP]),
        ("desk   lamp,", [LAMP]),
        ("台灯", ["B0TAIDENG1"]),
        ("td-0", ["B0TAIDENG1"]),
        ("100%", []),
        ("_", []),
    ],
)
def test_products_are_searched_by_asin_sku_and_title(aurora, olivia, text, asins):
    sending.applied(aurora, report(line("TD-01", "B0TAIDENG1", item_name="暖白光台灯 一件")), by=olivia)

    assert sorted(one.asin for one in selectors.search([aurora], text)) == asins


@pytest.mark.django_db(transaction=True)
def test_older_titles_lose_their_double_spaces(aurora):
    Product.objects.filter(asin=LAMP).update(title="Aurora  desk\u3000lamp")
    call_command("migrate", "catalog", "0010", verbosity=0)

    call_command("migrate", "catalog", verbosity=0)

    assert product(aurora).title == "Aurora desk lamp"
    assert [one.asin for one in selectors.search([aurora], "aurora  desk lamp")] == [LAMP]


def test_the_search_uses_the_trigram_indexes(aurora):
    with connection.cursor() as cursor:
        # Three products are read faster without an index.
        for way in ("seqscan", "indexscan", "indexonlyscan"):
            cursor.execute(f"SET LOCAL enable_{way} = off")
    plan = selectors.search([aurora], "warm white").explain()

    for index in ("product_title_trgm", "product_asin_trgm", "sku_trgm"):
        assert index in plan


def test_the_rules_see_price_floor_currency_parent_and_stock(aurora):
    lamp, parent = (Product.objects.get(store=aurora, asin=asin) for asin in (LAMP, SET))
    Product.objects.filter(pk=lamp.pk).update(parent=parent)
    Sku.objects.bulk_create(
        Sku(store=aurora, product=product, sku=sku, quantity=quantity, status=status)
        for product, sku, quantity, status in (
            (lamp, "L-1", 30, "Active"),
            (lamp, "L-2", 12, "active"),
            (lamp, "L-3", 500, "Inactive"),
            (parent, "S-1", 5, "Active"),
            (parent, "S-2", None, "Active"),
        )
    )

    with connection.execute_wrapper(at_once := Count()):
        listed = selectors.listed(selectors.products_of(aurora, [LAMP, SET]).values())
    family = Product.objects.filter(store=aurora, asin__in=[LAMP, SET]).select_related("store", "parent")
    with connection.execute_wrapper(of_any := Count()):
        read_otherwise = selectors.listed(family.order_by("asin"))

    assert listed == read_otherwise
    assert listed == (
        ListedProduct(
            LAMP, "Aurora desk lamp, warm white", Decimal("19.99"), Decimal("9.99"), "USD", SET, 42
        ),
        ListedProduct(SET, "Aurora lamp set of three", Decimal("120.00"), Decimal("60.00"), "USD"),
    )
    assert (at_once.queries, of_any.queries) == (1, 2)


def test_the_children_of_parents_are_read_with_them(aurora):
    Product.objects.filter(store=aurora, asin=LAMP).update(parent=Product.objects.get(store=aurora, asin=SET))

    assert list(selectors.products_of(aurora, [SET])) == [SET]
    assert list(selectors.products_of(aurora, [SET], parents=[SET])) == [LAMP, SET]
    assert list(selectors.products_of(aurora, [SET], parents=[FLOOR_LAMP])) == [SET]


class Count:
    queries = 0

    def __call__(self, execute, *args):
        self.queries += 1
        return execute(*args)


@pytest.mark.django_db(transaction=True)
def test_locking_locks_the_products_in_key_order_and_nothing_else(aurora, database_url):
    with transaction.atomic():
        locked = selectors.lock_products(aurora, [SET, LAMP, "B0UNKNOWN1", LAMP])
        with psycopg.connect(database_url) as other:
            free = other.execute(
                "SELECT asin FROM catalog_product ORDER BY asin FOR NO KEY UPDATE SKIP LOCKED"
            ).fetchall()
            other.execute("SELECT FROM catalog_store FOR UPDATE NOWAIT")

    assert [one.asin for one in locked] == [LAMP, SET]
    assert [one.pk for one in locked] == sorted(one.pk for one in locked)
    assert free == [(FLOOR_LAMP,)]


@pytest.mark.django_db(transaction=True)
def test_locking_a_variation_locks_its_parent_too(aurora, database_url):
    """A promotion on the parent covers a child that joined later: the two must wait for each other."""
    Product.objects.filter(store=aurora, asin=LAMP).update(parent=Product.objects.get(store=aurora, asin=SET))
    with transaction.atomic():
        locked = selectors.lock_products(aurora, [LAMP])
        with psycopg.connect(database_url) as other:
            free = other.execute(
                "SELECT asin FROM catalog_product ORDER BY asin FOR NO KEY UPDATE SKIP LOCKED"
            ).fetchall()

    assert [one.asin for one in locked] == [LAMP]
    assert free == [(FLOOR_LAMP,)]


@pytest.mark.django_db(transaction=True)
def test_locking_a_parent_locks_the_children_that_it_has_by_now(aurora, database_url):
    Product.objects.filter(store=aurora, asin=LAMP).update(parent=Product.objects.get(store=aurora, asin=SET))
    with transaction.atomic():
        locked = selectors.lock_products(aurora, [SET], parents=[SET])
        with psycopg.connect(database_url) as other:
            free = other.execute(
                "SELECT asin FROM catalog_product ORDER BY asin FOR NO KEY UPDATE SKIP LOCKED"
            ).fetchall()

    assert [one.asin for one in locked] == [LAMP, SET]
    assert free == [(FLOOR_LAMP,)]


# --- Changing by hand ------------------------------------------------------------------------------------


def test_a_manager_sets_price_floor_and_parent(aurora, mia):
    changed = change(
        aurora,
        by=mia,
        price=Decimal("21.00"),
        floor_price=Decimal("12.00"),
        parent_asin=SET,
        why="New supplier",
    )

    assert changed == ("price", "floor_price", "parent_asin")
    assert Facts.of(product(aurora)) == (Decimal(21), Decimal(12), SET)
    told = {
        entry.event: (entry.before, entry.after, entry.why, entry.asins)
        for entry in Entry.objects.filter(event__startswith="product.")
    }
    assert told["product.floor_changed"] == (
        {"floor_price": "9.99"}, {"floor_price": "12.00"}, "New supplier", [LAMP],
    )  # fmt: skip
    assert told["product.parent_changed"][:2] == ({"parent_asin": ""}, {"parent_asin": SET})
    assert told["product.price_changed"][:2] == ({"price": "19.99"}, {"price": "21.00"})


def test_what_stays_is_not_in_the_history(aurora, mia):
    assert change(aurora, by=mia) == ()
    assert not Entry.objects.filter(event__startswith="product.").exists()


@pytest.mark.parametrize("floor_price", [Decimal("9.98"), None])
def test_a_lower_floor_needs_a_reason(aurora, mia, floor_price):
    with pytest.raises(Blocked, match="Say why"):
        change(aurora, by=mia, floor_price=floor_price, why="  ")

    change(aurora, by=mia, floor_price=floor_price, why="Cheaper to make")
    assert product(aurora).floor_price == floor_price


@pytest.mark.parametrize("who", ["olivia", "sam", "ada", "stranger", "root"])
def test_nobody_but_a_manager_changes_a_product(aurora, request, who):
    person = request.getfixturevalue(who)
    Sku.objects.create(store=aurora, product=product(aurora), sku="S1", price=Decimal(5))

    with pytest.raises(NotAllowed, match="dangerous as a discount"):
        change(aurora, by=person, floor_price=Decimal("1.00"), why="because")
    with pytest.raises(NotAllowed):
        products.retire_sku(store=aurora, asin=LAMP, sku="S1", by=person, at=timezone.now())

    assert product(aurora).floor_price == Decimal("9.99")


def test_a_manager_of_another_store_changes_nothing(aurora):
    other = cast.person("Max")
    cast.store("Borealis", merchant_id="A2BOREALIS12345", manager=other)

    with pytest.raises(NotAllowed):
        change(aurora, by=other, floor_price=Decimal(50))


def test_what_somebody_changed_meanwhile_is_shown(aurora, mia):
    seen = Facts.of(product(aurora))
    change(aurora, by=mia, floor_price=Decimal("11.00"))

    with pytest.raises(Stale) as refusal:
        change(aurora, by=mia, seen=seen, price=Decimal("30.00"))

    assert refusal.value.changes == ("Floor price: you saw $9.99, it is $11.00",)
    assert product(aurora).price == Decimal("19.99")


def test_yen_have_no_decimals_in_the_history(mia):
    store = cast.store("Aurora JP", marketplace_id="A1VC38T7YXB528", merchant_id="A2AURORAJP12345")
    sending.applied(store, report(line("S1", LAMP, price="2980"), line("S2", LAMP, price="3100")), by=mia)

    change(store, by=mia, price=Decimal(2500))
    products.retire_sku(store=store, asin=LAMP, sku="S1", by=mia, at=timezone.now())
    sending.applied(store, report(line("S2", LAMP, price="3050")), by=mia)

    first, second = Entry.objects.filter(event="product.price_changed").order_by("pk")
    assert (first.before, first.after) == ({"price": "2980"}, {"price": "2500"})
    assert (second.before["price"], second.before["sku_price"], second.after["price"]) == (
        "2500", "2980", "3100",
    )  # fmt: skip
    imported = Entry.objects.filter(event="import.applied").latest("pk")
    assert imported.after["changes"] == [{"asin": LAMP, "price": ["3100", "3050"]}]


def test_the_history_writes_an_amount_as_its_currency_does(aurora, mia):
    change(aurora, by=mia, floor_price=Decimal(12))

    assert Entry.objects.get(event="product.floor_changed").after == {"floor_price": "12.00"}


def test_a_family_has_one_level(aurora, mia):
    change(aurora, LAMP, by=mia, parent_asin=FLOOR_LAMP)

    for asin, parent, sentence in (
        (SET, LAMP, "belongs to a parent itself"),
        (FLOOR_LAMP, SET, "is a parent of other products"),
        (SET, SET, "its own parent"),
        (SET, "B0UNKNOWN1", "has no product"),
    ):
        with pytest.raises(Blocked, match=sentence):
            change(aurora, asin, by=mia, parent_asin=parent)
    change(aurora, LAMP, by=mia, parent_asin="")
    change(aurora, FLOOR_LAMP, by=mia, parent_asin=SET)
    assert family_of(aurora, [SET]) == [FLOOR_LAMP, SET]


def test_without_its_entry_nothing_is_changed(aurora, mia, monkeypatch):
    def broken(*_args, **_kwargs):
        raise RuntimeError("the history cannot be written")

    monkeypatch.setattr(audit, "record", broken)

    with pytest.raises(RuntimeError):
        change(aurora, by=mia, floor_price=Decimal("11.00"))

    assert product(aurora).floor_price == Decimal("9.99")


def test_a_sku_that_is_gone_can_be_left_out(aurora, mia):
    content = report(
        line("OLD", LAMP, price="8"), line("NEW", LAMP, price="22"), line("OFF", LAMP, price="3")
    )
    sending.applied(aurora, content, by=mia)
    assert product(aurora).price == Decimal(3)

    products.retire_sku(store=aurora, asin=LAMP, sku="OFF", by=mia, at=timezone.now())
    products.retire_sku(store=aurora, asin=LAMP, sku="OLD", by=mia, at=timezone.now())

    assert product(aurora).price == Decimal(22)
    told = Entry.objects.filter(event="product.price_changed").latest("pk")
    assert (told.before["sku"], told.before["price"], told.after["price"]) == ("OLD", "8.00", "22.00")
    with pytest.raises(WrongState):
        products.retire_sku(store=aurora, asin=LAMP, sku="OLD", by=mia, at=timezone.now())
    sending.applied(aurora, report(line("NEW", LAMP, price="23")), by=mia)
    assert product(aurora).price == Decimal(23)
    sending.applied(aurora, report(line("OLD", LAMP, price="8")), by=mia)
    assert product(aurora).price == Decimal(8)


def test_the_last_price_stays_when_every_sku_is_left_out(aurora, mia):
    sending.applied(aurora, report(line("OLD", LAMP, price="8")), by=mia)

    products.retire_sku(store=aurora, asin=LAMP, sku="OLD", by=mia, at=timezone.now())

    assert product(aurora).price == Decimal(8)


def test_the_product_tells_which_imports_changed_it(aurora, olivia):
    sending.applied(aurora, report(line("S1", LAMP, price="8")), by=olivia)
    sending.applied(aurora, report(line("S1", LAMP, price="8", quantity="77")), by=olivia)
    sending.read(aurora, report(line("S1", LAMP, price="9")), by=olivia)

    (found,) = selectors.imports_that_changed(product(aurora))

    assert (found.was_price, found.price, found.source.applied_by) == (Decimal("19.99"), Decimal(8), olivia)
