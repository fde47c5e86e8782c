"""Checks of exposure: codes that reach further, and caps that hold less, than their makers believe.

Each says what the promotion costs at worst, where that is known.
"""

from collections.abc import Iterator

from promoflow.rulebook import claim_codes, kinds
from promoflow.rulebook.case import Case
from promoflow.rulebook.findings import Finding, params
from promoflow.rulebook.kinds import KINDS
from promoflow.rulebook.offers import Offer
from promoflow.rulebook.policy import of_currency


def code_reused(case: Case) -> Iterator[Finding]:
    """One claim code opens two promotions; 0 and O, 1 and I are the same to Amazon."""
    if not case.candidate.claim_code:
        return
    code = claim_codes.normalise(case.candidate.claim_code)
    for other in (*case.held, *case.in_review):
        if other.claim_code and claim_codes.normalise(other.claim_code) == code:
            clash = other in case.held and case.shared_danger(other)
            yield Finding(
                code="code-reused",
                severity="block" if clash else "warn",
                others=(other.reference,),
                window=case.shared_danger(other),
                params=params(
                    claim_code=case.candidate.claim_code,
                    other_code=other.claim_code,
                    other_kind=other.kind,
                    other_starts_at=other.window.starts_at,
                    other_ends_at=other.window.ends_at,
                ),
            )


def no_redemption_cap(case: Case) -> Iterator[Finding]:
    """One buyer may redeem it again and again, and nothing counts how often in all."""
    offer = case.candidate
    capped = offer.one_per_customer or offer.max_redemptions or offer.claim_type == "single_use"
    if offer.kind != kinds.COUPON and _has(offer, "one_per_customer") and not capped:
        yield Finding(
            code="no-redemption-cap", severity="warn", params=params(kind=offer.kind, **_at_worst(case))
        )


def group_code_unlimited(case: Case) -> Iterator[Finding]:
    """Whoever knows a group code may take any number of units in one order."""
    if case.candidate.claim_type == "group" and not case.candidate.units_per_order:
        yield Finding(
            code="group-code-unlimited",
            severity="warn",
            params=params(kind=case.candidate.kind, claim_code=case.candidate.claim_code, **_at_worst(case)),
        )


def budget_not_a_cap(case: Case) -> Iterator[Finding]:
    """At 80 % of the budget it leaves the site; what was clipped or applied by then is honoured."""
    if _has(case.candidate, "budget") and case.candidate.budget is not None:
        yield Finding(
            code="budget-not-a-cap",
            severity="note",
            params=params(
                **{"kind": case.candidate.kind, "currency": case.candidate.currency, **_at_worst(case)},
                budget=case.candidate.budget,
            ),
        )


def coupon_on_several_units(case: Case) -> Iterator[Finding]:
    """A percentage coupon that is not limited to one per customer comes off up to five units of an order."""
    offer = case.candidate
    percentage = offer.kind == kinds.COUPON and offer.discount.type == kinds.PERCENT
    if percentage and not offer.one_per_customer:
        yield Finding(code="coupon-on-several-units", severity="note", params=params(**_at_worst(case)))


def unseen_prices(case: Case) -> Iterator[Finding]:
    """What comes off at the checkout comes off lower prices too, which the desk does not know."""
    # Amazon says so of coupons (domain.md, fact 4), sellers' tools of all else that comes off there (2.2).
    kind = KINDS.get(case.candidate.kind)
    if case.priced and kind is not None and kind.layer == "addon":
        lowest = min(product.price or 0 for product in case.priced)
        yield Finding(
            code="unseen-prices",
            severity="note",
            params=params(
                kind=case.candidate.kind,
                counts_with=lowest,
                count=len(case.priced),
                currency=case.priced[0].currency,
            ),
        )


def code_shared_with_influencers(case: Case) -> Iterator[Finding]:
    """Amazon shares a social code with influencers and associates, and that cannot be changed."""
    if case.candidate.kind == kinds.SOCIAL_CODE:
        yield Finding(
            code="code-shared-with-influencers",
            severity="note",
            params=params(claim_code=case.candidate.claim_code, **_at_worst(case)),
        )


def costs_much(case: Case) -> Iterator[Finding]:
    """What it costs at worst is above what the policy lets pass without a reason."""
    limit = of_currency(case.policy.exposure_above, case.cost.currency) if case.cost else None
    if case.cost and limit is not None and case.cost.amount > limit:
        yield Finding(
            code="costs-much",
            severity="warn",
            params=params(kind=case.candidate.kind, limit=limit, **_at_worst(case)),
        )


def _at_worst(case: Case) -> dict[str, object]:
    """What it costs at worst, for a sentence; empty where nobody knows."""
    worst = case.cost
    if worst is None:
        return {}
    return {
        "units": worst.units,
        "each": worst.each,
        "cost": worst.amount,
        "currency": worst.currency,
        "bound": worst.bound,
    }


def _has(offer: Offer, field: str) -> bool:
    kind = KINDS.get(offer.kind)
    return kind is not None and field in kind.fields
