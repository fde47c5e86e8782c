"""Looks at Seller Central as pages show them: approved, first and second side by side, and what alarms."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Exists, OuterRef

from accounts import selectors as people
from accounts.models import User
from promoflow.policies import selectors as policies
from promoflow.prepared import AnyOf, Prepared
from promoflow.promotions import amendments
from promoflow.promotions.content import decode
from promoflow.promotions.evidence import expected
from promoflow.promotions.models import Activation, Attachment, Discrepancy, Look, PromotionRequest, State
from promoflow.promotions.wording import presenting

FEW: Final = 3


@dataclass(frozen=True)
class Looked:
    """One person's look: who, when, what they saw, and where that was not what held at that instant."""

    by: User
    at: datetime
    shown: Mapping[str, Any]
    differing: frozenset[str]
    is_second: bool

    @property
    def name(self) -> str:
        return str((Look.SECOND if self.is_second else Look.FIRST).label)


@dataclass(frozen=True)
class Cell:
    look: Looked
    text: str
    differs: bool


@dataclass(frozen=True)
class Row:
    """A field: its name, what was approved, what it was shortened to since, and what each look saw."""

    name: str
    approved: str
    shortened: str
    cells: list[Cell]


@dataclass(frozen=True)
class Comparison:
    looks: list[Looked]
    rows: list[Row]


def comparison(request: PromotionRequest, activation: Activation) -> Comparison | None:
    """Side by side once a second look was taken; before, the second one stays blind to the first."""
    seconds = _second_looks(request, activation)
    if not seconds:
        return None
    approved = decode(request.newest.body)
    # A first look that differed never went live.
    first = Looked(activation.live_by, activation.live_at, activation.evidence, frozenset(), is_second=False)
    looks = [first, *seconds]
    holding = amendments.in_force(request)
    rows = [_row(field, approved, holding, looks, request) for field in expected(approved)]
    return Comparison(looks, rows)


def _second_looks(request: PromotionRequest, activation: Activation) -> list[Looked]:
    """What they were compared with may have been shortened since: what differed then was written down."""
    found = [
        Looked(seen.seen_by, seen.seen_at, seen.shown, frozenset(seen.differing), is_second=True)
        for seen in discrepancies(request)
    ]
    if activation.verified_at and activation.verified_by:
        shown = activation.second_look or {}
        found.append(
            Looked(activation.verified_by, activation.verified_at, shown, frozenset(), is_second=True)
        )
    return found


def _row(
    field: str,
    approved: Mapping[str, Any],
    holding: Mapping[str, Any],
    looks: list[Looked],
    request: PromotionRequest,
) -> Row:
    place = request.store.marketplace

    def text(shown: Mapping[str, Any]) -> str:
        return presenting.field_value(
            field,
            shown.get(field),
            zone=place.time_zone,
            currency=place.currency,
            content={**approved, **shown},
        )

    # A field that was not asked for when a look was taken says nothing.
    cells = [Cell(look, text(look.shown), field in look.shown and field in look.differing) for look in looks]
    shortened = text(holding) if holding[field] != approved[field] else ""
    return Row(presenting.field_name(field), text(approved), shortened, cells)


def discrepancies(request: PromotionRequest) -> list[Discrepancy]:
    """Every look that differed, the oldest first."""
    return list(request.discrepancies.select_related("seen_by").order_by("pk"))


def newest_key(request: PromotionRequest) -> int:
    """Of the newest look that differed; 0 where none did."""
    return request.discrepancies.order_by("-pk").values_list("pk", flat=True).first() or 0


def attachments(request: PromotionRequest) -> list[Attachment]:
    return list(request.attachments.select_related("added_by").order_by("pk"))


@dataclass(frozen=True)
class Watch:
    """A live promotion that alarms: nobody has taken the second look in time, or one saw something else."""

    request: PromotionRequest
    differs: bool
    verify_by: datetime


def alarms_for(user: User, *, at: datetime) -> list[Watch]:
    """What alarms in the person's stores, the oldest first: one query, and one more where anything waits."""
    waiting = _UNVERIFIED(stores=list(people.stores_of(user)))
    if not waiting:
        return []
    policy = policies.current()
    watches = [
        Watch(request, bool(getattr(request, "differs", False)), policy.verify_by(request.activation.live_at))
        for request in waiting
    ]
    return [watch for watch in watches if watch.differs or watch.verify_by <= at]


_UNVERIFIED: Final = Prepared(
    lambda stores: (
        PromotionRequest.objects.filter(
            AnyOf("store_id", stores, array="bigint[]"),
            state=State.LIVE,
            activation__verified_at__isnull=True,
        )
        .annotate(differs=Exists(Discrepancy.objects.filter(request=OuterRef("pk"))))
        .select_related("store", "current", "activation")
        .order_by("activation__live_at", "pk")
    )
)


def alarm_of(request: PromotionRequest, activation: Activation | None) -> Discrepancy | None:
    """The newest look that differed, while nobody has verified or stopped the promotion."""
    if request.state != State.LIVE or activation is None or activation.verified_at is not None:
        return None
    return request.discrepancies.select_related("seen_by").order_by("-pk").first()
