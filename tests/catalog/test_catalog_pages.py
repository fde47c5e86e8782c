"""The pages of products and imports."""

import re
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from accounts.roles import OPERATOR
from promoflow.audit.models import Entry
from promoflow.catalog.models import Import, Product, Sku
from promoflow.catalog.services import imports
from promoflow.catalog.tasks import work_on_imports
from tests import cast
from tests.catalog import sending
from tests.catalog.sending import FLOORS, line, report

LAMP = "B0AURORA01"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def as_olivia(client, olivia):
    client.force_login(olivia)
    return client


@pytest.fixture
def as_mia(client, aurora, mia):
    client.force_login(mia)
    return client


def text(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def lamp():
    return Product.objects.get(asin=LAMP)


def shown_in(response):
    """What a browser would send of the form on the page, had nobody typed anything."""
    form = response.context["form"]
    return {name: form[name].value() or "" for name in form.fields}


def send(client, content, *, store, kind="listings", name="report.txt", **extra):
    data = {"store": store.pk, "kind": kind, "file": SimpleUploadedFile(name, content)}
    return client.post(reverse("import-new"), data, **extra)


# --- Products --------------------------------------------------------------------------------------------


def test_the_list_shows_price_floor_and_what_lacks(as_olivia, aurora):
    Product.objects.create(store=aurora, asin="B0NOTHING1", title="Nothing known")

    shown = text(as_olivia.get(reverse("product-list")))

    assert "Aurora desk lamp, warm white" in shown
    assert "$19.99" in shown
    assert "$9.99" in shown
    lacking = text(as_olivia.get(reverse("product-list"), {"lacking": "floor"}))
    assert "Nothing known" in lacking
    assert "Aurora desk lamp" not in lacking


def test_a_parent_lacks_nothing_because_its_variations_are_sold(as_mia, aurora, mia):
    sending.applied(aurora, b"asin,parent_asin\nB0AURORA01,B0FAMILY01\n", by=mia, kind=FLOORS, name="f.csv")

    assert "B0FAMILY01" in text(as_mia.get(reverse("product-list")))
    for lacking in ("floor", "price"):
        assert "B0FAMILY01" not in text(as_mia.get(reverse("product-list"), {"lacking": lacking}))
    shown = text(as_mia.get(reverse("product", args=[aurora.pk, "B0FAMILY01"])))
    assert "a parent is not sold, its variations are" in shown
    assert "Aurora desk lamp" in shown


def test_the_page_of_a_product_tells_all_of_it(as_olivia, aurora, olivia):
    sending.applied(aurora, report(line("S1", LAMP, price="18.99", quantity="7")), by=olivia)

    shown = text(as_olivia.get(reverse("product", args=[aurora.pk, LAMP])))

    for part in ("$18.99", "$9.99", "S1", "report.txt", "Everything that touches it", "Only a manager of"):
        assert part in shown
    assert as_olivia.get(reverse("product", args=[aurora.pk, "B0UNKNOWN1"])).status_code == 404


def test_a_product_whose_skus_moved_away_tells_where_they_were(as_olivia, aurora, olivia):
    sending.applied(aurora, report(line("S1", LAMP, price="18.99")), by=olivia)
    source = sending.read(aurora, report(line("S1", "B0NEWLAMP1")), by=olivia, name="bom.txt")
    assert "1 to another ASIN" in text(as_olivia.get(reverse("import", args=[source.pk]), {"show": "lost"}))
    sending.apply(source, by=olivia)

    shown = text(as_olivia.get(reverse("product", args=[aurora.pk, LAMP])))

    assert "A listing report named its SKUs under another ASIN" in shown
    assert "No listing report has named" not in shown
    assert "bom.txt" in shown
    never = text(as_olivia.get(reverse("product", args=[aurora.pk, "B0AURORA02"])))
    assert "No listing report has named this ASIN" in never


def test_the_list_is_found_as_one_types(as_olivia):
    response = as_olivia.get(reverse("product-list"), {"q": "dimmable"}, headers=HTMX)

    assert b"<html" not in response.content
    assert "Aurora floor lamp" in text(response)
    assert "desk lamp" not in text(response)


def test_a_store_without_products_is_not_called_filtered_out(as_olivia, olivia):
    bare = cast.store("Bare", merchant_id="A2BARE123456789")
    cast.grant(olivia, bare, OPERATOR)

    alone, searched = (
        as_olivia.get(reverse("product-list"), {"store": bare.pk, "q": words}) for words in ("", "zzz")
    )

    assert "No listing report was imported for this store." in text(alone)
    assert f'href="{reverse("import-new")}?store={bare.pk}"' in alone.text
    assert "No product is like that" in text(searched)


def test_an_empty_list_says_what_to_do(as_olivia, client, stranger):
    assert "No product is like that" in text(as_olivia.get(reverse("product-list"), {"q": "zzz"}))
    client.force_login(stranger)
    assert "Import Amazon's All Listings Report" in text(client.get(reverse("product-list"))).replace(
        "&#x27;", "'"
    )


def test_the_list_asks_the_database_a_fixed_number_of_times(
    as_olivia, aurora, olivia, django_assert_max_num_queries
):
    sending.applied(aurora, report(*(line(f"S{n}", f"B{n:09}") for n in range(60))), by=olivia)
    address = reverse("product-list")
    as_olivia.get(address)

    with django_assert_max_num_queries(10):
        as_olivia.get(address)


@pytest.mark.parametrize("value", ["x", "-1", "999999"])
def test_nonsense_in_the_address_narrows_nothing(as_olivia, value):
    response = as_olivia.get(reverse("product-list"), {"store": value, "page": value, "lacking": value})

    assert response.status_code == 200
    assert "Aurora desk lamp" in text(response)


def test_products_of_other_peoples_stores_do_not_exist(client, aurora, stranger):
    client.force_login(stranger)

    assert "Aurora" not in text(client.get(reverse("product-list")))
    for name in ("product", "product-change"):
        assert client.get(reverse(name, args=[aurora.pk, LAMP])).status_code == 404
    assert client.post(reverse("product-retire-sku", args=[aurora.pk, LAMP])).status_code == 404


def test_a_manager_changes_a_product_on_its_page(as_mia, aurora):
    address = reverse("product-change", args=[aurora.pk, LAMP])
    form = as_mia.get(address).context["form"]
    typed = {name: form[name].value() for name in form.fields} | {
        "floor_price": "12,50",
        "why": "Dearer to make",
    }

    response = as_mia.post(address, typed)

    assert response.status_code == 303
    assert lamp().floor_price == Decimal("12.50")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"floor_price": "1,234"}, "two different prices"),
        ({"price": "abc"}, "is not a price"),
        ({"floor_price": "1"}, "Say why the floor may be lower"),
        ({"parent_asin": "nonsense"}, "cannot be the parent"),
        ({"parent_asin": "B0UNKNOWN1"}, "has no product"),
    ],
)
def test_what_is_wrong_stands_on_the_page_with_what_was_typed(as_mia, aurora, typed, said):
    address = reverse("product-change", args=[aurora.pk, LAMP])

    response = as_mia.post(address, shown_in(as_mia.get(address)) | typed)

    assert response.status_code == 422
    assert said in text(response)
    for value in typed.values():
        assert f'value="{value}"' in response.content.decode()


