"""A promotion as a lane of a picture: when it runs, what it may still touch, and what it may not meet."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from django.urls import reverse

from promoflow.promotions import selectors
from promoflow.promotions.pictures.scale import Bar, Scale
from promoflow.promotions.wording import terms, words
from promoflow.rulebook import stacking
from promoflow.rulebook.offers import MAY_RUN, Offer, Window, merged
from promoflow.rulebook.policy import Policy


@dataclass(frozen=True, kw_only=True, slots=True)
class Lane:
    """One promotion: when it runs, how early and late it may touch a sale, where it may not meet another."""

    offer: Offer
    danger: Window
    top: float
    running: Bar | None
    paddings: tuple[Bar, ...]
    conflicts: tuple[Bar, ...]
    is_candidate: bool
    about: str
    comes_from: float | None
    """The edge of the picture that it reaches in from, or out over, where it does."""
    goes_to: float | None

    @property
    def page(self) -> str:
        """Where its request is read; nothing for a draft not yet saved and for one that is only tried."""
        known = selectors.number_of(self.offer.reference)
        return reverse("request", args=[self.offer.reference]) if known else ""

    @property
    def corner(self) -> int:
        """How round its bar is: a deal has edges, what comes off on top of one is a pill."""
        return 2 if stacking.sets_the_price(self.offer) else 10


def lane(
    offer: Offer,
    danger: Window,
    shared: Iterable[Window],
    scale: Scale,
    *,
    top: float,
    about: str,
    is_candidate: bool = False,
) -> Lane:
    """The lane of an offer; `shared` is when it may touch a sale together with what it may not meet."""
    before = Window(danger.starts_at, max(danger.starts_at, offer.running.starts_at))
    after = Window(min(danger.ends_at, offer.running.ends_at), danger.ends_at)
    return Lane(
        offer=offer,
        danger=danger,
        top=top,
        running=scale.bar(offer.running),
        paddings=scale.bars((before, after)),
        conflicts=scale.bars(merged(shared)),
        is_candidate=is_candidate,
        about=about,
        comes_from=scale.frame.left if danger.starts_at < scale.view.starts_at else None,
        goes_to=scale.frame.right if danger.ends_at > scale.view.ends_at else None,
    )


def meetings(
    offers: Sequence[Offer],
    dangers: Mapping[int, Window],
    policy: Policy,
    *,
    candidate: Offer | None = None,
) -> dict[int, tuple[Window, ...]]:
    """When offers of one product may touch a sale together that the policy keeps apart; keyed by `id`.

    With a candidate, only what it may not meet itself. Nobody knows whether what may still run does, so it is
    warned of and keeps nothing away.
    """
    found: dict[int, tuple[Window, ...]] = {}
    for one, other in combinations(offers, 2):
        if candidate is not None and one is not candidate and other is not candidate:
            continue
        if one.amends == other.reference or other.amends == one.reference:
            continue
        if MAY_RUN in (one.state, other.state):
            continue
        shared = dangers[id(one)].intersection(dangers[id(other)])
        if shared and policy.pair(one.kind, other.kind) == "block":
            found[id(one)] = (*found.get(id(one), ()), shared)
            found[id(other)] = (*found.get(id(other), ()), shared)
    return found


def about(offer: Offer, currency: str) -> str:
    """Its kind and what it takes off."""
    return f"{words.kind(offer.kind)}, {terms.discount(offer, currency)}"
