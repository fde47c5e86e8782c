"""Imports: uploaded, read, shown, and applied once and whole."""

import logging
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.db.utils import DatabaseError
from django.utils import timezone, translation

from accounts.roles import MANAGER
from promoflow.audit import services as audit
from promoflow.audit.models import Entry
from promoflow.catalog import selectors
from promoflow.catalog.files.problems import PROBLEMS, told
from promoflow.catalog.models import Import, Product, Sku
from promoflow.catalog.services import applying, imports, reading
from promoflow.errors import NotAllowed, Stale, WrongState
from tests import cast
from tests.catalog import sending
from tests.catalog.sending import FLOORS, SAMPLE, line, report

THREE = report(
    line("LAMP-1", "B0AURORA01", item_name="Aurora desk lamp, warm white", price="21.00"),
    line(
        "LAMP-1-FBA",
        "B0AURORA01",
        item_name="Aurora desk lamp",
        price="19.50",
        fulfillment_channel="AMAZON_NA",
    ),
    line("NEW-1", "B0NEWLAMP1", item_name="Aurora new lamp", price="33"),
    line("BAD-1", "nonsense"),
)


def facts(store, asin):
    product = Product.objects.select_related("parent").get(store=store, asin=asin)
    return product.price, product.floor_price, product.parent.asin if product.parent else None


# --- Reading and showing ---------------------------------------------------------------------------------


def test_the_sample_report_becomes_products(mia):
    store = cast.store("Aurora UK", marketplace_id="A1F83G8C2ARO7P", manager=mia)

    source = sending.applied(store, SAMPLE.read_bytes(), by=mia)

    assert facts(store, "B01I53BE4O") == (Decimal(20), None, None)
    assert facts(store, "B004ADOCTI") == (Decimal("0.02"), None, None)
    inactive = Sku.objects.get(store=store, sku="ATV2")
    assert (inactive.status, inactive.product.asin, inactive.price) == ("Inactive", "B0041IZHVO", Decimal(10))
    assert (source.lines_read, source.lines_refused, source.encoding) == (3, 0, "utf-8-sig")


def test_an_import_says_what_it_would_change_and_changes_nothing(aurora, olivia):
    source = sending.read(aurora, THREE, by=olivia)

    assert source.status == Import.Status.READY
    assert selectors.counts(source) == {
        "all": 2, "new": 1, "price": 1, "floor": 0, "lowered": 0, "above": 0, "parent": 0,
        "text": 0, "moved": 0, "lost": 0, "skus": 1,
    }  # fmt: skip
    change = source.changes.get(asin="B0AURORA01")
    assert (change.was_price, change.price, change.new_skus) == (Decimal("19.99"), Decimal("19.50"), 2)
    assert (source.lines_read, source.progress, sending.reasons(source)) == (4, 100, [(5, "asin-malformed")])
    assert facts(aurora, "B0AURORA01") == (Decimal("19.99"), Decimal("9.99"), None)
    assert not Product.objects.filter(asin="B0NEWLAMP1").exists()


def test_several_skus_are_one_product_at_the_lowest_active_price(aurora, olivia):
    sending.applied(
        aurora,
        report(
            line("A", "B0NEWLAMP1", price="30"),
            line("B", "B0NEWLAMP1", price="25", item_name="Another title"),
            line("C", "B0NEWLAMP1", price="5", status="Inactive"),
            line("D", "B0NEWLAMP1", price="4", status="Incomplete"),
            line("E", "B0NEWLAMP1", price=""),
        ),
        by=olivia,
    )

    product = Product.objects.get(asin="B0NEWLAMP1")
    assert (product.price, product.title, product.skus.count()) == (Decimal(25), "Aurora desk lamp", 5)


def test_a_status_that_is_not_known_counts_as_on_sale(aurora, olivia):
    content = report(line("A", "B0NEWLAMP1", price="30"), line("B", "B0NEWLAMP1", price="9", status="出品中"))

    sending.applied(aurora, content, by=olivia)

    assert facts(aurora, "B0NEWLAMP1")[0] == Decimal(9)


def test_a_product_with_nothing_on_sale_keeps_the_price_it_would_sell_at(aurora, olivia):
    content = report(
        line("A", "B0NEWLAMP1", price="30", status="Inactive"),
        line("B", "B0NEWLAMP1", price="25", status="Inactive"),
    )

    sending.applied(aurora, content, by=olivia)

    assert facts(aurora, "B0NEWLAMP1")[0] == Decimal(25)


