"""What the reader of the history asks for."""

import re
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlencode

from django import forms
from django.contrib.auth import get_user_model
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from promoflow.audit import searching
from promoflow.audit.events import EVENTS, PARTS
from promoflow.audit.models import Entry
from promoflow.audit.selectors import Sight, Wanted, people_in, stores_in
from promoflow.days import DayField, check_in_order, midnight

_REFERENCE: Final = re.compile(r"(?:PR)?[\s-]*(\d{1,12})", re.IGNORECASE)


def _events() -> list[tuple[object, object]]:
    groups: dict[str, list[tuple[str, object]]] = {}
    for event in EVENTS.values():
        groups.setdefault(event.code.partition(".")[0], []).append((event.code, event.sentence))
    return [("", _("Everything")), *((PARTS[part], events) for part, events in groups.items())]


class _Who(forms.ModelChoiceField):  # type: ignore[type-arg]
    """Names alone do not tell people apart; addresses do."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.called} ({obj.email})"


class HistoryForm(forms.Form):
    words = forms.CharField(
        label=_("Words"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )
    person = _Who(
        get_user_model().objects.none(),
        label=_("Who"),
        required=False,
        empty_label=_("Everybody"),
        error_messages={"invalid_choice": _("You see nothing that this person did.")},
    )
    event = forms.ChoiceField(label=_("What"), choices=_events, required=False)
    store = forms.TypedChoiceField(label=_("Store"), coerce=int, empty_value=None, required=False)
    subject = forms.CharField(
        label=_("Request"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"placeholder": "PR-…", "autocomplete": "off"}),
    )
    asin = forms.CharField(
        label="ASIN",
        required=False,
        max_length=20,
        widget=forms.TextInput(attrs={"placeholder": "B0…", "autocomplete": "off", "class": "asin"}),
    )
    outcome = forms.ChoiceField(
        label=_("Outcome"), choices=[("", _("Any")), *Entry.Outcome.choices], required=False
    )
    since = DayField(label=_("From"), required=False)
    until = DayField(label=pgettext_lazy("date", "To"), required=False)

    def __init__(self, *args: Any, sight: Sight, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].queryset = people_in(sight)  # type: ignore[attr-defined]
        self.stores = stores_in(sight)
        self.fields["store"].choices = [("", _("All stores")), *self.stores]  # type: ignore[attr-defined]
        # A link may ask for the only one, which leaves out what belongs to no store.
        if len(self.stores) < 2 and not self.data.get("store"):
            del self.fields["store"]

    def clean_subject(self) -> str:
        """PR-1042, also when it was typed as 1042 or pr 1042; any other name as it is."""
        text: str = self.cleaned_data["subject"].strip()
        match = _REFERENCE.fullmatch(text)
        return f"PR-{match[1]}" if match else text

    def clean_words(self) -> str:
        words = " ".join(self.cleaned_data["words"].split())
        if words and not searching.can_be_found(words):
            raise forms.ValidationError(
                gettext("Type at least three letters or digits in a row, or one Chinese character.")
            )
        return words

    def clean_asin(self) -> str:
        asin: str = self.cleaned_data["asin"].strip().upper()
        return asin

    def clean(self) -> None:
        check_in_order(self)

    @property
    def kept(self) -> str:
        """The filter as it stands in an address; nothing where some of it cannot be read."""
        if self.errors:
            return ""
        asked = {name: value for name, value in self.cleaned_data.items() if value}
        return urlencode({name: getattr(value, "pk", value) for name, value in asked.items()})

    @property
    def wanted(self) -> Wanted:
        """The filter; the days are the reader's own, and the last one counts whole."""
        data = self.cleaned_data
        person, since, until = data["person"], data["since"], data["until"]
        return Wanted(
            store=data.get("store"),
            person=person.pk if person else None,
            subject=data["subject"],
            asin=data["asin"],
            event=data["event"],
            outcome=data["outcome"],
            since=midnight(since) if since else None,
            until=midnight(until + timedelta(days=1)) if until else None,
            words=data["words"],
        )


class SaveSearchForm(forms.Form):
    name = forms.CharField(
        label=_("Name of this filter"),
        max_length=60,
        error_messages={"required": _("Name the filter, so that you find it again.")},
    )


class KeptForm(forms.Form):
    """An older checkpoint that somebody kept, by its size."""

    size = forms.IntegerField(
        label=_("Entries of the checkpoint that you kept"),
        help_text=_("The second line of its note."),
        min_value=1,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={
            "required": _("Type how many entries your checkpoint has: the second line of its note."),
            "invalid": _("This is no number of entries. Copy the second line of your note."),
        },
    )

    def __init__(self, *args: Any, newest: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.newest = newest

    def clean_size(self) -> int:
        size: int = self.cleaned_data["size"]
        if size > self.newest:
            raise forms.ValidationError(
                gettext(
                    "The newest checkpoint here has %(newest)s entries. If yours was signed for more, the "
                    "history was cut: show your note to an auditor."
                )
                % {"newest": self.newest}
            )
        return size
