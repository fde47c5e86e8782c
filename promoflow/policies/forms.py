"""What a manager types of the next rules: a field for every value of the draft, whatever it holds."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.formsets import BaseFormSet, formset_factory
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from promoflow.catalog.marketplaces import MARKETPLACES
from promoflow.days import DayField
from promoflow.policies import content, shipped, wording
from promoflow.policies.presenting import Cell, Rules
from promoflow.rulebook.kinds import KINDS
from promoflow.templatetags.desk import kind_word

MOST_BLACKOUTS = 100
_STOP = ".hours_after_stop.value"
_WHY = ".why"


class BlackoutForm(forms.Form):
    """Days on which some kinds are not to run."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    first_day = DayField(label=gettext_lazy("First day"))
    last_day = DayField(
        label=gettext_lazy("Last day"), help_text=gettext_lazy("Included; days are the marketplace's.")
    )
    verdict = forms.ChoiceField(
        label=gettext_lazy("What happens"),
        choices=[(verdict, wording.VERDICTS[verdict]) for verdict in ("block", "warn")],
        initial="block",
    )
    kinds = forms.MultipleChoiceField(
        label=gettext_lazy("Kinds"), widget=forms.CheckboxSelectMultiple, choices=lambda: _kind_choices()
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=300, required=False)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        first, last = cleaned.get("first_day"), cleaned.get("last_day")
        if first and last and last < first:
            self.add_error("last_day", _("Not before its first day."))
        return cleaned

    @property
    def row(self) -> dict[str, Any]:
        """As the rules keep it."""
        typed = self.cleaned_data
        return {
            "name": typed["name"],
            "first_day": typed["first_day"].isoformat(),
            "last_day": typed["last_day"].isoformat(),
            "kinds": [kind for kind in KINDS if kind in typed["kinds"]],
            "verdict": typed["verdict"],
            "reason": typed["reason"],
        }


class BlackoutForms(BaseFormSet):  # type: ignore[type-arg]
    """The blackouts, and an empty row for one more."""

    def clean(self) -> None:
        names = [form.cleaned_data["name"] for form in self.kept]
        if len(set(names)) < len(names):
            raise ValidationError(_("Two blackouts have one name; give each its own."))

    @property
    def kept(self) -> list[BlackoutForm]:
        return [
            form
            for form in self.forms
            if form.is_valid() and form.cleaned_data and not form.cleaned_data.get("DELETE")
        ]

    def add_fields(self, form: forms.Form, index: int | None) -> None:
        super().add_fields(form, index)
        form.fields["DELETE"].label = _("Take this blackout away")

    def put_onto(self, newer: "BlackoutForms", data: QueryDict) -> None:
        """What the browser sends of the newer rows, each as it was typed here where somebody typed in it."""
        typed = {form.initial["name"]: form for form in self.initial_forms if form.has_changed()}
        theirs = [typed.get(form.initial["name"], form) for form in newer.initial_forms]
        mine = [form for form in self.kept if form.has_changed() and form not in theirs]
        rows = [*theirs, *mine, *newer.extra_forms]
        for place, form in enumerate(rows):
            for bound in form:
                value = bound.value() or []
                name = f"{newer.add_prefix(place)}-{bound.name}"
                data.setlist(name, value if isinstance(value, list) else [value])
        data[f"{newer.prefix}-TOTAL_FORMS"] = str(len(rows))
        data[f"{newer.prefix}-INITIAL_FORMS"] = str(len(theirs))


Blackouts: Any = formset_factory(
    BlackoutForm, formset=BlackoutForms, extra=1, can_delete=True, max_num=MOST_BLACKOUTS, validate_max=True
)


def _kind_choices() -> list[tuple[str, str]]:
    return [(kind, kind_word(kind)) for kind in KINDS]


