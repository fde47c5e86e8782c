"""Reading floor prices and parents from CSV and workbooks, without the database."""

import io
import zipfile
from datetime import date
from decimal import Decimal

import pytest
from openpyxl import Workbook

from promoflow.catalog.files import floors
from promoflow.catalog.files.floors import Floors
from promoflow.catalog.files.lines import Line, Unreadable
from promoflow.catalog.marketplaces import MARKETPLACES

US = MARKETPLACES["ATVPDKIKX0DER"]
JP = MARKETPLACES["A1VC38T7YXB528"]


def read(content, marketplace=US):
    if isinstance(content, str):
        content = content.encode()
    return list(Floors(io.BytesIO(content), marketplace=marketplace))


def facts(lines):
    return [
        (one.asin, one.floor_price, one.parent_asin, one.price) if isinstance(one, Line) else one.reason
        for one in lines
    ]


def workbook(*rows):
    book = Workbook()
    for row in rows:
        book.active.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        "asin,floor_price,parent_asin,price\nB0AURORA01,9.99,B0AURORA09,19.99\n",
        "ASIN;Floor price;Parent-ASIN;Price\r\nB0AURORA01;9,99;B0AURORA09;19,99\r\n",
        "price\tparent_asin\tnote\tfloor_price\tasin\n19.99\tB0AURORA09\thello\t9.99\tb0aurora01\n",
        '"asin","floor_price","parent_asin","price"\n"B0AURORA01","9,99","B0AURORA09","19,99"\n',
        "asin,floor_price,parent_asin,price\rB0AURORA01,9.99,B0AURORA09,19.99\r",
        "\ufeff\n,,,\nasin,floor_price,parent_asin,price\n\nB0AURORA01,9.99,B0AURORA09,19.99",
    ],
)
def test_a_table_is_read_however_it_is_separated(content):
    assert facts(read(content)) == [("B0AURORA01", Decimal("9.99"), "B0AURORA09", Decimal("19.99"))]


def test_empty_cells_say_nothing():
    content = (
        "asin,floor_price,parent_asin,price\nB0AURORA01,9.99,,\nB0AURORA02,,B0AURORA09,\nB0AURORA03,,,5\n"
    )

    assert facts(read(content)) == [
        ("B0AURORA01", Decimal("9.99"), "", None),
        ("B0AURORA02", None, "B0AURORA09", None),
        ("B0AURORA03", None, "", Decimal(5)),
    ]


def test_full_width_digits_count_as_what_they_are():
    assert facts(read("asin,floor_price\nB0AURORA01,１２．５")) == [("B0AURORA01", Decimal("12.5"), "", None)]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (",9.99,", "asin-missing"),
        ("B0AURORA0,9.99,", "asin-malformed"),
        ("306406152,9.99,", "asin-malformed"),
        ("B0AURORA01,,", "nothing-said"),
        ("B0AURORA01,0,", "price-not-positive"),
        ("B0AURORA01,=1+1,", "price-malformed"),
        ('B0AURORA01,"1,234",', "price-ambiguous"),
        ("B0AURORA01,9,99,B0AURORA09", "columns-too-many"),
        ("B0AURORA01,9.99,nope", "parent-malformed"),
        ("B0AURORA01,,b0aurora01", "parent-is-itself"),
        ("B0AURORA01,9\0.99,", "character"),
        ('"B0AURORA01"x,9.99,', "quoting"),
    ],
)
def test_a_line_that_could_be_wrong_is_refused(row, reason):
    assert facts(read(f"asin,floor_price,parent_asin\n{row}\n")) == [reason]


def test_yen_have_no_decimals():
    assert facts(read("asin,floor_price\nB0AURORA01,980.5\nB0AURORA02,980", JP)) == [
        "price-decimals",
        ("B0AURORA02", Decimal(980), "", None),
    ]


@pytest.mark.parametrize("content", ["", "asin\nB0AURORA01\n", "sku,floor_price\nS1,3\n", "floor_price\n3\n"])
def test_a_file_that_names_no_columns_is_refused(content):
    with pytest.raises(Unreadable, match="must name the columns"):
        read(content)


def test_a_workbook_is_read_as_people_see_it():
    content = workbook(
        ["ASIN", "Floor price", "parent_asin", "bought on"],
        ["B0AURORA01", 0.1 + 0.2, None, date(2026, 1, 1)],
        [None, None, None],
        ["B0AURORA02", 12, "B0AURORA09"],
        ["B0AURORA03", "9,99"],
        ["B0AURORA04", 8.4435],
        ["B0AURORA05", date(2026, 1, 1)],
    )

    lines = read(content)

    assert facts(lines) == [
        ("B0AURORA01", Decimal("0.3"), "", None),
        ("B0AURORA02", Decimal(12), "B0AURORA09", None),
        ("B0AURORA03", Decimal("9.99"), "", None),
        "price-decimals",
        "price-malformed",
    ]
    assert [one.number for one in lines] == [2, 4, 5, 6, 7]


def test_a_guard_that_the_desk_put_before_a_cell_comes_off_again():
    assert facts(read("asin,floor_price,parent_asin\nB0AURORA01,'-3,\n")) == ["price-malformed"]
    assert read("asin,floor_price,parent_asin\nB0AURORA01,'-3,\n")[0].detail == "-3"


def test_a_workbook_that_unpacks_without_end_is_not_unpacked(monkeypatch):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", b"\0" * (120 * 1024 * 1024))
    monkeypatch.setattr(floors, "load_workbook", lambda *_a, **_k: pytest.fail("it was opened"))

    with pytest.raises(Unreadable, match="unpacks"):
        read(content.getvalue())


def test_a_workbook_of_too_many_parts_is_not_unpacked():
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for number in range(floors.MOST_PARTS + 1):
            archive.writestr(f"part{number}", "")

    with pytest.raises(Unreadable, match="unpacks"):
        read(content.getvalue())


@pytest.mark.parametrize(
    "content",
    [
        b"PK\x03\x04garbage",
        b"PK\x03\x04",
        b"\xd0\xcf\x11\xe0\xa1\xb1",
        workbook(["asin", "floor_price"])[:-40],
    ],
)
def test_a_broken_workbook_is_refused_with_what_to_do(content):
    with pytest.raises(Unreadable, match=r"\.xlsx|text file"):
        read(content)


def test_an_archive_that_is_no_workbook_is_refused():
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("hello.txt", "hello")

    with pytest.raises(Unreadable, match="workbook"):
        read(content.getvalue())


def test_more_lines_or_columns_than_allowed_are_refused(monkeypatch):
    monkeypatch.setattr(floors, "MOST_LINES", 3)
    with pytest.raises(Unreadable, match="more than 3 lines"):
        read("asin,floor_price\n" + "B0AURORA01,3\n" * 4)
    wide = ",".join(["asin", "floor_price", *["x"] * 63])
    with pytest.raises(Unreadable, match="more than 64 columns"):
        read(f"{wide}\n")
    with pytest.raises(Unreadable, match="more than 64 columns"):
        read(workbook(["asin", "floor_price"], ["B0AURORA01", *[1] * 70]))
