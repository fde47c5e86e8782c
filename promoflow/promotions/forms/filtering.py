"""What people look for among requests."""

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from promoflow.catalog.models import Product, Sku, Store
from promoflow.promotions import selectors, waiting
from promoflow.promotions.counting import Counts
from promoflow.promotions.models import PromotionRequest, RevisionProduct
from promoflow.promotions.pictures import calendar
from promoflow.promotions.pictures.calendar import Wanted
from promoflow.promotions.risks import BANDS
from promoflow.templatetags.desk import KINDS, PICTURED, STATES

Narrowing = Callable[[Any], Q]

_ANY = ("", _("Any"))
_ON_CALENDAR = ("in_review", "scheduled", "approved", "live", "cooling", "ended", "may_run")


class FilterForm(forms.Form):
    """Each field narrows; what cannot be read narrows nothing."""

    q = forms.CharField(
        label=_("Reference or title"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": "PR-…"}),
    )
    state = forms.ChoiceField(label=_("State"), required=False)
    kind = forms.ChoiceField(label=_("Kind"), required=False)
    store = forms.ModelChoiceField(
        Store.objects.none(), label=_("Store"), required=False, empty_label=_("Any")
    )
    person = forms.ModelChoiceField(
        User.objects.none(), label=_("Written by"), required=False, empty_label=_("Anybody")
    )
    product = forms.CharField(label=_("ASIN or SKU"), required=False, max_length=60)
    desk = forms.ChoiceField(
        label=_("On my desk"),
        required=False,
        choices=[_ANY, ("to-finish", _("Mine to finish")), ("ending", _("Ending within a day"))],
    )

    def __init__(
        self, data: Any, *, requests: QuerySet[PromotionRequest], stores: set[int], by: User, at: datetime
    ) -> None:
        super().__init__(data)
        self.requests, self.by, self.at = requests, by, at
        _offer(self, "state", STATES)
        _offer(self, "kind", KINDS)
        if len(stores) > 1:
            self._models("store", Store.objects.filter(pk__in=stores))
        else:
            del self.fields["store"]
        wrote = PromotionRequest.objects.filter(store__in=stores).order_by().values("created_by")
        self._models("person", User.objects.filter(pk__in=wrote).order_by("name"))

    def _models(self, name: str, rows: QuerySet[Any]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101
        field.queryset = rows

    @property
    def is_narrowed(self) -> bool:
        return any(self.data.get(name) for name in self.fields)

    @property
    def store_alone(self) -> Store | None:
        """The store, where nothing else narrows: a list that is empty then has nothing, and hides nothing."""
        alone = [name for name in self.fields if self.data.get(name)] == ["store"]
        return self.cleaned_data.get("store") if alone else None

    def found(self) -> QuerySet[PromotionRequest]:
        """The requests that match, the newest first; their stage is annotated already."""
        self.full_clean()
        wanted = {name: value for name, value in self.cleaned_data.items() if value}
        more: dict[str, Narrowing] = {"state": lambda stage: Q(stage=stage), "desk": self._on_desk}
        return _narrowed(self.requests, wanted, more).order_by("-pk")

    def _on_desk(self, section: str) -> Q:
        """Exactly those that the section of this name counts."""
        if section == "ending":
            return Q(pk__in=waiting.ending(self.requests, self.at).order_by().values("pk"))
        return Q(pk__in=waiting.to_finish(self.by).order_by().values("pk"))


class QueueForm(forms.Form):
    """What somebody looks for among what waits for them; what cannot be read narrows nothing.

    Stores and people are read as keys: the queue holds only what its reader may see.
    """

    q = forms.CharField(
        label=_("Reference or title"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": "PR-…"}),
    )
    kind = forms.ChoiceField(label=_("Kind"), required=False)
    risk = forms.ChoiceField(label=_("Risk"), required=False)
    store = forms.IntegerField(label=_("Store"), required=False, widget=forms.Select)
    person = forms.IntegerField(label=_("Written by"), required=False, widget=forms.Select)
    product = forms.CharField(label=_("ASIN or SKU"), required=False, max_length=60)

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        _offer(self, "kind", KINDS)
        _offer(self, "risk", BANDS)
        self.full_clean()

    def offer(self, counts: Counts) -> None:
        """Name the kinds, stores and people that wait, each with its number."""
        kinds = [(code, KINDS[code][0], count) for code, count in counts.kinds.items()]
        for name, found in (("kind", kinds), ("store", counts.stores), ("person", counts.people)):
            choices = [_ANY, *((key, f"{word} ({count})") for key, word, count in found)]
            self.fields[name].widget.choices = choices
        if len(counts.stores) < 2 and not self.asked.get("store"):
            del self.fields["store"]

    @property
    def asked(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if value}

    @property
    def is_narrowed(self) -> bool:
        return bool(self.asked)

    @property
    def kept(self) -> str:
        """The filter as it stands in an address: what could be read of it, and nothing else."""
        return urlencode(self.asked)

    def narrow(self, requests: QuerySet[PromotionRequest]) -> QuerySet[PromotionRequest]:
        """Those that match, in the order in which they came."""
        return _narrowed(requests, self.asked, {"risk": lambda band: BANDS[band][1]})


class CalendarForm(forms.Form):
    """What somebody looks for on a store's calendar; what cannot be read narrows nothing."""

    q = forms.CharField(
        label=_("ASIN, title or reference"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    state = forms.ChoiceField(label=_("State"), required=False)
    kind = forms.ChoiceField(label=_("Kind"), required=False)
    lanes = forms.ChoiceField(
        label=_("Lanes"),
        required=False,
        choices=[("product", _("By product")), ("request", _("By request"))],
    )
    length = forms.ChoiceField(
        label=_("Days"),
        required=False,
        choices=[(calendar.MONTH, _("Month")), (calendar.WEEK, _("Week"))],
    )

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        _offer(self, "state", {stage: PICTURED[stage] for stage in _ON_CALENDAR})
        _offer(self, "kind", KINDS)
        self.full_clean()

    @property
    def is_narrowed(self) -> bool:
        return any(self.cleaned_data.get(name) for name in ("q", "state", "kind"))

    @property
    def by_request(self) -> bool:
        return self.cleaned_data.get("lanes") == "request"

    @property
    def asked_length(self) -> str:
        return self.cleaned_data.get("length") or calendar.MONTH

    def wanted(self) -> Wanted:
        asked = {name: value for name, value in self.cleaned_data.items() if value}
        wanted = Wanted()
        if "kind" in asked:
            wanted = replace(wanted, requests=wanted.requests & Q(current__kind=asked["kind"]))
        if "state" in asked:
            wanted = replace(wanted, requests=wanted.requests & Q(stage=asked["state"]))
        if "q" in asked:
            text = asked["q"]
            products = Q(asin__contains=_narrow(text).upper()) | _titled("title", text)
            wanted = replace(wanted, named=_named(text), products=products)
        return wanted


def _narrowed(
    requests: QuerySet[PromotionRequest], asked: Mapping[str, Any], more: Mapping[str, Narrowing]
) -> QuerySet[PromotionRequest]:
    """By what every list asks, and what this one asks beside it."""
    narrow: dict[str, Narrowing] = {
        "q": _named,
        "kind": lambda kind: Q(current__kind=kind),
        "store": lambda store: Q(store=store),
        "person": _written_by,
        "product": _about,
        **more,
    }
    for name, value in asked.items():
        requests = requests.filter(narrow[name](value))
    return requests


def _offer(form: forms.Form, name: str, words: Mapping[str, Any]) -> None:
    """The words of a table as choices, and that any will do."""
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)  # noqa: S101
    field.choices = [_ANY, *((code, entry[0]) for code, entry in words.items())]


def _named(text: str) -> Q:
    return Q(pk=selectors.number_of(text)) | _titled("current__title", text)


def _narrow(text: str) -> str:
    """As a keyboard for Chinese types it in half width, with single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def _titled(field: str, text: str) -> Q:
    """A title may itself hold what is of full width, so it is looked for as it was typed too."""
    spellings = {" ".join(text.split()), _narrow(text)}
    return Q(*((f"{field}__icontains", spelling) for spelling in sorted(spellings)), _connector=Q.OR)


def _written_by(person: User | int) -> Q:
    return Q(created_by=person) | Q(current__edited_by=person) | Q(submitted_by=person)


def _about(text: str) -> Q:
    """By ASIN or SKU, also where the product is a variation of a chosen parent."""
    typed = _narrow(text)
    # Each is looked up once and by its index, whatever the number of requests.
    by_asin = Product.objects.filter(asin=typed.upper()).values("pk")
    by_sku = Sku.objects.filter(sku__iexact=typed).values("product")
    named = Q(product__in=by_asin.union(by_sku))
    return Q(Exists(RevisionProduct.objects.filter(named, revision=OuterRef("current"))))
