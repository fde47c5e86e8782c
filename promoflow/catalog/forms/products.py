"""What people type about a product."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from promoflow.catalog.files.amounts import amount
from promoflow.catalog.files.lines import Refuse, sentence
from promoflow.catalog.forms import seeing
from promoflow.catalog.models import Store
from promoflow.catalog.services.products import Facts
from promoflow.rulebook.asins import is_asin


class AmountField(forms.CharField):
    """A price as people write it; empty is none."""

    def __init__(self, *, decimals: int, **kwargs: Any) -> None:
        super().__init__(required=False, max_length=20, **kwargs)
        self.decimals = decimals
        self.widget.attrs["inputmode"] = "decimal"

    def clean(self, value: Any) -> Decimal | None:
        text = super().clean(value)
        try:
            return amount(text, self.decimals) if text else None
        except Refuse as refusal:
            raise ValidationError(
                sentence(refusal.reason, refusal.detail, decimals=self.decimals)
            ) from refusal


class ProductForm(forms.Form):
    """Price, floor and parent of a product, and beside them what the person saw when they opened the form."""

    def __init__(self, data: Any, *, store: Store, facts: Facts) -> None:
        self.decimals = decimals = store.marketplace.decimals
        super().__init__(data, initial=seeing.initial(in_fields(facts)))
        self.fields["floor_price"] = AmountField(
            decimals=decimals,
            label=_("Floor price"),
            help_text=_("No promotion may take the price a shopper pays below this."),
        )
        self.fields["price"] = AmountField(
            decimals=decimals,
            label=_("Price"),
            help_text=_("Your Price on Amazon. The next listing report sets it again."),
        )
        self.fields["parent_asin"] = forms.CharField(
            label=_("Parent ASIN"),
            required=False,
            max_length=10,
            help_text=_("A promotion on the parent covers this product too. Empty: it belongs to no family."),
        )
        self.fields["why"] = forms.CharField(
            label=_("Why"),
            required=False,
            max_length=500,
            widget=forms.Textarea(attrs={"rows": 3}),
            help_text=_("Needed when the floor becomes lower or goes. It is kept in the history."),
        )
        self.fields.update(seeing.fields(Facts._fields))

    def clean_parent_asin(self) -> str:
        asin = str(self.cleaned_data["parent_asin"]).strip().upper()
        if asin and not is_asin(asin):
            raise ValidationError(sentence("parent-malformed", asin, decimals=self.decimals))
        return asin

    @property
    def wanted(self) -> Facts:
        return Facts(*(self.cleaned_data[name] for name in Facts._fields))

    @property
    def seen(self) -> Facts:
        """What the form showed when it was opened; a value that was tampered with is nothing, so stale."""
        price, floor_price, parent_asin = (self.cleaned_data[f"seen_{name}"] for name in Facts._fields)
        return Facts(_decimal(price), _decimal(floor_price), parent_asin)


def in_fields(facts: Facts) -> dict[str, str]:
    """The facts as they stand in the form's fields."""
    return {name: "" if value is None else str(value) for name, value in facts._asdict().items()}


def _decimal(text: str) -> Decimal | None:
    try:
        value = Decimal(text)
    except ArithmeticError:
        return None
    # NaN can be compared with nothing.
    return value if value.is_finite() else None


class ProductFilterForm(forms.Form):
    """How the list of products is narrowed; a value that makes no sense narrows nothing."""

    q = forms.CharField(
        label=_("ASIN, SKU or title"),
        required=False,
        max_length=100,
        widget=forms.TextInput({"type": "search"}),
    )
    store = forms.ModelChoiceField(
        label=_("Store"), queryset=Store.objects.none(), required=False, empty_label=_("All stores")
    )
    lacking = forms.ChoiceField(
        label=_("Show"),
        required=False,
        choices=[
            ("", _("All products")),
            ("floor", _("Without a floor price")),
            ("price", _("Without a price")),
        ],
    )
