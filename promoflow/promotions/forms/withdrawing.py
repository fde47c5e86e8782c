"""What is asked of whoever takes a request back, or says later that it is not at Amazon."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class WithdrawForm(forms.Form):
    """Why a request is taken back, and whether it stands at Amazon where it may."""

    set_up = forms.ChoiceField(
        label=_("Is it set up in Seller Central?"),
        choices=[
            ("no", _("It was never set up there, or I have deleted it before it began")),
            ("maybe", _("It is there, or may be: I don't know")),
        ],
        help_text=_(
            "If it is there, or may be, end it in Seller Central now: other requests on its products will be "
            "warned of it until its end."
        ),
        error_messages={"required": _("Say whether it is set up in Seller Central.")},
        widget=forms.RadioSelect,
    )
    note = forms.CharField(
        label=_("Why it is withdrawn"),
        required=False,
        max_length=1000,
        help_text=_("Whoever was asked to decide on it reads this."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, may_run: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_run:
            del self.fields["set_up"]

    @property
    def may_run(self) -> bool | None:
        """What was said of it; nothing where it was not asked or not said."""
        return {"no": False, "maybe": True}.get(self.cleaned_data.get("set_up", ""))


class ClearForm(forms.Form):
    """How somebody knows that what was approved is not at Amazon."""

    note = forms.CharField(
        label=_("How you know"),
        required=False,
        max_length=1000,
        help_text=_("It stands in the history beside your name."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