def test_a_sku_that_the_file_leaves_out_still_holds_the_price(aurora, olivia):
    """A download that broke off half way must not make a product dearer than it sells."""
    sending.applied(
        aurora, report(line("A", "B0NEWLAMP1", price="30"), line("B", "B0NEWLAMP1", price="9")), by=olivia
    )

    sending.applied(aurora, report(line("A", "B0NEWLAMP1", price="31")), by=olivia)

    assert facts(aurora, "B0NEWLAMP1")[0] == Decimal(9)


def test_products_that_are_not_in_the_file_are_left_alone(aurora, olivia):
    source = sending.applied(aurora, THREE, by=olivia)

    assert facts(aurora, "B0AURORA02") == (Decimal(49), Decimal(25), None)
    assert source.unchanged == 0


def test_skus_on_sale_that_the_report_does_not_name_are_counted(aurora, olivia, mia):
    others = [line("OFF", "B0NEWLAMP2", status="Inactive"), line("GONE", "B0NEWLAMP2")]
    sending.applied(aurora, report(line("A", "B0NEWLAMP1"), *others), by=olivia)

    source = sending.read(aurora, report(line("A", "B0NEWLAMP1")), by=olivia)
    table = floors(aurora, "asin,floor_price\nB0AURORA01,11\n", by=mia)

    assert (source.unnamed_skus, table.unnamed_skus) == (1, 0)
    assert [sku.sku for sku in selectors.unnamed_skus(source)] == ["GONE"]
    assert sending.apply(source, by=olivia).unnamed_skus == 1


def test_what_the_file_repeats_of_the_catalog_is_no_change(aurora, olivia):
    sending.applied(aurora, THREE, by=olivia)

    again = sending.read(aurora, THREE, by=olivia)

    assert (selectors.counts(again)["all"], again.unchanged) == (0, 2)
    assert selectors.applied_before(again).applied_by == olivia


def test_a_sku_named_twice_is_refused_the_second_time_also_across_chunks(aurora, olivia, monkeypatch):
    monkeypatch.setattr(reading, "CHUNK", 2)
    lines = [line(f"S{number % 3}", f"B0NEWLAM0{number}", price="20") for number in range(7)]

    source = sending.read(aurora, report(*lines), by=olivia)

    assert sending.reasons(source) == [(number, "sku-repeated") for number in (5, 6, 7, 8)]
    assert (source.lines_read, source.lines_refused, source.lines.count()) == (7, 4, 3)
    assert source.refused_lines.get(number=5).raw == lines[3]


def test_a_sku_that_moves_to_another_asin_is_shown(aurora, olivia):
    sending.applied(aurora, report(line("A", "B0NEWLAMP1", price="30")), by=olivia)

    source = sending.applied(aurora, report(line("A", "B0NEWLAMP2", price="30")), by=olivia)

    left, joined = source.changes.order_by("asin")
    assert (left.lost_skus, left.moved_skus, joined.lost_skus, joined.moved_skus) == (1, 0, 0, 1)
    assert (selectors.counts(source)["lost"], left.number) == (1, 2)
    assert Sku.objects.get(sku="A").product.asin == "B0NEWLAMP2"
    assert facts(aurora, "B0NEWLAMP1")[0] == Decimal(30)
    assert facts(aurora, "B0NEWLAMP2")[0] == Decimal(30)


def test_what_a_product_keeps_after_a_sku_moved_away_makes_its_price(aurora, olivia):
    left = [line("A", "B0NEWLAMP1", price="20"), line("B", "B0NEWLAMP1", price="15.50", status="Inactive")]
    sending.applied(aurora, report(*left, line("C", "B0NEWLAMP2", price="40")), by=olivia)
    assert facts(aurora, "B0NEWLAMP1")[0] == Decimal(20)

    source = sending.applied(aurora, report(line("A", "B0NEWLAMP2", price="20")), by=olivia)

    assert facts(aurora, "B0NEWLAMP1")[0] == Decimal("15.50")
    assert facts(aurora, "B0NEWLAMP2")[0] == Decimal(20)
    assert selectors.counts(source)["price"] == 2
    assert not source.changes.filter(changes_text=True).exists()


