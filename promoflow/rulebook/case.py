"""One case before the checks: a candidate, what runs beside it, and what the checks ask of them."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Literal

from promoflow.rulebook import cost, kinds, stacking, ways_out, zones
from promoflow.rulebook.offers import (
    HELD,
    IN_REVIEW,
    MAY_RUN,
    ListedProduct,
    Offer,
    Window,
    merged,
    with_children,
)
from promoflow.rulebook.policy import Blackout, Policy, Verdict


@dataclass(frozen=True, kw_only=True)
class Case:
    """What the checks look at; `zone` lets kinds that run whole days be moved by whole days."""

    candidate: Offer
    held: tuple[Offer, ...]
    in_review: tuple[Offer, ...]
    may_run: tuple[Offer, ...]
    """What may stand at Amazon although it holds nothing: one finding tells of it, nothing else counts it."""
    products: Mapping[str, ListedProduct]
    policy: Policy
    now: datetime
    zone: str | None
    dangers: Mapping[str, Window]

    @classmethod
    def of(
        cls,
        candidate: Offer,
        others: Iterable[Offer],
        products: Sequence[ListedProduct],
        policy: Policy,
        now: datetime,
        zone: str | None = None,
    ) -> "Case":
        beside = stacking.in_order(with_children(others, products))
        if candidate.reference:
            # What it was before it became another kind may stand at Amazon beside it.
            beside = tuple(
                other for other in beside if other.reference != candidate.reference or other.state == MAY_RUN
            )
        return cls(
            candidate=candidate,
            held=tuple(other for other in beside if other.state in HELD),
            in_review=tuple(other for other in beside if other.state == IN_REVIEW),
            may_run=tuple(other for other in beside if other.state == MAY_RUN),
            products={product.asin: product for product in products},
            policy=policy,
            now=now,
            zone=zone,
            dangers={
                other.reference: policy.danger_window(other) for other in beside if other.state != MAY_RUN
            },
        )

    def standing(self, let_go: Offer) -> "Case":
        """The same case with this one at Amazon, in place of whatever its request is by now."""
        reference = let_go.reference
        return replace(
            self,
            held=tuple(other for other in self.held if other.reference != reference),
            in_review=tuple(other for other in self.in_review if other.reference != reference),
            dangers={**self.dangers, reference: self.policy.danger_window(let_go)},
        )

    def moved_to(self, starts_at: datetime) -> "Case":
        """The same case with the candidate starting then, for as long as before or for as many whole days."""
        window, zone = self.candidate.window, self.zone
        if zone and kinds.runs_whole_days(self.candidate.kind):
            ends_at = zones.whole_days_later(window.starts_at, window.ends_at, starts_at, zone)
        else:
            ends_at = starts_at + (window.ends_at - window.starts_at)
        return replace(self, candidate=replace(self.candidate, window=Window(starts_at, ends_at)))

    @cached_property
    def others(self) -> tuple[Offer, ...]:
        """All that may touch a sale at some time: decided first, then still in review."""
        return tuple(
            other
            for other in (*self.held, *self.in_review)
            if other.stopped_at is None or self.dangers[other.reference]
        )

    @cached_property
    def near(self) -> tuple[Offer, ...]:
        """Those of them whose danger shares any time with the candidate's."""
        return tuple(other for other in self.others if other.reference in self._shared_dangers)

    @property
    def beside(self) -> list[Offer]:
        """Those of them that touch a sale of the same products."""
        return [other for other in self.near if self.shares_product(other)]

    @cached_property
    def danger(self) -> Window:
        return self.policy.danger_window(self.candidate)

    @property
    def stage(self) -> Literal["running", "amending"] | None:
        """Whether the candidate is live, or amends what is; None while it can still be changed freely."""
        if self.candidate.decide_until is not None:
            return "amending"
        return "running" if self.candidate.state == "live" else None

    @cached_property
    def pulled_in(self) -> frozenset[str]:
        """The children that nobody chose: their parent, which was chosen, brings them in."""
        chosen = self.candidate.chosen
        return frozenset(
            product.asin
            for product in self.products.values()
            if product.parent in chosen and product.asin not in chosen
        )

    @cached_property
    def earliest_safe_start(self) -> datetime | None:
        return ways_out.earliest_safe_start(self)

    def earliest_start_beyond(self, other: Offer) -> datetime | None:
        """The same where it is not to meet another one that it may meet."""
        return ways_out.earliest_safe_start(self, avoiding=self.dangers[other.reference])

    @cached_property
    def cost(self) -> cost.Cost | None:
        """What the candidate may cost, as far as anybody knows; None where nobody does."""
        return cost.at_worst(self)

    @cached_property
    def blackouts(self) -> tuple[tuple[Blackout, Window], ...]:
        """The blackouts for the candidate's kind that its danger reaches into, each with its days."""
        spans = [(blackout, blackout.window(self.zone or "UTC")) for blackout in self.policy.blackouts]
        return tuple(
            (blackout, window)
            for blackout, window in spans
            if self.candidate.kind in blackout.kinds and window.overlaps(self.danger)
        )

    @cached_property
    def asins(self) -> tuple[str, ...]:
        return tuple(sorted(self.candidate.asins))

    @cached_property
    def priced(self) -> tuple[ListedProduct, ...]:
        """The candidate's products whose price is known."""
        known = (self.products.get(asin) for asin in self.asins)
        return tuple(product for product in known if product is not None and has_price(product))

    def shared_danger(self, other: Offer) -> Window | None:
        return self._shared_dangers.get(other.reference)

    def shares_product(self, other: Offer) -> bool:
        return not self.candidate.asins.isdisjoint(other.asins)

    def taken_off(self, product: ListedProduct) -> Decimal:
        """What the candidate by itself takes off a unit of a priced product."""
        return self._taken_off[product.asin]

    @cached_property
    def _taken_off(self) -> Mapping[str, Decimal]:
        return {product.asin: stacking.taken_off(self.candidate, product) for product in self.priced}

    def leaves_when_let_go(self, other: Offer) -> bool:
        """Whether it is out of the candidate's way if it is withdrawn, or stopped now.

        An approved one may run at Amazon from its danger on: who withdraws it then lets go of what runs.
        """
        if other.state == "approved":
            return self.now < self.dangers[other.reference].starts_at
        if other.state != "live":
            return False
        stopped = replace(other, stopped_at=self.now)
        return not self.policy.danger_window(stopped).overlaps(self.danger)

    def pair(self, other: Offer) -> Verdict:
        return self._pairs[other.kind]

    def meetings(
        self, beside: Callable[[str], Iterable[Offer]], verdict: Verdict
    ) -> Iterator[tuple[str, Offer]]:
        """Where its danger meets others whose kinds get this verdict: by product, then by other."""
        return ((asin, other) for asin in self.asins for other in beside(asin) if self.pair(other) == verdict)

    @cached_property
    def forbidden(self) -> tuple[Window, ...]:
        """When something is decided that the candidate may not meet, whenever that is moved to."""
        kept_apart = (
            self.dangers[other.reference]
            for other in self.held
            if self.pair(other) == "block" and self.shares_product(other)
        )
        return merged(kept_apart)

    def held_beside(self, asin: str) -> tuple[Offer, ...]:
        """The decided promotions that meet the candidate on a product."""
        return self._held_by_asin.get(asin, ())

    def in_review_beside(self, asin: str) -> tuple[Offer, ...]:
        return self._in_review_by_asin.get(asin, ())

    def may_meet(self, others: Iterable[Offer]) -> list[Offer]:
        """Without those that are refused as a pair already: what is left to the sum of prices."""
        return [other for other in others if self.pair(other) != "block"]

    def sweep(self, product: ListedProduct, others: Iterable[Offer]) -> tuple[stacking.Segment, ...]:
        """The prices of a product through the candidate's danger window, beside these others."""
        beside = tuple(others)
        key = (product.asin, *(other.reference for other in beside))
        if key not in self._sweeps:
            self._sweeps[key] = stacking.segments(product, self._spans(beside))
        return self._sweeps[key]

    def _spans(self, beside: Iterable[Offer]) -> list[tuple[Window, Offer]]:
        """The candidate and others in order, each with its danger as far as the candidate's goes."""
        spans = [(self.danger, self.candidate)]
        for other in beside:
            shared = self.shared_danger(other)
            if shared is not None:
                spans.append((shared, other))
        return sorted(spans, key=lambda span: stacking.rank(span[1]))

    @cached_property
    def worst(self) -> Mapping[str, stacking.Segment]:
        """By ASIN, the span with the lowest price beside all that is decided, forbidden or not."""
        found = {}
        for product in self.priced:
            lowest = stacking.lowest(self.sweep(product, self.held_beside(product.asin)))
            if lowest:
                found[product.asin] = lowest
        return found

    def is_fine_alone(self, product: ListedProduct) -> bool:
        """Whether the candidate by itself keeps the product's floor."""
        return self.keeps_floor(product, stacking.worst_price(product, [self.candidate]))

    def keeps_floor(self, product: ListedProduct, worst: stacking.Worst) -> bool:
        return stacking.keeps_floor(worst.price, self.policy.floor_of(product))

    @cached_property
    def _pairs(self) -> Mapping[str, Verdict]:
        """What the policy says of the candidate's kind and each of the others'."""
        kinds = {other.kind for other in (*self.held, *self.in_review, *self.may_run)}
        return {kind: self.policy.pair(self.candidate.kind, kind) for kind in kinds}

    @cached_property
    def _shared_dangers(self) -> Mapping[str, Window]:
        """By the few of the others that come near it; most are far away, which two comparisons tell."""
        starts_at, ends_at = self.danger.starts_at, self.danger.ends_at
        return {
            reference: shared
            for reference, danger in self.dangers.items()
            if danger.starts_at < ends_at
            and starts_at < danger.ends_at
            and (shared := self.danger.intersection(danger))
        }

    @cached_property
    def _sweeps(self) -> dict[tuple[str, ...], tuple[stacking.Segment, ...]]:
        """Several checks ask for the same sweep."""
        return {}

    def by_asin(self, others: Iterable[Offer]) -> Mapping[str, tuple[Offer, ...]]:
        """By each of the candidate's products those of the others that have it, in their order."""
        found: defaultdict[str, list[Offer]] = defaultdict(list)
        for other in others:
            for asin in other.asins & self.candidate.asins:
                found[asin].append(other)
        return {asin: tuple(beside) for asin, beside in found.items()}

    @cached_property
    def _held_by_asin(self) -> Mapping[str, tuple[Offer, ...]]:
        return self.by_asin(other for other in self.near if other.state in HELD)

    @cached_property
    def _in_review_by_asin(self) -> Mapping[str, tuple[Offer, ...]]:
        return self.by_asin(other for other in self.near if other.state == IN_REVIEW)


def has_price(product: ListedProduct) -> bool:
    return product.price is not None and product.price > 0
