"""The ways out of a block: another start, a smaller discount, or another promotion that goes."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from promoflow.rulebook import kinds, zones
from promoflow.rulebook.money import smallest_unit
from promoflow.rulebook.offers import UNDECIDED, Discount, ListedProduct, Offer, Window
from promoflow.rulebook.stacking import Segment, worst_price

if TYPE_CHECKING:
    from promoflow.rulebook.case import Case

_HOUR = timedelta(hours=1)
_WHOLE = Decimal(100)


def earliest_safe_start(case: "Case", *, avoiding: Window | None = None) -> datetime | None:
    """The first start from the wanted one on with no forbidden pair, no blackout, no floor broken by others.

    The length stays. Padding counts: a coupon that may start six hours early starts six hours after the last
    tail. With `avoiding` it keeps out of that window too. None for what has begun: nobody moves that.
    """
    if case.candidate.state not in (*UNDECIDED, "approved") or case.candidate.decide_until is not None:
        return None
    lead, over = _lead(case), None
    kept_free = (*case.forbidden, avoiding) if avoiding else case.forbidden
    for starts_at in _starts(case):
        if over and starts_at < over:
            continue
        moved = case.moved_to(starts_at)
        in_the_way = next((window for window in kept_free if window.overlaps(moved.danger)), None)
        if in_the_way:
            over = in_the_way.ends_at + lead
        elif _is_safe(moved):
            return starts_at
    return None


def greatest_discount(case: "Case", product: ListedProduct, segments: Iterable[Segment]) -> Decimal | None:
    """The candidate's deepest value that keeps this product's floor through the segments.

    A percentage in whole percent, money to the smallest unit, a price to sell at as the lowest one. None
    where even the shallowest value that Amazon takes breaks the floor, and for free items.
    """
    unit, amounts = _shallow_to_deep(case, product)
    together = {segment.offers for segment in segments}

    def breaks_floor(amount: int) -> bool:
        changed = replace(case.candidate, discount=Discount(case.candidate.discount.type, amount * unit))
        return not all(
            case.keeps_floor(product, worst_price(product, _with(changed, offers))) for offers in together
        )

    # A deeper discount never raises the price, so the amounts that break the floor are all at the end.
    first_broken = bisect_left(amounts, True, key=breaks_floor)
    return amounts[first_broken - 1] * unit if first_broken else None


def let_go(case: "Case", product: ListedProduct, together: Iterable[Offer]) -> tuple[str, ...]:
    """Those of the offers that run together of which stopping or withdrawing one is enough for the floor."""
    beside = case.may_meet(case.held_beside(product.asin))
    named = {offer.reference for offer in together}
    return tuple(
        other.reference
        for other in beside
        if other.reference in named
        and case.leaves_when_let_go(other)
        and _is_kept_without(case, product, other)
    )


def _is_kept_without(case: "Case", product: ListedProduct, left_out: Offer) -> bool:
    beside = [other for other in case.may_meet(case.held_beside(product.asin)) if other is not left_out]
    return all(case.keeps_floor(product, segment.worst) for segment in case.sweep(product, beside))


def _shallow_to_deep(case: "Case", product: ListedProduct) -> tuple[Decimal, range]:
    """The unit of the candidate's discount, and its amounts from the shallowest to the wanted one.

    None goes beyond the whole price: nothing is left there already, whatever was typed.
    """
    value, price = case.candidate.discount.value or Decimal(0), product.price or Decimal(0)
    unit = smallest_unit(product.currency)
    match case.candidate.discount.type:
        case kinds.PERCENT:
            return Decimal(1), range(_least_percent(case), int(min(value, _WHOLE)) + 1)
        case kinds.MONEY:
            return unit, range(1, int(min(value, price) / unit) + 1)
        case kinds.PRICE:
            return unit, range(int(price / unit) - 1, int(max(value, Decimal(0)) / unit) - 1, -1)
        case _:
            return unit, range(0)


def _least_percent(case: "Case") -> int:
    rules = case.policy.kinds.get(case.candidate.kind)
    return int(rules.limits.percent.least or 1) if rules else 1


def _with(changed: Offer, offers: Iterable[Offer]) -> list[Offer]:
    return [changed if offer.reference == changed.reference else offer for offer in offers]


def _starts(case: "Case") -> Iterator[datetime]:
    """The only instants worth trying: the wanted one, and when each of the others or a blackout is over."""
    wanted = _wanted_start(case)
    lead = _lead(case)
    overs = {
        case.dangers[other.reference].ends_at + lead for other in case.held if case.shares_product(other)
    }
    overs |= {blackout.window(case.zone or "UTC").ends_at + lead for blackout in case.policy.blackouts}
    starts = {wanted} | {over for over in overs if over > wanted}
    return iter(sorted({_rounded(case, starts_at) for starts_at in starts}))


def _lead(case: "Case") -> timedelta:
    return case.candidate.window.starts_at - case.danger.starts_at


def _wanted_start(case: "Case") -> datetime:
    """The candidate's start or, where it is too late for that, the next full hour that is not."""
    start = case.candidate.window.starts_at
    if case.candidate.state not in UNDECIDED:
        return start
    lock = start - case.policy.decide_by(case.candidate)
    reachable = case.now + lock
    if start >= reachable:
        return start
    hour = reachable.replace(minute=0, second=0, microsecond=0)
    return hour if hour == reachable else hour + _HOUR


def _rounded(case: "Case", starts_at: datetime) -> datetime:
    if case.zone is None or not kinds.runs_whole_days(case.candidate.kind):
        return starts_at
    return zones.next_midnight(starts_at, case.zone)


def _is_safe(case: "Case") -> bool:
    if any(blackout.verdict == "block" for blackout, _ in case.blackouts):
        return False
    return not any(_is_broken_by_others(case, product) for product in case.priced)


def _is_broken_by_others(case: "Case", product: ListedProduct) -> bool:
    beside = case.may_meet(case.held_beside(product.asin))
    if not beside or not case.is_fine_alone(product):
        return False
    return not all(case.keeps_floor(product, segment.worst) for segment in case.sweep(product, beside))