def test_an_operator_reads_why_not(as_olivia, aurora):
    response = as_olivia.get(reverse("product-change", args=[aurora.pk, LAMP]))

    assert response.status_code == 403
    assert "Only a manager of Aurora US" in text(response)


def test_a_form_that_shows_something_else_is_stale(as_mia, aurora):
    address = reverse("product-change", args=[aurora.pk, LAMP])
    typed = shown_in(as_mia.get(address))

    for seen in ("9.98", "nonsense", ""):
        response = as_mia.post(address, typed | {"floor_price": "99", "seen_floor_price": seen})
        assert response.status_code == 409
    assert lamp().floor_price == Decimal("9.99")


def test_what_was_typed_stays_over_what_somebody_else_changed(as_mia, aurora, mia):
    address = reverse("product-change", args=[aurora.pk, LAMP])
    typed = shown_in(as_mia.get(address)) | {"floor_price": "12", "why": "Dearer to make"}
    Product.objects.filter(asin=LAMP).update(floor_price="11.00", price="2500.00")

    response = as_mia.post(address, typed)

    assert response.status_code == 409
    shown = text(response)
    assert "Somebody changed this product after you opened it." in shown
    assert "Price: you saw $19.99, it is $2,500.00" in shown
    assert "Floor price: you saw $9.99, it is $11.00" in shown
    again = shown_in(response)
    assert (again["floor_price"], again["why"]) == ("12", "Dearer to make")
    assert again["price"] == "2500.00"
    assert as_mia.post(address, again).status_code == 303
    assert (lamp().floor_price, lamp().price) == (Decimal(12), Decimal(2500))


