"""The conflict checker: everything that speaks against a candidate, beside all that may run with it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from promoflow.rulebook import exposure, family, meetings, nearby, prices, times
from promoflow.rulebook.case import Case
from promoflow.rulebook.findings import GRAVEST_FIRST, Finding, params
from promoflow.rulebook.kinds import KINDS
from promoflow.rulebook.offers import ListedProduct, Offer
from promoflow.rulebook.policy import Policy


def find_conflicts(
    candidate: Offer,
    others: Sequence[Offer],
    products: Sequence[ListedProduct],
    policy: Policy,
    now: datetime,
    *,
    zone: str | None = None,
) -> tuple[Finding, ...]:
    """All findings on a candidate: blocks first, then in the order of the checks.

    `others` is everything in review, approved, live or ended with its danger not over; what is in another
    state, and the candidate's own request, is ignored. With the marketplace's `zone` the earliest safe start
    of a kind that runs whole days is a midnight there.
    """
    return findings_of(Case.of(candidate, others, products, policy, now, zone))


def findings_of(case: Case) -> tuple[Finding, ...]:
    """The same of a case, whose prices can be asked for afterwards without working them out again."""
    found = [_in_place(case, finding) for check in CHECKS for finding in check(case)]
    return tuple(sorted(found, key=lambda finding: GRAVEST_FIRST.index(finding.severity)))


def _in_place(case: Case, finding: Finding) -> Finding:
    """With what its ways out depend on beside itself: what runs is not edited, a child not left out alone."""
    stage, pulled_in = case.stage, "yes" if finding.asin in case.pulled_in else None
    if not stage and not pulled_in:
        return finding
    return replace(finding, params=params(**finding.details, stage=stage, pulled_in=pulled_in))


def unknown_kind(case: Case) -> Iterator[Finding]:
    """A kind that the rulebook does not know can be judged by nobody."""
    if case.candidate.kind not in KINDS:
        yield Finding(code="unknown-kind", severity="block", params=params(kind=case.candidate.kind))


def no_products(case: Case) -> Iterator[Finding]:
    """Without products nothing has been checked, which is not the same as no conflict."""
    if not case.candidate.asins:
        yield Finding(code="no-products", severity="block")


# Every check there is, in the order in which a page lists what they find.
CHECKS: tuple[Callable[[Case], Iterator[Finding]], ...] = (
    unknown_kind,
    no_products,
    times.in_past,
    times.too_late,
    times.blackout,
    family.family_grown,
    meetings.kinds_forbidden,
    meetings.cooling_off,
    exposure.code_reused,
    prices.product_unknown,
    prices.price_missing,
    prices.currency_differs,
    prices.not_a_discount,
    prices.free_or_below_floor,
    meetings.kinds_doubtful,
    meetings.may_still_run,
    meetings.review_conflict,
    prices.below_floor_in_review,
    prices.floor_assumed,
    prices.discount_outside_limits,
    family.several_in_one_deal,
    nearby.small_steps,
    exposure.costs_much,
    exposure.no_redemption_cap,
    exposure.group_code_unlimited,
    exposure.budget_not_a_cap,
    exposure.coupon_on_several_units,
    exposure.code_shared_with_influencers,
    exposure.unseen_prices,
    times.no_way_back,
    nearby.reference_price,
)
