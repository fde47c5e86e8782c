"""What people type about people."""

from typing import Any, cast
from unicodedata import category
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.models import User


def time_zones() -> list[tuple[str, list[tuple[str, str]]]]:
    """The zones that people live in, by continent; not the abbreviations and arithmetic of the database."""
    continents: dict[str, list[tuple[str, str]]] = {}
    for zone in sorted(available_timezones()):
        continent, _slash, place = zone.partition("/")
        if place and continent not in {"Etc", "SystemV", "US", "Canada", "Brazil", "Mexico", "Chile"}:
            continents.setdefault(continent, []).append((zone, place.replace("_", " ")))
    return [("UTC", [("UTC", "UTC")]), *continents.items()]


class PersonChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    """Names alone do not tell people apart; addresses do."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"empty_label": _("Choose somebody"), **kwargs})

    def label_from_instance(self, obj: User) -> str:
        return f"{obj.called} ({obj.email})"


class PreferencesForm(forms.Form):
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        choices=time_zones,
        help_text=_("Times are shown in the marketplace's zone and in yours."),
    )


class NameField(forms.CharField):
    """Without what nobody sees: it makes two names of one, or turns what follows around."""

    def to_python(self, value: object) -> str | None:
        typed = super().to_python(value)
        return typed and " ".join("".join(sign for sign in typed if category(sign) != "Cf").split())


class PersonForm(forms.ModelForm):  # type: ignore[type-arg]
    """Somebody new on the desk."""

    time_zone = forms.ChoiceField(label=_("Time zone"), choices=time_zones, initial="Asia/Shanghai")
    same_person_as = PersonChoice(
        label=_("Has an account already"),
        queryset=User.objects.order_by("name", "pk"),
        required=False,
        empty_label=_("No, this is their first"),
        help_text=_("Two accounts of one human are one person: neither approves what the other drafted."),
    )

    class Meta:
        model = User
        fields = ["name", "email", "language", "time_zone"]
        field_classes = {"name": NameField}
        labels = {"email": _("Email")}
        help_texts = {"email": _("They sign in with it, and get a link there to set a password.")}

    def clean_email(self) -> str:
        return cast(str, self.cleaned_data["email"]).lower()


class NameForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = ["name"]
        field_classes = {"name": NameField}


class JoinForm(forms.Form):
    """Which account belongs to the same human."""

    with_ = PersonChoice(label=_("The other account"), queryset=User.objects.none())

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = User.objects.exclude(person_id=user.person_id).order_by("name", "pk")
        cast(PersonChoice, self.fields["with_"]).queryset = others
