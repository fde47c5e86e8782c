"""The way to an approval: how many people it takes, from which role, and why, by the risk and the policy."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from promoflow.rulebook.policy import Policy, Routing, of_currency
from promoflow.rulebook.risk import Risk

Role = Literal["supervisor", "manager"]
Code = Literal["deep", "exposed", "unbounded"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Reason:
    """Which limit of the policy the risk has reached: percent off, or a sum of money."""

    code: Code
    limit: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    approvals: int
    """How many distinct people must approve."""
    role: Role
    """Which role of the store each of them holds."""
    retype_asin: bool
    """Whether each of them types one of the ASINs anew."""
    why: tuple[Reason, ...] = ()
    """Why one approval is not enough; empty where it is."""

    def frozen(self) -> dict[str, Any]:
        """As it stands with the submitted request, whatever policies follow."""
        return {
            "approvals": self.approvals,
            "role": self.role,
            "retype_asin": self.retype_asin,
            "why": [{"code": reason.code, "limit": str(reason.limit)} for reason in self.why],
        }


def route_of(risk: Risk, policy: Policy, *, products: int) -> Route:
    """The route of a request that chooses so many products; a policy that is silent on it asks for one."""
    routing = policy.routing
    if routing is None:
        return Route(approvals=1, role="supervisor", retype_asin=False)
    why = tuple(_reasons(risk, routing))
    by_managers = _reached(risk.worst_percent, routing.managers_from_percent)
    retype = routing.retype_from_products
    return Route(
        approvals=2 if why else 1,
        role="manager" if by_managers else "supervisor",
        retype_asin=retype is not None and products >= retype,
        why=why,
    )


def _reasons(risk: Risk, routing: Routing) -> Iterator[Reason]:
    """An unbounded exposure is above any sum; yet most coupons have one, since a budget is no cap.

    Were each of them to take two people, the second would soon sign unread. What nothing ends loses money
    only as fast as each unit does, so it counts from a depth of its own on, below that of the bounded ones.
    """
    deep, unbounded = routing.two_from_percent, routing.two_unbounded_from_percent
    if deep is not None and _reached(risk.worst_percent, deep):
        yield Reason(code="deep", limit=deep)
    elif risk.exposed is None and unbounded is not None and _reached(risk.worst_percent, unbounded):
        yield Reason(code="unbounded", limit=unbounded)
    limit = of_currency(routing.two_above, risk.currency)
    at_stake = risk.in_stock if risk.exposed is None else risk.exposed
    if limit is not None and at_stake is not None and at_stake > limit:
        yield Reason(code="exposed", limit=limit)


def _reached(percent: Decimal, limit: Decimal | None) -> bool:
    return limit is not None and percent >= limit
