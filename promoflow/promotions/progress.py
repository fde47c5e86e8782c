"""How far a request is on its way to its approval, in words: who has given one, and why it takes so many."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from accounts.roles import MANAGER
from promoflow.promotions import quorum
from promoflow.promotions.models import Decision, PromotionRequest
from promoflow.promotions.wording import words


@dataclass(frozen=True, kw_only=True)
class Progress:
    needed: int
    given: list[Decision]
    by_managers: bool
    why: list[str]

    @property
    def missing(self) -> range:
        return range(self.needed - len(self.given))

    @property
    def is_shown(self) -> bool:
        """One approval by a supervisor is how it goes unless something is said."""
        return self.needed > 1 or self.by_managers


def of(request: PromotionRequest, decisions: Iterable[Decision]) -> Progress:
    """The decisions on it are read already."""
    return Progress(
        needed=quorum.needed(request),
        given=sorted(quorum.counted(request, decisions), key=lambda decision: decision.pk),
        by_managers=quorum.role(request) == MANAGER,
        why=[
            _then(because(reason, request.worst_percent, request.exposed, request.store.marketplace.currency))
            for reason in request.route.get("why", ())
        ],
    )


def _then(sentence: str) -> str:
    """The route is frozen: what is found now may be another price than this one."""
    return _("As it was submitted: %(sentence)s") % {"sentence": sentence}


def because(
    reason: Mapping[str, Any], worst_percent: Decimal | None, exposed: Decimal | None, currency: str
) -> str:
    """Why one approval is not enough for such a risk, by a reason of a route."""
    limit = Decimal(reason["limit"])
    if reason["code"] == "exposed":
        return _because_of_the_sum(limit, exposed, currency)
    sentence = (
        _("The worst price is %(worst)s off; from %(limit)s on two people approve.")
        if reason["code"] == "deep"
        else _(
            "Nothing that is known ends it, and the worst price is %(worst)s off; from %(limit)s on two "
            "people approve."
        )
    )
    return sentence % {
        "worst": words.percent(worst_percent or Decimal(0)),
        "limit": words.percent(limit),
    }


def _because_of_the_sum(limit: Decimal, exposed: Decimal | None, currency: str) -> str:
    amounts = {"limit": words.money(limit, currency)}
    if exposed is None:
        return (
            _(
                "Nothing that is known ends it, and what is in stock by now could cost more than %(limit)s "
                "alone; above that two people approve."
            )
            % amounts
        )
    amounts["most"] = words.money(exposed, currency)
    return _("It could cost %(most)s at worst; above %(limit)s two people approve.") % amounts
