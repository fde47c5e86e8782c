"""Settling an alarm: somebody looked at what new rules block, and says why that is well."""

from datetime import datetime
from functools import partial

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import check_confirmed
from promoflow.audit import services as audit
from promoflow.errors import Blocked, WrongState
from promoflow.promotions import permissions, selectors
from promoflow.promotions.models import Alarm


def settle(*, reference: str, by: User, at: datetime, note: str, confirmed_at: datetime | None) -> Alarm:
    """Settle the open alarm of a request; the request stays as it is."""
    with (
        audit.refusals("request.settle_refused", by=by, at=at, on=partial(selectors.get, reference)),
        transaction.atomic(durable=True),
    ):
        request = selectors.lock(reference)
        permissions.check_can_settle(by, request)
        check_confirmed(by, confirmed_at, at=at)
        alarm = selectors.alarm_of(request)
        if alarm is None:
            raise WrongState(_("No alarm of %(reference)s is open.") % {"reference": request.reference})
        if not note.strip():
            raise Blocked(_("Say why it may stay, or what was done about it."))
        alarm.settled_at, alarm.settled_by, alarm.note = at, by, note.strip()
        alarm.save(update_fields=["settled_at", "settled_by", "note"])
        audit.record(
            "request.alarm_settled",
            by=by,
            at=at,
            on=request,
            why=alarm.note,
            before={"policy": alarm.report.policy.number},
        )
        return alarm
