"""Phrases that what they are made of and the language decide alone: written once for all who read them.

A page names the same few dozen instants and amounts over and over, and formatting one takes as long as asking
the database for a row.
"""

from collections.abc import Callable, Hashable, Iterable
from datetime import UTC, datetime
from functools import lru_cache, wraps
from typing import Final, ParamSpec

from django.utils.translation import get_language, pgettext

P = ParamSpec("P")

_MOST_KEPT: Final = 8192


def written_once(write: Callable[P, str]) -> Callable[P, str]:
    """For a function whose arguments can be kept, and name everything but the language: also the zone."""

    @lru_cache(maxsize=_MOST_KEPT)
    def kept(_language: str | None, *args: Hashable) -> str:
        return write(*args)  # type: ignore[call-arg, arg-type]

    @wraps(write)
    def phrase(*args: P.args, **kwargs: P.kwargs) -> str:
        if kwargs:
            return write(*args, **kwargs)
        return kept(get_language(), *(_told_apart(arg) for arg in args))

    return phrase


def listed(names: Iterable[str]) -> str:
    """The names of a list, with what the language writes between them."""
    return pgettext("between the names of a list", ", ").join(names)


def in_a_line(parts: Iterable[str]) -> str:
    """The parts of a line that there are, with what the language writes between them."""
    return pgettext("between two parts of a line", "; ").join(part for part in parts if part)


def _told_apart(arg: object) -> Hashable:
    """To Python the two hours of a night on which clocks go back are one, as long as they are local."""
    return arg.astimezone(UTC) if isinstance(arg, datetime) else arg
