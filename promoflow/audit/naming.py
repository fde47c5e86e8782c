"""What pages call somebody whose name was removed from them: a stand-in, where the history copied the name.

Entries are hashed as they were written, so the rows keep the name; what is shown of them does not. A name is
found in whatever is exactly it, and inside of texts where it cannot be another word: behind an @, or as
several words, or in another script than Latin. A single word such as "Mark" inside of a sentence stays.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any, Final

from django.contrib.auth import get_user_model
from django.utils.translation import gettext

from promoflow.audit.models import Entry
from promoflow.prepared import Prepared
from promoflow.standing_in import everywhere, in_words

_SUBJECT: Final = "accounts.user"
# Where entries about an account say what it was called.
_CALLED: Final = ("name", "email")
# Whoever does these writes no reason: the desk's own stands there, as where the clock does them.
_NOBODY_SAYS_WHY: Final = frozenset({"request.approval_lapsed"})


@dataclass(frozen=True)
class Names:
    """The stand-ins of everybody whose name was removed."""

    of_account: Mapping[int, str]
    of_name: Mapping[str, str]
    """By what each was ever called: names and e-mail addresses."""

    @cached_property
    def _in_texts(self) -> re.Pattern[str] | None:
        called = sorted(self.of_name, key=len, reverse=True)
        parts = [re.escape(name) if _is_distinct(name) else f"(?<=@){re.escape(name)}" for name in called]
        return re.compile(rf"(?<![A-Za-z0-9_])(?:{'|'.join(parts)})(?![A-Za-z0-9_])") if parts else None

    def text(self, text: str) -> str:
        """A text that people or the desk wrote, with the stand-ins in it."""
        if text in self.of_name:
            return self.of_name[text]
        return self._in_texts.sub(lambda found: self.of_name[found[0]], text) if self._in_texts else text

    def value(self, value: Any) -> Any:
        """A recorded value, however deep."""
        return everywhere(value, self.text)

    def subject(self, kind: str, pk: int | None, called: str) -> str:
        """What an entry is about. An account is known by its key, where somebody else is called the same."""
        about = self.of_account.get(pk) if kind == _SUBJECT and pk is not None else None
        return about or self.text(called)

    def shown(self, entry: Entry) -> Entry:
        """The same entry, to be shown and never saved; it knows whether something in it stands in."""
        if not self.of_account:
            return entry
        before = _all_told(entry)
        if entry.actor_id is not None and entry.actor_id in self.of_account:
            entry.actor_name = self.of_account[entry.actor_id]
        entry.subject = self.subject(entry.subject_type, entry.subject_id, entry.subject)
        entry.why = self.text(entry.why)
        entry.before, entry.after = self.value(entry.before), self.value(entry.after)
        entry.stands_in = _all_told(entry) != before
        entry.actor_name, entry.subject, entry.why = map(
            in_words, (entry.actor_name, entry.subject, entry.why)
        )
        entry.before, entry.after = everywhere(entry.before, in_words), everywhere(entry.after, in_words)
        return entry


def _all_told(entry: Entry) -> tuple[Any, ...]:
    return (entry.actor_name, entry.subject, entry.why, entry.before, entry.after)


def _is_distinct(name: str) -> bool:
    """Whether it is no word of a sentence by itself."""
    return not name.isascii() or any(mark in name.strip() for mark in " @")


def names() -> Names:
    """As they are now. Where nobody's was removed, this is one small query."""
    accounts = get_user_model()._default_manager
    removed = _REMOVED()
    called = {
        name: stand_in
        for pk, stand_in, removed_at in removed
        for name in _ever_called(pk, removed_at)
        if name != stand_in
    }
    # Somebody else may be called the same, and is still here.
    if called:
        for name, email in accounts.filter(name_removed_at=None).values_list("name", "email"):
            called.pop(name, None)
            called.pop(email, None)
    return Names({pk: stand_in for pk, stand_in, _ in removed}, called)


_REMOVED: Final = Prepared(
    lambda: (
        get_user_model()
        ._default_manager.exclude(name_removed_at=None)
        .order_by("pk")
        .values_list("pk", "name", "name_removed_at")
    )
)


def shown(entries: Iterable[Entry]) -> list[Entry]:
    """Entries as pages, spreadsheets and reports show them."""
    found = list(entries)
    if not found:
        return found
    now = names()
    return [_translated(_counted(now.shown(entry))) for entry in found]


def _translated(entry: Entry) -> Entry:
    """With the desk's own reasons in the reader's language: they are fixed sentences, recorded in one."""
    if entry.actor_id is None or entry.event in _NOBODY_SAYS_WHY:
        entry.why = gettext(entry.why)
    return entry


def _counted(entry: Entry) -> Entry:
    """With the number of requests that new rules block: older entries name those of every store."""
    blocked = entry.after.get("blocked")
    if entry.store_id is None and isinstance(blocked, list):
        entry.after = entry.after | {"blocked": len(blocked)}
        entry.counts = bool(blocked)
    return entry


@lru_cache(maxsize=4096)
def _ever_called(account: int, _removed_at: datetime) -> frozenset[str]:
    """All that the history calls an account. Once its name is removed nothing new is written under it."""
    as_actor = Entry.objects.filter(actor=account).values_list("actor_name", flat=True).distinct()
    about = Entry.objects.filter(subject_type=_SUBJECT, subject_id=account)
    told = about.values_list("subject", "before", "after")
    found = {*as_actor, *(subject for subject, _before, _after in told)}
    found |= {values[key] for _subject, *both in told for values in both for key in _CALLED if key in values}
    return frozenset(name for name in found if isinstance(name, str) and name)
