"""What somebody tries on a product without drafting it: all of it is typed into the page's address."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from promoflow.catalog.models import Product
from promoflow.promotions.forms import amounts
from promoflow.promotions.forms.drafting import DraftForm
from promoflow.promotions.wording.presenting import field_name
from promoflow.promotions.wording.problem_sentences import problem_sentence
from promoflow.rulebook import kinds, limits, offers, zones
from promoflow.rulebook.kinds import KINDS, Kind
from promoflow.rulebook.limits import Problem
from promoflow.rulebook.money import smallest_unit
from promoflow.rulebook.offers import ListedProduct, Offer
from promoflow.rulebook.policy import Policy
from promoflow.templatetags.desk import KINDS as KIND_WORDS

# The first letter of a field's name says which promotion it belongs to; in capitals it is its reference.
LETTERS: Final = "abcdefgh"
ON_THE_GROUND: Final = ("price", "floor", "beside")

HELD, ASKED, ALONE = "held", "asked", "alone"

# What of a request's content changes the price, or who may meet whom: in the groups in which it is asked.
_GROUPS: Final = (
    ("discount_type", "discount_value", "buy_quantity", "get_quantity"),
    ("starts_on", "starts_time", "ends_on", "ends_time", "starts_fold", "ends_fold"),
    ("claim_type", "combinability", "one_per_customer"),
)
_OF_THE_PRICE: Final = tuple(name for group in _GROUPS for name in group)
_DAYS_AHEAD, _DAYS_LONG = 3, 3

Typed = dict[str, str]


# --- What the address says ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tried:
    """The fields of each promotion tried, as typed, and those of the ground they are tried on."""

    rows: tuple[Typed, ...]
    ground: Typed

    def after(self, deed: str) -> "Tried":
        """What is tried after one of the form's small deeds; the same where it is none that can be done."""
        verb, _space, what = deed.partition(" ")
        letter, _space, value = what.partition(" ")
        number = LETTERS.find(letter) if letter else -1
        rows = list(self.rows)
        if verb == "add" and len(rows) < len(LETTERS):
            rows.append(_like(rows[-1]) if rows else {"kind": kinds.COUPON})
        elif verb == "remove" and 0 <= number < len(rows):
            del rows[number]
        elif verb == "discount" and 0 <= number < len(rows):
            rows[number] = rows[number] | {"discount_value": value}
        return replace(self, rows=tuple(rows))


def read(query: Mapping[str, str]) -> Tried:
    """What an address tries; one that names nothing tries a coupon, so that the page opens with a sum."""
    rows = [_row(query, letter) for letter in LETTERS]
    ground = {name: query[name] for name in ON_THE_GROUND if query.get(name, "") not in ("", HELD)}
    known = tuple(row for row in rows if row.get("kind") in KINDS)
    return Tried(known or ({"kind": kinds.COUPON, "discount_value": "20"},), ground)


def _row(query: Mapping[str, str], letter: str) -> Typed:
    names = ("kind", *_OF_THE_PRICE)
    return {name: query[f"{letter}-{name}"] for name in names if f"{letter}-{name}" in query}


def _like(row: Typed) -> Typed:
    """Another kind at the same time: trying two together is what people come for."""
    other = kinds.SOCIAL_CODE if row["kind"] == kinds.COUPON else kinds.COUPON
    return {"kind": other, **{name: row[name] for name in _GROUPS[1] if name in row}}


def _filled(row: Typed, zone: str, at: datetime) -> Typed:
    """The row with a sensible value for every field that nobody has seen yet."""
    kind = KINDS[row["kind"]]
    first = zones.local(at, zone).date() + timedelta(days=_DAYS_AHEAD)
    filled = {
        "starts_on": f"{first:%Y-%m-%d}",
        "ends_on": f"{first + timedelta(days=_DAYS_LONG - 1):%Y-%m-%d}",
        "claim_type": limits.CLAIM_TYPES[0],
        "one_per_customer": "on",
        "buy_quantity": "1",
        "get_quantity": "1",
        **row,
    }
    if filled.get("discount_type") not in kind.discount_types:
        filled["discount_type"] = kind.discount_types[0]
    return filled | _days_of(kind, filled)


def _days_of(kind: Kind, row: Typed) -> Typed:
    """The same time for a kind that runs whole days, whose last one is typed, as for one that does not."""
    if kind.code == kinds.LIGHTNING_DEAL and "starts_time" not in row:
        return {"starts_time": "09:00", "ends_on": row["starts_on"], "ends_time": "15:00"}
    if not kind.whole_days and "starts_time" not in row:
        return {"starts_time": "00:00", "ends_on": _day_after(row["ends_on"], 1), "ends_time": "00:00"}
    if kind.whole_days and row.get("ends_time") == "00:00":
        return {"ends_on": _day_after(row["ends_on"], -1)}
    return {}


def _day_after(text: str, days: int) -> str:
    """A typed day so many days later; what is no day stays as it is."""
    try:
        return f"{date.fromisoformat(text) + timedelta(days=days):%Y-%m-%d}"
    except (ValueError, OverflowError):
        return text


# --- One promotion --------------------------------------------------------------------------------------


