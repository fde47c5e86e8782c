"""Checks of what runs shortly before and after: small steps that add up, and prices to go below."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Literal

from promoflow.rulebook import kinds, stacking, zones
from promoflow.rulebook.case import Case, has_price
from promoflow.rulebook.findings import Finding, params
from promoflow.rulebook.offers import Offer, amended_by

# Where the other stands: before the candidate, or after it.
Order = Literal["before", "after"]


def small_steps(case: Case) -> Iterator[Finding]:
    """Several promotions within a few days, each too small to be looked at closely, are large together."""
    rule = case.policy.splitting
    if rule is None:
        return
    since, until = _days_around(case, rule.within)
    near = case.by_asin(
        other
        for other in case.others
        if since <= other.window.starts_at <= until
        and not (case.pair(other) == "block" and case.shared_danger(other))
    )
    for product in case.priced:
        beside = near.get(product.asin, ())
        amended = amended_by(beside)
        shares = [
            (other, share)
            for other in beside
            if other.reference not in amended
            and (share := stacking.percent_off(other, product)) < rule.percent
        ]
        if not shares:
            continue
        own = stacking.percent_off(case.candidate, product)
        total = own + sum(share for _, share in shares)
        if own < rule.percent <= total:
            yield Finding(
                code="small-steps",
                severity="warn",
                asin=product.asin,
                others=tuple(other.reference for other, _ in shares),
                params=params(
                    kind=case.candidate.kind,
                    total=stacking.rounded_percent(total),
                    percent=rule.percent,
                    days=rule.within.days,
                ),
            )


def _days_around(case: Case, days: timedelta) -> tuple[datetime, datetime]:
    """So many days before its start and after it, where the zone is known by its clocks."""
    start = case.candidate.window.starts_at
    if case.zone is None:
        return start - days, start + days
    here = zones.local(start, case.zone)
    return zones.first_instant(here - days, case.zone), zones.first_instant(here + days, case.zone)


def reference_price(case: Case) -> Iterator[Finding]:
    """A deal lowers the price that Amazon holds a later one to (domain.md, 2.2)."""
    own, days = case.candidate.running, timedelta(days=case.policy.reference_price_days)
    since, until = own.starts_at - days, own.ends_at + days
    if _is_held(case.candidate):
        before = [other for other in case.others if since < other.running.ends_at <= own.starts_at]
        yield from _held_to(case, filter(stacking.sets_the_price, before), "before")
    if stacking.sets_the_price(case.candidate):
        after = [other for other in case.others if own.ends_at <= other.window.starts_at < until]
        yield from _held_to(case, filter(_is_held, after), "after")


def _held_to(case: Case, others: Iterable[Offer], order: Order) -> Iterator[Finding]:
    """Of the candidate and each of the others the later may be refused: it does not go below the earlier."""
    named, asins = [], set()
    for other in others:
        not_below = _not_below(case, other, order)
        if not_below:
            named.append(other.reference)
            asins |= not_below
    if named:
        yield Finding(
            code="reference-price",
            severity="note",
            others=tuple(named),
            params=params(
                order=order,
                asins=" ".join(sorted(asins)),
                count=len(asins),
                days=case.policy.reference_price_days,
            ),
        )


def _not_below(case: Case, other: Offer, order: Order) -> set[str]:
    """The candidate's products on which the later does not go below what the earlier sold them for."""
    found = set()
    for asin in other.asins & case.candidate.asins:
        product = case.products.get(asin)
        if product is not None and has_price(product):
            own, its = case.taken_off(product), stacking.taken_off(other, product)
            if own <= its if order == "before" else its <= own:
                found.add(asin)
    return found


def _is_held(offer: Offer) -> bool:
    """Deals, and coupons, are held to the lowest price of the days before."""
    return stacking.sets_the_price(offer) or offer.kind == kinds.COUPON
