"""A day as a form asks for it: typed or picked, and one that some promotion could have; and spans of them."""

from datetime import date, datetime, time
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from promoflow.rulebook import zones


def _refuse_what_cannot_be_meant(day: date) -> None:
    """At the ends of the calendar there is no next day, nor the same instant in another time zone."""
    if zones.nearest_that_counts(day) != day:
        raise ValidationError(_("Choose a day between 2000 and 2200."), code="not-a-day")


class DayField(forms.DateField):
    """Every day that somebody types is read here."""

    def __init__(self, **kwargs: Any) -> None:
        picker = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
        super().__init__(**{"widget": picker, "validators": [_refuse_what_cannot_be_meant], **kwargs})


def check_in_order(form: forms.Form) -> None:
    """What is looked for `since` one day `until` another begins before it ends."""
    since, until = form.cleaned_data.get("since"), form.cleaned_data.get("until")
    if since and until and until < since:
        form.add_error("until", _("This day is before the first one; choose the same day or a later one."))


def midnight(day: date) -> datetime:
    """Where a day of the reader's own begins."""
    return timezone.make_aware(datetime.combine(day, time()))