class TrialForm(DraftForm):
    """One promotion tried: of the draft's form only what changes the price.

    What no sum can be made of is an error; what Amazon would merely refuse is a remark, and still counts.
    """

    def __init__(self, row: Typed, *, letter: str, product: Product, policy: Policy, at: datetime) -> None:
        row = _filled(row, product.store.marketplace.time_zone, at)
        self.letter, self.asin = letter, product.asin
        self.remarks: list[str] = []
        super().__init__(
            {f"{letter}-{name}": text for name, text in row.items()},
            prefix=letter,
            store=product.store,
            kind=KINDS[row["kind"]],
            policy=policy,
            at=at,
        )
        for name, field in self.fields.items():
            said = f"id_{letter}-{name}_said"
            field.widget.attrs |= {"class": _dress(field.widget), "aria-describedby": said}

    @property
    def reference(self) -> str:
        return self.letter.upper()

    def _fields(self) -> dict[str, forms.Field]:
        fields = super()._fields()
        kept: dict[str, forms.Field] = {name: fields[name] for name in _OF_THE_PRICE if name in fields}
        for name in ("discount_type", "claim_type"):
            if isinstance(choice := kept.get(name), forms.ChoiceField):
                choices = choice.choices
                choice.widget = forms.Select()
                choice.choices = choices
        kind = forms.ChoiceField(label=field_name("kind"), choices=_kinds())
        return {"kind": kind, **kept}

    def clean(self) -> dict[str, Any]:
        self.typed = {"kind": self.kind.code, **self._discount(), **self._window(), **self._terms()}
        self.content = self.typed | {
            "currency": self.currency,
            "asins": [self.asin],
            "covered": [self.asin],
        }
        for problem in limits.problems(self.content, policy=self.policy, zone=self.zone, now=self.at):
            if _is_nonsense(problem, self.content):
                self._refuse(problem)
            elif self._asks_for(problem):
                self.remarks.append(
                    _("%(name)s: %(text)s")
                    % {"name": field_name(problem.field), "text": problem_sentence(problem)}
                )
        return self.cleaned_data

    def _asks_for(self, problem: Problem) -> bool:
        """What is not asked here is not missed here; what is asked and empty is an error of its own."""
        asked = {*self.fields, "starts_at", "ends_at"}
        return problem.field in asked and problem.code != "missing"

    def offer(self) -> Offer | None:
        """The promotion as the rules see it; None where no sum can be made of what is typed."""
        return offers.read(self.content, reference=self.reference) if self.is_valid() else None

    # --- What the page asks of it ---------------------------------------------------------------------

    @property
    def missing(self) -> list[str]:
        """The labels of what is still to be typed, or typed again."""
        return [str(self[name].label) for name in self.errors if name in self.fields]

    @property
    def groups(self) -> list[list[forms.BoundField]]:
        """The fields after the kind, in the groups in which one thinks of them."""
        groups = ([self[name] for name in group if name in self.fields] for group in _GROUPS)
        return [group for group in groups if group]

    @property
    def said(self) -> Typed:
        """Its fields as typed, so that an address can say them again."""
        typed = {name: self.data.get(f"{self.letter}-{name}") for name in self.fields}
        return {name: str(value) for name, value in typed.items() if value is not None}


def _kinds() -> list[tuple[str, str]]:
    return [(code, str(KIND_WORDS[code][0])) for code in KINDS]


def _dress(widget: forms.Widget) -> str:
    if isinstance(widget, forms.RadioSelect | forms.CheckboxInput):
        return "form-check-input"
    return "form-select" if isinstance(widget, forms.Select) else "form-control"


def _is_nonsense(problem: Problem, content: Mapping[str, Any]) -> bool:
    """Whether no sum can be made of it, rather than Amazon not taking it."""
    if problem.code == "percent-range":
        return not 0 < Decimal(content["discount_value"]) <= 100
    return problem.code in ("not-positive", "ends-before-start")


# --- What they are tried on -----------------------------------------------------------------------------


class _AmountToTry(amounts.MoneyField):
    """An amount of money that exists in the currency; `known` stands where nothing is typed."""

    def __init__(self, *, name: str, known: Decimal | None, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)
        self.widget.attrs |= {
            "class": "form-control",
            "placeholder": "" if known is None else f"{known:f}",
            "aria-describedby": f"id_{name}_said",
        }

    def clean(self, value: Any) -> amounts.Amount | None:
        amount = super().clean(value)
        if amount is None:
            return None
        for wrong, code in ((amount.value <= 0, "not-positive"), (self._is_odd(amount), "money-decimals")):
            if wrong:
                values = {"currency": self.currency, "unit": str(smallest_unit(self.currency))}
                raise ValidationError(problem_sentence(Problem("price", code, values)), code=code)
        return amount

    def _is_odd(self, amount: amounts.Amount) -> bool:
        return amount.value % smallest_unit(self.currency) != 0


class GroundForm(forms.Form):
    """Another price or floor than the product has, and what counts beside the promotions tried."""

    def __init__(self, typed: Typed, *, product: ListedProduct, floor: Decimal | None) -> None:
        super().__init__({"beside": HELD} | typed)
        self.product = product
        for name, label, known in (
            ("price", _("Price to try"), product.price),
            ("floor", _("Floor to try"), floor),
        ):
            self.fields[name] = _AmountToTry(name=name, known=known, label=label, currency=product.currency)
        self.fields["beside"] = forms.ChoiceField(
            label=_("Together with"),
            choices=[
                (HELD, _("what runs or is approved")),
                (ASKED, _("that, and what is in review")),
                (ALONE, _("nothing else")),
            ],
            widget=forms.Select(attrs={"class": "form-select", "aria-describedby": "id_beside_said"}),
        )

    @property
    def beside(self) -> str:
        return str(self.cleaned_data.get("beside") or HELD)

    @property
    def tried_on(self) -> ListedProduct:
        """The product at the price and the floor to try; what cannot be read is as if it were not typed."""
        price, floor = (self.cleaned_data.get(name) for name in ("price", "floor"))
        return replace(
            self.product,
            price=price.value if price else self.product.price,
            floor=floor.value if floor else self.product.floor,
        )
