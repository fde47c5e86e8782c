"""What a reader makes of a file: good lines, refused lines, or the reason why it cannot be read at all."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final, NamedTuple, Protocol

from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrPromise

from promoflow.catalog.files.problems import told
from promoflow.rulebook.asins import is_asin

LONGEST_DETAIL = 200


class Line(NamedTuple):
    """A good line; `raw` is the line as it was, its cells joined by tabs."""

    number: int
    raw: str
    asin: str
    sku: str = ""
    title: str = ""
    image_url: str = ""
    price: Decimal | None = None
    quantity: int | None = None
    status: str = ""
    channel: str = ""
    floor_price: Decimal | None = None
    parent_asin: str = ""


class RefusedLine(NamedTuple):
    """A line that is left out: a code of REASONS, and the piece of text that it is about."""

    number: int
    raw: str
    reason: str
    detail: str = ""


class Refuse(Exception):
    """Raised while a line is being read: this line is left out, the others are not."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail

    def of(self, number: int, raw: str) -> RefusedLine:
        return RefusedLine(number, without_nul(raw), self.reason, shown(self.detail))


class Unreadable(Exception):
    """The file cannot be read, for a reason of PROBLEMS; `str()` of it is the sentence for the person."""

    def __init__(self, code: str, **values: str) -> None:
        super().__init__(code)
        self.code = code
        self.values = values

    def __str__(self) -> str:
        return told(self.code, self.values)


class Reader(Protocol):
    """A file being read: its header, then its lines; `percent` says how far it is."""

    encoding: str
    header: str

    def __iter__(self) -> Iterator[Line | RefusedLine]: ...

    @property
    def percent(self) -> int: ...


REASONS: Final[dict[str, StrPromise]] = {
    "asin-missing": _("There is no ASIN: asin1 is empty, and product-id does not hold an ASIN."),
    "asin-malformed": _(
        "“%(detail)s” is not an ASIN: B and nine letters or digits, or an ISBN-10 whose check digit is right."
    ),
    "asin-repeated": _("An earlier line is about this ASIN already."),
    "sku-missing": _("There is no SKU."),
    "sku-too-long": _("The SKU “%(detail)s” is longer than 60 characters."),
    "sku-repeated": _("An earlier line is about this SKU already."),
    "price-malformed": _("“%(detail)s” is not a price. Write it like %(example)s."),
    "price-ambiguous": _("“%(detail)s” can be read as two different prices. Write it like %(example)s."),
    "price-decimals": _("“%(detail)s” has more decimals than this marketplace's currency."),
    "price-not-positive": _("“%(detail)s” is not a price: it must be above zero."),
    "price-too-high": _("“%(detail)s” is higher than any price that can be kept here."),
    "quantity-malformed": _("“%(detail)s” is not a number of pieces: the columns may have slipped."),
    "nothing-said": _("The line names an ASIN, but no floor price, no parent and no price."),
    "parent-malformed": _("“%(detail)s” is not an ASIN, so it cannot be the parent."),
    "parent-is-itself": _("A product cannot be its own parent."),
    "parent-is-a-child": _("The parent “%(detail)s” belongs to a parent itself; a family has one level."),
    "has-children": _("“%(detail)s” is a parent of other products, so it cannot belong to one itself."),
    "product-unknown": _("This store has no product “%(detail)s”. Import the All Listings Report first."),
    "columns-missing": _("The line ends before the last column that is needed."),
    "columns-too-many": _("The line has more columns than the header, so its cells may have slipped."),
    "line-too-long": _("The line is longer than any line of such a file."),
    "character": _("The line has a character that no text may have (NUL)."),
    "quoting": _("A quotation mark is opened and never closed, or the line is not CSV."),
}


def sentence(reason: str, detail: str, *, decimals: int) -> str:
    """Why a line was refused, for the person; `decimals` are the currency's."""
    return str(REASONS[reason]) % {"detail": detail, "example": "1234.50" if decimals else "1234"}


def shown(text: str) -> str:
    """A text of a file, short enough to be shown beside its reason."""
    text = without_nul(text)
    return text if len(text) <= LONGEST_DETAIL else text[: LONGEST_DETAIL - 1] + "…"


def without_nul(text: str) -> str:
    """A text of a file as the database takes it."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")


def asin_in(cell: str) -> str:
    """The ASIN that a cell holds, in capitals."""
    if not cell:
        raise Refuse("asin-missing")
    if not is_asin(cell.upper()):
        raise Refuse("asin-malformed", cell)
    return cell.upper()