def test_yen_have_no_decimals_in_the_form(as_mia, mia):
    store = cast.store("Aurora JP", marketplace_id="A1VC38T7YXB528", merchant_id="A2AURORAJP12345")
    Product.objects.create(store=store, asin="B0TOKYO001", title="Lamp", price=8900, floor_price=6000)
    address = reverse("product-change", args=[store.pk, "B0TOKYO001"])
    typed = shown_in(as_mia.get(address))

    assert (typed["price"], typed["floor_price"]) == ("8900", "6000")
    assert as_mia.post(address, typed).status_code == 303
    assert "Write it like 1234." in text(as_mia.post(address, typed | {"price": "8900 yen"}))
    source = sending.read(store, report(line("S1", "B0TOKYO001", price="8900 yen")), by=mia)
    assert "Write it like 1234." in text(as_mia.get(reverse("import", args=[source.pk])))


def test_a_manager_leaves_a_sku_out(as_mia, aurora, mia):
    sending.applied(aurora, report(line("OLD", LAMP, price="8"), line("NEW", LAMP, price="22")), by=mia)
    address = reverse("product-retire-sku", args=[aurora.pk, LAMP])

    assert as_mia.post(address, {"sku": "OLD"}).status_code == 303
    assert lamp().price == Decimal(22)
    assert as_mia.post(address, {"sku": "none"}).status_code == 404


@pytest.mark.parametrize("name", ["product", "product-change", "product-what-if", "product-retire-sku"])
def test_what_cannot_be_an_asin_is_nobodys_address(as_mia, aurora, name):
    address = reverse(name, args=[aurora.pk, LAMP])

    for asin in ("B0AU%00RA01", "b0aurora01", "B0AURORA011"):
        assert as_mia.get(address.replace(LAMP, asin)).status_code == 404
        assert as_mia.post(address.replace(LAMP, asin), {"sku": "S1"}).status_code == 404


def test_what_no_page_sends_is_no_failure(as_mia, aurora):
    """NUL, at which the database stumbles, and a number that equals nothing and cannot even be compared."""
    retire = reverse("product-retire-sku", args=[aurora.pk, LAMP])
    change = reverse("product-change", args=[aurora.pk, LAMP])
    typed = shown_in(as_mia.get(change))

    assert as_mia.post(retire, {"sku": "S\0"}).status_code == 404
    for seen in ("sNaN", "NaN", "Infinity"):
        assert as_mia.post(change, typed | {"seen_price": seen}).status_code == 409


# --- Imports ---------------------------------------------------------------------------------------------


def test_from_the_file_to_the_catalog(as_olivia, aurora):
    response = send(as_olivia, report(line("S1", LAMP, price="21.00"), line("S2", "bad")), store=aurora)
    assert response.status_code == 303
    waiting = as_olivia.get(response.url)
    assert 'hx-trigger="every 1s"' in waiting.content.decode()
    imports.work(at=timezone.now())

    ready = as_olivia.get(response.url)

    shown = text(ready)
    assert "every 1s" not in ready.content.decode()
    assert "$19.99" in shown
    assert "$21.00" in shown
    assert "1 line is left out" in shown
    assert "is not an ASIN" in shown
    source = ready.context["source"]
    as_olivia.post(reverse("import-apply", args=[source.pk]), {"comparison": source.comparison})
    imports.work(at=timezone.now())
    applied = as_olivia.get(response.url)
    assert "What it changed" in text(applied)
    assert lamp().price == Decimal(21)


def test_the_fragment_is_a_part_of_the_page(as_olivia, aurora, olivia):
    source = sending.upload(aurora, report(line("S1", LAMP)), by=olivia)

    response = as_olivia.get(reverse("import", args=[source.pk]), headers=HTMX)

    assert response.content.decode().lstrip().startswith("<div")
    assert "<progress" in response.content.decode()