def test_two_products_of_a_file_may_exchange_their_skus(aurora, olivia):
    sending.applied(
        aurora, report(line("A", "B0NEWLAMP1", price="20"), line("B", "B0NEWLAMP2", price="30")), by=olivia
    )

    source = sending.applied(
        aurora, report(line("A", "B0NEWLAMP2", price="20"), line("B", "B0NEWLAMP1", price="30")), by=olivia
    )

    assert [(one.moved_skus, one.lost_skus) for one in source.changes.all()] == [(1, 1), (1, 1)]
    assert (facts(aurora, "B0NEWLAMP1")[0], facts(aurora, "B0NEWLAMP2")[0]) == (Decimal(30), Decimal(20))


def test_a_file_that_cannot_be_read_says_why(aurora, olivia):
    source = sending.read(aurora, b"asin,floor_price\nB0AURORA01,3\n", by=olivia)

    assert source.status == Import.Status.FAILED
    assert "All Listings Report" in source.problem


@pytest.mark.parametrize("content", [b"%PDF-1.7", b"asin,floor_price\nB0AURORA01,3\n"])
def test_everybody_reads_in_their_own_language_why_it_failed(aurora, olivia, content):
    olivia.language = "zh-hans"
    olivia.save()
    source = sending.read(aurora, content, by=olivia)

    with translation.override("zh-hans"):
        to_olivia = source.problem
    assert source.problem.startswith("This is ")
    assert "，" in to_olivia or "。" in to_olivia


def test_a_sentence_that_was_kept_before_there_were_codes_stays(aurora, olivia):
    source = sending.read(aurora, b"nonsense", by=olivia)
    Import.objects.update(problem_code="", problem_values={}, old_problem="第一行没有制表符。")
    source.refresh_from_db()

    assert source.problem == "第一行没有制表符。"


@pytest.mark.parametrize("code", PROBLEMS)
def test_every_problem_is_a_sentence(code):
    values = {"kind": "pdf", "columns": "price", "header": "a, b", "most": "64"}

    assert "%" not in told(code, values)
    assert "pdf" not in told(code, values)


@pytest.mark.parametrize(
    ("kind", "content"),
    [("listings", report()), ("listings", b"%b\n\n" % report()), (FLOORS, b"asin,price\n")],
)
def test_a_file_of_which_nothing_was_read_is_not_ready(aurora, mia, kind, content):
    source = sending.read(aurora, content, by=mia, kind=kind)

    assert source.status == Import.Status.FAILED
    assert "nothing below its first line" in source.problem


# --- Floors and parents ----------------------------------------------------------------------------------


def floors(store, content, *, by):
    return sending.read(store, content.encode(), by=by, kind=FLOORS, name="floors.csv")


def test_floors_and_parents_come_from_a_table(aurora, mia):
    content = "asin;floor_price;parent_asin;price\nB0AURORA01;11,50;B0FAMILY01;\nB0AURORA02;;B0FAMILY01;50\n"

    source = floors(aurora, content, by=mia)

    assert selectors.counts(source) == {
        "all": 3, "new": 1, "price": 1, "floor": 1, "lowered": 0, "above": 0, "parent": 2,
        "text": 0, "moved": 0, "lost": 0, "skus": 0,
    }  # fmt: skip
    sending.apply(source, by=mia)
    assert facts(aurora, "B0AURORA01") == (Decimal("19.99"), Decimal("11.50"), "B0FAMILY01")
    assert facts(aurora, "B0AURORA02") == (Decimal(50), Decimal(25), "B0FAMILY01")
    family = selectors.products_of(aurora, ["B0FAMILY01"], parents=["B0FAMILY01"])
    assert list(family) == ["B0AURORA01", "B0AURORA02", "B0FAMILY01"]


def test_lowered_floors_are_counted_apart(aurora, mia):
    source = floors(aurora, "asin,floor_price\nB0AURORA01,9\nB0AURORA02,26\n", by=mia)

    assert (selectors.counts(source)["floor"], selectors.counts(source)["lowered"]) == (2, 1)


def test_floors_above_their_price_are_counted_apart(aurora, mia):
    source = floors(aurora, "asin,floor_price,price\nB0AURORA01,20,\nB0AURORA02,,24\n", by=mia)

    assert selectors.counts(source)["above"] == 2


def test_families_that_cannot_be_are_refused_by_line(aurora, mia):
    sending.applied(aurora, b"asin,parent_asin\nB0AURORA01,B0FAMILY01\n", by=mia, kind=FLOORS)
    content = (
        "asin,floor_price,parent_asin\n"
        "B0AURORA02,30,B0AURORA01\n"  # the parent belongs to a parent in the catalog
        "B0FAMILY01,,B0AURORA03\n"  # has a child in the catalog
        "B0UNKNOWN1,5,\n"
        "B0AURORA02,31,\n"
        "B0AURORA01,10,B0FAMILY01\n"
    )

    source = floors(aurora, content, by=mia)

    assert sending.reasons(source) == [
        (2, "parent-is-a-child"),
        (3, "has-children"),
        (4, "product-unknown"),
        (5, "asin-repeated"),
    ]
    assert [change.asin for change in source.changes.all()] == ["B0AURORA01"]


