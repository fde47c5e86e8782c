"""Requests brought to a state by the services that people use; nothing else may make one."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from accounts.models import User
from promoflow.catalog.models import Store
from promoflow.promotions import checker
from promoflow.promotions.content import decode
from promoflow.promotions.evidence import expected
from promoflow.promotions.models import Activation, Decision, PromotionRequest
from promoflow.promotions.services import amending, drafting, review, running

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
LAMP, FLOOR_LAMP, SET = "B0AURORA01", "B0AURORA02", "B0AURORA03"


def coupon(
    *asins: str, percent: str = "20.00", days: int = 3, start: int = 10, **more: Any
) -> dict[str, Any]:
    return {
        **_percent_off(asins, percent, days, start),
        "kind": "coupon",
        "title": "Save on lamps",
        "budget": "500.00",
        "one_per_customer": True,
        **more,
    }


def social_code(
    *asins: str, percent: str = "30.00", days: int = 3, start: int = 10, **more: Any
) -> dict[str, Any]:
    return {
        **_percent_off(asins, percent, days, start),
        "kind": "social_code",
        "title": "Lamp code for creators",
        "claim_code": "25LAMPSX",
        "one_per_customer": True,
        **more,
    }


def price_discount(
    *asins: str, percent: str = "20.00", days: int = 3, start: int = 10, **more: Any
) -> dict[str, Any]:
    return {
        **_percent_off(asins, percent, days, start),
        "kind": "price_discount",
        "title": "Prime price",
        **more,
    }


def _percent_off(asins: Sequence[str], percent: str, days: int, start: int) -> dict[str, Any]:
    """What starts at midnight of a Los Angeles day, `start` days from now."""
    starts_at = datetime(2026, 11, 22, 8, tzinfo=UTC) + timedelta(days=start)
    return {
        "asins": list(asins or (LAMP,)),
        "discount_type": "percent",
        "discount_value": percent,
        "starts_at": _z(starts_at),
        "ends_at": _z(starts_at + timedelta(days=days)),
    }


def _z(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")


def drafted(
    store: Store, typed: Mapping[str, Any] | None = None, *, by: User, at: datetime = NOW
) -> PromotionRequest:
    return drafting.create(store=store, typed=typed or coupon(), by=by, at=at)


def submit(request: PromotionRequest, *, by: User, at: datetime = NOW) -> PromotionRequest:
    request = again(request)
    report = checker.report_of(request, at=at)
    return drafting.submit(
        reference=request.reference,
        revision=request.newest.number,
        report=report.digest.hex(),
        reasons={finding.key: "The stock is meant for this." for finding in report.warnings},
        by=by,
        at=at,
    )


def submitted(
    store: Store, typed: Mapping[str, Any] | None = None, *, by: User, at: datetime = NOW
) -> PromotionRequest:
    return submit(drafted(store, typed, by=by, at=at), by=by, at=at)


def as_shown(request: PromotionRequest, *, at: datetime = NOW) -> dict[str, Any]:
    """What a page of the request sends back with a decision: both digests, and every warning ticked.

    Where its route asks for an ASIN, the first one is typed anew.
    """
    request = again(request)
    report = checker.report_of(request, at=at)
    retyped = {"retyped": min(report.candidate.asins)} if request.route.get("retype_asin") else {}
    return retyped | {
        "revision": bytes(request.newest.digest).hex(),
        "report": report.digest.hex(),
        "acknowledged": [finding.key for finding in report.warnings],
    }


def approve_as_shown(
    request: PromotionRequest, page: Mapping[str, Any], *, by: User, at: datetime = NOW
) -> Decision:
    return review.approve(reference=request.reference, by=by, at=at, **{"confirmed_at": at, **page})


def approve(request: PromotionRequest, *, by: User, at: datetime = NOW, **changed: Any) -> Decision:
    return approve_as_shown(request, as_shown(request, at=at) | changed, by=by, at=at)


def send_back(request: PromotionRequest, *, by: User, at: datetime = NOW, **changed: Any) -> Decision:
    return review.send_back(**_as_read(request, by=by, at=at) | changed)


def reject(request: PromotionRequest, *, by: User, at: datetime = NOW, **changed: Any) -> Decision:
    return review.reject(**_as_read(request, by=by, at=at) | changed)


def _as_read(request: PromotionRequest, *, by: User, at: datetime) -> dict[str, Any]:
    return {
        "reference": request.reference,
        "revision": bytes(again(request).newest.digest).hex(),
        "note": "Less.",
        "by": by,
        "at": at,
        "confirmed_at": at,
    }


def approved(
    store: Store, typed: Mapping[str, Any] | None = None, *, by: User, supervisor: User, at: datetime = NOW
) -> PromotionRequest:
    request = submitted(store, typed, by=by, at=at)
    approve(request, by=supervisor, at=at)
    return again(request)


def shown_as_approved(request: PromotionRequest) -> dict[str, Any]:
    content = decode(again(request).newest.body)
    return {field: content[field] for field in expected(content)}


def go_live(request: PromotionRequest, *, by: User, at: datetime = NOW, **changed: Any) -> Activation:
    request = again(request)
    return running.go_live(
        **{
            "reference": request.reference,
            "revision": bytes(request.newest.digest).hex(),
            "amazon_id": "A2NW32V27GZS2T",
            "shown": shown_as_approved(request),
            "by": by,
            "at": at,
            **changed,
        }
    )


def verify(request: PromotionRequest, *, by: User, at: datetime = NOW, **changed: Any) -> Activation:
    return running.verify(
        **{
            "reference": request.reference,
            "shown": shown_as_approved(request),
            "by": by,
            "at": at,
            "confirmed_at": at,
            **changed,
        }
    )


def live(
    store: Store, typed: Mapping[str, Any] | None = None, *, by: User, supervisor: User, at: datetime = NOW
) -> PromotionRequest:
    request = approved(store, typed, by=by, supervisor=supervisor, at=at)
    go_live(request, by=by, at=at)
    return again(request)


def amendment_of(
    request: PromotionRequest, changed: Mapping[str, Any], *, by: User, at: datetime = NOW
) -> PromotionRequest:
    """A drafted amendment with these fields changed."""
    made = amending.amend(reference=request.reference, by=by, at=at)
    typed = {**drafting.typed_of(again(made)), **changed}
    drafting.edit(reference=made.reference, revision=1, typed=typed, by=by, at=at)
    return again(made)


def amended(
    request: PromotionRequest,
    changed: Mapping[str, Any],
    *,
    by: User,
    supervisor: User,
    at: datetime = NOW,
) -> PromotionRequest:
    """An approved amendment, not live yet."""
    made = submit(amendment_of(request, changed, by=by, at=at), by=by, at=at)
    approve(made, by=supervisor, at=at)
    return again(made)


def again(request: PromotionRequest) -> PromotionRequest:
    """The request as it is stored now."""
    return PromotionRequest.objects.select_related("store", "current", "activation", "amends__current").get(
        pk=request.pk
    )


def deep(**more: Any) -> dict[str, Any]:
    """A coupon that halves the price, and so takes two people."""
    return coupon(SET, **{"percent": "50.00", **more})
