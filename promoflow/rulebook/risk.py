"""How much could go wrong with a request: what supervisors' attention and the number of approvals go by."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from promoflow.rulebook.case import Case
from promoflow.rulebook.findings import Finding


@dataclass(frozen=True, kw_only=True, slots=True)
class Risk:
    """The deepest worst price in percent off, the money at stake, and how many warnings were found.

    `exposed` is None where nothing that is known ends the promotion: that is more than any sum. Then
    `in_stock` is what it may cost with the stock of now alone, where that is known.
    """

    worst_percent: Decimal
    exposed: Decimal | None
    currency: str
    warned: int
    in_stock: Decimal | None = None


def risk_of(case: Case, findings: Iterable[Finding]) -> Risk:
    cost = case.cost
    amount, is_the_end = (cost.amount, cost.is_the_end) if cost else (None, False)
    return Risk(
        worst_percent=max((segment.worst.percent for segment in case.worst.values()), default=Decimal(0)),
        exposed=amount if is_the_end else None,
        currency=case.candidate.currency,
        warned=sum(finding.severity == "warn" for finding in findings),
        in_stock=None if is_the_end else amount,
    )
