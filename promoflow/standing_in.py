"""What stands in for a name that was removed: stored as one text, shown in the reader's language."""

import re
from collections.abc import Callable
from typing import Any, Final

from django.utils.translation import gettext

_BEGINS: Final = "Former colleague "
_STORED: Final = re.compile(rf"(?<![A-Za-z0-9_]){_BEGINS}(\d+)(?![A-Za-z0-9_])")


def for_account(pk: int) -> str:
    """One language for everybody, as a name has: it is compared, sorted and hashed like one."""
    return f"{_BEGINS}{pk}"


def in_words(text: str) -> str:
    """A text as a page shows it, with the stand-ins that it names."""
    if _BEGINS not in text:
        return text
    return _STORED.sub(lambda found: gettext("Former colleague %(number)s") % {"number": found[1]}, text)


def everywhere(value: Any, change: Callable[[str], str]) -> Any:
    """A recorded value, however deep, with each text in it changed; what names a value stays."""
    match value:
        case str():
            return change(value)
        case list():
            return [everywhere(part, change) for part in value]
        case dict():
            return {key: everywhere(part, change) for key, part in value.items()}
        case _:
            return value
