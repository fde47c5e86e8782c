"""The form of a draft, made of what its kind needs."""

import hashlib
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.forms import NameField
from promoflow.catalog import selectors as catalog
from promoflow.catalog.models import Product, Store
from promoflow.promotions import amendments
from promoflow.promotions.content import complete
from promoflow.promotions.forms import amounts, windows
from promoflow.promotions.models import PromotionRequest
from promoflow.promotions.wording.presenting import CHOICE_NAMES, field_name
from promoflow.promotions.wording.problem_sentences import problem_sentence
from promoflow.rulebook import asins, kinds, limits
from promoflow.rulebook.kinds import Kind
from promoflow.rulebook.limits import Problem
from promoflow.rulebook.policy import Policy
from promoflow.rulebook.texts import as_text

KIND_SENTENCES: Final[Mapping[str, str | Promise]] = {
    kinds.COUPON: gettext_lazy(
        "Shoppers clip it on the product page. Runs whole days, within a budget that may be overspent."
    ),
    kinds.LIGHTNING_DEAL: gettext_lazy("Some hours at a deal price, for a committed number of units."),
    kinds.BEST_DEAL: gettext_lazy("One to fourteen days at a deal price; formerly the 7-Day Deal."),
    kinds.PRICE_DISCOUNT: gettext_lazy("A lower price for some days, such as a Prime Exclusive Discount."),
    kinds.SOCIAL_CODE: gettext_lazy(
        "A code for creators and social channels, which Amazon also shares with influencers."
    ),
    kinds.PERCENTAGE_OFF: gettext_lazy("A percentage at the checkout, with or without a claim code."),
    kinds.BUY_ONE_GET_ONE: gettext_lazy("Free units for those who buy some. The riskiest beside a coupon."),
}

# The problem of a field of the content stands beside this field of the form.
_BESIDE: Final = {
    "starts_at": "starts_on",
    "ends_at": "ends_on",
    "discount_type": "discount_value",
    "covered": "asins",
}
_COUNTS: Final = ("units_per_order", "max_redemptions", "committed_units", "buy_quantity", "get_quantity")
# Codes of the errors that only say that something is still to be typed.
EMPTY: Final = ("required", "missing", "budget-or-redemptions", "group-without-code")
_NAMED_AT_MOST: Final = 10
_READ_AT_MOST: Final = 10_000


