"""Setting the office hours of a store: what a report calls outside of them."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from promoflow.audit import services as audit
from promoflow.catalog.models import Store
from promoflow.errors import Blocked
from promoflow.promotions import permissions
from promoflow.promotions.office import EVENT, Office, hours_of


@transaction.atomic(durable=True)
def set_hours(*, store: Store, office: Office, by: User, at: datetime) -> Office:
    """From now on; what was done before stays measured by the hours that held then."""
    permissions.check_can_set_hours(by, store)
    # Two who set them at once take turns, so that each entry says what really stood before.
    store = Store.objects.select_for_update(no_key=True).get(pk=store.pk)
    if not office.days:
        raise Blocked(_("Tick the days on which the office is open."))
    before = hours_of(store.pk)
    if office != before:
        audit.record(EVENT, by=by, at=at, on=store, before=before.told, after=office.told)
    return office
