"""Reading a price as people and spreadsheets write it, and refusing what could mean two prices."""

import re
import unicodedata
from decimal import Decimal

from promoflow.catalog.files.lines import Refuse

_PLAIN = re.compile(r"[0-9]{1,13}(?:[.,][0-9]{1,2})?")
_GROUPED = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]{1,2})?|[0-9]{1,3}(?:\.[0-9]{3})+(?:,[0-9]{1,2})?")
_ONE_GROUP = re.compile(r"[0-9]{1,3}[.,][0-9]{3}")
_HIGHEST = Decimal("9999999999.99")


def amount(text: str, decimals: int) -> Decimal:
    """The amount in a text such as 1234.50, 1234,50 or 1,234.50, exact and above zero.

    `decimals` is the currency's. Where it has cents, 1,234 may be more than a thousand or a little over one:
    nobody can know, and a price read a thousand times too low or too high would be a disaster. Full-width
    digits count as what they are.
    """
    text = unicodedata.normalize("NFKC", text)
    if _PLAIN.fullmatch(text):
        value = Decimal(text.replace(",", "."))
    elif decimals and _ONE_GROUP.fullmatch(text):
        raise Refuse("price-ambiguous", text)
    elif _GROUPED.fullmatch(text):
        value = _ungrouped(text)
    elif re.fullmatch(r"[0-9]+[.,][0-9]{3,}", text):
        raise Refuse("price-decimals", text)
    else:
        raise Refuse("price-malformed", text)
    return _kept(value, text, decimals)


def _ungrouped(text: str) -> Decimal:
    """1,234.50 and 1.234,50: what stands last is the decimal mark, if fewer than three digits follow it."""
    digits = re.sub(r"[.,]", "", text)
    fraction = re.search(r"[.,]([0-9]{1,2})$", text)
    return Decimal(digits).scaleb(-len(fraction[1]) if fraction else 0)


def _kept(value: Decimal, text: str, decimals: int) -> Decimal:
    if value != round(value, decimals):
        raise Refuse("price-decimals", text)
    if value <= 0:
        raise Refuse("price-not-positive", text)
    if value > _HIGHEST:
        raise Refuse("price-too-high", text)
    return value