def test_of_a_chain_in_the_file_the_line_that_makes_it_goes(aurora, mia):
    source = floors(aurora, "asin,parent_asin\nB0AURORA01,B0AURORA02\nB0AURORA02,B0AURORA03\n", by=mia)

    assert sending.reasons(source) == [(2, "parent-is-a-child")]
    sending.apply(source, by=mia)
    assert facts(aurora, "B0AURORA02")[2] == "B0AURORA03"


# --- Who may ---------------------------------------------------------------------------------------------


def test_an_operator_brings_listings_but_no_floors(aurora, olivia):
    with pytest.raises(NotAllowed, match="Only a manager of Aurora US"):
        sending.upload(aurora, b"asin,floor_price\nB0AURORA01,1\n", by=olivia, kind=FLOORS)

    assert not Import.objects.exists()


@pytest.mark.parametrize("who", ["sam", "ada", "stranger", "root"])
def test_nobody_else_imports(aurora, request, who, settings, tmp_path):
    person = request.getfixturevalue(who)

    with pytest.raises(NotAllowed, match="Only an operator or a manager"):
        sending.upload(aurora, THREE, by=person)

    assert not Import.objects.exists()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_an_operator_does_not_apply_what_a_manager_uploaded(aurora, olivia, mia):
    source = floors(aurora, "asin,floor_price\nB0AURORA01,1\n", by=mia)

    with pytest.raises(NotAllowed):
        imports.apply(pk=source.pk, comparison=source.comparison, by=olivia, at=timezone.now())
    with pytest.raises(NotAllowed):
        imports.discard(pk=source.pk, by=olivia, at=timezone.now())

    source.refresh_from_db()
    assert source.status == Import.Status.READY


def test_who_lost_the_role_meanwhile_does_not_apply(aurora, mia):
    second = cast.grant(cast.person("Max"), aurora, MANAGER)
    source = floors(aurora, "asin,floor_price\nB0AURORA01,1\n", by=second)
    imports.apply(
        pk=source.pk, comparison=source.comparison, by=second, at=timezone.now(), why="It goes out."
    )
    cast.revoke(second, aurora, MANAGER)

    imports.work(at=timezone.now())

    source.refresh_from_db()
    assert (source.status, source.confirmed_by) == (Import.Status.READY, None)
    assert "may no longer import it" in source.problem
    assert facts(aurora, "B0AURORA01")[1] == Decimal("9.99")


# --- Once, and whole -------------------------------------------------------------------------------------


def test_applying_twice_applies_once(aurora, olivia, oscar):
    source = sending.read(aurora, THREE, by=olivia)
    for person in (olivia, oscar):
        imports.apply(pk=source.pk, comparison=source.comparison, by=person, at=timezone.now())
    imports.work(at=timezone.now())
    imports.apply(pk=source.pk, comparison=source.comparison, by=oscar, at=timezone.now())
    imports.work(at=timezone.now())

    source.refresh_from_db()
    assert (source.status, source.applied_by) == (Import.Status.APPLIED, olivia)
    assert Entry.objects.filter(event="import.applied").count() == 1
    assert not source.lines.exists()


def test_the_same_file_is_one_import_while_it_is_open(aurora, olivia, oscar):
    file = SimpleUploadedFile("report.txt", THREE)
    first, first_is_new = imports.upload(
        store=aurora, kind="listings", file=file, by=olivia, at=timezone.now()
    )
    again = SimpleUploadedFile("other name.txt", THREE)
    second, second_is_new = imports.upload(
        store=aurora, kind="listings", file=again, by=oscar, at=timezone.now()
    )

    assert (first, first_is_new, second_is_new) == (second, True, False)
    sending.applied(aurora, THREE, by=olivia)
    third = sending.upload(aurora, THREE, by=oscar)
    assert third != first


