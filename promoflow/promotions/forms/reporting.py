"""What the reader of a report asks: days, store, people, and what the report itself asks beside them."""

from datetime import datetime, timedelta
from typing import Any, Final, cast

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.forms import PersonChoice, time_zones
from accounts.models import User
from promoflow.audit.selectors import Sight, people_in
from promoflow.catalog.models import Store
from promoflow.days import DayField, check_in_order, midnight
from promoflow.promotions import office
from promoflow.promotions.reports.frame import Question, Report
from promoflow.promotions.reports.overrides import KINDS

PRESETS: Final = (7, 30, 90, 365)
USUAL: Final = 90


def _person(label: Any) -> PersonChoice:
    return PersonChoice(User.objects.none(), label=label, required=False, empty_label=_("Everybody"))


class ReportForm(forms.Form):
    """The last 90 days and all stores that its reader oversees, unless they choose otherwise."""

    since = DayField(label=_("From"))
    until = DayField(label=pgettext_lazy("date", "To"))
    store = forms.TypedChoiceField(label=_("Store"), coerce=int, empty_value=None, required=False)
    person = _person(_("Who"))
    author = _person(pgettext_lazy("report", "Wrote"))
    approver = _person(pgettext_lazy("report", "Approved"))
    policy = forms.IntegerField(
        label=_("Policy version"), required=False, min_value=1, max_value=2_147_483_647
    )
    kind = forms.ChoiceField(
        label=pgettext_lazy("report", "What"),
        required=False,
        choices=[("", _("Everything")), *KINDS.items()],
    )
    seconds = forms.IntegerField(
        label=_("Quick is under (seconds)"), min_value=1, max_value=86_400, required=False
    )
    acknowledged = forms.BooleanField(label=_("With warnings only"), required=False)

    def __init__(
        self, data: Any, *, report: Report, stores: tuple[int, ...], sight: Sight, at: datetime
    ) -> None:
        self.stores, self.at = stores, at
        self.today = timezone.localtime(at).date()
        super().__init__({**self._usual(), **{name: value for name, value in data.items() if value}})
        for name in set(self.fields) - {"since", "until", "store", *report.asks}:
            del self.fields[name]
        self._offer_stores(nowhere="nowhere" in report.asks)
        self._offer_people(sight)

    def _usual(self) -> dict[str, str]:
        since = self.today - timedelta(days=USUAL - 1)
        return {"since": since.isoformat(), "until": self.today.isoformat(), "seconds": "30"}

    def _offer_stores(self, *, nowhere: bool) -> None:
        names = list(Store.objects.filter(pk__in=self.stores).values_list("pk", "name"))
        none = [(office.NOWHERE, _("No store: people and rules"))] if nowhere else []
        if len(names) + len(none) < 2:
            del self.fields["store"]
            return
        field = cast(forms.TypedChoiceField, self.fields["store"])
        field.choices = [("", _("All stores")), *names, *none]

    def _offer_people(self, sight: Sight) -> None:
        """Reports are about humans, so with an account that is seen come the others of its human."""
        humans = people_in(sight).order_by().values("person_id")
        for name in {"person", "author", "approver"} & set(self.fields):
            field = cast(PersonChoice, self.fields[name])
            field.queryset = User.objects.filter(person_id__in=humans).order_by("name", "pk")

    def clean(self) -> None:
        check_in_order(self)

    @property
    def presets(self) -> list[tuple[int, dict[str, str], bool]]:
        """Days, what an address says for them, and whether they are the ones asked for."""
        found = []
        for days in PRESETS:
            since = self.today - timedelta(days=days - 1)
            asked = {"since": since.isoformat(), "until": self.today.isoformat()}
            found.append((days, asked, all(self.data.get(name) == day for name, day in asked.items())))
        return found

    @property
    def question(self) -> Question:
        """The days are the reader's own, and the last one counts whole."""
        typed = self.cleaned_data
        store = typed.get("store")
        return Question(
            stores=tuple(one for one in self.stores if store in (None, one)),
            everywhere=store in (None, office.NOWHERE),
            since=midnight(typed["since"]),
            until=midnight(typed["until"] + timedelta(days=1)),
            at=self.at,
            zone=timezone.get_current_timezone_name(),
            policy=typed.get("policy"),
            acknowledged=bool(typed.get("acknowledged")),
            seconds=typed.get("seconds") or 30,
            kind=typed.get("kind", ""),
            kept={
                name: str(self.data[name])
                for name in ("since", "until", "store", "person")
                if name in self.fields and self.data.get(name)
            },
            **{name: _human(typed.get(name)) for name in ("person", "author", "approver")},
        )


def _human(person: User | None) -> Any:
    return person.person_id if person else None


class OfficeForm(forms.Form):
    """When the office of a store is open."""

    days = forms.TypedMultipleChoiceField(
        label=_("Days"),
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        choices=[
            (1, _("Monday")),
            (2, _("Tuesday")),
            (3, _("Wednesday")),
            (4, _("Thursday")),
            (5, _("Friday")),
            (6, _("Saturday")),
            (7, _("Sunday")),
        ],
        error_messages={"required": _("Tick the days on which the office is open.")},
    )
    opens = forms.TimeField(label=_("Opens"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    closes = forms.TimeField(
        label=_("Closes"),
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text=_(
            "No later than it opens means on the next day: 22:00 to 06:00 is a night, which belongs to the "
            "day on which it opens, and 00:00 to 00:00 the whole day."
        ),
    )
    zone = forms.ChoiceField(label=_("Time zone"), choices=time_zones)

    @property
    def office(self) -> office.Office:
        typed = self.cleaned_data
        return office.Office(tuple(typed["days"]), typed["opens"], typed["closes"], typed["zone"])
