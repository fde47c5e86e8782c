"""What an ASIN looks like, and how to read a pasted list of ASINs and SKUs."""

import re

_ASIN = re.compile(r"B[0-9A-Z]{9}|[0-9]{9}[0-9X]")
_SEPARATORS = re.compile(r"[\s,;|\"'\u00a0\u200b\ufeff\u3001\uff0c\uff1b]+")
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
    words = (_as_typed(word) for word in _SEPARATORS.split(text))
    return list(dict.fromkeys(word for word in words if word))


def _as_typed(word: str) -> str:
    link = _PRODUCT_LINK.search(word)
    candidate = link.group(1) if link else word
    upper = candidate.upper()
    return upper if is_asin(upper) else word


def _isbn_holds(text: str) -> bool:
    digits = [10 if character == "X" else int(character) for character in text]
    return sum(weight * digit for weight, digit in zip(range(10, 0, -1), digits, strict=True)) % 11 == 0