def test_what_was_shown_is_what_is_applied(aurora, olivia, mia):
    source = sending.read(aurora, THREE, by=olivia)
    Product.objects.filter(asin="B0AURORA01").update(price=Decimal("15.00"))

    sending.apply(source, by=olivia)

    source.refresh_from_db()
    assert (source.status, source.confirmed_at, source.comparison) == (Import.Status.READY, None, 2)
    assert "Look at it again" in source.problem
    assert source.changes.get(asin="B0AURORA01").was_price == Decimal(15)
    assert not Product.objects.filter(asin="B0NEWLAMP1").exists()
    assert sending.apply(source, by=olivia).status == Import.Status.APPLIED


def test_a_page_that_shows_an_older_comparison_is_stale(aurora, olivia):
    source = sending.read(aurora, THREE, by=olivia)

    with pytest.raises(Stale):
        imports.apply(pk=source.pk, comparison=source.comparison + 1, by=olivia, at=timezone.now())


def test_nothing_is_applied_before_it_is_read_or_after_it_is_discarded(aurora, olivia):
    source = sending.upload(aurora, THREE, by=olivia)
    with pytest.raises(WrongState):
        imports.apply(pk=source.pk, comparison=0, by=olivia, at=timezone.now())
    imports.discard(pk=source.pk, by=olivia, at=timezone.now())
    with pytest.raises(WrongState):
        imports.apply(pk=source.pk, comparison=0, by=olivia, at=timezone.now())


def test_discarding_drops_the_lines_and_the_file(aurora, olivia, django_capture_on_commit_callbacks):
    source = sending.read(aurora, THREE, by=olivia)
    with django_capture_on_commit_callbacks(execute=True):
        imports.discard(pk=source.pk, by=olivia, at=timezone.now())
        imports.discard(pk=source.pk, by=olivia, at=timezone.now())

    assert not source.file.storage.exists(source.file.name)
    assert not any(rows.exists() for rows in (source.lines, source.changes, source.refused_lines))
    assert Entry.objects.filter(event="import.discarded").count() == 1


def test_what_is_applied_is_not_discarded(aurora, olivia):
    source = sending.applied(aurora, THREE, by=olivia)

    with pytest.raises(WrongState):
        imports.discard(pk=source.pk, by=olivia, at=timezone.now())


def test_discarding_while_it_is_read_stops_the_reading(aurora, olivia, monkeypatch):
    monkeypatch.setattr(reading, "CHUNK", 1)
    source = sending.upload(aurora, THREE, by=olivia)
    stage = reading._stage
    staged = []

    def stage_and_discard(*args):
        stage(*args)
        staged.append(args)
        if len(staged) == 2:
            imports.discard(pk=source.pk, by=olivia, at=timezone.now())

    monkeypatch.setattr(reading, "_stage", stage_and_discard)
    imports.work(at=timezone.now())

    source.refresh_from_db()
    assert (source.status, len(staged)) == (Import.Status.DISCARDED, 2)
    assert not source.lines.exists()


def test_the_history_tells_what_was_uploaded_and_applied(aurora, olivia):
    source = sending.applied(aurora, THREE, by=olivia)

    uploaded, applied = Entry.objects.filter(event__startswith="import.").order_by("pk")
    assert uploaded.after == {
        "kind": "listings", "file": "report.txt", "sha256": source.sha256, "size": len(THREE),
    }  # fmt: skip
    assert (applied.actor, applied.store_id, applied.subject) == (olivia, aurora.pk, "report.txt")
    assert (applied.state_before, applied.state_after) == ("ready", "applied")
    assert applied.asins == ["B0AURORA01"]
    assert applied.after["changes"] == [{"asin": "B0AURORA01", "price": ["19.99", "19.50"]}]
    assert applied.after["counts"]["new"] == 1
    assert len(applied.after["digest"]) == 64


def test_a_long_list_is_told_by_its_digest(aurora, olivia, monkeypatch):
    monkeypatch.setattr(applying, "LONGEST_LIST", 0)

    sending.applied(aurora, THREE, by=olivia)

    told = Entry.objects.get(event="import.applied")
    assert "changes" not in told.after
    assert told.after["counts"]["price"] == 1


def test_without_its_entry_nothing_is_applied(aurora, olivia, monkeypatch, caplog):
    source = sending.read(aurora, THREE, by=olivia)
    before = list(Product.objects.order_by("pk").values())
    monkeypatch.setattr(audit, "record", _broken)
    imports.apply(pk=source.pk, comparison=source.comparison, by=olivia, at=timezone.now())

    with caplog.at_level(logging.CRITICAL):
        imports.work(at=timezone.now())

    source.refresh_from_db()
    assert list(Product.objects.order_by("pk").values()) == before
    assert not Sku.objects.exists()
    assert source.status == Import.Status.APPLYING
    monkeypatch.undo()
    imports.work(at=timezone.now())
    source.refresh_from_db()
    assert source.status == Import.Status.APPLIED


