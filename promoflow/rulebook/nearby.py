"""Checks of what runs shortly before and after: small steps that add up, and prices to go below."""

from collections.abc import Iterator
from datetime import timedelta

from promoflow.rulebook import kinds, stacking
from promoflow.rulebook.case import Case
from promoflow.rulebook.findings import Finding, params
from promoflow.rulebook.offers import ListedProduct, Offer, Window


def small_steps(case: Case) -> Iterator[Finding]:
    """Several promotions within a few days, each too small to be looked at closely, are large together."""
    rule = case.policy.splitting
    if rule is None:
        return
    start = case.candidate.window.starts_at
    near = case.by_asin(
        other
        for other in case.others
        if abs(other.window.starts_at - start) < rule.within
        and not (case.pair(other) == "block" and case.shared_danger(other))
    )
    for product in case.priced:
        own = stacking.percent_off(case.candidate, product)
        shares = [
            (other, share)
            for other in near.get(product.asin, ())
            if (share := stacking.percent_off(other, product)) < rule.percent
        ]
        total = own + sum(share for _, share in shares)
        if shares and own < rule.percent <= total:
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


def reference_price(case: Case) -> Iterator[Finding]:
    """A deal lowers the price that Amazon holds a later one to (domain.md, 2.2)."""
    candidate, own = case.candidate, case.candidate.running
    days = timedelta(days=case.policy.reference_price_days)
    for other in case.others:
        running = other.running
        if _follows(running, own, days):
            yield from _held_to(case, other, candidate, "before")
        if _follows(own, running, days):
            yield from _held_to(case, candidate, other, "after")


def _follows(first: Window, second: Window, days: timedelta) -> bool:
    return timedelta(0) <= second.starts_at - first.ends_at < days


def _held_to(case: Case, first: Offer, second: Offer, order: str) -> Iterator[Finding]:
    """The second one may be refused on products on which it does not go below the price of the first."""
    if not stacking.sets_the_price(first) or not _is_held(second):
        return
    shared = case.priced_of(first.asins & second.asins)
    asins = [product.asin for product in shared if not _goes_below(second, first, product)]
    if asins:
        yield _reference_price(case, second if order == "after" else first, asins, order)


def _is_held(offer: Offer) -> bool:
    """Deals, and coupons, are held to the lowest price of the days before."""
    return stacking.sets_the_price(offer) or offer.kind == kinds.COUPON


def _goes_below(second: Offer, first: Offer, product: ListedProduct) -> bool:
    return stacking.taken_off(second, product) > stacking.taken_off(first, product)


def _reference_price(case: Case, other: Offer, asins: list[str], order: str) -> Finding:
    return Finding(
        code="reference-price",
        severity="note",
        others=(other.reference,),
        params=params(
            kind=case.candidate.kind,
            currency=case.priced[0].currency,
            order=order,
            asins=" ".join(asins),
            count=len(asins),
            days=case.policy.reference_price_days,
            other_kind=other.kind,
            other_discount=other.discount.type,
            other_label=stacking.label(other),
            other_starts_at=other.window.starts_at,
            other_ends_at=other.running.ends_at,
        ),
    )
