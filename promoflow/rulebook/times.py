"""Checks of the clock: what can no longer reach Amazon in time."""

from collections.abc import Iterator

from promoflow.rulebook.case import Case
from promoflow.rulebook.findings import Finding, params
from promoflow.rulebook.offers import UNDECIDED


def in_past(case: Case) -> Iterator[Finding]:
    """Its start is over before anybody has decided."""
    if case.candidate.state in UNDECIDED and case.candidate.window.starts_at <= case.now:
        yield _too_soon(case, "in-past")


def too_late(case: Case) -> Iterator[Finding]:
    """Amazon locks or schedules it before anybody has decided."""
    starts_at = case.candidate.window.starts_at
    if case.candidate.state in UNDECIDED and case.policy.decide_by(case.candidate) < case.now < starts_at:
        yield _too_soon(case, "too-late")


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
