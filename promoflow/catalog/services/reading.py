"""Reading an uploaded file into the database: good lines staged, refused lines kept with their reason."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import IO, Final

from django.db import connection, transaction
from django.db.models import F

from promoflow.catalog.files.floors import Floors
from promoflow.catalog.files.lines import (
    LONGEST_DETAIL,
    Line,
    Reader,
    RefusedLine,
    Unreadable,
    without_nul,
)
from promoflow.catalog.files.listings import Listings
from promoflow.catalog.models import Import
from promoflow.catalog.services import comparing

# Lines a transaction: enough for speed, few enough to show progress and to hold in memory.
CHUNK: Final = 5_000

_STAGED = f"source_id, {', '.join(Line._fields)}"


class Gone(Exception):
    """The import was discarded while it was being read."""


def read(source: Import) -> None:
    """Read the file from its start, then compare it with the catalog; nothing of an earlier attempt stays.

    Each chunk is a transaction of its own, so that the page shows progress. Nobody can apply the import until
    the last one has set it to ready.
    """
    _forget(source)
    is_empty = True
    with _opened(source) as file:
        reader = _reader(source, file)
        for chunk in _chunks(reader):
            _stage(source, chunk, reader)
            is_empty = False
    if is_empty:
        raise Unreadable("no-lines")
    _finish(source, reader)


def _forget(source: Import) -> None:
    with transaction.atomic(durable=True):
        _hold(source)
        forget_lines(source)
        Import.objects.filter(pk=source.pk).update(
            progress=0, lines_read=0, lines_refused=0, unchanged=0, unnamed_skus=0
        )


def forget_lines(source: Import) -> None:
    for rows in (source.lines, source.refused_lines, source.changes):
        rows.all().delete()


def _opened(source: Import) -> IO[bytes]:
    try:
        return source.file.open("rb")
    except FileNotFoundError as error:
        raise Unreadable("file-gone") from error


def _reader(source: Import, file: IO[bytes]) -> Reader:
    read_as = Listings if source.kind == Import.Kind.LISTINGS else Floors
    return read_as(file, marketplace=source.store.marketplace)


def _chunks(reader: Reader) -> Iterator[list[Line | RefusedLine]]:
    lines = iter(reader)
    while chunk := list(islice(lines, CHUNK)):
        yield chunk


@transaction.atomic(durable=True)
def _stage(source: Import, chunk: Sequence[Line | RefusedLine], reader: Reader) -> None:
    _hold(source)
    good = [line for line in chunk if isinstance(line, Line)]
    refused = [line for line in chunk if isinstance(line, RefusedLine)]
    refused += _keep(source, good)
    _copy_refused(source, refused)
    Import.objects.filter(pk=source.pk).update(
        # The last percent belongs to the comparison.
        progress=min(reader.percent, 99),
        lines_read=F("lines_read") + len(chunk),
        lines_refused=F("lines_refused") + len(refused),
    )


def _hold(source: Import) -> None:
    """Whoever discards the import meanwhile waits for this chunk; the next one then stops."""
    being_read = Import.objects.filter(pk=source.pk, status=Import.Status.READING)
    if not being_read.select_for_update(no_key=True).exists():
        raise Gone


def _keep(source: Import, lines: Sequence[Line]) -> list[RefusedLine]:
    """Stage the lines; those about a SKU (without SKUs: an ASIN) that the file named before are refused."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE incoming (LIKE catalog_importline) ON COMMIT DROP")
        with cursor.copy(f"COPY incoming ({_STAGED}) FROM STDIN") as copy:
            for line in lines:
                copy.write_row((source.pk, *_kept(source, line)))
        cursor.execute(
            f"""
            WITH kept AS (
                INSERT INTO catalog_importline ({_STAGED}) SELECT {_STAGED} FROM incoming ORDER BY number
                ON CONFLICT DO NOTHING RETURNING number
            )
            SELECT number FROM incoming WHERE number NOT IN (SELECT number FROM kept)
            """  # noqa: S608
        )
        repeated = {number for (number,) in cursor.fetchall()}
        cursor.execute("DROP TABLE incoming")
    reason = "sku-repeated" if source.kind == Import.Kind.LISTINGS else "asin-repeated"
    return [RefusedLine(line.number, line.raw, reason) for line in lines if line.number in repeated]


def _kept(source: Import, line: Line) -> Line:
    """A report's line is not needed again; one of floors is, if its family turns out to be impossible."""
    return line._replace(raw="") if source.kind == Import.Kind.LISTINGS else line


def _copy_refused(source: Import, refused: Sequence[RefusedLine]) -> None:
    if not refused:
        return
    with (
        connection.cursor() as cursor,
        cursor.copy("COPY catalog_refusedline (source_id, number, raw, reason, detail) FROM STDIN") as copy,
    ):
        for line in refused:
            copy.write_row((source.pk, *line))


@transaction.atomic(durable=True)
def _finish(source: Import, reader: Reader) -> None:
    _hold(source)
    if source.kind == Import.Kind.FLOORS:
        _refuse_impossible_families(source)
    comparing.compare(source)
    Import.objects.filter(pk=source.pk).update(
        status=Import.Status.READY,
        progress=100,
        attempts=0,
        comparison=F("comparison") + 1,
        encoding=reader.encoding,
        header=without_nul(reader.header),
        lines_refused=source.refused_lines.count(),
        **comparing.count_the_rest(source),
    )


# What only the catalog and the whole file can show: the reason, what it is about, and which lines. In this
# order, so that of a chain in the file (A under B, B under C) the line that makes a child a parent goes.
_IMPOSSIBLE: Final = (
    (
        "product-unknown",
        "line.asin",
        "line.asin NOT IN (SELECT asin FROM catalog_product WHERE store_id = %(store)s)",
    ),
    (
        "has-children",
        "line.asin",
        """line.parent_asin <> '' AND line.asin IN (
            SELECT parent.asin FROM catalog_product child
            JOIN catalog_product parent ON parent.id = child.parent_id
            WHERE child.store_id = %(store)s)""",
    ),
    (
        "parent-is-a-child",
        "line.parent_asin",
        """line.parent_asin IN (
            SELECT asin FROM catalog_product WHERE store_id = %(store)s AND parent_id IS NOT NULL)""",
    ),
    (
        "parent-is-a-child",
        "line.parent_asin",
        """line.parent_asin IN (
            SELECT asin FROM catalog_importline WHERE source_id = %(source)s AND parent_asin <> '')""",
    ),
)


def _refuse_impossible_families(source: Import) -> None:
    comparing.plan_for_bulk()
    for reason, about, condition in _IMPOSSIBLE:
        with connection.cursor() as cursor:
            cursor.execute(
                f"""
                WITH refused AS (
                    DELETE FROM catalog_importline line WHERE source_id = %(source)s AND {condition}
                    RETURNING line.number, line.raw, left({about}, {LONGEST_DETAIL}) AS detail
                )
                INSERT INTO catalog_refusedline (source_id, number, raw, reason, detail)
                SELECT %(source)s, number, raw, %(reason)s, detail FROM refused
                """,  # noqa: S608
                {"source": source.pk, "store": source.store_id, "reason": reason},
            )
