"""What a person may do with a request on its page: buttons, and the sentences of those that are refused."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrPromise

from promoflow.promotions.models import PromotionRequest, State

# What may be asked of a request in each state; its page shows these deeds and no other.
OF_STATE: Final[Mapping[str, tuple[str, ...]]] = {
    State.DRAFT: ("submit", "edit", "copy", "withdraw"),
    State.IN_REVIEW: ("approve", "edit", "copy", "withdraw"),
    State.APPROVED: ("go_live", "edit", "copy", "withdraw"),
    State.LIVE: ("verify", "stop", "amend", "shorten", "copy"),
    State.ENDED: ("copy",),
    State.REJECTED: ("copy",),
    State.CANCELLED: ("copy",),
}


@dataclass(frozen=True)
class Button:
    label: StrPromise
    icon: str
    url_name: str
    tone: str = ""
    posts: bool = False
    """Whether it is done at once, without a page that asks."""
    key: str = ""
    """The key that presses it."""


# Submitting and deciding have a panel of their own in the page.
BUTTONS: Final = {
    "go_live": Button(_("Mark live"), "player-play", "request-live", "primary"),
    "verify": Button(_("Take the second look"), "eye", "request-verify", "primary", key="v"),
    "stop": Button(_("Stop"), "player-stop", "request-stop", "danger", key="s"),
    "amend": Button(_("Amend"), "plus", "request-amend", posts=True),
    "shorten": Button(_("Shorten"), "clock", "request-shorten"),
    "edit": Button(_("Edit"), "pencil", "request-edit", key="e"),
    "copy": Button(_("Copy"), "copy", "request-copy", posts=True),
    "withdraw": Button(_("Withdraw"), "ban", "request-withdraw"),
}


@dataclass(frozen=True)
class Deed:
    """A button of this request for this person; disabled where there is a sentence why not."""

    code: str
    button: Button
    url: str
    why_not: str


def buttons(request: PromotionRequest, why_not: Mapping[str, str]) -> list[Deed]:
    return [
        Deed(code, button, reverse(button.url_name, args=[request.reference]), why_not[code])
        for code, button in BUTTONS.items()
        if code in why_not
    ]


def refused(deeds: Iterable[Deed]) -> list[tuple[str, list[str]]]:
    """Each sentence once, with the labels of what it refuses."""
    by_sentence: dict[str, list[str]] = defaultdict(list)
    for deed in deeds:
        if deed.why_not:
            by_sentence[deed.why_not].append(str(deed.button.label))
    return list(by_sentence.items())
