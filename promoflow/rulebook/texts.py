"""Amounts and instants as the texts that plain JSON has of them, and back."""

from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache

from promoflow.rulebook.money import without_exponent


def as_text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, datetime):
        return _instant_as_text(value)
    if isinstance(value, Decimal):
        return without_exponent(value)
    return str(value)


@lru_cache(maxsize=4096)
def _instant_as_text(value: datetime) -> str:
    """Kept, because the findings of one report name the same few instants over and over."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def text_or_none(value: object | None) -> str | None:
    return None if value is None else as_text(value)


def amount_or_none(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def instant_or_none(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
