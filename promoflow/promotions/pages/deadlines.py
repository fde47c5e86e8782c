"""What the clock will do to a request, and when what is over came to its end."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from promoflow.promotions.models import Activation, PromotionRequest, State
from promoflow.promotions.wording import words
from promoflow.rulebook.offers import Offer
from promoflow.rulebook.policy import Policy


@dataclass(frozen=True)
class Deadline:
    """Something that the clock will do."""

    label: str
    at: datetime
    is_over: bool
    exactly: str
    """Day, time and zone; how far it is tells the year."""


def of(request: PromotionRequest, offer: Offer, policy: Policy, *, at: datetime) -> list[Deadline]:
    """What the clock will do next, in order."""
    zone = request.store.marketplace.time_zone
    found = [
        Deadline(
            label,
            instant,
            instant <= at and request.state != State.ENDED,
            f"{words.instant(instant, zone)} {words.zone_name(zone, instant)}",
        )
        for label, instant in _instants(request, offer, policy)
        if instant is not None
    ]
    return sorted(found, key=lambda deadline: deadline.at)


def verify_by(activation: Activation | None, policy: Policy) -> datetime | None:
    """Until when the second look is due; None where there is none to take."""
    if activation is None or activation.verified_at is not None:
        return None
    return policy.verify_by(activation.live_at)


def _instants(request: PromotionRequest, offer: Offer, policy: Policy) -> list[tuple[str, datetime | None]]:
    starts_at, ends_at = offer.window.starts_at, offer.running.ends_at
    danger = policy.danger_window(offer)
    match request.state:
        case State.DRAFT | State.IN_REVIEW:
            return [(_("Decide by"), policy.decide_by(offer)), (_("Starts"), starts_at)]
        case State.APPROVED:
            return [(_("Starts"), starts_at), (_("Mark live by"), policy.mark_live_by(offer))]
        case State.LIVE:
            second_look = verify_by(request.activation, policy)
            return [
                (_("Verify by"), second_look),
                (_("Ends"), ends_at),
                (_("Really gone by"), danger.ends_at),
            ]
        case State.ENDED:
            touches = danger and not hasattr(request, "succession")
            gone_by = danger.ends_at if touches else None
            return [(_("Ended"), _ended_at(request, offer)), (_("Really gone by"), gone_by)]
    return []


def _ended_at(request: PromotionRequest, offer: Offer) -> datetime:
    """When it came to its end, which may be before it was to begin: stopped, superseded or run out."""
    succession = getattr(request, "succession", None)
    ends = [offer.window.ends_at, offer.stopped_at, succession.passed_at if succession else None]
    return min(end for end in ends if end)
