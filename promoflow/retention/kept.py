"""What is kept, how long, and what happens then: one table for the page that says it and the task."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django_stubs_ext import StrPromise

from accounts.services import forgetting as people
from promoflow.catalog.services import forgetting as catalog
from promoflow.outbox.services import forgetting as outbox
from promoflow.promotions.services import forgetting as promotions


class Forget(Protocol):
    """Deletes what ended before an instant, as part of a transaction, and says how much that was."""

    def __call__(self, *, before: datetime) -> int: ...


@dataclass(frozen=True)
class Kept:
    code: str
    """What the entry in the history counts it under."""
    what: StrPromise
    about: StrPromise
    """Why it is kept; where it goes, from when its span counts and what stays."""
    span: timedelta | None = None
    """Without one it is kept for good."""
    forget: Forget | None = None

    @property
    def how_long(self) -> str:
        """The span as people say it."""
        if self.span is None:
            return str(_("For good"))
        if self.span < timedelta(days=1):
            hours = self.span // timedelta(hours=1)
            return ngettext("%(hours)d hour", "%(hours)d hours", hours) % {"hours": hours}
        return ngettext("%(days)d day", "%(days)d days", self.span.days) % {"days": self.span.days}


def _passes(code: str, what: StrPromise, about: StrPromise, forget: Callable[..., int]) -> Kept:
    return Kept(code, what, about, settings.KEPT_FOR[code], forget)


KEPT: Final = (
    Kept(
        "history",
        _("The history"),
        _(
            "Every entry with its hash. A gap could not be told from a crime, so nothing in it goes: neither "
            "the name, nor the address and the browser that somebody signed in from."
        ),
    ),
    Kept(
        "requests",
        _("Requests, revisions, conflict reports, decisions, comments and policies"),
        _("They are what was decided, and on what. The entries of the history name their digests."),
    ),
    Kept(
        "accounts",
        _("Accounts"),
        _(
            "The history names people by them, so an account is deactivated and never deleted. Of somebody "
            "who has left, a manager can have name and e-mail address removed from all pages."
        ),
    ),
    Kept(
        "products",
        _("Products, and what each import changed of them"),
        _("Prices and floors are what decisions were made on."),
    ),
    _passes(
        "messages",
        _("Messages: mails, the inbox, what went to chats"),
        _(
            "Counted from when a message was sent, given up or no longer needed; one that is still owed "
            "stays. Then it is deleted. A copy in somebody's mailbox or chat is not ours to delete."
        ),
        outbox.forget,
    ),
    _passes(
        "imports",
        _("Uploaded files with their lines, and the lines that were refused"),
        _(
            "Counted from the upload, once an import is applied, discarded or has failed. Then they are "
            "deleted; the file's name, its size, its digest and what it changed stay."
        ),
        catalog.forget,
    ),
    _passes(
        "screenshots",
        _("Screenshots and PDFs from Seller Central"),
        _(
            "Counted from when it was attached, once its request is over. Then the file is deleted; its "
            "digest, who attached it and when stay."
        ),
        promotions.forget,
    ),
    _passes(
        "sessions",
        _("Sessions of signed-in browsers"),
        _("Counted from the sign-in. Then nobody can use one any more, and the next night it is deleted."),
        people.forget_sessions,
    ),
    _passes(
        "counters",
        _("Counters of attempts to sign in"),
        _("They hold off whoever guesses passwords, for an hour at most. The next night they are deleted."),
        people.forget_counters,
    ),
)
