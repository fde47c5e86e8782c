"""Checks of what runs shortly before and after: small steps that add up, and prices to go below."""

from collections.abc import Iterable, Iterator
from datetime import timedelta

from promoflow.rulebook import kinds, stacking
from promoflow.rulebook.case import Case, has_price
from promoflow.rulebook.findings import Finding, params
from promoflow.rulebook.offers import Offer, Window


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
    before = [other for other in case.others if _follows(other.running, own, days)]
    after = [other for other in case.others if _follows(own, other.running, days)]
    yield from _held_to(case, [(other, candidate) for other in before], "before")
    yield from _held_to(case, [(candidate, other) for other in after], "after")


def _follows(first: Window, second: Window, days: timedelta) -> bool:
    return timedelta(0) <= second.starts_at - first.ends_at < days


def _held_to(case: Case, pairs: Iterable[tuple[Offer, Offer]], order: str) -> Iterator[Finding]:
    """Of each pair the second may be refused where it does not go below the price of the first."""
    others, asins = [], set()
    for first, second in pairs:
        held = _not_below(case, first, second)
        if held:
            others.append((first if order == "before" else second).reference)
            asins |= held
    if others:
        yield Finding(
            code="reference-price",
            severity="note",
            others=tuple(others),
            params=params(
                order=order,
                asins=" ".join(sorted(asins)),
                count=len(asins),
                days=case.policy.reference_price_days,
            ),
        )


def _not_below(case: Case, first: Offer, second: Offer) -> set[str]:
    """The products on which the second one does not go below what the first sold them for."""
    if not stacking.sets_the_price(first) or not _is_held(second):
        return set()
    return {
        asin
        for asin in first.asins & second.asins & case.candidate.asins
        if (product := case.products.get(asin)) is not None
        and has_price(product)
        and stacking.taken_off(second, product) <= stacking.taken_off(first, product)
    }


def _is_held(offer: Offer) -> bool:
    """Deals, and coupons, are held to the lowest price of the days before."""
    return stacking.sets_the_price(offer) or offer.kind == kinds.COUPON
