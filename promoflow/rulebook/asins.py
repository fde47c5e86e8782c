"""What an ASIN looks like, and how to read a pasted list of ASINs and SKUs."""

import re
import unicodedata

# A letter B and nine more, or an ISBN-10 (domain.md, section 7).
PATTERN = r"B[0-9A-Z]{9}|[0-9]{9}[0-9X]"
_ASIN = re.compile(PATTERN)
_SEPARATORS = re.compile(r"[\s,;|\"'\u200b\ufeff\u2018\u2019\u201c\u201d\u3001\u3002\u3008-\u3011]+")
# A SKU may have these inside it, so they separate ASINs alone.
_MARKS = re.compile(r"[/.:()\[\]{}<>]+")
_IN_BRACKETS = re.compile(r"[(\[{<]([^()\[\]{}<>]+)[)\]}>]")
_LABELS = frozenset({"ASIN", "ASINS"})
_PRODUCT_LINK = re.compile(r"/(?:dp|gp/product|gp/aw/d)/([0-9A-Za-z]{10})(?![0-9A-Za-z])")


def is_asin(text: str) -> bool:
    """Ten characters: B and nine letters or digits, or an ISBN-10 whose check digit holds."""
    if not _ASIN.fullmatch(text):
        return False
    return text.startswith("B") or _isbn_holds(text)


def split(text: str) -> list[str]:
    """The ASINs and SKUs of a pasted text, in order, each once.

    What reads as an ASIN in any case is upper-cased; a SKU keeps its case, because Amazon tells them apart by
    it. Links to a product page count as the ASIN in them.
    """
    words = _SEPARATORS.split(unicodedata.normalize("NFKC", text))
    return list(dict.fromkeys(name for word in words for name in _names_in(word)))


def _names_in(word: str) -> list[str]:
    link = _PRODUCT_LINK.search(word)
    pieces = [piece.upper() for piece in _MARKS.split(link[1] if link else word)]
    found = [piece for piece in pieces if piece and piece not in _LABELS]
    if all(is_asin(piece) for piece in found):
        return found
    bracketed = _IN_BRACKETS.fullmatch(word)
    return [bracketed[1] if bracketed else word]


def _isbn_holds(text: str) -> bool:
    digits = [10 if character == "X" else int(character) for character in text]
    return sum(weight * digit for weight, digit in zip(range(10, 0, -1), digits, strict=True)) % 11 == 0
