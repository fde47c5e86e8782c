"""What people send when they comment: the shape of it, no rule."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from promoflow.promotions.forms.deciding import DIGEST


class CommentForm(forms.Form):
    """A comment on the revision that the page shows, and whom to tell of it."""

    revision = forms.CharField(widget=forms.HiddenInput, validators=[DIGEST])
    body = forms.CharField(
        label=_("Comment"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2, "data-mentions": True}),
        help_text=_("Write @ and a name to tell somebody, PR-1042 to link to a request."),
        error_messages={"required": _("Write what you want to say.")},
    )

    def __init__(self, *args: Any, people: Iterable[User], **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "comment_%s", **kwargs})
        self.fields["mentions"] = forms.TypedMultipleChoiceField(
            label=_("Tell"),
            required=False,
            coerce=int,
            choices=[(person.pk, person.name) for person in people],
            widget=forms.CheckboxSelectMultiple,
        )
