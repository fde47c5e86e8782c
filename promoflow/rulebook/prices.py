"""Checks of prices: what the promotions on a product leave of its price, against its floor."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from promoflow.rulebook import kinds, stacking, ways_out
from promoflow.rulebook.case import Case, has_price
from promoflow.rulebook.findings import Finding, Severity, params
from promoflow.rulebook.offers import ListedProduct


def product_unknown(case: Case) -> Iterator[Finding]:
    """A product that the catalog does not have cannot be checked."""
    for asin in case.asins:
        if asin not in case.products:
            yield Finding(code="product-unknown", severity="block", asin=asin)


def price_missing(case: Case) -> Iterator[Finding]:
    """Without a price nobody can say what the promotion leaves of it."""
    for asin in case.asins:
        product = case.products.get(asin)
        if product is not None and not has_price(product):
            yield Finding(
                code="price-missing", severity="block", asin=asin, params=params(title=product.title)
            )


def currency_differs(case: Case) -> Iterator[Finding]:
    """Money off in another currency than the product's price says nothing about the price."""
    for product in case.priced:
        if case.candidate.currency and case.candidate.currency != product.currency:
            yield Finding(
                code="currency-differs",
                severity="block",
                asin=product.asin,
                params=params(currency=product.currency, candidate_currency=case.candidate.currency),
            )


def not_a_discount(case: Case) -> Iterator[Finding]:
    """A promotion that takes nothing off is a slip of the hand."""
    for product in case.priced:
        if case.taken_off(product) == 0:
            yield Finding(
                code="not-a-discount",
                severity="block",
                asin=product.asin,
                price=product.price,
                params=params(
                    currency=product.currency,
                    discount=case.candidate.discount.type,
                    label=stacking.label(case.candidate),
                ),
            )


def free_or_below_floor(case: Case) -> Iterator[Finding]:
    """All that may run together would sell a product below its floor, or give it away."""
    for product in case.priced:
        beside = case.may_meet(case.held_beside(product.asin))
        segments = case.sweep(product, beside)
        worst = _breaking(case, product, segments)
        if worst:
            code = "below-floor" if worst.worst.price else "free"
            fine_alone = bool(beside) and case.is_fine_alone(product)
            yield replace(
                _broken(case, product, worst, code=code, severity="block"),
                earliest_safe_start=case.earliest_safe_start if fine_alone else None,
                greatest_discount=ways_out.greatest_discount(case, product, segments),
                let_go=ways_out.let_go(case, product, worst.offers),
            )


def below_floor_in_review(case: Case) -> Iterator[Finding]:
    """With others that are still in review the price would fall below the floor."""
    for product in case.priced:
        decided = case.may_meet(case.held_beside(product.asin))
        undecided = case.may_meet(case.in_review_beside(product.asin))
        if not undecided or _breaking(case, product, case.sweep(product, decided)):
            continue
        worst = _breaking(case, product, case.sweep(product, [*decided, *undecided]))
        if worst:
            yield _broken(case, product, worst, code="review-below-floor", severity="warn")


def floor_assumed(case: Case) -> Iterator[Finding]:
    """Nobody has set a floor for these products, so the policy's share of the price stands in."""
    assumed = [product.asin for product in case.priced if product.floor is None]
    if assumed:
        yield Finding(
            code="floor-assumed",
            severity="warn",
            params=params(
                asins=" ".join(assumed), count=len(assumed), percent=case.policy.default_floor_percent
            ),
        )


def discount_outside_limits(case: Case) -> Iterator[Finding]:
    """Money off, or a price, that comes to another share of the price than Amazon takes for the kind."""
    rules = case.policy.kinds.get(case.candidate.kind)
    if rules is None or case.candidate.discount.type not in (kinds.MONEY, kinds.PRICE):
        return
    span = rules.limits.percent
    outside = [
        product.asin for product in case.priced if stacking.percent_off(case.candidate, product) not in span
    ]
    if outside:
        yield Finding(
            code="discount-outside-limits",
            severity="warn",
            params=params(
                kind=case.candidate.kind,
                asins=" ".join(outside),
                count=len(outside),
                least=span.least,
                most=span.most,
            ),
        )


def _breaking(
    case: Case, product: ListedProduct, segments: Iterable[stacking.Segment]
) -> stacking.Segment | None:
    """The segment with the lowest price, if that price breaks the floor."""
    lowest = stacking.lowest(segments)
    return lowest if lowest and not case.keeps_floor(product, lowest.worst) else None


def _broken(
    case: Case, product: ListedProduct, segment: stacking.Segment, *, code: str, severity: Severity
) -> Finding:
    """That this price breaks the floor, and by which sum."""
    return Finding(
        code=code,
        severity=severity,
        asin=product.asin,
        others=_others(case, segment),
        window=segment.window,
        price=segment.worst.price,
        floor=case.policy.floor_of(product),
        steps=segment.worst.steps,
        params=params(
            kind=case.candidate.kind,
            currency=product.currency,
            discount=case.candidate.discount.type,
            label=stacking.label(case.candidate),
        ),
    )


def _others(case: Case, segment: stacking.Segment) -> tuple[str, ...]:
    """Who takes something off in this segment, beside the candidate."""
    taking = {step.reference for step in segment.worst.steps if step.amount < 0}
    return tuple(
        offer.reference
        for offer in segment.offers
        if offer is not case.candidate and offer.reference in taking
    )
