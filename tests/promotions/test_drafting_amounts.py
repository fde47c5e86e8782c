"""Numbers as people type them."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from promoflow.promotions.forms import amounts
from promoflow.promotions.forms.amounts import Amount


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("20", "20", ""),
        ("20%", "20", "percent"),
        ("20 %", "20", "percent"),
        ("２０％", "20", "percent"),
        ("12.5", "12.5", ""),
        (".5", "0.5", ""),
        ("1,000.00", "1000.00", ""),
        ("1，000．50", "1000.50", ""),
        ("1,00,000", "100000", ""),
        ("1 000", "1000", ""),
        ("$1,234.50", "1234.50", "money"),
        ("1,234.50 USD", "1234.50", "money"),
        ("usd 5", "5", "money"),
        ("＄5", "5", "money"),
        ("-5", "-5", ""),
        ("\u22125", "-5", ""),
        ("  7  ", "7", ""),
    ],
)
def test_a_number_is_read_as_it_is_meant(text, value, unit):
    assert amounts.read(text, currency="USD") == Amount(Decimal(value), unit)


@pytest.mark.parametrize(
    "text", ["", "abc", "12,5", "1,0000", "1.2.3", "1e3", "NaN", "Infinity", "--5", "€5", "5 JPY", "5%%", "٥"]
)
def test_a_text_that_could_mean_something_else_is_refused(text):
    with pytest.raises(ValidationError):
        amounts.read(text, currency="USD")


def test_yen_is_written_in_yen():
    assert amounts.read("￥1,999", currency="JPY") == Amount(Decimal(1999), "money")
    assert amounts.stored_money(Decimal("1999.00"), "JPY") == "1999"
    assert amounts.stored_money(Decimal("1999.5"), "JPY") == "1999.5"


def test_the_same_number_is_stored_the_same_way():
    assert {amounts.stored(Decimal(text)) for text in ("20", "20.0", "20.00")} == {"20.00"}
    assert amounts.stored(Decimal("20.005")) == "20.005"


def test_a_count_is_whole_and_above_zero():
    field = amounts.CountField()

    assert field.clean("1,000") == 1000
    for text in ("0", "-1", "1.5", "9" * 15):
        with pytest.raises(ValidationError):
            field.clean(text)


def test_money_is_no_percentage():
    with pytest.raises(ValidationError, match="not a percentage"):
        amounts.MoneyField(currency="USD").clean("20%")


@pytest.mark.parametrize("text", ["99999999.99", "-99,999,999.99", "$99,999,999.99"])
def test_as_much_as_fits_is_read(text):
    assert abs(amounts.AmountField(currency="USD").clean(text).value) == Decimal("99999999.99")


@pytest.mark.parametrize("text", ["100000000", "-100000000", "9" * 21, "9" * 31, "99999999.991"])
def test_more_than_fits_is_refused(text):
    with pytest.raises(ValidationError, match=r"at most 99,999,999\.99"):
        amounts.AmountField(currency="USD").clean(text)
