"""Checks of what runs shortly before and after: small steps that add up, and prices to go below."""

from collections.abc import Iterator
from datetime import timedelta

from promoflow.rulebook import kinds, stacking
from promoflow.rulebook.case import Case
from promoflow.rulebook.findings import Finding, params
from promoflow.rulebook.offers import ListedProduct, Offer


def small_steps(case: Case) -> Iterator[Finding]:
    """Several promotions within a few days, each too small to be looked at closely, are large together."""
    rule = case.policy.splitting
    if rule is None:
        return
    start = case.candidate.window.starts_at
    near = [
        other
        for other in case.others
        if abs(other.window.starts_at - start) < rule.within
        and not (case.pair(other) == "block" and case.shared_danger(other))
    ]
    for product in case.priced:
        own = stacking.percent_off(case.candidate, product)
        shares = [
            (other, share)
            for other in near
            if product.asin in other.asins and (share := stacking.percent_off(other, product)) < rule.percent
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
    for other in case.others:
        before = _held_to(case, other, case.candidate)
        if before:
            yield _reference_price(case, other, before, "before")
        after = _held_to(case, case.candidate, other)
        if after:
            yield _reference_price(case, other, after, "after")


def _held_to(case: Case, first: Offer, second: Offer) -> list[str]:
    """The products on which the second one follows the first closely, and does not go below its price."""
    days = timedelta(days=case.policy.reference_price_days)
    between = second.window.starts_at - first.running.ends_at
    if not timedelta(0) <= between < days or not stacking.sets_the_price(first) or not _is_held(second):
        return []
    return [
        product.asin
        for product in case.priced
        if product.asin in first.asins & second.asins and not _goes_below(second, first, product)
    ]


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
