"""How much could go wrong with a request: what supervisors' attention and the number of approvals go by."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from promoflow.rulebook.case import Case
from promoflow.rulebook.findings import Finding


@dataclass(frozen=True, kw_only=True, slots=True)
class Risk:
    """The deepest worst price in percent off, the money at stake, and how many warnings were found.

    `exposed` is None where nothing that is known ends the promotion: that is more than any sum.
    """

    worst_percent: Decimal
    exposed: Decimal | None
    currency: str
    warned: int


def risk_of(case: Case, findings: Iterable[Finding]) -> Risk:
    return Risk(
        worst_percent=max((segment.worst.percent for segment in case.worst.values()), default=Decimal(0)),
        exposed=case.cost.amount if case.cost else None,
        currency=case.candidate.currency,
        warned=sum(finding.severity == "warn" for finding in findings),
    )
