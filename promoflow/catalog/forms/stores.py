"""What people type about stores and the roles on them."""

from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms import PersonChoice
from accounts.models import User
from accounts.roles import ROLES
from promoflow.catalog.models import Store


class StoreForm(forms.ModelForm):  # type: ignore[type-arg]
    """A store's own facts; its marketplace is chosen once."""

    class Meta:
        model = Store
        fields = ["name", "merchant_id"]

    def clean_merchant_id(self) -> str:
        return cast(str, self.cleaned_data["merchant_id"]).strip().upper()


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
