"""Messages as a chat's few lines, and several in one: as a mail or for a chat."""

from collections.abc import Sequence
from typing import Final

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from promoflow.outbox.chat import LONGEST_TEXT
from promoflow.outbox.models import Message
from promoflow.outbox.notices import write_briefly

_MOST_BYTES: Final = LONGEST_TEXT - 200


def mail(messages: Sequence[Message], *, recipient: str) -> tuple[str, str]:
    """Subject and body, in the language and the time zone that are active."""
    body = render_to_string(
        "outbox/digest.txt",
        {"messages": messages, "recipient": recipient, "site": settings.SITE_URL, "link": _inbox()},
    )
    return _subject(len(messages)), body.strip() + "\n"


def line(message: Message) -> str:
    """One message as a chat has it."""
    return write_briefly(
        message.notice, context=message.context, why=message.why, link=settings.SITE_URL + message.link
    )


def lines(messages: Sequence[Message]) -> str:
    """As many as a chat takes, and how many more there are."""
    parts = [_subject(len(messages))]
    for number, message in enumerate(messages):
        part = line(message)
        if len("\n\n".join([*parts, part]).encode()) > _MOST_BYTES:
            more = _("And %(number)s more: %(link)s") % {"number": len(messages) - number, "link": _inbox()}
            return "\n\n".join([*parts, more])
        parts.append(part)
    return "\n\n".join(parts)


def _subject(number: int) -> str:
    return ngettext("%(n)d message from the desk", "%(n)d messages from the desk", number) % {"n": number}


def _inbox() -> str:
    return settings.SITE_URL + reverse("inbox")
