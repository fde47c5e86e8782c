"""What people look for among requests."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from promoflow.catalog.models import Store
from promoflow.promotions import selectors
from promoflow.promotions.models import PromotionRequest, RevisionProduct
from promoflow.templatetags.desk import KINDS, STATES

_ANY = ("", _("Any"))


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

    def __init__(self, data: Any, *, requests: QuerySet[PromotionRequest], stores: set[int]) -> None:
        super().__init__(data)
        self.requests = requests
        self._choices("state", STATES)
        self._choices("kind", KINDS)
        if len(stores) > 1:
            self._models("store", Store.objects.filter(pk__in=stores))
        else:
            del self.fields["store"]
        wrote = PromotionRequest.objects.filter(store__in=stores).order_by().values("created_by")
        self._models("person", User.objects.filter(pk__in=wrote).order_by("name"))

    def _choices(self, name: str, words: dict[str, Any]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101
        field.choices = [_ANY, *((code, entry[0]) for code, entry in words.items())]

    def _models(self, name: str, rows: QuerySet[Any]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101
        field.queryset = rows

    @property
    def is_narrowed(self) -> bool:
        return any(self.data.get(name) for name in self.fields)

    def found(self) -> QuerySet[PromotionRequest]:
        """The requests that match, the newest first; their stage is annotated already."""
        self.full_clean()
        wanted = {name: value for name, value in self.cleaned_data.items() if value}
        narrow: dict[str, Callable[[Any], Q]] = {
            "q": _named,
            "state": lambda stage: Q(stage=stage),
            "kind": lambda kind: Q(current__kind=kind),
            "store": lambda store: Q(store=store),
            "person": _written_by,
            "product": _about,
        }
        found = self.requests
        for name, value in wanted.items():
            found = found.filter(narrow[name](value))
        return found.order_by("-pk")


def _named(text: str) -> Q:
    return Q(pk=selectors.number_of(text)) | Q(current__title__icontains=" ".join(text.split()))


def _written_by(person: User) -> Q:
    return Q(created_by=person) | Q(current__edited_by=person) | Q(submitted_by=person)


def _about(text: str) -> Q:
    """By ASIN or SKU, also where the product is a variation of a chosen parent."""
    named = Q(product__asin=text.strip().upper()) | Q(product__skus__sku=text.strip())
    return Q(Exists(RevisionProduct.objects.filter(named, revision=OuterRef("current"))))
