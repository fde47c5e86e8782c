"""Checks of pairs: what the policy says where two promotions touch the same product at the same time."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial

from promoflow.rulebook import stacking
from promoflow.rulebook.case import Case, has_price
from promoflow.rulebook.findings import Finding, Severity, params
from promoflow.rulebook.offers import UNDECIDED, Offer, Window


def kinds_forbidden(case: Case) -> Iterator[Finding]:
    """Two kinds that the policy keeps apart would both sell a product at the same time."""
    for asin, other in case.meetings(case.held_beside, "block"):
        shared = case.candidate.running.intersection(other.running)
        if shared:
            yield _meeting(case, "kinds-forbidden", "block", asin, other, shared)


def cooling_off(case: Case) -> Iterator[Finding]:
    """Two kinds that the policy keeps apart come too close: one may start early, or be gone late."""
    for asin, other in case.meetings(case.held_beside, "block"):
        if not case.candidate.running.overlaps(other.running):
            yield _meeting(case, "cooling-off", "block", asin, other, case.shared_danger(other))


def kinds_doubtful(case: Case) -> Iterator[Finding]:
    """Two kinds may meet only with a reason, which whoever submits second of the two gives."""
    # Were what is in review left out, two submitted before either is approved would meet without a reason.
    beside = _held_or_asked if case.candidate.state in UNDECIDED else Case.held_beside
    for asin, other in case.meetings(partial(beside, case), "warn"):
        yield _meeting(case, "kinds-doubtful", "warn", asin, other, case.shared_danger(other))


def _held_or_asked(case: Case, asin: str) -> tuple[Offer, ...]:
    """Decided or in review; of an amendment in review and what it amends, which are one, what runs."""
    held = case.held_beside(asin)
    running = {other.reference for other in held}
    return (*held, *(other for other in case.in_review_beside(asin) if other.amends not in running))


def may_still_run(case: Case) -> Iterator[Finding]:
    """What was approved and then let go without having been marked live may run at Amazon all the same."""
    told = set()
    # Of a request more than one revision may have been let go: the one that runs longest is told of.
    for let_go in sorted(case.may_run, key=_end, reverse=True):
        standing, verdict = case.standing(let_go), case.pair(let_go)
        shared = standing.shared_danger(let_go)
        for asin in sorted(let_go.asins & case.candidate.asins) if shared else ():
            finding = _meeting(standing, "may-still-run", "warn", asin, let_go, shared, verdict=verdict)
            if finding.key not in told and (verdict != "may-meet" or _breaks_floor(finding)):
                told.add(finding.key)
                yield finding


def _end(offer: Offer) -> datetime:
    return offer.window.ends_at


def _breaks_floor(finding: Finding) -> bool:
    return finding.price is not None and not stacking.keeps_floor(finding.price, finding.floor)


def review_conflict(case: Case) -> Iterator[Finding]:
    """Two requests in review would block each other: only one of them can be approved."""
    for asin, other in case.meetings(case.in_review_beside, "block"):
        yield _meeting(case, "review-conflict", "warn", asin, other, case.shared_danger(other))


def _meeting(
    case: Case,
    code: str,
    severity: Severity,
    asin: str,
    other: Offer,
    window: Window | None,
    **more: object,
) -> Finding:
    """A finding about two promotions, with the lowest price that all that runs beside them would leave."""
    product = case.products.get(asin)
    worst = _lowest_with(case, asin, other)
    danger = case.dangers[other.reference]
    return Finding(
        code=code,
        severity=severity,
        asin=asin,
        others=(other.reference,),
        window=window,
        price=worst.price if worst else None,
        floor=case.policy.floor_of(product) if product else None,
        steps=worst.steps if worst else (),
        params=params(
            **more,
            kind=case.candidate.kind,
            currency=product.currency if product else None,
            starts_at=case.candidate.window.starts_at,
            danger_starts_at=case.danger.starts_at,
            danger_ends_at=case.danger.ends_at,
            other_kind=other.kind,
            other_state=other.state,
            other_discount=other.discount.type,
            other_label=stacking.label(other),
            other_starts_at=other.window.starts_at,
            other_ends_at=other.window.ends_at,
            other_stopped_at=other.stopped_at,
            other_danger_ends_at=danger.ends_at,
            other_danger_starts_at=danger.starts_at,
        ),
        earliest_safe_start=_start_without(case, code, other),
        let_go=(other.reference,) if severity == "block" and case.leaves_when_let_go(other) else (),
    )


def _start_without(case: Case, code: str, other: Offer) -> datetime | None:
    """From when on it meets nothing that is forbidden, nor what may still be redeemed of a stopped one."""
    if code == "kinds-doubtful" and other.stopped_at is not None:
        return case.earliest_start_beyond(other)
    return case.earliest_safe_start if code in ("kinds-forbidden", "cooling-off") else None


def _lowest_with(case: Case, asin: str, other: Offer) -> stacking.Worst | None:
    product = case.products.get(asin)
    if product is None or not has_price(product):
        return None
    beside = {offer.reference: offer for offer in (*case.held_beside(asin), other)}
    segments = case.sweep(product, beside.values())
    lowest = stacking.lowest(
        segment for segment in segments if any(offer is other for offer in segment.offers)
    )
    return lowest.worst if lowest else None