def _rows(draft: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The blackouts with days for days: only so does a form know which of them were typed over."""
    return [
        {**row, **{day: date.fromisoformat(row[day]) for day in ("first_day", "last_day")}}
        for row in content.blackouts(draft)
    ]


@dataclass(frozen=True)
class Part:
    """A rule in the form: a field for each of its values, and one for why."""

    path: str
    name: str
    fields: list[tuple[str, forms.BoundField]]
    why: forms.BoundField
    said: str
    """What the version in force says."""
    about: str
    is_changed: bool

    @property
    def is_wrong(self) -> bool:
        return any(bound.errors for _label, bound in self.fields) or bool(self.why.errors)


@dataclass(frozen=True)
class PartsOfKind:
    """The rules of one kind in the form."""

    kind: str
    sentence: str
    parts: list[Part]

    @property
    def changed(self) -> int:
        """How many of them differ from the version in force."""
        return sum(part.is_changed for part in self.parts)

    @property
    def is_wrong(self) -> bool:
        return any(part.is_wrong for part in self.parts)


class RulesForm(forms.Form):
    """The draft's rules; a field is named by the path of its value."""

    revision = forms.IntegerField(widget=forms.HiddenInput)
    summary = forms.CharField(
        label=gettext_lazy("What changes, in a sentence or two"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy(
            "Whoever publishes it reads this first; so does everybody in the list of versions."
        ),
    )

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        base: Mapping[str, Any],
        draft: Mapping[str, Any],
        revision: int,
    ) -> None:
        super().__init__(data, initial={"revision": revision, "summary": draft["summary"]})
        self.base, self.draft = base, draft
        self.rows: BlackoutForms = Blackouts(data, prefix="blackouts", initial=_rows(draft))
        for path, pair in content.pairs(draft).items():
            self.fields[path] = _verdict_field(path, pair["verdict"])
            self._add_why(path, pair, content.pairs(base)[path])
        for path, rule in content.rules(draft).items():
            for name, value in _members(rule).items():
                self.fields[f"{path}.{name}"] = _number_field(f"{path}.{name}", value)
            self._add_why(path, rule, content.rules(base)[path])

    def _add_why(self, path: str, now: Mapping[str, Any], in_force: Mapping[str, Any]) -> None:
        said = "" if now == in_force else content.about(now)
        self.fields[path + _WHY] = forms.CharField(
            label=_("Why: %(name)s") % {"name": wording.name(path)},
            max_length=300,
            required=False,
            initial=said,
        )

    # --- As it was typed ----------------------------------------------------------------------------------

    def is_valid(self) -> bool:
        rows_are_valid = self.rows.is_valid()
        return super().is_valid() and rows_are_valid

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if not self.errors and self.rows.is_valid():
            proposed = content.compose(self.base, self.proposal, number=self.draft["version"])
            for path, sentence in content.problems(proposed).items():
                self.add_error(path if path in self.fields else None, sentence)
        return cleaned

    @property
    def proposal(self) -> content.Proposal:
        typed = {name: value for name, value in self.cleaned_data.items() if "." in name}
        return content.Proposal(
            values={
                name: content.TO_THE_END if value is None and name.endswith(_STOP) else value
                for name, value in typed.items()
                if not name.endswith(_WHY)
            },
            whys={
                name.removesuffix(_WHY): value.strip() for name, value in typed.items() if name.endswith(_WHY)
            },
            blackouts=[form.row for form in self.rows.kept],
            summary=self.cleaned_data["summary"],
        )

    def onto(self, newest: Mapping[str, Any], *, revision: int) -> "RulesForm":
        """This valid form over a newer draft: what was typed stays, and all else says what that one says."""
        newer = RulesForm(base=self.base, draft=newest, revision=revision)
        data = QueryDict(mutable=True)
        for name in self.fields:
            typed = name in self.changed_data and name != "revision"
            data[name] = (self if typed else newer)[name].value()
        self.rows.put_onto(newer.rows, data)
        return RulesForm(data, base=self.base, draft=newest, revision=revision)

    # --- As the page shows it -----------------------------------------------------------------------------

    @property
    def kinds(self) -> list[str]:
        return list(KINDS)

    @property
    def verdicts(self) -> list[tuple[str, str]]:
        return [(code, str(word)) for code, word in wording.VERDICTS.items()]

    @property
    def matrix(self) -> list[tuple[str, list[tuple[Cell, forms.BoundField, str]]]]:
        """The rows of the matrix: each cell with its field, and what the version in force says there."""
        in_force = content.pairs(self.base)
        return [
            (kind, [(cell, self[cell.path], in_force[cell.path]["verdict"]) for cell in cells])
            for kind, cells in Rules(self.draft).matrix
        ]

    @property
    def pairs(self) -> list[Part]:
        in_force = content.pairs(self.base)
        return [
            Part(
                path,
                wording.pair_name(path),
                [],
                self[path + _WHY],
                wording.value_text(in_force[path]["verdict"]),
                shipped.in_words(content.about(in_force[path])),
                pair != in_force[path],
            )
            for path, pair in content.pairs(self.draft).items()
        ]

    @property
    def thresholds(self) -> list[Part]:
        return self._parts("")

    @property
    def of_kinds(self) -> list[PartsOfKind]:
        return [PartsOfKind(kind, wording.times_of(self.draft, kind), self._parts(kind)) for kind in KINDS]

    def _parts(self, kind: str) -> list[Part]:
        in_force, rules = content.rules(self.base), content.rules(self.draft)
        return [
            Part(
                path,
                wording.rule_name(path),
                [(wording.member_name(name), self[f"{path}.{name}"]) for name in _members(rules[path])],
                self[path + _WHY],
                wording.said_by(in_force[path]),
                shipped.in_words(content.about(in_force[path])),
                rules[path] != in_force[path],
            )
            for path in wording.in_order(rules)
            if wording.kind_of(path) == kind
        ]


def _members(rule: Mapping[str, Any]) -> dict[str, Any]:
    """Its values, and where it has amounts one for every currency; "other" is for those left empty."""
    members = content.members(rule)
    if not any(name.startswith("amounts.") for name in members):
        return members
    known = {f"amounts.{place.currency}": None for place in MARKETPLACES.values()}
    return {name: value for name, value in (known | members).items() if name != "amounts.other"} | {
        "amounts.other": members.get("amounts.other")
    }


def _verdict_field(path: str, verdict: str) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=wording.pair_name(path),
        choices=list(wording.VERDICTS.items()),
        initial=verdict,
        widget=forms.Select(attrs={"data-verdict": ""}),
    )


def _number_field(path: str, value: Any) -> forms.IntegerField:
    """A value that has to be there, a bound that may be open, or hours of which none mean: to the end."""
    return forms.IntegerField(
        label=wording.name(path),
        min_value=0,
        max_value=content.most(path),
        required=path.endswith(".value") and not path.endswith(_STOP) and not content.is_optional(path),
        initial=value if isinstance(value, int) else None,
    )