class DraftForm(forms.Form):
    """What a person types for one kind in one store.

    After cleaning, `typed` is as much of the content as can be read, `chosen` are its products; an error for
    everything that Amazon would refuse stands beside its field.
    """

    def __init__(
        self,
        *args: Any,
        store: Store,
        kind: Kind,
        policy: Policy,
        at: datetime,
        record: PromotionRequest | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.store, self.kind, self.policy, self.at, self.record = store, kind, policy, at, record
        self.currency = store.marketplace.currency
        self.zone = store.marketplace.time_zone
        self.chosen: list[Product] = []
        self.unknown: list[str] = []
        self.children: dict[int, list[Product]] = {}
        self.typed: dict[str, Any] = {}
        self.content: dict[str, Any] = {}
        self.fields |= self._fields()
        self._say_what_is_missing()
        self._ask_which_hour()

    # --- Which fields there are -----------------------------------------------------------------------

    def _fields(self) -> dict[str, forms.Field]:
        makers = {
            "claim_type": self._choice,
            "claim_code": self._code,
            "combinability": self._choice,
            "budget": self._money,
            "one_per_customer": self._yes_or_no,
            **dict.fromkeys(_COUNTS, self._count),
        }
        # In the order of the page, as errors are listed above it.
        return {
            "asins": forms.CharField(
                label=_("ASINs or SKUs"),
                help_text=_("Paste them with any separator, or links to product pages."),
                widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "class": "asin"}),
            ),
            **self._discount_fields(),
            **self._window_fields(),
            "title": NameField(label=field_name("title"), max_length=200),
            **{name: makers[name](name) for name in self.kind.fields},
        }

    def _discount_fields(self) -> dict[str, forms.Field]:
        types = self.kind.discount_types
        if types == (kinds.FREE_ITEMS,):
            return {}
        fields: dict[str, forms.Field] = {}
        if len(types) > 1:
            fields["discount_type"] = forms.ChoiceField(
                label=field_name("discount_type"),
                choices=[(name, CHOICE_NAMES["discount_type"][name]) for name in types],
                initial=types[0],
                widget=forms.RadioSelect,
            )
        fields["discount_value"] = amounts.AmountField(
            currency=self.currency, label=field_name("discount_value")
        )
        return fields

    def _window_fields(self) -> dict[str, forms.Field]:
        if self.kind.whole_days:
            return {
                "starts_on": windows.date_field(_("First day"), _("It starts at midnight.")),
                "ends_on": windows.date_field(_("Last day"), _("It runs to the end of this day.")),
            }
        fields: dict[str, forms.Field] = {}
        for name, on, at in (
            ("starts", _("Starts on"), _("Starts at")),
            ("ends", _("Ends on"), _("Ends at")),
        ):
            fields[f"{name}_on"] = windows.date_field(on)
            fields[f"{name}_time"] = windows.time_field(at)
        return fields

    def _choice(self, name: str) -> forms.Field:
        choices: list[tuple[str, str | Promise]] = list(CHOICE_NAMES[name].items())
        if name in self.kind.required:
            return forms.ChoiceField(label=field_name(name), choices=choices, widget=forms.RadioSelect)
        return forms.ChoiceField(
            label=field_name(name),
            required=False,
            choices=[("", _("Not said")), *choices],
            help_text=_("Not said counts as unrestricted, the worst case."),
        )

    def _code(self, name: str) -> forms.Field:
        return forms.CharField(
            label=field_name(name),
            required=name in self.kind.required,
            max_length=40,
            widget=forms.TextInput(
                attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
            ),
        )

    def _money(self, name: str) -> forms.Field:
        return amounts.MoneyField(
            currency=self.currency, label=field_name(name), required=name in self.kind.required
        )

    def _count(self, name: str) -> forms.Field:
        return amounts.CountField(label=field_name(name), required=name in self.kind.required)

    def _yes_or_no(self, name: str) -> forms.Field:
        return forms.BooleanField(
            label=_("Each customer may redeem it only once"), required=False, initial=True
        )

    def _say_what_is_missing(self) -> None:
        """The rulebook's sentence for an empty field instead of Django's."""
        about = {_BESIDE[field]: field for field in ("starts_at", "ends_at")}
        for name, field in self.fields.items():
            problem = Problem(about.get(name, name), "missing", {"kind": self.kind.code})
            field.error_messages["required"] = problem_sentence(problem)

    def _ask_which_hour(self) -> None:
        """The question which of two hours is meant stands only where clocks repeat the hour."""
        for end in () if self.kind.whole_days else windows.ENDS:
            day, at = self._readable(f"{end}_on"), self._readable(f"{end}_time")
            choices = windows.fold_choices(day, at, self.zone) if day and at else []
            if choices:
                self.fields[f"{end}_fold"] = windows.fold_field(_("Which of the two hours"), choices)

    def ask(self, fields: Iterable[str], *, by: str, note: str) -> None:
        """Marks the fields that a reviewer wants changed with what they wrote."""
        said = _("%(name)s asks to change this: %(note)s") % {"name": by, "note": note}
        for name in {_BESIDE.get(field, field) for field in fields} & set(self.fields):
            field = self.fields[name]
            field.help_text = format_html('<span class="asked">{}</span> {}', said, field.help_text)

    def _readable(self, name: str) -> Any:
        """The value of a field, sent or given, where it can be read."""
        try:
            return self.fields[name].clean(self[name].value())
        except ValidationError:
            return None

    # --- What was typed -------------------------------------------------------------------------------

    def clean_asins(self) -> str:
        text: str = self.cleaned_data["asins"]
        names = asins.split(text)
        if len(names) > _READ_AT_MOST:
            raise ValidationError(
                _("These are %(count)s names; the desk reads at most %(most)s at once."),
                code="too-many",
                params={"count": len(names), "most": _READ_AT_MOST},
            )
        self.chosen, self.unknown = self._find(text)
        self.children = catalog.children_of(self.chosen)
        if self.unknown:
            raise ValidationError(self._not_here(self.unknown))
        return text

    def _find(self, text: str) -> tuple[list[Product], list[str]]:
        """A whole line that is a SKU means that SKU, since some have spaces, commas or brackets in them."""
        lines = [line.strip() for line in text.splitlines()]
        tried = [line for line in lines if asins.split(line) not in ([], [line])]
        _found, unknown = catalog.find(self.store, tried)
        whole = set(tried) - set(unknown)
        names = [name for line in lines for name in ([line] if line in whole else asins.split(line))]
        return catalog.find(self.store, names)

    def _not_here(self, names: list[str]) -> list[ValidationError]:
        errors = [
            ValidationError(
                _("%(name)s is not in %(store)s. Check the ASIN or import the listing first."),
                code="unknown-product",
                params={"name": name[:60], "store": self.store.name},
            )
            for name in names[:_NAMED_AT_MOST]
        ]
        left = len(names) - _NAMED_AT_MOST
        if left > 0:
            text = ngettext("%(left)d more is not in %(store)s.", "%(left)d more are not in %(store)s.", left)
            errors.append(
                ValidationError(text, code="unknown-product", params={"left": left, "store": self.store.name})
            )
        return errors

    def clean_claim_code(self) -> str:
        return unicodedata.normalize("NFKC", self.cleaned_data["claim_code"])

    def clean(self) -> dict[str, Any]:
        self.typed = {
            "kind": self.kind.code,
            "title": self.cleaned_data.get("title", ""),
            "asins": [product.asin for product in self.chosen],
            **self._discount(),
            **self._window(),
            **self._terms(),
        }
        children = [child.asin for family in self.children.values() for child in family]
        self.content = complete(self.store, self.typed, family=children)
        parents, now = len(self.children), amendments.as_if_in_time(self.record, self.policy, self.at)
        for problem in limits.problems(
            self.content, policy=self.policy, zone=self.zone, now=now, parents=parents
        ):
            self._refuse(problem)
        for reason in amendments.unfit(self.record, self.content, at=self.at) if self.record else ():
            self._say(reason.field, reason.sentence, "unfit")
        return self.cleaned_data

    def _refuse(self, problem: Problem) -> None:
        self._say(problem.field, problem_sentence(problem), problem.code)

    def _say(self, field: str, sentence: str, code: str) -> None:
        name = _BESIDE.get(field, field)
        if name in self.fields and not self._says_why(name):
            self.add_error(name, ValidationError(sentence, code=code))

    def _says_why(self, name: str) -> bool:
        """What is wrong is said already: at the field, or at the time that a date goes with."""
        end = name.removesuffix("_on")
        return any(self.has_error(field) for field in (name, f"{end}_time", f"{end}_fold"))

    def _discount(self) -> dict[str, str]:
        types = self.kind.discount_types
        chosen = self.cleaned_data.get("discount_type") if len(types) > 1 else types[0]
        amount: amounts.Amount | None = self.cleaned_data.get("discount_value")
        found = {"discount_type": chosen} if chosen else {}
        if amount is None or not chosen:
            return found
        if amount.unit and (amount.unit == "percent") != (chosen == kinds.PERCENT):
            self.add_error("discount_value", self._other_unit(amount))
            return found
        if chosen == kinds.PERCENT:
            return found | {"discount_value": amounts.stored(amount.value)}
        return found | {"discount_value": amounts.stored_money(amount.value, self.currency)}

    def _other_unit(self, amount: amounts.Amount) -> ValidationError:
        sentence = (
            _("This is a percentage, but the discount is to be an amount in %(currency)s.")
            if amount.unit == "percent"
            else _("This is money, but the discount is to be a percentage.")
        )
        return ValidationError(sentence, code="other-unit", params={"currency": self.currency})

    def _window(self) -> dict[str, str]:
        found = {}
        for end in windows.ENDS:
            try:
                instant = self._instant(end)
            except ValidationError as error:
                self.add_error(f"{end}_{'fold' if error.code == 'fold' else 'time'}", error)
            else:
                if instant is not None:
                    found[f"{end}_at"] = as_text(instant)
        return found

    def _instant(self, end: str) -> datetime | None:
        day, at = self.cleaned_data.get(f"{end}_on"), self.cleaned_data.get(f"{end}_time")
        if day is None:
            return None
        if self.kind.whole_days:
            return windows.edge_of(end, day, self.zone)
        if at is None:
            return None
        return windows.instant_of(day, at, self.zone, reading=self.cleaned_data.get(f"{end}_fold", ""))

    def _terms(self) -> dict[str, Any]:
        found = {name: self.cleaned_data.get(name) for name in self.kind.fields}
        budget = found.get("budget")
        if budget is not None:
            found["budget"] = amounts.stored_money(budget.value, self.currency)
        return {name: value for name, value in found.items() if value not in (None, "")}

    # --- What the page asks of it ---------------------------------------------------------------------

    @property
    def terms(self) -> list[forms.BoundField]:
        """The fields that only this kind has, without the ones that are its discount."""
        return [self[name] for name in self.kind.fields if name not in ("buy_quantity", "get_quantity")]

    def leave_empty_alone(self) -> None:
        """While somebody is still typing, what is merely empty is not wrong."""
        for name, errors in self.errors.as_data().items():
            if all(error.code in EMPTY for error in errors):
                del self.errors[name]

    def needed(self) -> list[str]:
        """The names of what is still to be typed before anything can be checked."""
        wanted = ["asins", "starts_at", "ends_at"]
        free = self.kind.discount_types == (kinds.FREE_ITEMS,)
        wanted += ["buy_quantity", "get_quantity"] if free else ["discount_value"]
        wanted += ["claim_type"] if "claim_type" in self.kind.fields else []
        return [field_name(field) for field in wanted if not self.typed.get(field)]

    @cached_property
    def rows(self) -> list[tuple[Product, list[Product], list[str]]]:
        """The chosen products as the table shows them: each with its variations and its SKUs."""
        skus = catalog.skus_of(self.chosen)
        return [(one, self.children.get(one.pk, []), skus[one.pk]) for one in self.chosen]

    @property
    def shelf(self) -> str:
        """What the table of products shows, in short: a page that shows it already is not sent it again."""
        rows = [
            (
                *(one.asin, one.title, one.price, one.floor_price, one.parent_id, one.image_url),
                *(len(children), *skus),
            )
            for one, children, skus in self.rows
        ]
        return hashlib.sha256(repr((rows, self.unknown)).encode()).hexdigest()[:16]

    def is_checkable(self) -> bool:
        return not self.needed() and str(self.typed["starts_at"]) < str(self.typed["ends_at"])


def fields_of(content: Mapping[str, Any], zone: str) -> dict[str, Any]:
    """What stands in the form's fields for a content."""
    kind = kinds.KINDS[content["kind"]]
    starts_at, ends_at = (datetime.fromisoformat(content[name]) for name in ("starts_at", "ends_at"))
    found = {
        "title": content["title"],
        "asins": "\n".join(content["asins"]),
        "discount_type": content["discount_type"],
        **windows.typed_as(starts_at, ends_at, zone, whole_days=kind.whole_days),
        **{name: content.get(name) for name in kind.fields},
    }
    for name in ("discount_value", "budget"):
        if content.get(name):
            found[name] = amounts.shown(content[name])
    return found
