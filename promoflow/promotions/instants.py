"""Instants some hours before or after those of a request, worked out by PostgreSQL for thousands at once."""

from collections.abc import Mapping
from typing import Any

from django.db.models import (
    Case,
    DateTimeField,
    DurationField,
    ExpressionWrapper,
    F,
    Func,
    When,
)


class _Hours(Func):
    """So many hours, not a day and some: days PostgreSQL looks up in its calendar, for each of thousands."""

    template = "make_interval(hours => %(expressions)s)"
    output_field = DurationField()


def shifted(instant: str, sign: int, hours: Mapping[str, int]) -> "ExpressionWrapper[Any]":
    """An instant of the current revision, so many hours off by kind; the most for one that is not known."""
    spans = {kind: sign * number for kind, number in hours.items()}
    shift = Case(
        *(When(current__kind=kind, then=_Hours(number)) for kind, number in spans.items()),
        default=_Hours(max(spans.values(), key=abs)),
        output_field=DurationField(),
    )
    return ExpressionWrapper(F(f"current__{instant}") + shift, output_field=DateTimeField())
