"""What promotions that nobody has drafted would do to a product's price, beside those that are real."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import cached_property

from django.utils.translation import gettext as _

from promoflow.promotions.pictures import timeline
from promoflow.promotions.pictures.scale import WIDE, Frame
from promoflow.promotions.wording import sentences, terms, words
from promoflow.promotions.wording.presenting import Shown, present
from promoflow.promotions.wording.sentences import Line
from promoflow.rulebook import kinds, stacking, ways_out
from promoflow.rulebook.case import Case, has_price
from promoflow.rulebook.conflicts import find_conflicts
from promoflow.rulebook.findings import GRAVEST_FIRST, Finding
from promoflow.rulebook.money import smallest_unit
from promoflow.rulebook.offers import HELD, IN_REVIEW, MAY_RUN, Discount, ListedProduct, Offer, Window
from promoflow.rulebook.policy import Policy
from promoflow.rulebook.stacking import Segment, Worst

# Findings about terms that nobody is asked for here, and which change no price; and about other prices than
# the one to count with, which can be typed here.
_NOT_ASKED = ("group-code-unlimited", "unseen-prices")


@dataclass(frozen=True, slots=True)
class Named:
    """A promotion in a list: a real one has a page of its own, one that is tried has not."""

    reference: str
    text: str
    is_real: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """From when to when the same promotions run together, and what shoppers would pay then."""

    window: Window
    named: tuple[Named, ...]
    price: Decimal
    is_broken: bool
    is_worst: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """The price where percentages at the checkout are taken of one of the two bases, as a sum."""

    basis: str
    price: Decimal
    lines: list[Line]


@dataclass(frozen=True, kw_only=True)
class WhatIf:
    """Promotions tried on a product; `counted` are the real ones that count, `others` all there are.

    Beside these `may_run` are those that may stand at Amazon although nobody marked them live.
    """

    tried: tuple[Offer, ...]
    counted: tuple[Offer, ...]
    others: tuple[Offer, ...]
    may_run: tuple[Offer, ...]
    product: ListedProduct
    policy: Policy
    at: datetime
    zone: str
    frame: Frame

    @property
    def floor(self) -> Decimal | None:
        return self.policy.floor_of(self.product)

    # --- The price ------------------------------------------------------------------------------------

    @cached_property
    def segments(self) -> tuple[Segment, ...]:
        """From when the first of those tried may touch a sale until when the last one may."""
        if not self.tried or not has_price(self.product):
            return ()
        dangers = [self.policy.danger_window(offer) for offer in self.tried]
        within = Window(
            min(danger.starts_at for danger in dangers), max(danger.ends_at for danger in dangers)
        )
        return stacking.sweep(self.product, [*self.tried, *self.counted], self.policy, within=within)

    @cached_property
    def lowest(self) -> Segment | None:
        """The span with the lowest price, of those in which something that is tried may touch a sale."""
        references = {offer.reference for offer in self.tried}
        return stacking.lowest(
            segment
            for segment in self.segments
            if any(offer.reference in references for offer in segment.offers)
        )

    @property
    def room(self) -> Decimal | None:
        """How far above the floor the worst price stays; below nothing it has broken it."""
        if self.lowest is None or self.floor is None:
            return None
        return self.lowest.worst.price - self.floor

    @property
    def below(self) -> Decimal | None:
        return None if self.room is None else -self.room

    @property
    def is_floor_assumed(self) -> bool:
        return self.product.floor is None

    @property
    def is_broken(self) -> bool:
        return self.lowest is not None and self._breaks(self.lowest.worst.price)

    @property
    def takes_more_than_all(self) -> bool:
        """Whether the discounts come to more than the price, so that the sum ends at nothing."""
        return self.lowest is not None and sum(step.amount for step in self.lowest.worst.steps) < 0

    def _breaks(self, price: Decimal) -> bool:
        return not stacking.keeps_floor(price, self.floor)

    @property
    def reading(self) -> Reading | None:
        """The sum that counts: the lower one."""
        return self._reading(self.lowest.worst) if self.lowest else None

    @property
    def other_reading(self) -> Reading | None:
        """The sum on the other base; None where no promotion changes the base."""
        if self.lowest is None or not any(map(stacking.sets_the_price, self.lowest.offers)):
            return None
        basis: stacking.Basis = "promo" if self.lowest.worst.basis == "standard" else "standard"
        return self._reading(stacking.price_on(self.product, self.lowest.offers, basis=basis))

    def _reading(self, worst: Worst) -> Reading:
        return Reading(
            basis=worst.basis,
            price=worst.price,
            lines=sentences.sum_lines(
                worst.steps, price=worst.price, floor=self.floor, currency=self.product.currency
            ),
        )

    # --- Through time ---------------------------------------------------------------------------------

    @cached_property
    def spans(self) -> list[Span]:
        return [
            Span(
                window=segment.window,
                named=tuple(map(self._named, segment.offers)),
                price=segment.worst.price,
                is_broken=self._breaks(segment.worst.price),
                is_worst=segment is self.lowest,
            )
            for segment in self.segments
        ]

    def _named(self, offer: Offer) -> Named:
        text = _("(%(kind)s, %(discount)s)") % {
            "kind": words.kind(offer.kind),
            "discount": terms.discount(offer, self.product.currency),
        }
        return Named(offer.reference, text, offer not in self.tried)

    @cached_property
    def picture(self) -> timeline.Timeline | None:
        """What counts is drawn as decided, so that the line of the price counts it, and named as it is.

        What may still run is drawn beside it, and the line does not count it.
        """
        counted = [replace(offer, state=HELD[0]) for offer in (*self.tried, *self.counted)]
        beside = [offer for offer in self.others if offer not in self.counted]
        drawn = timeline.draw(
            [*counted, *beside, *self.may_run],
            self.product,
            self.policy,
            at=self.at,
            zone=self.zone,
            frame=self.frame,
        )
        if drawn is None:
            return None
        real = {offer.reference: offer for offer in (*self.tried, *self.others)}
        lanes = (
            lane if lane.offer.state == MAY_RUN else replace(lane, offer=real[lane.offer.reference])
            for lane in drawn.lanes
        )
        return replace(drawn, lanes=tuple(lanes))

    # --- What the rules find --------------------------------------------------------------------------

    @cached_property
    def findings(self) -> list[Shown]:
        """Each of those tried checked beside all the others; what is said of two of them is said once."""
        found: dict[object, tuple[Finding, list[Offer]]] = {}
        for offer in self.tried:
            for finding in self._found_on(offer):
                _first, about = found.setdefault(self._likeness(finding, offer), (finding, []))
                about.append(offer)
        shown = [self._shown(finding, about) for finding, about in found.values()]
        return sorted(shown, key=lambda one: GRAVEST_FIRST.index(one.finding.severity))

    def _found_on(self, offer: Offer) -> Iterable[Finding]:
        beside = [replace(other, state=HELD[0]) for other in self.tried if other is not offer]
        found = find_conflicts(
            offer,
            [*beside, *self.others, *self.may_run],
            [self.product],
            self.policy,
            self.at,
            zone=self.zone,
        )
        return (finding for finding in found if finding.code not in _NOT_ASKED)

    def _likeness(self, finding: Finding, offer: Offer) -> object:
        """Two that may not meet are told of once, and so is what is equally true of several."""
        if finding.others:
            return finding.code, frozenset({offer.reference, *finding.others})
        return finding.code, sentences.sentence(finding, zone=self.zone)

    def _shown(self, finding: Finding, about: Sequence[Offer]) -> Shown:
        """Headed by whom it is about; only real ones have a page that a sentence can lead to."""
        (shown,) = present([finding], zone=self.zone, currency=self.product.currency)
        tried = {offer.reference: offer for offer in self.tried}
        named = {offer.reference: offer for offer in about}
        named |= {reference: tried[reference] for reference in finding.others if reference in tried}
        real = tuple(reference for reference in finding.others if reference not in tried)
        heading = [f"{offer.reference} {self._named(offer).text}" for offer in named.values()]
        return replace(
            shown,
            finding=replace(finding, asin="", others=real),
            title=" · ".join(sorted(heading)),
            opened=False,
        )

    # --- The ways out ---------------------------------------------------------------------------------

    @cached_property
    def deepest(self) -> Mapping[str, "Deepest"]:
        """By reference, the greatest discount of each that keeps the floor beside all that counts."""
        if not has_price(self.product):
            return {}
        return {
            offer.reference: self._deepest(offer)
            for offer in self.tried
            if offer.discount.type != kinds.FREE_ITEMS
        }

    def _deepest(self, offer: Offer) -> "Deepest":
        case = Case.of(
            replace(offer, discount=Discount(offer.discount.type, self._utmost(offer))),
            (),
            [self.product],
            self.policy,
            self.at,
            self.zone,
        )
        segments = [segment for segment in self.segments if offer in segment.offers]
        value = ways_out.greatest_discount(case, self.product, segments)
        if value is None:
            return Deepest("", "", keeps=False)
        changed = replace(offer, discount=Discount(offer.discount.type, value))
        keeps = stacking.deduction(offer, self._price, self.product.currency) <= stacking.deduction(
            changed, self._price, self.product.currency
        )
        return Deepest(terms.discount(changed, self.product.currency), stacking.plain(value), keeps=keeps)

    def _utmost(self, offer: Offer) -> Decimal:
        """The deepest value that Amazon takes of its kind; of money, all of the price."""
        if offer.discount.type == kinds.PERCENT:
            rules = self.policy.kinds.get(offer.kind)
            most = rules.limits.percent.most if rules else None
            return max(most or Decimal(100), Decimal(int(offer.discount.value or 0)))
        return self._price if offer.discount.type == kinds.MONEY else smallest_unit(self.product.currency)

    @property
    def _price(self) -> Decimal:
        return self.product.price or Decimal(0)


@dataclass(frozen=True, slots=True)
class Deepest:
    """The greatest discount that keeps the floor, in words and as a field takes it; empty where none does."""

    text: str
    value: str
    keeps: bool
    """Whether what is typed is within it."""


def ask(
    tried: Iterable[Offer],
    others: Iterable[Offer],
    *,
    product: ListedProduct,
    policy: Policy,
    at: datetime,
    zone: str,
    with_review: bool,
    frame: Frame = WIDE,
) -> WhatIf:
    """The answer to a set of promotions, beside real ones of which those in review may count or not."""
    found = tuple(others)
    others = tuple(other for other in found if other.state != MAY_RUN)
    return WhatIf(
        tried=tuple(tried),
        counted=tuple(other for other in others if with_review or other.state != IN_REVIEW),
        others=others,
        may_run=tuple(other for other in found if other.state == MAY_RUN),
        product=product,
        policy=policy,
        at=at,
        zone=zone,
        frame=frame,
    )
