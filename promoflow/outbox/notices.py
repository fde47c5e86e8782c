"""What the desk writes to people, as a table: a notice's subject is here, its body in templates/outbox/."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrPromise

from promoflow.standing_in import everywhere, in_words
from promoflow.templatetags.desk import in_both_zones

# The instants that a context may carry; a mail shows each in the marketplace's time and in its reader's.
INSTANTS: Final = (
    *("decide_by", "starts_at", "ends_at", "ended_at", "verify_by", "mark_live_by", "gone_by", "happened_at"),
)

# Template tags leave more of them than a letter needs.
_EMPTY_LINES: Final = re.compile(r"\n{3,}")


REVIEW: Final = "review"
RUNNING: Final = "running"
ALARMS: Final = "alarms"
# What a channel may be told. What is about an account goes to its owner's mail and inbox alone.
TOPICS: Final = {
    REVIEW: _("Reviews: what waits for a decision, and what was decided"),
    RUNNING: _("What goes live, is verified, stops or expires"),
    ALARMS: _("Alarms: what is overdue, or blocked by new rules or prices"),
}
ACCOUNT: Final = "account"

WHYS: Final = {
    "wrote": _("You get this because you wrote it, edited it or submitted it."),
    "decides": _("You get this because you may decide on it."),
    "approved": _("You get this because you approved it."),
    "mentioned": _("You get this because you are mentioned in it."),
    "stands-in": _("You get this because you were named to decide in somebody's place."),
    "away": _("You get this because it is about your own absence."),
    "verifies": _("You get this because you may take the second look."),
    "supervises": _("You get this because you are a supervisor of %(store)s."),
    "works": _("You get this because you are an operator or a supervisor of %(store)s."),
    "manages": _("You get this because you manage %(store)s."),
    "account": _("You get this because it is about your account."),
    "own-channel": _("You get this because the channel is yours."),
    "store-channel": _("This is written here because a manager of %(store)s chose it for this channel."),
    "concerned": _("You get this because it concerns a store that you work on."),
}
"""Why somebody is told, one sentence for each group of recipients."""

UNTIL: Final = {
    "decide_by": _("Decide by %(when)s."),
    "submit_by": _("Submit it again before %(when)s."),
    "mark_live_by": _("Mark it live by %(when)s."),
    "verify_by": _("Verify it by %(when)s."),
    "gone_by": _("Shoppers may still use what they hold of it until %(when)s."),
}
"""What a notice's instant asks for."""

OF_OTHERS: Final = {
    "decide_by": _("To be decided by %(when)s."),
    "verify_by": _("To be verified by %(when)s."),
}
"""The same to whoever is told of it and may not do it."""

_NOT_ASKED: Final = frozenset({"wrote", "manages"})


@dataclass(frozen=True)
class Notice:
    code: str
    subject: StrPromise
    """May name what the context holds, such as %(reference)s."""
    why: str = "concerned"
    """Why most of its recipients get it, where nobody says it for each."""
    until: str = ""
    """The instant of the context by which something is to be done."""
    topic: str = REVIEW
    urgent: bool = False
    """Urgent ones wait for no quiet hour and for no digest."""
    opens_account: bool = False
    """Its link lets its holder in: it stands in the mail alone, and is forgotten once that is sent."""
    asks: str = ""
    """What is to be done by then, a key of UNTIL, where the instant's own name does not say it."""

    @property
    def template(self) -> str:
        return f"outbox/{self.code}.txt"


