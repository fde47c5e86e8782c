"""What a person saw when they opened a form, hidden beside its fields: nobody undoes others unseen."""

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from django import forms
from django.http import QueryDict

from promoflow.errors import Stale

Form = TypeVar("Form", bound=forms.BaseForm)


def fields(names: Iterable[str]) -> dict[str, forms.Field]:
    """A hidden one for each field, to the letter: a blank at its end is a part of what was seen."""
    return {
        f"seen_{name}": forms.CharField(required=False, strip=False, widget=forms.HiddenInput)
        for name in names
    }


def initial(shown: Mapping[str, str]) -> dict[str, str]:
    """What stands in the fields when the form opens, and hidden beside them."""
    return {**shown, **{f"seen_{name}": value for name, value in shown.items()}}


def over(
    form_of: Callable[[QueryDict], Form], typed: QueryDict, now: Mapping[str, str], stale: Stale
) -> Form:
    """The form as it was typed, over what is there now, with what somebody else changed.

    What was left as it was seen follows, so that sending it again undoes only what its sender typed over.
    """
    data = typed.copy()
    for name, value in now.items():
        if data.get(name) == data.get(f"seen_{name}"):
            data[name] = value
        data[f"seen_{name}"] = value
    form = form_of(data)
    form.is_valid()
    form.add_error(None, [str(stale), *map(str, stale.changes)])
    return form
