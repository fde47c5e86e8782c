"""Spreadsheets that leave the desk: CSV and XLSX in which no cell can become a formula."""

import csv
import io
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import chain
from math import isfinite

from django.http import HttpResponse, StreamingHttpResponse
from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from promoflow.files import as_file

# What makes Excel, LibreOffice or Google Sheets read a cell as a formula, after compatibility normalisation.
_FORMULA_STARTS = frozenset("=+-@")


def harmless(text: str) -> str:
    """The text with a leading apostrophe, if a spreadsheet could take it for a formula.

    A spreadsheet may skip white space, control and invisible characters before the sign, and full-width signs
    count (OWASP, CSV injection).
    """
    if text[:1] in {"\t", "\r", "\n", "\0"}:
        return "'" + text
    for character in text.lstrip("'"):
        if unicodedata.category(character) in {"Cc", "Cf", "Zs", "Zl", "Zp"}:
            continue
        first = unicodedata.normalize("NFKC", character)[:1]
        return "'" + text if first in _FORMULA_STARTS else text
    return text


def original(text: str) -> str:
    """The text as it was before `harmless`: for reading a file that the desk wrote."""
    return text[1:] if text.startswith("'") and harmless(text[1:]) == text else text


def _cell(value: object) -> object:
    """Numbers stay numbers; everything else becomes text that cannot run."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case int() | float() | Decimal() if isfinite(value):
            return value
        case datetime():
            return value.isoformat(timespec="seconds")
        case _:
            return harmless(str(value))


class _Line:
    """A file whose write() hands the text back, so that the rows stream."""

    def write(self, text: str) -> str:
        return text


def _lines(header: Sequence[object], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    writer = csv.writer(_Line(), quoting=csv.QUOTE_NONNUMERIC)
    # Excel takes a file for UTF-8 only when it begins with the byte order mark.
    yield "\ufeff" + writer.writerow([harmless(str(name)) for name in header])
    for row in rows:
        yield writer.writerow([_cell(value) for value in row])


def csv_response(
    filename: str, header: Sequence[object], rows: Iterable[Sequence[object]]
) -> StreamingHttpResponse:
    """A download that is written row by row, however long it is."""
    written = StreamingHttpResponse(_lines(header, rows), content_type="text/csv; charset=utf-8")
    return as_file(written, filename)


def tabbed_response(
    filename: str, header: Sequence[str], rows: Iterable[Sequence[object]]
) -> StreamingHttpResponse:
    """A download of cells between tabs, in which quotation marks are characters like any other."""

    def lines() -> Iterator[str]:
        start = "\ufeff"
        for cells in chain([header], rows):
            yield start + "\t".join(harmless(str(cell)) for cell in cells) + "\r\n"
            start = ""

    return as_file(StreamingHttpResponse(lines(), content_type="text/plain; charset=utf-8"), filename)


# More characters than this Excel cuts off without a word.
LONGEST_CELL = 32_767
# Wider columns push the others out of sight.
_WIDEST = 60
_DATED = "yyyy-mm-dd hh:mm:ss"
_PRINTED_AS = "%Y-%m-%d %H:%M:%S"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def workbook_response(filename: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> HttpResponse:
    """A workbook of one sheet; text stays the text it is, to the letter, and is never read as a formula."""
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    for row, values in enumerate([header, *rows], start=1):
        sheet.append([_cell_of(sheet, row, column, value) for column, value in enumerate(values, start=1)])
    return _workbook_response(workbook, filename)


def _workbook_response(workbook: Workbook, filename: str) -> HttpResponse:
    body = io.BytesIO()
    workbook.save(body)
    return as_file(HttpResponse(body.getvalue(), content_type=_XLSX), filename)


def table_response(
    filename: str, header: Sequence[str], rows: Sequence[Sequence[object]], *, totals: Sequence[object] = ()
) -> HttpResponse:
    """A workbook to read and to calculate with: the head stays in sight, columns are as wide as they need.

    Instants become dates and times as they are on the clock of their zone, which a workbook cannot name.
    """
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    for row, values in enumerate([header, *rows, *([totals] if totals else [])], start=1):
        cells = [_cell_of(sheet, row, column, value) for column, value in enumerate(values, start=1)]
        sheet.append(cells)
        if row == 1 or row > len(rows) + 1:
            for cell in cells:
                cell.font = Font(bold=True)
    sheet.freeze_panes = "A2"
    for column, name in enumerate(header):
        longest = max((len(_shown(values[column])) for values in rows), default=0)
        width = min(max(longest, len(name)) + 2, _WIDEST)
        sheet.column_dimensions[get_column_letter(column + 1)].width = width
    return _workbook_response(workbook, filename)


def _shown(value: object) -> str:
    return f"{value:{_PRINTED_AS}}" if isinstance(value, datetime) else str(value)


def _cell_of(sheet: Worksheet, row: int, column: int, value: object) -> Cell:
    match value:
        case datetime():
            cell = Cell(sheet, row, column, value.replace(tzinfo=None))
            cell.number_format = _DATED
            return cell
        case bool():
            pass
        case None:
            return Cell(sheet, row, column)
        case int() | float() | Decimal() if isfinite(value):
            return Cell(sheet, row, column, value)
    text = ILLEGAL_CHARACTERS_RE.sub("", str(value))
    if len(text) > LONGEST_CELL:
        raise ValueError(f"a cell of a workbook takes {LONGEST_CELL} characters")
    cell = Cell(sheet, row, column, text)
    # Set after the value, which openpyxl would take for a formula; the prefix keeps it text when edited.
    cell.data_type = "s"
    cell.quotePrefix = True
    return cell
