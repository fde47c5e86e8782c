"""Saved filters of the history: a person's own convenience, so the history does not tell of them."""

from datetime import datetime
from typing import Final

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils.translation import gettext as _

from promoflow.audit.models import SavedSearch
from promoflow.audit.services import Person
from promoflow.errors import Blocked

# More than anybody finds again in a row of names.
MOST: Final = 20


@transaction.atomic
def save(*, name: str, query: str, by: Person, at: datetime) -> SavedSearch:
    """Keep the filter under the name; one of the same name gives way to it."""
    if not query:
        raise Blocked(_("Nothing narrows the history: choose what to look for first."))
    get_user_model().objects.select_for_update(no_key=True).get(pk=by.pk)
    SavedSearch.objects.filter(saved_by=by.pk, name=name.strip()).delete()
    if SavedSearch.objects.filter(saved_by=by.pk).count() >= MOST:
        raise Blocked(
            _("You have %(most)d saved filters, which is the most. Delete one first.") % {"most": MOST}
        )
    return SavedSearch.objects.create(saved_by_id=by.pk, name=name.strip(), query=query, saved_at=at)


def delete(*, pk: int, by: Person) -> None:
    """Forget one's own; somebody else's does not exist for this person."""
    SavedSearch.objects.get(pk=pk, saved_by=by.pk).delete()
