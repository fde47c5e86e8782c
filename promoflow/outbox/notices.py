"""What the desk writes to people, as a table: a notice's subject is here, its body in templates/outbox/."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrPromise

from promoflow.templatetags.desk import in_both_zones

# The instants that a context may carry; a mail shows each in the marketplace's time and in its reader's.
INSTANTS: Final = ("decide_by", "starts_at", "ends_at", "verify_by", "mark_live_by", "gone_by", "happened_at")

# Template tags leave more of them than a letter needs.
_EMPTY_LINES: Final = re.compile(r"\n{3,}")


@dataclass(frozen=True)
class Notice:
    code: str
    subject: StrPromise
    """May name what the context holds, such as %(reference)s."""

    @property
    def template(self) -> str:
        return f"outbox/{self.code}.txt"


NOTICES: Final = {
    notice.code: notice
    for notice in (
        Notice("request_submitted", _("%(reference)s waits for your decision: %(title)s")),
        Notice("request_returned", _("%(reference)s came back to you: %(title)s")),
        Notice("request_approved", _("%(reference)s is approved: %(title)s")),
        Notice("request_endorsed", _("%(reference)s has one approval and takes another: %(title)s")),
        Notice("request_lapsed", _("%(reference)s is back in review: %(title)s")),
        Notice("request_rejected", _("%(reference)s is rejected: %(title)s")),
        Notice("request_withdrawn", _("%(reference)s is withdrawn: %(title)s")),
        Notice("request_live", _("%(reference)s is live and waits for a second look: %(title)s")),
        Notice("request_not_verified", _("Overdue: nobody has verified %(reference)s: %(title)s")),
        Notice("request_looks_otherwise", _("Alarm: %(reference)s is not set as approved: %(title)s")),
        Notice("request_expired", _("%(reference)s has expired: %(title)s")),
        Notice("request_stopped", _("%(reference)s is stopped: %(title)s")),
        Notice("request_alarmed", _("New rules block %(reference)s: %(title)s")),
        Notice("person_added", _("You have an account on promoflow")),
        Notice("password_reset", _("Set a new password for promoflow")),
        Notice("person_secured", _("The way you sign in to promoflow changed")),
    )
}


def write(notice: str, *, context: Mapping[str, Any], recipient: str, link: str) -> tuple[str, str]:
    """Subject and body, in the language and the time zone that are active."""
    zone = context.get("zone")
    instants = {
        name: in_both_zones(datetime.fromisoformat(context[name]), zone)
        for name in INSTANTS
        if context.get(name)
    }
    body = render_to_string(
        NOTICES[notice].template, {**context, **instants, "recipient": recipient, "link": link}
    )
    return subject_of(notice, context), _EMPTY_LINES.sub("\n\n", body.strip()) + "\n"


def subject_of(notice: str, context: Mapping[str, Any]) -> str:
    """The subject, on one line whatever a title holds."""
    words = {"reference": "", "title": "", **context}
    return " ".join((str(NOTICES[notice].subject) % words).split())