def test_without_its_entry_nothing_is_uploaded(aurora, olivia, monkeypatch, tmp_path):
    monkeypatch.setattr(audit, "record", _broken)

    with pytest.raises(RuntimeError):
        sending.upload(aurora, THREE, by=olivia)

    assert not Import.objects.exists()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def _broken(*_args, **_kwargs):
    raise RuntimeError("the history cannot be written")


# --- Workers that fail -----------------------------------------------------------------------------------


def test_a_worker_that_fails_is_followed_by_the_next(aurora, olivia, monkeypatch, caplog):
    monkeypatch.setattr(reading, "CHUNK", 2)
    source = sending.upload(aurora, THREE, by=olivia)
    stage, staged = reading._stage, []

    def dies_the_second_time(*args):
        staged.append(args)
        if len(staged) == 2:
            raise MemoryError
        stage(*args)

    monkeypatch.setattr(reading, "_stage", dies_the_second_time)
    with caplog.at_level(logging.CRITICAL):
        imports.work(at=timezone.now())
    source.refresh_from_db()
    assert (source.status, source.lines_read) == (Import.Status.READING, 2)

    imports.work(at=timezone.now())

    source.refresh_from_db()
    assert (source.status, source.lines_read, source.lines.count()) == (Import.Status.READY, 4, 3)


def test_a_file_that_kills_every_worker_is_given_up(aurora, olivia, monkeypatch, caplog):
    source = sending.upload(aurora, THREE, by=olivia)
    monkeypatch.setattr(reading, "_stage", _broken)

    with caplog.at_level(logging.CRITICAL):
        for _attempt in range(7):
            imports.work(at=timezone.now())

    source.refresh_from_db()
    assert source.status == Import.Status.FAILED
    assert "several times" in source.problem


def test_what_cannot_be_applied_is_shown_again(aurora, olivia, monkeypatch, caplog):
    source = sending.read(aurora, THREE, by=olivia)
    imports.apply(pk=source.pk, comparison=source.comparison, by=olivia, at=timezone.now())
    monkeypatch.setattr(audit, "record", _broken)

    with caplog.at_level(logging.CRITICAL):
        for _attempt in range(7):
            imports.work(at=timezone.now())

    source.refresh_from_db()
    assert (source.status, source.confirmed_by) == (Import.Status.READY, None)
    assert "several times" in source.problem


def test_a_file_that_is_gone_is_said_to_be_gone(aurora, olivia):
    source = sending.upload(aurora, THREE, by=olivia)
    source.file.storage.delete(source.file.name)

    imports.work(at=timezone.now())

    source.refresh_from_db()
    assert source.status == Import.Status.FAILED
    assert "no longer there" in source.problem


def test_the_file_is_kept_under_a_name_of_our_own(aurora, olivia):
    source = sending.upload(aurora, THREE, by=olivia, name="../../etc/passwd.txt")

    assert source.name == "passwd.txt"
    assert source.file.name.startswith("imports/")
    assert "passwd" not in source.file.name


# --- What the row itself refuses -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ("status = 'applied'", "applied_has_its_person"),
        ("applied_at = now()", "applied_has_its_person"),
        ("status = 'applying'", "nothing_is_applied_unconfirmed"),
        ("confirmed_at = now()", "confirming_has_its_person"),
        ("status = 'discarded'", "discarded_has_its_person"),
        ("status = 'lost'", "import_status_is_known"),
        ("kind = 'prices'", "import_kind_is_known"),
    ],
)
def test_no_state_without_its_person(aurora, olivia, changed, rule):
    sending.read(aurora, THREE, by=olivia)

    with pytest.raises(DatabaseError, match=rule), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE catalog_import SET {changed}")


def test_the_same_file_sent_twice_at_once_is_one_import(aurora, olivia, monkeypatch, tmp_path):
    """Both looked before either was there; the constraint tells the second."""
    first = sending.upload(aurora, THREE, by=olivia)
    look, looks = imports._open_import, []

    def too_early(*args):
        looks.append(args)
        return None if len(looks) == 1 else look(*args)

    monkeypatch.setattr(imports, "_open_import", too_early)

    second, is_new = imports.upload(
        store=aurora, kind="listings", file=SimpleUploadedFile("a.txt", THREE), by=olivia, at=timezone.now()
    )

    assert (second, is_new) == (first, False)
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1
