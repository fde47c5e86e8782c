"""What people send when they decide, publish or settle: the shape of it, no rule."""

from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrPromise

from promoflow.promotions import retyping
from promoflow.promotions.content import fields_of_kind
from promoflow.promotions.wording.presenting import field_name

DIGEST = RegexValidator(r"^[0-9a-f]{64}$", _("This page is damaged: reload it."))


class _Keys(forms.MultipleChoiceField):
    """Keys of findings; which of them there are is for the service to compare."""

    def valid_value(self, value: object) -> bool:
        return len(str(value)) <= 200


class ApproveForm(forms.Form):
    revision = forms.CharField(widget=forms.HiddenInput, validators=[DIGEST])
    report = forms.CharField(widget=forms.HiddenInput, validators=[DIGEST])
    acknowledged = _Keys(required=False)
    note = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Its operator reads it; the history keeps it."),
    )
    retyped = forms.CharField(
        label=_("The ASIN of one of its products"),
        required=False,
        max_length=40,
        help_text=_("Type it, read from Seller Central or the product's page."),
        error_messages={"required": retyping.MISSING},
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "autocapitalize": "characters",
                "spellcheck": "false",
                "class": "asin",
            }
        ),
    )

    def __init__(self, *args: Any, retypes: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["retyped"].required = retypes


def _reason(label: StrPromise) -> forms.CharField:
    """The reason is what the operator works with next."""
    return forms.CharField(
        label=label,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Say why: the operator reads it and knows what to do next.")},
    )


class ReturnForm(forms.Form):
    """What should change, and in which fields of the content."""

    revision = forms.CharField(widget=forms.HiddenInput, validators=[DIGEST])
    note = _reason(_("What should change, and why"))

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "return_%s", **kwargs})
        self.fields["fields"] = forms.MultipleChoiceField(
            label=_("Which fields"),
            required=False,
            choices=[(name, field_name(name)) for name in fields_of_kind(kind)],
            widget=forms.CheckboxSelectMultiple,
        )


class RejectForm(forms.Form):
    """Why it is refused for good."""

    revision = forms.CharField(widget=forms.HiddenInput, validators=[DIGEST])
    note = _reason(_("Why it is rejected for good"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "reject_%s", **kwargs})


class ReturnSeveralForm(forms.Form):
    """Several at once, each as the queue showed it (reference:digest), with one reason."""

    # The boxes stand in the rows of the queue, so there is no one field for an error to link to.
    picked = _Keys(
        label=_("Requests"),
        widget=forms.MultipleHiddenInput,
        error_messages={"required": _("Tick those that you return.")},
    )
    note = forms.CharField(
        label=_("What should change in all of them, and why"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Say why: the operators read it and know what to do next.")},
    )

    def clean_picked(self) -> dict[str, str]:
        """Reference -> the digest of the revision that was shown."""
        seen = dict(key.partition(":")[::2] for key in self.cleaned_data["picked"])
        for digest in seen.values():
            DIGEST(digest)
        return seen


class SaveFilterForm(forms.Form):
    name = forms.CharField(
        label=_("Name of this filter"),
        max_length=60,
        error_messages={"required": _("Name the filter, so that you find it again.")},
    )


class ClaimForm(forms.Form):
    """`over` is the claim that the page showed, to be taken over."""

    over = forms.IntegerField(required=False)


class PublishForm(forms.Form):
    """What the page of a draft showed: its content and its effect."""

    revision = forms.CharField(widget=forms.HiddenInput, validators=[DIGEST])
    effect = forms.CharField(widget=forms.HiddenInput, validators=[DIGEST])


class SettleForm(forms.Form):
    """Settling an alarm: the reason stands in the history."""

    note = forms.CharField(
        label=_("Why it may stay, or what was done"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Say why it may stay, or what was done about it.")},
    )
