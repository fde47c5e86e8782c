"""Floor prices and parents from CSV or a workbook: asin, and any of floor_price, parent_asin and price."""

import csv
import re
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from typing import IO, Final

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from promoflow.catalog.files import text
from promoflow.catalog.files.amounts import amount
from promoflow.catalog.files.lines import Line, Refuse, RefusedLine, Unreadable, asin_in, shown
from promoflow.catalog.marketplaces import Marketplace
from promoflow.rulebook.asins import is_asin
from promoflow.sheets import original

COLUMNS: Final = ("asin", "floor_price", "parent_asin", "price")
MOST_LINES: Final = 200_000
MOST_COLUMNS: Final = 64
# A workbook is a ZIP archive: a few kilobytes of it can claim gigabytes.
MOST_PARTS: Final = 1_000
MOST_UNPACKED: Final = 100 * 1024 * 1024
MOST_TIMES_LARGER: Final = 100

Row = tuple[int, list[str] | None]
_NOT_A_WORKBOOK = (InvalidFileException, zipfile.BadZipFile, LookupError, ValueError, OSError, SyntaxError)


class Floors:
    """A file of floors being read; an empty cell leaves what is there alone."""

    def __init__(self, file: IO[bytes], *, marketplace: Marketplace) -> None:
        self._file = file
        self._size = file.seek(0, 2)
        self._decimals = marketplace.decimals
        file.seek(0)
        self._is_workbook = file.read(4) == b"PK\x03\x04"
        if self._is_workbook:
            _check_unpacked_size(file)
        self.encoding = (
            "xlsx" if self._is_workbook else text.encoding_of(file, japanese=marketplace.country == "JP")
        )
        self._seen = 0
        _number, names = next(self._rows(), (0, []))
        self.header = "\t".join(names or [])
        self._place = _places(names or [])
        self._width = len(names or [])

    @property
    def percent(self) -> int:
        """Of a workbook the share of the rows allowed, as it does not say how many it has."""
        if self._is_workbook:
            return min(99, self._seen * 100 // MOST_LINES)
        return min(100, self._file.tell() * 100 // max(self._size, 1))

    def __iter__(self) -> Iterator[Line | RefusedLine]:
        rows = self._rows()
        next(rows, None)
        for number, cells in rows:
            self._seen += 1
            if self._seen > MOST_LINES:
                raise Unreadable("lines-too-many", most=f"{MOST_LINES:,}")
            yield self._read(number, cells)

    def _rows(self) -> Iterator[Row]:
        rows = _workbook(self._file) if self._is_workbook else _csv(self._file, self.encoding)
        return (row for row in rows if row[1] is None or row[1])

    def _read(self, number: int, cells: list[str] | None) -> Line | RefusedLine:
        if cells is None:
            return RefusedLine(number, "", "quoting")
        raw = "\t".join(re.sub(r"\s", " ", cell) for cell in cells)
        try:
            return self._line(number, raw, cells)
        except Refuse as refusal:
            return refusal.of(number, raw)

    def _line(self, number: int, raw: str, cells: Sequence[str]) -> Line:
        if "\0" in raw:
            raise Refuse("character")
        if len(cells) > self._width:
            raise Refuse("columns-too-many")
        asin, floor_price, parent_asin, price = (self._cell(cells, column) for column in COLUMNS)
        asin = asin_in(asin)
        if not (floor_price or parent_asin or price):
            raise Refuse("nothing-said")
        return Line(
            number=number,
            raw=raw,
            asin=asin,
            floor_price=amount(floor_price, self._decimals) if floor_price else None,
            price=amount(price, self._decimals) if price else None,
            parent_asin=_parent(parent_asin, of=asin),
        )

    def _cell(self, cells: Sequence[str], column: str) -> str:
        place = self._place.get(column, len(cells))
        return cells[place] if place < len(cells) else ""


def _places(names: Sequence[str]) -> dict[str, int]:
    bare = [re.sub(r"[\s_-]+", "_", name.strip().casefold()) for name in names]
    places: dict[str, int] = {column: bare.index(column) for column in COLUMNS if column in bare}
    if "asin" not in places or len(places) < 2:
        raise Unreadable("columns-unnamed", header=shown(", ".join(names)) or "–")
    return places


def _parent(found: str, *, of: str) -> str:
    if not found:
        return ""
    parent = found.upper()
    if not is_asin(parent):
        raise Refuse("parent-malformed", found)
    if parent == of:
        raise Refuse("parent-is-itself")
    return parent


def _csv(file: IO[bytes], encoding: str) -> Iterator[Row]:
    """The rows of a CSV file, each with the number of its last line; the first line shows the separator."""
    separator = _separator(next(text.lines(file, encoding), None) or "")
    reader = csv.reader(_csv_lines(file, encoding), delimiter=separator, strict=True)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield reader.line_num, None
            continue
        yield reader.line_num, _trimmed([original(cell.strip()) for cell in cells])


def _csv_lines(file: IO[bytes], encoding: str) -> Iterator[str]:
    for line in text.lines(file, encoding):
        if line is None:
            raise Unreadable("line-too-long")
        yield line + "\n"


def _separator(header: str) -> str:
    return max(",;\t", key=header.count)


def _workbook(file: IO[bytes]) -> Iterator[Row]:
    """The rows of the first sheet, read one at a time."""
    file.seek(0)
    try:
        with warnings.catch_warnings():
            # What openpyxl misses in a workbook (a style, an extension) is nothing that is read here.
            warnings.simplefilter("ignore", UserWarning)
            book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
        sheet = book.worksheets[0]
        # A workbook may claim fewer or more cells than it has.
        sheet.reset_dimensions()
        rows = sheet.iter_rows(max_col=MOST_COLUMNS + 1, values_only=True)
        for number, values in enumerate(rows, start=1):
            yield number, _trimmed([_cell_text(value) for value in values])
    except _NOT_A_WORKBOOK as error:
        raise Unreadable("workbook") from error


def _trimmed(cells: list[str]) -> list[str]:
    """The cells without the empty ones at the end, which a spreadsheet adds."""
    while cells and not cells[-1]:
        cells.pop()
    if len(cells) > MOST_COLUMNS:
        raise Unreadable("columns-too-many", most=str(MOST_COLUMNS))
    return cells


def _check_unpacked_size(file: IO[bytes]) -> None:
    """What the archive says of itself holds: reading stops at the size that it states."""
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
    except zipfile.BadZipFile as error:
        raise Unreadable("workbook") from error
    unpacked = sum(part.file_size for part in parts)
    packed = sum(part.compress_size for part in parts)
    if (
        len(parts) > MOST_PARTS
        or unpacked > MOST_UNPACKED
        or unpacked > MOST_TIMES_LARGER * max(packed, 1024)
    ):
        raise Unreadable("workbook-unpacks")


def _cell_text(value: object) -> str:
    """A cell as a person would type it; Excel keeps 12.99 as the nearest binary number."""
    if value is None:
        return ""
    if isinstance(value, float):
        return format(value, ".15g")
    return str(value).strip()
