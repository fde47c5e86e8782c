"""Listing reports and floor files as the tests send them."""

from pathlib import Path

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.models import User
from promoflow.catalog.models import Import, Store
from promoflow.catalog.services import imports

SAMPLE = Path(__file__).parent / "files" / "all_listings_report.tsv"
HEADER = SAMPLE.read_text().splitlines()[0]
COLUMNS = HEADER.split("\t")
LISTINGS, FLOORS = Import.Kind.LISTINGS, Import.Kind.FLOORS

_USUAL = {
    "item-name": "Aurora desk lamp",
    "price": "19.99",
    "quantity": "5",
    "product-id-type": "1",
    "fulfillment-channel": "DEFAULT",
    "status": "Active",
}


def line(sku: str, asin: str, **cells: str) -> str:
    """A line of a report; the names of cells are written with underscores."""
    named = {**_USUAL, "seller-sku": sku, "asin1": asin, "product-id": asin}
    named |= {name.replace("_", "-"): value for name, value in cells.items()}
    return "\t".join(named.get(column, "") for column in COLUMNS)


def report(*lines: str, header: str = HEADER) -> bytes:
    return "\r\n".join([header, *lines, ""]).encode()


def upload(
    store: Store, content: bytes, *, by: User, kind: str = LISTINGS, name: str = "report.txt"
) -> Import:
    file = SimpleUploadedFile(name, content)
    source, _new = imports.upload(store=store, kind=kind, file=file, by=by, at=timezone.now())
    return source


def read(store: Store, content: bytes, *, by: User, kind: str = LISTINGS, name: str = "report.txt") -> Import:
    """The import after a worker has read it."""
    source = upload(store, content, by=by, kind=kind, name=name)
    imports.work(at=timezone.now())
    source.refresh_from_db()
    return source


def apply(source: Import, *, by: User) -> Import:
    """The import after it was confirmed and a worker has been there."""
    said = {"by": by, "at": timezone.now(), "why": "The new season's prices."}
    imports.apply(pk=source.pk, comparison=source.comparison, **said)
    imports.work(at=timezone.now())
    source.refresh_from_db()
    return source


def applied(
    store: Store, content: bytes, *, by: User, kind: str = LISTINGS, name: str = "report.txt"
) -> Import:
    source = apply(read(store, content, by=by, kind=kind, name=name), by=by)
    assert source.status == Import.Status.APPLIED, source.problem
    return source


def reasons(source: Import) -> list[tuple[int, str]]:
    return list(source.refused_lines.order_by("number").values_list("number", "reason"))
