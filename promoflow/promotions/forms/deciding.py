"""What people send when they decide, publish or settle: the shape of it, no rule."""

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

_DIGEST = RegexValidator(r"^[0-9a-f]{64}$", _("This page is damaged: reload it."))


class _Keys(forms.MultipleChoiceField):
    """Keys of findings; which of them there are is for the service to compare."""

    def valid_value(self, value: object) -> bool:
        return len(str(value)) <= 200


class ApproveForm(forms.Form):
    revision = forms.CharField(widget=forms.HiddenInput, validators=[_DIGEST])
    report = forms.CharField(widget=forms.HiddenInput, validators=[_DIGEST])
    acknowledged = _Keys(required=False)
    note = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Its operator reads it; the history keeps it."),
    )


class RefuseForm(forms.Form):
    """Returning or rejecting: the reason is what the operator works with next."""

    revision = forms.CharField(widget=forms.HiddenInput, validators=[_DIGEST])
    note = forms.CharField(
        label=_("What should change, and why"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Say why: the operator reads it and knows what to do next.")},
    )


class PublishForm(forms.Form):
    """What the page of a draft showed: its content and its effect."""

    revision = forms.CharField(widget=forms.HiddenInput, validators=[_DIGEST])
    effect = forms.CharField(widget=forms.HiddenInput, validators=[_DIGEST])


class SettleForm(forms.Form):
    """Settling an alarm: the reason stands in the history."""

    note = forms.CharField(
        label=_("Why it may stay, or what was done"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Say why it may stay, or what was done about it.")},
    )
