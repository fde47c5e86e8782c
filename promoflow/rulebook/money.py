"""Amounts of money in the smallest unit that a currency has."""

from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal

# Of the currencies of Amazon's marketplaces only the yen has no hundredths.
_WITHOUT_CENTS = frozenset({"JPY"})


def smallest_unit(currency: str) -> Decimal:
    return Decimal(1) if currency in _WITHOUT_CENTS else Decimal("0.01")


def rounded(amount: Decimal, currency: str) -> Decimal:
    """To the nearest smallest unit, halves away from zero: the way a checkout prints it."""
    return amount.quantize(smallest_unit(currency), rounding=ROUND_HALF_UP)


def rounded_up(amount: Decimal, currency: str) -> Decimal:
    return amount.quantize(smallest_unit(currency), rounding=ROUND_CEILING)
