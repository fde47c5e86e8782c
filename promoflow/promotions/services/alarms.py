"""Alarms: what is approved or live and blocked by now; somebody looks at it, and says why that is well."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import check_confirmed
from promoflow.audit import services as audit
from promoflow.errors import Blocked, WrongState
from promoflow.promotions import checker, permissions, price_changes, selectors
from promoflow.promotions.checker import Report
from promoflow.promotions.content import decode
from promoflow.promotions.models import Alarm, Cause, PromotionRequest
from promoflow.promotions.services.drafting import check_report_seen
from promoflow.promotions.services.steps import kept_report, tell

_EVENTS = {Cause.RULES: "request.alarmed", Cause.PRICES: "request.alarmed_by_prices"}
_NOTICES = {Cause.RULES: "request_alarmed", Cause.PRICES: "request_alarmed_by_prices"}


def raise_alarm(
    request: PromotionRequest,
    report: Report,
    *,
    cause: Cause,
    changes: Sequence[Mapping[str, Any]] = (),
    by: User | None,
    at: datetime,
) -> None:
    """Alarm everybody who works on the store, inside the transaction that found it; nothing else happens.

    The request is locked, and no alarm of it is open.
    """
    stored = kept_report(report, request, by=by, at=at)
    alarm = Alarm.objects.create(
        request=request,
        revision=request.newest,
        cause=cause,
        changes=list(changes),
        report=stored,
        report_digest=stored.digest,
        raised_at=at,
        raised_by=by,
    )
    found: dict[str, Any] = {
        "policy": report.policy.number,
        "findings": sorted(one.key for one in report.blocks),
    }
    audit.record(
        _EVENTS[cause],
        by=by,
        at=at,
        on=request,
        before=price_changes.named(alarm.changes, "before"),
        after=found | price_changes.named(alarm.changes, "after"),
        asins=decode(request.newest.body)["covered"],
        revision=bytes(request.newest.digest),
        report=bytes(stored.digest),
    )
    tell(
        _NOTICES[cause],
        request,
        to=selectors.who_can_stop(request),
        by=by,
        at=at,
        occasion=report.policy.number if cause == Cause.RULES else alarm.pk,
        policy=report.policy.number,
        changes=alarm.changes,
        currency=request.store.marketplace.currency,
    )


def settle(
    *,
    reference: str,
    by: User,
    at: datetime,
    note: str,
    confirmed_at: datetime | None,
    report: str | None = None,
) -> Alarm:
    """Settle the open alarm of a request; the request stays as it is.

    `report` is the digest of what the page showed: while an alarm is open nobody is alarmed again, so what
    came up since then must be read before it is settled with the rest.
    """
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
        if report is not None:
            check_report_seen(checker.report_of(request, at=at), report)
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
