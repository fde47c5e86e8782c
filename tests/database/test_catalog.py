"""Raw SQL, as a superuser of the database, against what it promises about products."""

import threading

import psycopg
import pytest
from django.db import connection
from django.utils import timezone

from promoflow.catalog.models import Product, Sku
from promoflow.catalog.services import imports
from tests import cast
from tests.catalog import sending
from tests.database.attacks import refused


@pytest.fixture
def lamp(aurora):
    return Product.objects.get(store=aurora, asin="B0AURORA01")


@pytest.fixture
def floor_lamp(aurora):
    return Product.objects.get(store=aurora, asin="B0AURORA02")


@pytest.fixture
def lamp_set(aurora):
    return Product.objects.get(store=aurora, asin="B0AURORA03")


@pytest.fixture
def elsewhere(aurora):
    store = cast.store("Borealis", merchant_id="A2BOREALIS12345")
    return Product.objects.create(store=store, asin="B0AURORA01", title="The same lamp in another store")


def adopt(child, parent):
    return "UPDATE catalog_product SET parent_id = %s WHERE id = %s", [parent.pk, child.pk]


# --- A product stays who it is --------------------------------------------------------------------------


@pytest.mark.parametrize("change", ["asin = 'B0OTHER001'", "id = 4711", "store_id = store_id + 1"])
def test_a_product_keeps_its_key_its_store_and_its_asin(lamp, elsewhere, change):
    refused("products_stay_who_they_are", (f"UPDATE catalog_product SET {change} WHERE id = %s", [lamp.pk]))


def test_a_product_that_is_saved_unchanged_is_left_alone(lamp):
    lamp.save()

    assert Product.objects.get(pk=lamp.pk).asin == "B0AURORA01"


@pytest.mark.parametrize("statement", ["DELETE FROM catalog_product", "TRUNCATE catalog_product CASCADE"])
def test_a_product_is_never_deleted(lamp, statement):
    refused("products_are_never_deleted", "SET CONSTRAINTS ALL IMMEDIATE", statement)


@pytest.mark.parametrize("table", ["catalog_product", "catalog_store", "catalog_import"])
def test_the_application_cannot_even_try(lamp, table):
    with connection.cursor() as cursor:
        for privilege in ("DELETE", "TRUNCATE"):
            cursor.execute("SELECT has_table_privilege('promoflow_app', %s, %s)", [table, privilege])
            assert cursor.fetchone() == (False,)


@pytest.mark.django_db(transaction=True)
def test_the_application_imports_with_its_few_privileges(aurora, mia, settings, tmp_path):
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(tmp_path)},
        },
    }
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE promoflow_app")
    try:
        sending.applied(aurora, sending.report(sending.line("S1", "B0AURORA01", price="21")), by=mia)
        sending.applied(
            aurora, b"asin,floor_price,parent_asin\nB0AURORA01,12,B0FAMILY01\n", by=mia, kind=sending.FLOORS
        )
        discarded = sending.read(aurora, b"asin,floor_price\nB0AURORA01,1\n", by=mia, kind=sending.FLOORS)
        imports.discard(pk=discarded.pk, by=mia, at=timezone.now())
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE")

    lamp = Product.objects.select_related("parent").get(asin="B0AURORA01")
    assert (lamp.price, lamp.floor_price, lamp.parent.asin) == (21, 12, "B0FAMILY01")


# --- Families -------------------------------------------------------------------------------------------


def test_a_family_of_one_level_is_fine(lamp, floor_lamp, lamp_set):
    lamp.parent = floor_lamp.parent = lamp_set
    lamp.save()
    floor_lamp.save()

    assert set(lamp_set.children.all()) == {lamp, floor_lamp}


def test_a_parent_has_no_parent(lamp, floor_lamp, lamp_set):
    refused("families_have_one_level", adopt(lamp, floor_lamp), adopt(floor_lamp, lamp_set))


def test_a_child_has_no_children(lamp, floor_lamp, lamp_set):
    refused("families_have_one_level", adopt(floor_lamp, lamp_set), adopt(lamp, floor_lamp))


def test_a_child_is_not_born_with_children(lamp, floor_lamp, lamp_set):
    refused(
        "families_have_one_level",
        adopt(floor_lamp, lamp_set),
        (
            "INSERT INTO catalog_product (store_id, asin, title, image_url, parent_id)"
            " VALUES (%s, 'B0AURORA04', '', '', %s)",
            [lamp.store_id, floor_lamp.pk],
        ),
    )


def test_nothing_is_its_own_parent(lamp):
    refused("nothing_is_its_own_parent", adopt(lamp, lamp))


def test_a_family_stays_in_its_store(lamp, elsewhere):
    refused("parent_is_in_the_same_store", adopt(lamp, elsewhere))


def test_a_sku_is_in_the_store_of_its_product(lamp, elsewhere):
    refused(
        "sku_is_in_the_store_of_its_product",
        (
            "INSERT INTO catalog_sku (store_id, product_id, sku, status, channel) VALUES (%s, %s, 'S1', '', '')",
            [elsewhere.store_id, lamp.pk],
        ),
    )
    sku = Sku.objects.create(store=lamp.store, product=lamp, sku="S1")
    refused(
        "sku_is_in_the_store_of_its_product",
        ("UPDATE catalog_sku SET product_id = %s WHERE id = %s", [elsewhere.pk, sku.pk]),
    )


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("first", ["child", "parent"])
def test_two_people_at_once_do_not_make_a_second_level(database_url, lamp, floor_lamp, lamp_set, first):
    """Lamp under floor lamp, and at the same moment floor lamp under lamp set: one waits, then is refused."""
    deeds = [adopt(lamp, floor_lamp), adopt(floor_lamp, lamp_set)]
    if first == "parent":
        deeds.reverse()
    answers = []

    def second():
        with psycopg.connect(database_url) as other:
            try:
                other.execute(*deeds[1])
            except psycopg.errors.CheckViolation as error:
                answers.append(error.diag.constraint_name)

    with psycopg.connect(database_url) as one:
        one.execute(*deeds[0])
        thread = threading.Thread(target=second)
        thread.start()
        thread.join(timeout=0.5)
        assert thread.is_alive()
        one.commit()
    thread.join(timeout=10)

    assert answers == ["families_have_one_level"]


# --- Single rows ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ("price = 0", "price_is_above_zero"),
        ("price = -1", "price_is_above_zero"),
        ("floor_price = 0", "floor_is_above_zero"),
    ],
)
def test_prices_and_floors_are_above_zero(lamp, change, rule):
    refused(rule, (f"UPDATE catalog_product SET {change} WHERE id = %s", [lamp.pk]))


@pytest.mark.parametrize("asin", ["b0aurora09", "B0AURORA0", "C0AURORA09", "123456789Y"])
def test_an_asin_is_well_formed(aurora, asin):
    refused(
        "asin_is_well_formed",
        (
            "INSERT INTO catalog_product (store_id, asin, title, image_url) VALUES (%s, %s, '', '')",
            [aurora.pk, asin],
        ),
    )


def test_an_asin_is_in_a_store_once(lamp):
    refused(
        "one_product_per_asin_in_a_store",
        (
            "INSERT INTO catalog_product (store_id, asin, title, image_url) VALUES (%s, %s, '', '')",
            [lamp.store_id, lamp.asin],
        ),
    )