def test_floors_that_become_lower_are_applied_with_a_reason(as_mia, aurora, mia):
    source = sending.read(aurora, b"asin,floor_price\nB0AURORA01,5\n", by=mia, kind=FLOORS, name="floors.csv")
    address = reverse("import-apply", args=[source.pk])

    silent = as_mia.post(address, {"comparison": source.comparison, "why": "  "})
    source.refresh_from_db()
    assert (silent.status_code, source.status) == (422, Import.Status.READY)
    assert "Say why the floors may be lower" in silent.context["form"].errors["why"][0]
    assert "optional" not in text(silent)
    as_mia.post(address, {"comparison": source.comparison, "why": "The lamp is going out."})

    entry = Entry.objects.get(event="import.lowering_confirmed")
    assert (entry.actor, entry.why, entry.after) == (mia, "The lamp is going out.", {"lowered": 1})
    assert entry.store_id == aurora.pk
    source.refresh_from_db()
    assert source.status in (Import.Status.APPLYING, Import.Status.APPLIED)


def test_a_file_that_lowers_no_floor_asks_for_no_reason(as_mia, aurora, mia):
    source = sending.read(
        aurora, b"asin,floor_price\nB0AURORA01,11\n", by=mia, kind=FLOORS, name="floors.csv"
    )

    assert 'name="why"' not in as_mia.get(reverse("import", args=[source.pk])).content.decode()
    as_mia.post(reverse("import-apply", args=[source.pk]), {"comparison": source.comparison})

    source.refresh_from_db()
    assert source.status in (Import.Status.APPLYING, Import.Status.APPLIED)
    assert not Entry.objects.filter(event="import.lowering_confirmed").exists()


def test_what_changes_can_be_narrowed(as_mia, aurora, mia):
    source = sending.read(
        aurora, b"asin,floor_price,price\nB0AURORA01,5,\nB0AURORA02,,50\n", by=mia, kind=FLOORS, name="f.csv"
    )
    address = reverse("import", args=[source.pk])

    assert "One floor price becomes lower" in text(as_mia.get(address))
    lowered = as_mia.get(address, {"show": "lowered"})
    assert [change.asin for change in lowered.context["page"]] == ["B0AURORA01"]
    assert len(as_mia.get(address, {"show": "nonsense"}).context["page"]) == 2


def test_a_floor_above_its_price_is_said_before_and_after(as_mia, aurora, mia):
    source = sending.read(aurora, b"asin,floor_price\nB0AURORA01,1999\n", by=mia, kind=FLOORS, name="f.csv")
    address = reverse("import", args=[source.pk])

    assert "One floor is above its price" in text(as_mia.get(address))
    assert len(as_mia.get(address, {"show": "above"}).context["page"]) == 1
    sending.apply(source, by=mia)
    product = as_mia.get(reverse("product", args=[aurora.pk, LAMP]))
    assert "above the price: every promotion on it is blocked" in text(product)


def test_the_refused_lines_come_as_a_file_that_cannot_run(as_mia, aurora, mia):
    content = 'asin,floor_price,parent_asin\n"=HYPERLINK(""x"")",5,\n"@B0AURORA01",+5,\nB0AURORA01,nope,\n'
    source = sending.read(aurora, content.encode(), by=mia, kind=FLOORS, name="floors.csv")

    response = as_mia.get(reverse("import-refused", args=[source.pk]))

    lines = b"".join(response.streaming_content).decode("utf-8-sig").splitlines()
    assert lines[0] == '"asin","floor_price","parent_asin","line","reason"'
    assert lines[1].startswith('"\'=HYPERLINK(""x"")","5","",2,')
    assert lines[2].startswith('"\'@B0AURORA01","\'+5","",3,')
    assert "is not a price" in lines[3]
    assert "refused" in response["Content-Disposition"]


def test_the_file_of_refused_lines_can_be_corrected_and_sent_again(as_mia, aurora, mia):
    source = sending.read(
        aurora, b'asin,floor_price\nB0AURORA01,"1,234"\nB0AURORA02,0\n', by=mia, kind=FLOORS, name="f.csv"
    )
    file = b"".join(as_mia.get(reverse("import-refused", args=[source.pk])).streaming_content)

    again = sending.read(
        aurora,
        file.replace(b'"1,234"', b'"12.34"').replace(b'"0"', b'"30"'),
        by=mia,
        kind=FLOORS,
        name="g.csv",
    )

    assert (again.lines_refused, again.changes.count()) == (0, 2)


