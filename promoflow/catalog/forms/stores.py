"""What people type about stores and the roles on them."""

from copy import copy
from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from accounts.forms import PersonChoice
from accounts.models import User
from accounts.roles import ROLES
from promoflow.catalog.forms import seeing
from promoflow.catalog.models import Store
from promoflow.catalog.services.stores import Facts


class StoreForm(forms.ModelForm):  # type: ignore[type-arg]
    """A store's own facts; its marketplace is chosen once."""

    class Meta:
        model = Store
        fields = ["name", "merchant_id"]

    def clean_merchant_id(self) -> str:
        return cast(str, self.cleaned_data["merchant_id"]).strip().upper()


class ChangeStoreForm(StoreForm):
    """A store's own facts, and beside them what the person saw when they opened the form."""

    def __init__(self, data: QueryDict | None, *, store: Store) -> None:
        # A copy: what is typed must not become what a refusal calls the store.
        super().__init__(data, instance=copy(store), initial=seeing.initial(Facts.of(store)._asdict()))
        self.fields.update(seeing.fields(Facts._fields))

    @property
    def wanted(self) -> Facts:
        return Facts(*(self.cleaned_data[name] for name in Facts._fields))

    @property
    def seen(self) -> Facts:
        return Facts(*(self.cleaned_data[f"seen_{name}"] for name in Facts._fields))


class NewStoreForm(StoreForm):
    manager = PersonChoice(
        label=_("First manager"),
        queryset=User.objects.none(),
        help_text=_("Somebody else than you: nobody makes themselves a manager. They grant the other roles."),
    )

    class Meta(StoreForm.Meta):
        fields = ["name", "merchant_id", "marketplace_id"]

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = User.objects.filter(is_active=True).exclude(person_id=by.person_id).order_by("name", "pk")
        cast(PersonChoice, self.fields["manager"]).queryset = others


class RoleForm(forms.Form):
    """A person and a role, to grant or to revoke."""

    person = PersonChoice(label=_("Person"), queryset=User.objects.order_by("name", "pk"))
    role = forms.ChoiceField(label=_("Role"), choices=[(role.code, role.name) for role in ROLES.values()])
