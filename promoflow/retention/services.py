"""Deleting what has passed its span."""

from datetime import datetime

from django.db import transaction

from promoflow.audit import services as audit
from promoflow.retention.kept import KEPT


@transaction.atomic(durable=True)
def forget(*, at: datetime) -> dict[str, int]:
    """Delete it, with an entry that counts what goes; files go once that entry is committed.

    Files that a crash leaves behind are found again by the next run, and counted again.
    """
    counted = {
        kept.code: kept.forget(before=at - kept.span)
        for kept in KEPT
        if kept.forget and kept.span is not None
    }
    gone = {code: count for code, count in counted.items() if count}
    if gone:
        audit.record("retention.cleared", by=None, at=at, on=None, after=gone)
    return gone
