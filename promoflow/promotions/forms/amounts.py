"""Numbers as people type them: with a unit, with thousands grouped, in full-width digits."""

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from promoflow.rulebook.money import smallest_unit
from promoflow.rulebook.stacking import plain
from promoflow.templatetags.desk import CURRENCY_SIGNS

Unit = Literal["", "percent", "money"]

_PERCENT_SIGNS = ("%", "percent", "pct")
# What people in these markets write for their money, beside the currency's code and the sign that we print.
_OTHER_SIGNS = {"USD": ("$", "US$"), "JPY": ("¥", "円", "元"), "CNY": ("¥", "元"), "PLN": ("zł",)}
# Commas group thousands (1,000.00 and in India 1,00,000); a comma for the decimal point stays ambiguous.
_NUMBER = re.compile(r"[0-9]{1,3}(?:,[0-9]{2,3})*,[0-9]{3}(?:\.[0-9]*)?|[0-9]+(?:\.[0-9]*)?|\.[0-9]+")
_TYPED = re.compile(r"([^0-9.,]*)([0-9][0-9.,]*|\.[0-9]+)([^0-9.,]*)")
_HUNDREDTH = Decimal("0.01")
# More is a slip of the hand, and what is worked out with it would not fit the database.
_MOST = Decimal("99999999.99")


@dataclass(frozen=True)
class Amount:
    """A number, and whether it was typed as a percentage or as money."""

    value: Decimal
    unit: Unit = ""


def read(text: str, *, currency: str = "") -> Amount:
    """The number in a typed text; ValidationError says how to type it."""
    flat = "".join(unicodedata.normalize("NFKC", text).replace("\u2212", "-").split())
    found = _TYPED.fullmatch(flat)
    if found is None or not _NUMBER.fullmatch(found[2]):
        raise _not_a_number(text)
    minus, mark = found[1].startswith("-"), (found[1].removeprefix("-") + found[3])
    value = Decimal(found[2].replace(",", ""))
    return Amount(-value if minus else value, _unit(mark, text, currency))


def _unit(mark: str, text: str, currency: str) -> Unit:
    if not mark:
        return ""
    if mark.casefold() in _PERCENT_SIGNS:
        return "percent"
    signs = {currency, CURRENCY_SIGNS.get(currency, ""), *_OTHER_SIGNS.get(currency, ())} - {""}
    if mark.casefold() in {sign.strip().casefold() for sign in signs}:
        return "money"
    if currency:
        raise ValidationError(
            _("“%(text)s” is not an amount in %(currency)s: type the number alone, like 12.50."),
            code="not-a-number",
            params={"text": text, "currency": currency},
        )
    raise _not_a_number(text)


def _not_a_number(text: str) -> ValidationError:
    return ValidationError(
        _("“%(text)s” is not a number: type it like 12.50, or 1,000.00."),
        code="not-a-number",
        params={"text": text},
    )


def stored(value: Decimal, unit: Decimal = _HUNDREDTH) -> str:
    """One way of writing a number, so that the same content is the same bytes; odd ones stay as they are."""
    return f"{value.quantize(unit):f}" if value % unit == 0 else f"{value:f}"


def stored_money(value: Decimal, currency: str) -> str:
    return stored(value, smallest_unit(currency))


def shown(text: str) -> str:
    """A stored number as it stands in a form field."""
    return plain(Decimal(text))


class AmountField(forms.CharField):
    """A number that may be money or a percentage."""

    def __init__(self, *, currency: str, **kwargs: Any) -> None:
        self.currency = currency
        super().__init__(
            widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
            max_length=40,
            **kwargs,
        )

    def clean(self, value: Any) -> Amount | None:
        text = super().clean(value)
        amount = read(text, currency=self.currency) if text else None
        if amount and abs(amount.value) > _MOST:
            raise ValidationError(
                _("This is more than can be entered here: type at most %(most)s."),
                code="too-much",
                params={"most": f"{_MOST:,}"},
            )
        return amount


class MoneyField(AmountField):
    """A number that is money."""

    def clean(self, value: Any) -> Amount | None:
        amount = super().clean(value)
        if amount and amount.unit == "percent":
            raise ValidationError(_("This is an amount of money, not a percentage."), code="not-money")
        return amount


class CountField(forms.CharField):
    """A whole number above zero."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
            max_length=20,
            **kwargs,
        )

    def clean(self, value: Any) -> int | None:
        text = super().clean(value)
        if not text:
            return None
        number = read(text).value
        if number != number.to_integral_value() or not 0 < number < 2**31:
            raise ValidationError(_("This must be a whole number above zero."), code="not-a-count")
        return int(number)
