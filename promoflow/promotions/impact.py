"""What a draft of the rules would change: how it differs, and which standing requests it would block."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from promoflow.policies import selectors as policies
from promoflow.policies.models import PolicyRevision
from promoflow.promotions import checker, selectors
from promoflow.promotions.checker import Report
from promoflow.promotions.models import PromotionRequest
from promoflow.rulebook.policy import Policy


@dataclass(frozen=True)
class Hit:
    """A request that is approved or live and that other rules would block."""

    request: PromotionRequest
    report: Report


@dataclass(frozen=True)
class Impact:
    """Everything standing that the rules would block; its digest says no time of day."""

    hits: tuple[Hit, ...]

    @cached_property
    def digest(self) -> bytes:
        lines = (f"{hit.request.reference} {hit.report.digest.hex()}\n" for hit in self.hits)
        return hashlib.sha256("".join(lines).encode()).digest()


def of(revision: PolicyRevision, *, at: datetime) -> Impact:
    """What publishing this revision now would block."""
    return by(policies.policy_of(revision), selectors.standing(), at=at)


def by(policy: Policy, requests: Iterable[PromotionRequest], *, at: datetime) -> Impact:
    """What of these requests the rules would block."""
    reports = ((request, checker.report_of(request, at=at, policy=policy)) for request in requests)
    return Impact(tuple(Hit(request, report) for request, report in reports if report.blocks))
