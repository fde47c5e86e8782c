"""The clock's tick for the workflow."""

import logging
from datetime import datetime, timedelta
from typing import Final

from celery import shared_task
from django.db import connection
from django.utils import timezone

from promoflow.promotions.services import rechecking, running

log = logging.getLogger(__name__)

# The clocks of two servers differ by seconds.
_MOST_APART: Final = timedelta(minutes=1)


@shared_task
def move_due() -> int:
    """Expire, end and remind; the database knows what is due, so a lost tick costs time only."""
    at = timezone.now()
    if wrong := why_not_to_move(at):
        log.error(wrong)
        return 0
    return running.move_due(at=at)


def why_not_to_move(at: datetime) -> str:
    """What a clock that is wrong would end or let expire never comes back, so two clocks have to agree."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        [theirs] = cursor.fetchone()
    if abs(at - theirs) <= _MOST_APART:
        return ""
    return f"Nothing is moved: this machine's clock says {at}, and PostgreSQL's {theirs}. Set them right."


@shared_task
def check_again() -> int:
    """Check again what stands on changed products; the database knows it, so a lost tick costs time only."""
    return rechecking.check_again(at=timezone.now())