NOTICES: Final = {
    notice.code: notice
    for notice in (
        Notice(
            "request_submitted", _("%(reference)s waits for your decision: %(title)s"), "decides", "decide_by"
        ),
        Notice(
            "request_returned",
            _("%(reference)s came back to you: %(title)s"),
            "wrote",
            "decide_by",
            asks="submit_by",
        ),
        Notice("request_approved", _("%(reference)s is approved: %(title)s"), "wrote", "mark_live_by"),
        Notice(
            "request_endorsed",
            _("%(reference)s has one approval and takes another: %(title)s"),
            "decides",
            "decide_by",
        ),
        Notice(
            "request_outgrown",
            _("Your approval of %(reference)s counts no more: %(title)s"),
            "approved",
            "decide_by",
        ),
        Notice("request_lapsed", _("%(reference)s is back in review: %(title)s"), "decides", "decide_by"),
        Notice(
            "request_undecided",
            _("Half the time has gone for %(reference)s: %(title)s"),
            "decides",
            "decide_by",
        ),
        Notice(
            "request_escalated",
            _("Nobody has decided on %(reference)s, and it is nearly too late: %(title)s"),
            "supervises",
            "decide_by",
            ALARMS,
            urgent=True,
        ),
        Notice(
            "request_out_of_reach",
            _("Nobody can approve %(reference)s: %(title)s"),
            "manages",
            "decide_by",
            ALARMS,
            urgent=True,
        ),
        Notice("request_rejected", _("%(reference)s is rejected: %(title)s"), "wrote"),
        Notice("request_withdrawn", _("%(reference)s is withdrawn: %(title)s"), "supervises"),
        Notice(
            "request_live",
            _("%(reference)s is live and waits for a second look: %(title)s"),
            "supervises",
            "verify_by",
            RUNNING,
        ),
        Notice(
            "request_not_verified",
            _("Overdue: nobody has verified %(reference)s: %(title)s"),
            "verifies",
            topic=ALARMS,
            urgent=True,
        ),
        Notice(
            "request_looks_otherwise",
            _("Alarm: %(reference)s is not set as approved: %(title)s"),
            "works",
            topic=ALARMS,
            urgent=True,
        ),
        Notice(
            "request_verified",
            _("%(reference)s is verified after all: %(title)s"),
            "works",
            topic=ALARMS,
        ),
        Notice("request_expired", _("%(reference)s has expired: %(title)s"), "supervises", topic=RUNNING),
        Notice(
            "request_stopped",
            _("%(reference)s is stopped: %(title)s"),
            "supervises",
            "gone_by",
            RUNNING,
            urgent=True,
        ),
        Notice(
            "request_shortened",
            _("%(reference)s is shortened: %(title)s"),
            "supervises",
            topic=RUNNING,
        ),
        Notice("request_mentioned", _("%(by)s mentions you on %(reference)s: %(title)s"), "mentioned"),
        Notice(
            "request_alarmed",
            _("New rules block %(reference)s: %(title)s"),
            "works",
            topic=ALARMS,
            urgent=True,
        ),
        Notice(
            "request_alarmed_by_prices",
            _("Alarm: a changed price, floor or family blocks %(reference)s: %(title)s"),
            "works",
            topic=ALARMS,
            urgent=True,
        ),
        Notice("delegation_named", _("You stand in for %(name)s"), "stands-in"),
        Notice("delegation_ended", _("Nobody stands in for %(name)s any more"), "stands-in"),
        Notice(
            "channel_paused", _("The desk paused the channel %(name)s"), "manages", topic=ACCOUNT, urgent=True
        ),
        Notice(
            "person_added",
            _("You have an account on promoflow"),
            "account",
            topic=ACCOUNT,
            urgent=True,
            opens_account=True,
        ),
        Notice(
            "password_reset",
            _("Set a new password for promoflow"),
            "account",
            topic=ACCOUNT,
            urgent=True,
            opens_account=True,
        ),
        Notice(
            "person_secured",
            _("The way you sign in to promoflow changed"),
            "account",
            topic=ACCOUNT,
            urgent=True,
        ),
    )
}

ASKING: Final = tuple(
    code for code, notice in NOTICES.items() if notice.until == "decide_by" and not notice.asks
)
"""Those that ask for a decision, or say that one is wanted."""


def write(
    notice: str, *, context: Mapping[str, Any], recipient: str, link: str, why: str = ""
) -> tuple[str, str]:
    """Subject and body of a mail, in the language and the time zone that are active."""
    context = {
        name: value if name == "note" else everywhere(value, _on_one_line) for name, value in context.items()
    }
    zone = context.get("zone")
    instants = {
        name: in_both_zones(datetime.fromisoformat(context[name]), zone)
        for name in INSTANTS
        if context.get(name)
    }
    body = render_to_string(
        NOTICES[notice].template, {**context, **instants, "recipient": recipient, "link": link}
    )
    because = why_of(why or NOTICES[notice].why, context)
    return subject_of(notice, context), f"{_EMPTY_LINES.sub(chr(10) * 2, body.strip())}\n\n--\n{because}\n"


def subject_of(notice: str, context: Mapping[str, Any]) -> str:
    """The subject, on one line whatever a title holds."""
    words = {"reference": "", "title": "", "name": "", **everywhere(context, in_words)}
    return _on_one_line(str(NOTICES[notice].subject) % words)


def _on_one_line(text: str) -> str:
    return " ".join(text.split())


def why_of(why: str, context: Mapping[str, Any]) -> str:
    return str(WHYS[why]) % {"store": context.get("store", "")}


def deadline_of(notice: str, context: Mapping[str, Any]) -> datetime | None:
    """By when its recipient should act."""
    until = NOTICES[notice].until
    return datetime.fromisoformat(context[until]) if until and context.get(until) else None


def until_of(notice: str, context: Mapping[str, Any], *, why: str) -> str:
    """By when its recipient should act, or others should, as a sentence."""
    deadline = deadline_of(notice, context)
    if deadline is None:
        return ""
    asks = NOTICES[notice].asks or NOTICES[notice].until
    sentence = OF_OTHERS.get(asks) if why in _NOT_ASKED else None
    return str(sentence or UNTIL[asks]) % {"when": in_both_zones(deadline, context.get("zone"))}


def write_briefly(notice: str, *, context: Mapping[str, Any], why: str, link: str) -> str:
    """A chat's few lines: what, until when, why it is written here, and where to read on."""
    lines = [subject_of(notice, context), until_of(notice, context, why=why), why_of(why, context), link]
    return "\n".join(line for line in lines if line)
