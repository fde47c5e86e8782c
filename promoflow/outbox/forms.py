"""What people type about how they and their stores are told."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from promoflow.outbox import kinds
from promoflow.outbox.models import Channel, Timed
from promoflow.outbox.notices import TOPICS
from promoflow.outbox.reaching import Unreached

_HOURS = [(str(hour), f"{hour:02}:00") for hour in range(24)]


class HoursForm(forms.Form):
    """Quiet hours and digests."""

    quiet_from = forms.TimeField(
        label=gettext_lazy("Quiet from"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    quiet_until = forms.TimeField(
        label=gettext_lazy("Quiet until"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    digest = forms.ChoiceField(label=gettext_lazy("How often"), choices=Timed.Digest.choices)
    digest_hour = forms.TypedChoiceField(label=gettext_lazy("Once a day at"), choices=_HOURS, coerce=int)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        begins, ends = cleaned.get("quiet_from"), cleaned.get("quiet_until")
        if (begins is None) != (ends is None) and not {"quiet_from", "quiet_until"} & self.errors.keys():
            self.add_error(
                "quiet_until" if ends is None else "quiet_from",
                _("Quiet hours have a beginning and an end: give both, or neither."),
            )
        elif begins is not None and begins == ends:
            self.add_error("quiet_until", _("Quiet hours end at another time than they begin."))
        return cleaned


class TellingForm(HoursForm):
    """How one person is told."""

    mail = forms.BooleanField(
        label=gettext_lazy("Send me mail"),
        required=False,
        help_text=gettext_lazy(
            "Without it you read everything in your inbox here. What is about your account is mailed always."
        ),
    )
    field_order = ["mail"]


class PersonalChannelForm(forms.Form):
    """A chat of one's own; its hours are its person's."""

    kind = forms.ChoiceField(
        label=gettext_lazy("Service"), choices=[(kind.code, kind.name) for kind in kinds.KINDS.values()]
    )
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=60,
        help_text=gettext_lazy("What you call it here, such as the name of the group."),
    )
    address = forms.CharField(
        label=gettext_lazy("Webhook address"),
        max_length=kinds.LONGEST_ADDRESS,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "inputmode": "url"}),
        help_text=gettext_lazy(
            "The service makes it for a bot or an incoming webhook. Whoever knows it can write there, so it "
            "is kept sealed and never shown whole again."
        ),
    )
    topics = forms.MultipleChoiceField(
        label=gettext_lazy("What it is told"),
        choices=list(TOPICS.items()),
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": gettext_lazy("Choose at least one: a channel that is told nothing is none.")
        },
    )

    def __init__(self, *args: Any, channel: Channel | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.channel = channel
        if channel is not None:
            del self.fields["kind"]
            self.fields["address"].required = False
            self.fields["address"].help_text = _(
                "It is %(masked)s. Leave this empty to keep it; type another to replace it."
            ) % {"masked": channel.masked}

    def clean(self) -> dict[str, Any]:
        """The address is checked by its service here too, so that the sentence stands beside the field."""
        cleaned = super().clean() or {}
        kind = self.channel.kind if self.channel else cleaned.get("kind")
        address = (cleaned.get("address") or "").strip()
        if kind and address:
            try:
                kinds.check_address(kind, address)
            except Unreached as trouble:
                self.add_error("address", str(trouble))
        return cleaned | {"address": address}


class StoreChannelForm(PersonalChannelForm, HoursForm):
    """A store's chat; it has hours and a language of its own."""

    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=settings.LANGUAGES)
    field_order = ["kind", "name", "address", "topics", "language"]
