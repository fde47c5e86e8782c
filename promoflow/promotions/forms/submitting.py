"""The form with which a draft is submitted: a reason for each warning."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from django import forms
from django.utils.translation import gettext as _

from promoflow.promotions.checker import Report

REASON: Final = "reason:"


class SubmitForm(forms.Form):
    """A reason for each warning of the report that the person saw; what it names goes to the service.

    Without a report it asks for those that were sent: which warnings there are, the service finds out. By the
    key of a warning, `before` has the reason that was given for it once.
    """

    revision = forms.IntegerField(widget=forms.HiddenInput)
    report = forms.CharField(max_length=64, widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        found: Report | None = None,
        before: Mapping[str, str] = MappingProxyType({}),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.found = found
        for name in self._names():
            given = before.get(name.removeprefix(REASON), "")
            self.fields[name] = forms.CharField(
                label=_("Your reason"),
                initial=given,
                help_text=_("Given at the last submission. Change it if it no longer holds.")
                if given
                else "",
                max_length=1000,
                widget=forms.Textarea(attrs={"rows": 2}),
                error_messages={"required": _("Give your reason; the supervisor reads it.")},
            )

    def _names(self) -> list[str]:
        if self.found is None:
            return [name for name in self.data if name.startswith(REASON)]
        return [f"{REASON}{finding.key}" for finding in self.found.warnings]

    def is_of(self, revision: int, found: Report) -> bool:
        """Its page showed this revision and the report found now; a damaged one does not say."""
        now = {"revision": revision, "report": found.digest.hex()}
        return all(self.cleaned_data.get(name, value) == value for name, value in now.items())

    @property
    def reasons(self) -> dict[str, str]:
        return {
            name.removeprefix(REASON): text
            for name, text in self.cleaned_data.items()
            if name.startswith(REASON)
        }
