"""Who decides in one's place, and on which days."""

from datetime import datetime, time, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts import selectors as people
from accounts.models import User
from accounts.roles import SUPERVISOR
from promoflow.catalog.models import Store
from promoflow.days import DayField


class AbsenceForm(forms.Form):
    """Each choice is a store with somebody else who supervises it; whether they may is the service's."""

    delegate = forms.ChoiceField(label=_("Who decides in your place"))
    first_day = DayField(label=_("First day away"))
    last_day = DayField(
        label=_("Last day away"), help_text=_("Included; days are those of your own time zone.")
    )

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by = by
        self.stores = Store.objects.in_bulk(people.stores_of(by, SUPERVISOR))
        self.colleagues = {
            f"{store.pk}:{person.pk}": (store, person)
            for store in self.stores.values()
            for person in people.people_with_role(store.pk, SUPERVISOR, besides={by.person_id})
        }
        field = cast(forms.ChoiceField, self.fields["delegate"])
        field.choices = [("", _("Choose somebody")), *_named(self.colleagues, len(self.stores) > 1)]

    @property
    def absence(self) -> dict[str, Any]:
        """As the service takes it."""
        typed, zone = self.cleaned_data, ZoneInfo(self.by.time_zone)
        store, delegate = self.colleagues[typed["delegate"]]
        after = typed["last_day"] + timedelta(days=1)
        return {
            "store": store,
            "delegate": delegate,
            "starts_at": datetime.combine(typed["first_day"], time(), zone),
            "ends_at": datetime.combine(after, time(), zone),
        }


def _named(colleagues: dict[str, tuple[Store, User]], many_stores: bool) -> list[tuple[str, str]]:
    return [
        (key, f"{person.name} · {store}" if many_stores else person.name)
        for key, (store, person) in colleagues.items()
    ]
