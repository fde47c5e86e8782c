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
    return running.move_due(at=at) if _is_right(at) else 0


def _is_right(at: datetime) -> bool:
    """What a clock that is wrong would end or let expire never comes back, so two clocks have to agree."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        [theirs] = cursor.fetchone()
    if abs(at - theirs) <= _MOST_APART:
        return True
    log.error(
        "Nothing is moved: this machine's clock says %s, and PostgreSQL's %s. Set them right.", at, theirs
    )
    return False


@shared_task
def check_again() -> int:
    """Check again what stands on changed products; the database knows it, so a lost tick costs time only."""
    return rechecking.check_again(at=timezone.now())
