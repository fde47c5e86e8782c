"""Saved filters of the review queue: a person's own convenience, so the history does not tell of them."""

from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from promoflow.errors import Blocked
from promoflow.promotions.models import SavedFilter

# More than anybody finds again in a row of names.
MOST: Final = 20


@transaction.atomic
def save(*, name: str, query: str, by: User, at: datetime) -> SavedFilter:
    """Keep the filter under the name; one of the same name gives way to it."""
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    SavedFilter.objects.filter(saved_by=by, name=name.strip()).delete()
    if SavedFilter.objects.filter(saved_by=by).count() >= MOST:
        raise Blocked(
            _("You have %(most)d saved filters, which is the most. Delete one first.") % {"most": MOST}
        )
    return SavedFilter.objects.create(saved_by=by, name=name.strip(), query=query, saved_at=at)


def delete(*, pk: int, by: User) -> None:
    """Forget one's own; somebody else's does not exist for this person."""
    SavedFilter.objects.get(pk=pk, saved_by=by).delete()
