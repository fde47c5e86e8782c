"""Amounts as texts."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoflow.rulebook.money import without_exponent


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_an_amount_has_its_digits_as_they_stand(amount):
    assert without_exponent(amount) == f"{amount:f}"


@pytest.mark.parametrize(
    ("amount", "text"), [("1E+2", "100"), ("1E-9", "0.000000001"), ("10.00", "10.00"), ("0E+1", "00")]
)
def test_an_amount_has_no_exponent(amount, text):
    assert without_exponent(Decimal(amount)) == f"{Decimal(amount):f}"
    assert Decimal(without_exponent(Decimal(amount))) == Decimal(text)
