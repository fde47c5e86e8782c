"""What people and the clock do to a request: each a deed at an instant, done by the desk's own services."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from accounts.models import User
from promoflow.errors import Blocked
from promoflow.promotions import checker
from promoflow.promotions.content import decode, only
from promoflow.promotions.evidence import expected
from promoflow.promotions.models import PromotionRequest
from promoflow.promotions.services import discussing, drafting, review, running

Cast = Mapping[str, User]


@dataclass(frozen=True)
class Deed:
    """One recorded move of a request; `do` gets the people by their keys, and the request."""

    at: datetime
    do: Callable[[Cast, PromotionRequest], object]


@dataclass(frozen=True, kw_only=True)
class Life:
    """A request from its draft on. `what` says in a word what it is there to show.

    An amendment begins with the content of the live one that it amends; `amends` says what that shows.
    """

    what: str
    by: str
    at: datetime
    typed: Mapping[str, Any] = field(default_factory=dict)
    amends: str = ""
    deeds: tuple[Deed, ...] = ()


def submitted(at: datetime, *, by: str, reason: str = "") -> Deed:
    def do(cast: Cast, request: PromotionRequest) -> None:
        found = checker.report_of(request, at=at)
        drafting.submit(
            reference=request.reference,
            revision=request.newest.number,
            report=found.digest.hex(),
            reasons={finding.key: reason for finding in found.warnings},
            by=cast[by],
            at=at,
        )

    return Deed(at, do)


def edited(at: datetime, *, by: str, **changed: Any) -> Deed:
    def do(cast: Cast, request: PromotionRequest) -> None:
        typed = {**_typed(request), **changed}
        drafting.edit(
            reference=request.reference, revision=request.newest.number, typed=typed, by=cast[by], at=at
        )

    return Deed(at, do)


def _typed(request: PromotionRequest) -> dict[str, Any]:
    content = decode(request.newest.body)
    derived = ("version", "store", "currency", "covered")
    return {field: value for field, value in content.items() if field not in derived}


def approved(at: datetime, *, by: str, note: str = "") -> Deed:
    def do(cast: Cast, request: PromotionRequest) -> None:
        found = checker.report_of(request, at=at)
        review.approve(
            reference=request.reference,
            by=cast[by],
            at=at,
            confirmed_at=at,
            revision=bytes(request.newest.digest).hex(),
            report=found.digest.hex(),
            acknowledged=[finding.key for finding in found.warnings],
            note=note,
            retyped=found.case.asins[0] if request.route.get("retype_asin") else "",
        )

    return Deed(at, do)


def saying(deed: Deed, *said: tuple[str, str]) -> Deed:
    """The deed, and what people said of it at once: who, and which words."""

    def do(cast: Cast, request: PromotionRequest) -> None:
        deed.do(cast, request)
        for who, words in said:
            discussing.say(
                reference=request.reference,
                by=cast[who],
                at=deed.at,
                revision=bytes(request.newest.digest).hex(),
                body=words,
            )

    return Deed(deed.at, do)


def returned(at: datetime, *, by: str, note: str) -> Deed:
    return Deed(at, lambda cast, request: review.send_back(**_decision(cast[by], request, at, note)))


def rejected(at: datetime, *, by: str, note: str) -> Deed:
    return Deed(at, lambda cast, request: review.reject(**_decision(cast[by], request, at, note)))


def _decision(by: User, request: PromotionRequest, at: datetime, note: str) -> dict[str, Any]:
    digest = bytes(request.newest.digest).hex()
    return {
        "reference": request.reference,
        "by": by,
        "at": at,
        "confirmed_at": at,
        "revision": digest,
        "note": note,
    }


def withdrawn(at: datetime, *, by: str, note: str, may_run: bool | None = None) -> Deed:
    """`may_run` is for what was approved: whether it may stand at Amazon."""
    return Deed(
        at,
        lambda cast, request: drafting.withdraw(
            reference=request.reference, by=cast[by], at=at, note=note, may_run=may_run
        ),
    )


def marked_live(at: datetime, *, by: str, slip: Mapping[str, Any] | None = None) -> Deed:
    """With a slip Seller Central first shows something else than was approved, and the desk refuses."""

    def do(cast: Cast, request: PromotionRequest) -> None:
        for shown in (slip, {}):
            if shown is not None:
                _say_live(request, shown, by=cast[by], at=at)

    return Deed(at, do)


def _say_live(request: PromotionRequest, slip: Mapping[str, Any], *, by: User, at: datetime) -> None:
    digest = bytes(request.newest.digest)
    try:
        running.go_live(
            reference=request.reference,
            by=by,
            at=at,
            revision=digest.hex(),
            amazon_id=f"A{digest.hex()[:12].upper()}",
            shown={**_in_seller_central(request), **slip},
        )
    except Blocked:
        if not slip:
            raise


def verified(at: datetime, *, by: str) -> Deed:
    return Deed(
        at,
        lambda cast, request: running.verify(
            reference=request.reference,
            by=cast[by],
            at=at,
            confirmed_at=at,
            shown=_in_seller_central(request),
        ),
    )


def _in_seller_central(request: PromotionRequest) -> dict[str, Any]:
    content = decode(request.newest.body)
    return only(expected(content), content)


def stopped(at: datetime, *, by: str, note: str) -> Deed:
    return Deed(
        at, lambda cast, request: running.stop(reference=request.reference, by=cast[by], at=at, note=note)
    )


def overtaken(at: datetime) -> Deed:
    """The clock ends it, or lets it expire."""
    return Deed(at, lambda _cast, _request: running.move_due(at=at))
