"""The same form sent twice: whoever got no answer sends it again, and finds what the first sending made.

A move of a request needs none of this: its second sending is refused, since the request stands elsewhere by
then. What makes a new row does.
"""

from collections.abc import Callable
from typing import TypeVar
from uuid import UUID, uuid5

from django.db import IntegrityError, transaction
from django.db.models import Model, QuerySet

Row = TypeVar("Row", bound=Model)


def mark_of(once: UUID | None, *said: bytes) -> UUID | None:
    """What a row keeps of the form that made it: its one-time key together with what was said in it.

    Who goes back to the form and says something else in it means something else.
    """
    return uuid5(once, b"\0".join(said).hex()) if once else None


def make_once(earlier: QuerySet[Row], mark: UUID | None, make: Callable[[], Row]) -> Row:
    """What this form made before, or what it makes now, in a transaction of its own."""

    def found() -> Row | None:
        return earlier.filter(once=mark).first() if mark else None

    try:
        with transaction.atomic(durable=True):
            return found() or make()
    except IntegrityError:
        # Both arrived in one instant, and the other was faster by a moment.
        if (first := found()) is None:
            raise
        return first
