"""Amounts of money in the smallest unit that a currency has."""

from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal

# Of the currencies of Amazon's marketplaces only the yen has no hundredths (domain.md, section 6).
_WITHOUT_CENTS = frozenset({"JPY"})
_ONE, _CENT = Decimal(1), Decimal("0.01")


def smallest_unit(currency: str) -> Decimal:
    return _ONE if currency in _WITHOUT_CENTS else _CENT


def decimals(currency: str) -> int:
    return 0 if currency in _WITHOUT_CENTS else 2


def rounded(amount: Decimal, currency: str) -> Decimal:
    """To the nearest smallest unit, halves away from zero: the way a checkout prints it."""
    return amount.quantize(smallest_unit(currency), rounding=ROUND_HALF_UP)


def without_exponent(amount: Decimal) -> str:
    """Its digits as they stand, never as 1E+2; `format` takes several times as long to say so."""
    text = str(amount)
    return format(amount, "f") if "E" in text else text


def rounded_up(amount: Decimal, currency: str) -> Decimal:
    return amount.quantize(smallest_unit(currency), rounding=ROUND_CEILING)
