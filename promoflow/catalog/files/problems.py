"""Why an import failed or has to be looked at again: a code and its values are kept, each reader reads it."""

from collections.abc import Mapping
from typing import Final

from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrPromise

# How other kinds of file are called.
_KINDS: Final[dict[str, StrPromise]] = {
    "zip": _("an Excel workbook or a ZIP archive"),
    "xls": _("an old Excel workbook (.xls)"),
    "gz": _("a compressed file (.gz)"),
    "pdf": _("a PDF"),
}

PROBLEMS: Final[dict[str, StrPromise]] = {
    "file-gone": _("The uploaded file is no longer there. Upload it again."),
    "other-kind": _("This is %(kind)s, not a text file. Upload the text file itself."),
    "encoding": _(
        "The text is in an encoding that cannot be told. Save the file as UTF-8 and upload it again."
    ),
    "no-tabs": _(
        "This is not the All Listings Report: its first line has no tabs. In Seller Central: Inventory, "
        "Inventory Reports, All Listings Report; upload the .txt file as downloaded."
    ),
    "columns-unknown": _(
        "The first line lacks these columns: %(columns)s. If the report is the right one, its column names "
        "are in a language that the desk does not know: set your preferred report language to English in "
        "Seller Central and download it again."
    ),
    "columns-unnamed": _(
        "The first line must name the columns: asin, and at least one of floor_price, parent_asin "
        "and price. It says: %(header)s"
    ),
    "line-too-long": _("A line is longer than any line of such a file; this is not a file of floor prices."),
    "no-lines": _(
        "The file has nothing below its first line. Perhaps the download broke off: download it again."
    ),
    "lines-too-many": _("The file has more than %(most)s lines. Split it."),
    "columns-too-many": _("The file has more than %(most)s columns."),
    "workbook": _("This is not an Excel workbook that can be read. Save it as .xlsx or .csv again."),
    "workbook-unpacks": _(
        "The workbook unpacks to far more than it is. Save the sheet with the floor prices as CSV."
    ),
    "given-up": _("The desk tried several times to read this file and could not. Upload it again."),
    "not-applied": _("The desk tried several times to apply this and could not."),
    "may-no-longer": _(
        "Whoever confirmed this may no longer import it, so nothing was applied. Somebody with the role can "
        "apply it."
    ),
    "moved-on": _(
        "Since this was shown, something else changed products that the file names. Look at it again."
    ),
}


def told(code: str, values: Mapping[str, str]) -> str:
    """The sentence, in the language of whoever reads it."""
    kind = _KINDS.get(values.get("kind", ""), "")
    return str(PROBLEMS[code]) % {**values, "kind": kind}
