"""Checks of the clock: what can no longer reach Amazon in time, nor be called back, and forbidden days."""

from collections.abc import Iterator
from dataclasses import replace

from promoflow.rulebook import kinds
from promoflow.rulebook.case import Case
from promoflow.rulebook.findings import Finding, params
from promoflow.rulebook.offers import UNDECIDED


def in_past(case: Case) -> Iterator[Finding]:
    """Its start is over before anybody has decided."""
    if case.candidate.decide_until is not None:
        return
    if case.candidate.state in UNDECIDED and case.candidate.window.starts_at <= case.now:
        yield _too_soon(case, "in-past")


def too_late(case: Case) -> Iterator[Finding]:
    """Amazon locks or schedules it before anybody has decided."""
    starts_at = case.candidate.decide_until or case.candidate.window.starts_at
    if case.candidate.state in UNDECIDED and case.policy.decide_by(case.candidate) < case.now < starts_at:
        yield _too_soon(case, "too-late")


def blackout(case: Case) -> Iterator[Finding]:
    """It may touch a sale on days that the policy keeps free of its kind."""
    for days, window in case.blackouts:
        yield Finding(
            code="blackout",
            severity="block" if days.verdict == "block" else "warn",
            window=case.danger.intersection(window),
            params=params(
                kind=case.candidate.kind,
                name=days.name,
                reason=days.reason or None,
                blackout_starts_at=window.starts_at,
                blackout_ends_at=window.ends_at,
                danger_starts_at=case.danger.starts_at,
            ),
            earliest_safe_start=case.earliest_safe_start if days.verdict == "block" else None,
        )


def no_way_back(case: Case) -> Iterator[Finding]:
    """A deal cannot be cancelled in the last 25 hours before it starts (domain.md, section 3)."""
    if case.candidate.kind in kinds.DEALS:
        # What amends one that runs is decided until its end; the deal is called back no later for that.
        cancel_by = case.policy.decide_by(replace(case.candidate, decide_until=None))
        yield Finding(
            code="no-way-back",
            severity="note",
            params=params(
                kind=case.candidate.kind,
                cancel_by=cancel_by,
                has_passed="yes" if cancel_by < case.now else None,
                danger_ends_at=case.danger.ends_at,
            ),
        )


def _too_soon(case: Case, code: str) -> Finding:
    starts_at, decide_by = case.candidate.window.starts_at, case.policy.decide_by(case.candidate)
    return Finding(
        code=code,
        severity="block",
        window=case.candidate.window,
        params=params(
            kind=case.candidate.kind,
            starts_at=starts_at,
            decide_by=decide_by,
            hours=int((starts_at - decide_by).total_seconds() // 3600),
        ),
        earliest_safe_start=case.earliest_safe_start,
    )