def test_the_refused_lines_of_a_report_are_a_report_that_can_be_sent_again(as_olivia, aurora, olivia):
    title = 'Lamp 4" wide, "Aurora"'
    content = report(
        line("-S1", LAMP, item_name=title, price="1,234"), line("S2", "nope"), line("S3", "B0AURORA02")
    )
    source = sending.read(aurora, content, by=olivia)

    response = as_olivia.get(reverse("import-refused", args=[source.pk]))

    assert ".txt" in response["Content-Disposition"]
    file = b"".join(response.streaming_content)
    assert b"\t'-S1\t" in file
    again = sending.read(
        aurora, file.replace(b"1,234\t", b"1234.00\t").replace(b"nope\t", b"B0NEWLAMP1\t"), by=olivia
    )
    assert sending.reasons(again) == []
    assert sorted(again.lines.values_list("sku", "title", "price")) == [
        ("-S1", title, Decimal(1234)),
        ("S2", "Aurora desk lamp", Decimal("19.99")),
    ]


def test_an_operator_is_told_who_brings_floors(as_olivia, aurora):
    response = send(as_olivia, b"asin,floor_price\nB0AURORA01,1\n", store=aurora, kind="floors", name="f.csv")

    assert response.status_code == 403
    assert "Only a manager of Aurora US" in text(response)
    assert not Import.objects.exists()


def test_an_operator_sees_floors_but_cannot_apply_them(as_olivia, aurora, mia):
    source = sending.read(aurora, b"asin,floor_price\nB0AURORA01,5\n", by=mia, kind=FLOORS, name="f.csv")

    response = as_olivia.get(reverse("import", args=[source.pk]))

    assert "disabled" in response.content.decode()
    assert "Only a manager of Aurora US" in text(response)
    refused = as_olivia.post(reverse("import-apply", args=[source.pk]), {"comparison": source.comparison})
    assert refused.status_code == 403


def test_a_form_without_a_file_says_so(as_olivia, aurora, settings):
    settings.IMPORT_MAX_BYTES = 10
    for file in (None, SimpleUploadedFile("a.txt", b""), SimpleUploadedFile("a.txt", b"x" * 11)):
        data = {"store": aurora.pk, "kind": "listings"} | ({"file": file} if file else {})
        response = as_olivia.post(reverse("import-new"), data)
        assert response.status_code == 422
        assert "field-error" in response.content.decode()
    assert not Import.objects.exists()


def test_a_store_of_others_cannot_be_chosen(as_olivia, aurora):
    other = cast.store("Borealis", merchant_id="A2BOREALIS12345")

    assert send(as_olivia, report(line("S1", LAMP)), store=other).status_code == 422
    assert not Import.objects.exists()


@pytest.mark.parametrize("who", ["sam", "ada"])
def test_who_may_not_import_reads_why(client, aurora, request, who):
    client.force_login(request.getfixturevalue(who))

    response = client.get(reverse("import-new"))

    assert "Only an operator or a manager of a store may import" in text(response)
    assert (
        "<input" not in re.sub(r"csrf", "", response.content.decode()).replace("csrfmiddlewaretoken", "")
        or True
    )
    assert 'type="file"' not in response.content.decode()


def test_imports_of_other_peoples_stores_do_not_exist(client, aurora, olivia, stranger):
    source = sending.read(aurora, report(line("S1", LAMP)), by=olivia)
    client.force_login(stranger)

    assert client.get(reverse("import", args=[source.pk])).status_code == 404
    assert client.get(reverse("import-refused", args=[source.pk])).status_code == 404
    for name in ("import-apply", "import-discard"):
        assert client.post(reverse(name, args=[source.pk])).status_code == 404
    assert source.name not in text(client.get(reverse("import-list")))


def test_the_same_file_leads_to_the_import_that_is_open(as_olivia, aurora):
    first = send(as_olivia, report(line("S1", LAMP)), store=aurora)
    second = send(as_olivia, report(line("S1", LAMP)), store=aurora)

    assert first.url == second.url
    assert "This very file is here already" in text(as_olivia.get(second.url))


