"""What somebody reads off Seller Central: its shape, in the same words as the approved content."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_stubs_ext import StrPromise

from promoflow import phrases
from promoflow.errors import Blocked
from promoflow.promotions.amendments import Unfit, is_same_id
from promoflow.promotions.content import Difference
from promoflow.promotions.evidence import expected
from promoflow.promotions.forms import amounts, windows
from promoflow.promotions.forms.amounts import Amount, AmountField, CountField, MoneyField
from promoflow.promotions.forms.screenshots import ScreenshotField
from promoflow.promotions.models import PromotionRequest
from promoflow.promotions.wording.presenting import CHOICE_NAMES, field_name, field_value
from promoflow.rulebook import asins, kinds, offers, zones
from promoflow.rulebook.kinds import KINDS
from promoflow.rulebook.texts import as_text

_TERMS = frozenset(kinds.FIELDS) - {"buy_quantity", "get_quantity"}
_COUNTS = (
    "buy_quantity",
    "get_quantity",
    "units_per_order",
    "max_redemptions",
    "committed_units",
)


class EvidenceForm(forms.Form):
    """As set in Seller Central, typed anew: what stands there already would be nodded through."""

    screenshot = ScreenshotField()

    def __init__(self, data: Any = None, files: Any = None, *, content: Mapping[str, Any], zone: str) -> None:
        super().__init__(data, files)
        self.content, self.zone, self.currency = content, zone, content["currency"]
        self.kind = KINDS[content["kind"]]
        asked = self._fields()
        for name in expected(content):
            for field in _TYPED.get(name, (name,)):
                if field in asked:
                    self.fields[field] = asked[field]

    def _fields(self) -> dict[str, forms.Field]:
        """Every field that a kind may need; a date alone where it runs whole days."""
        fields: dict[str, forms.Field] = {
            "asins": forms.CharField(
                label=_("ASINs in it"),
                widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "autocomplete": "off"}),
                help_text=_("Copy them from Seller Central; any separator will do."),
            ),
            "discount_value": AmountField(label=_("Discount"), currency=self.currency),
            "starts_on": windows.date_field(_("First day") if self.kind.whole_days else _("Starts on")),
            "ends_on": windows.date_field(_("Last day") if self.kind.whole_days else _("Ends on")),
            "claim_code": forms.CharField(label=_("Claim code"), max_length=40),
            "budget": MoneyField(label=field_name("budget"), currency=self.currency),
            "one_per_customer": _yes_or_no("one_per_customer"),
            "claim_type": _choice("claim_type"),
            "combinability": _choice("combinability"),
            **{name: CountField(label=field_name(name)) for name in _COUNTS},
        }
        if not self.kind.whole_days:
            fields["starts_time"] = windows.time_field(_("Starts at"))
            fields["ends_time"] = windows.time_field(_("Ends at"))
        if len(self.kind.discount_types) > 1:
            fields["discount_type"] = _choice("discount_type", self.kind.discount_types)
        return fields

    @property
    def terms(self) -> list[BoundField]:
        """What only some kinds have, after what all of them have."""
        return [self[name] for name in self.fields if name in _TERMS]

    def clean_asins(self) -> list[str]:
        return sorted(asins.split(self.cleaned_data["asins"]))

    def clean(self) -> None:
        """The window and the discount, put together from their fields."""
        typed = self.cleaned_data
        for end in windows.ENDS:
            try:
                typed[f"{end}_at"] = self._instant(end)
            except ValidationError as wrong:
                self.add_error(f"{end}_on", wrong)
        value, discount_type = typed.get("discount_value"), self._discount_type()
        if value and value.unit and (value.unit == "percent") != (discount_type == kinds.PERCENT):
            self.add_error("discount_value", _("This does not go with the type of discount."))

    def _discount_type(self) -> str | None:
        only = self.kind.discount_types[0] if len(self.kind.discount_types) == 1 else None
        return only or self.cleaned_data.get("discount_type") or None

    def _instant(self, end: str) -> datetime | None:
        day: date | None = self.cleaned_data.get(f"{end}_on")
        if day is None:
            return None
        if self.kind.whole_days:
            return windows.edge_of(end, day, self.zone)
        at: time | None = self.cleaned_data.get(f"{end}_time")
        return self._as_approved(end, datetime.combine(day, at)) if at else None

    def _as_approved(self, end: str, naive: datetime) -> datetime:
        """Of an hour that happens twice Seller Central does not say which: the approved one counts."""
        if zones.is_fold(naive, self.zone):
            approved = offers.instant(self.content, f"{end}_at")
            if zones.local(approved, self.zone) == naive:
                return approved
        return windows.instant_of(naive.date(), naive.time(), self.zone, reading=windows.EARLIER)

    @property
    def shown(self) -> dict[str, Any]:
        """What was read off, as the content writes it."""
        typed = {**self.cleaned_data, "discount_type": self._discount_type()}
        return {name: _as_content(typed[name], self.currency) for name in expected(self.content)}

    def tell(self, differing: Iterable[Difference]) -> None:
        """Each difference at its field, beside what was approved."""
        for difference in differing:
            self.add_error(_first_of(difference.field, self.fields), self._sentence(difference))

    def _sentence(self, difference: Difference) -> str:
        if isinstance(difference, Unfit):
            return difference.sentence
        if difference.field == "asins":
            return _asins_sentence(set(difference.before), set(difference.after or ()))
        approved = field_value(
            difference.field, difference.before, zone=self.zone, currency=self.currency, content=self.content
        )
        return _("Approved is: %(approved)s.") % {"approved": approved}


class GoLiveForm(EvidenceForm):
    amazon_id = forms.CharField(
        label=gettext_lazy("Amazon's promotion id"),
        max_length=100,
        help_text=gettext_lazy("Seller Central shows it on the promotion's page once it is saved."),
    )
    revision = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def __init__(
        self,
        data: Any = None,
        files: Any = None,
        *,
        replaceable: PromotionRequest | None = None,
        **named: Any,
    ) -> None:
        """`replaceable` is what it amends; only another id than its own asks whether that one is gone."""
        super().__init__(data, files, **named)
        if replaceable and data and not is_same_id(replaceable, data.get("amazon_id", "")):
            old = replaceable.activation.amazon_id
            self.fields["old_is_deactivated"] = forms.BooleanField(
                label=_("The old one, %(old)s, is deactivated in Seller Central") % {"old": old},
                required=False,
            )


def _note(label: StrPromise) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("Everybody concerned gets it by mail."),
    )


class StopForm(forms.Form):
    note = _note(gettext_lazy("Why it stops"))


class ShortenForm(forms.Form):
    """An earlier end, a smaller budget, or both."""

    note = _note(gettext_lazy("Why"))

    def __init__(self, data: Any = None, *, content: Mapping[str, Any], zone: str) -> None:
        super().__init__(data)
        self.zone, self.whole_days = zone, KINDS[content["kind"]].whole_days
        self.fields["ends_on"] = windows.date_field(
            _("Earlier last day") if self.whole_days else _("Earlier end")
        )
        if not self.whole_days:
            self.fields["ends_time"] = windows.time_field(_("at"))
        if "budget" in content:
            self.fields["smaller_budget"] = MoneyField(
                label=_("Smaller budget"), currency=content["currency"]
            )
        for field in self.fields.values():
            field.required = False

    def clean(self) -> None:
        typed = self.cleaned_data
        budget: Amount | None = typed.get("smaller_budget")
        typed["smaller_budget"] = budget.value if budget else None
        if lacking := self._lacking():
            self.add_error(*lacking)
        try:
            typed["ends_at"] = self._end()
        except ValidationError as wrong:
            self.add_error("ends_on", wrong)

    def _lacking(self) -> tuple[str, str] | None:
        """An end is a day and a time; nobody guesses the one that was left out."""
        day, at = (self[name].data if name in self.fields else "" for name in ("ends_on", "ends_time"))
        if day and not at and not self.whole_days:
            return "ends_time", _("Say at what time of that day it ends.")
        if at and not day:
            return "ends_on", _("Say on which day it ends.")
        return None

    def tell(self, refused: Blocked) -> None:
        """Each reason at its field; what is about none stands above them."""
        fields = [reason for reason in refused.findings if isinstance(reason, Unfit)]
        for reason in fields:
            self.add_error(_SHORTENED[reason.field], reason.sentence)
        if not fields:
            self.add_error(None, str(refused))

    def _end(self) -> datetime | None:
        day: date | None = self.cleaned_data.get("ends_on")
        if day is None:
            return None
        if self.whole_days:
            return windows.edge_of("ends", day, self.zone)
        at: time | None = self.cleaned_data.get("ends_time")
        return windows.instant_of(day, at, self.zone, reading=windows.EARLIER) if at else None


# The fields of that form behind those of the content.
_SHORTENED = {"ends_at": "ends_on", "budget": "smaller_budget"}

# The form's fields behind a field of the content.
_TYPED = {"starts_at": ("starts_on", "starts_time"), "ends_at": ("ends_on", "ends_time")}


def _choice(name: str, codes: Iterable[str] | None = None) -> forms.ChoiceField:
    """One of Seller Central's choices; none is chosen beforehand."""
    names = CHOICE_NAMES[name]
    choices = [("", "–"), *((code, names[code]) for code in codes or names)]
    return forms.ChoiceField(label=field_name(name), choices=choices)


def _yes_or_no(name: str) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=field_name(name),
        choices=[("", "–"), ("yes", _("yes")), ("no", _("no"))],
        coerce=lambda typed: typed == "yes",
    )


def _first_of(name: str, fields: Mapping[str, forms.Field]) -> str | None:
    first = _TYPED.get(name, (name,))[0]
    return first if first in fields else None


def _as_content(value: Any, currency: str) -> Any:
    if isinstance(value, Amount):
        is_money = value.unit == "money"
        return amounts.stored_money(value.value, currency) if is_money else amounts.stored(value.value)
    return as_text(value) if isinstance(value, datetime) else value


def _asins_sentence(approved: set[str], shown: set[str]) -> str:
    parts = []
    if missing := sorted(approved - shown):
        parts.append(_("Approved, but not there: %(asins)s.") % {"asins": phrases.listed(missing[:20])})
    if added := sorted(shown - approved):
        parts.append(_("There, but not approved: %(asins)s.") % {"asins": phrases.listed(added[:20])})
    return " ".join(parts)
