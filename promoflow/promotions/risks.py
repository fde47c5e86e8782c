"""How much could go wrong with what is in review, in three bands that a queue is narrowed by."""

from collections.abc import Mapping
from typing import Final

from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrPromise

# From half off on, one more promotion of the same size gives the product away.
DEEP: Final = 50

# What nobody weighed is as risky as what nothing limits.
_HIGH: Final = Q(worst_percent__gte=DEEP) | Q(worst_percent__isnull=True) | Q(exposed__isnull=True)

BANDS: Final[Mapping[str, tuple[StrPromise, Q]]] = {
    "high": (_("High: half off or more, or no limit"), _HIGH),
    "warned": (_("Warned"), ~_HIGH & Q(warned__gt=0)),
    "low": (_("Low"), ~_HIGH & Q(warned=0)),
}
"""Every request is in one of them."""