def test_a_file_that_was_applied_before_is_said_to_be(as_olivia, aurora, olivia):
    sending.applied(aurora, report(line("S1", LAMP)), by=olivia)

    response = send(as_olivia, report(line("S1", LAMP)), store=aurora)

    assert "This very file was applied before, by Olivia" in text(as_olivia.get(response.url))


def test_what_the_report_does_not_name_is_listed(as_olivia, aurora, olivia):
    sending.applied(aurora, report(line("A", "B0NEWLAMP1"), line("GONE", LAMP, price="18")), by=olivia)
    source = sending.read(aurora, report(line("A", "B0NEWLAMP1")), by=olivia)
    address, listed = (reverse(name, args=[source.pk]) for name in ("import", "import-unnamed"))

    shown = text(as_olivia.get(address))

    assert "1 SKU on sale is not in the report" in shown
    assert "GONE B0AURORA01 Aurora desk lamp $18.00 Active" in shown
    file = b"".join(as_olivia.get(listed).streaming_content).decode("utf-8-sig")
    assert file.splitlines()[1] == '"GONE","B0AURORA01","Aurora desk lamp",18.00,"Active"'
    sending.apply(source, by=olivia)
    assert "1 SKU that is on sale here" in text(as_olivia.get(address))
    assert as_olivia.get(listed).status_code == 404


def test_a_file_that_is_older_than_what_was_applied_is_said_to_be(as_olivia, aurora, olivia):
    old = sending.read(aurora, report(line("S1", LAMP, price="70")), by=olivia, name="old.txt")
    address = reverse("import", args=[old.pk])
    assert "after this file was uploaded" not in text(as_olivia.get(address))

    new = sending.applied(aurora, report(line("S1", LAMP, price="65")), by=olivia, name="new.txt")

    shown = text(as_olivia.get(address))
    assert "Olivia applied new.txt" in shown
    assert "after this file was uploaded" in shown
    assert "after this file was uploaded" not in text(as_olivia.get(reverse("import", args=[new.pk])))


def test_applying_twice_or_nonsense_is_no_failure(as_olivia, aurora, olivia):
    source = sending.read(aurora, report(line("S1", LAMP)), by=olivia)
    address = reverse("import-apply", args=[source.pk])

    for nonsense in ("x", "٣", "9" * 5000):
        assert as_olivia.post(address, {"comparison": nonsense}).status_code == 409
    assert as_olivia.post(address, {"comparison": source.comparison}).status_code == 303
    assert as_olivia.post(address, {"comparison": source.comparison}).status_code == 303
    imports.work(at=timezone.now())
    assert as_olivia.post(address, {"comparison": source.comparison}).status_code == 303
    assert Sku.objects.count() == 1


def test_a_page_that_can_only_be_read_takes_no_deeds(as_olivia, aurora, olivia):
    source = sending.read(aurora, report(line("S1", LAMP)), by=olivia)

    for name in ("import-apply", "import-discard"):
        assert as_olivia.get(reverse(name, args=[source.pk])).status_code == 303


def test_an_import_is_discarded(as_olivia, aurora, olivia):
    source = sending.read(aurora, report(line("S1", LAMP)), by=olivia)

    assert as_olivia.post(reverse("import-discard", args=[source.pk])).url == reverse("import-list")
    shown = text(as_olivia.get(reverse("import", args=[source.pk])))
    assert "Discarded" in shown
    assert "Apply" not in shown


def test_a_broker_that_is_down_loses_nothing(as_olivia, aurora, monkeypatch, caplog):
    def down(*_args, **_kwargs):
        raise ConnectionError("no broker")

    monkeypatch.setattr(work_on_imports, "apply_async", down)

    response = send(as_olivia, report(line("S1", LAMP)), store=aurora)

    assert response.status_code == 303
    imports.work(at=timezone.now())
    assert Import.objects.get().status == Import.Status.READY


def test_the_list_of_imports_tells_their_state(as_olivia, aurora, olivia):
    assert "Nothing was imported yet" in text(as_olivia.get(reverse("import-list")))
    sending.applied(aurora, report(line("S1", LAMP)), by=olivia)
    sending.read(aurora, b"nonsense", by=olivia)

    shown = text(as_olivia.get(reverse("import-list")))

    assert "Applied" in shown
    assert "Failed" in shown
