"""What an amendment may change of the live promotion that it replaces, and until when it can."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from promoflow.catalog import selectors as catalog
from promoflow.errors import Blocked, WrongState
from promoflow.promotions import neighbours
from promoflow.promotions.content import Difference, decode, differences
from promoflow.promotions.evidence import deviations
from promoflow.promotions.models import PromotionRequest, State
from promoflow.promotions.wording import presenting, words
from promoflow.rulebook.kinds import COUPON, DEALS
from promoflow.rulebook.policy import Policy
from promoflow.rulebook.texts import as_text


def _more(before: Any, after: Any) -> bool:
    return set(after or ()) >= set(before or ())


def _later(before: Any, after: Any) -> bool:
    return after is not None and datetime.fromisoformat(after) >= datetime.fromisoformat(before)


def _bigger(before: Any, after: Any) -> bool:
    """No number is no limit, which is the biggest."""
    return after is None or (before is not None and Decimal(str(after)) >= Decimal(str(before)))


# An amendment only adds to what runs: so it holds all that the amended one holds, for as long, and the sum of
# prices stays what was checked. Anything else is a promotion of its own.
_GROWS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "title": lambda _before, _after: True,
    "asins": _more,
    "covered": _more,
    "ends_at": _later,
    "budget": _bigger,
    "committed_units": _bigger,
    "max_redemptions": _bigger,
}


# Amazon's own text on deals that are active (domain.md, section 3, S26).
_FIXED_OF_A_DEAL: Final = ("asins", "ends_at")
_ONLY_ITS_QUANTITY: Final = gettext_lazy(
    "Amazon changes nothing of a deal that has begun but its quantity. Leave its products and its end as "
    "they were approved, or draft a new deal."
)
# Only what others write on coupons (S15, S23), so it refuses nothing.
_PERHAPS_NO_PRODUCTS: Final = gettext_lazy(
    "By what sellers report, Seller Central takes only a bigger budget and a later end for a coupon that "
    "runs, and no more products. Amazon does not say. If it refuses the products there, withdraw the "
    "amendment and draft a coupon for them."
)


@dataclass(frozen=True)
class Unfit(Difference):
    """What an amendment or a shortening may not make of a field, with the sentence that stands beside it."""

    sentence: str

    def __str__(self) -> str:
        return self.sentence


def check_amends(request: PromotionRequest) -> None:
    """Where it is an amendment: what it amends still runs, and it changes something of that."""
    amended = request.amends
    if amended is None:
        return
    if amended.state != State.LIVE:
        raise WrongState(
            _("%(amended)s, which %(reference)s amends, is not live any more. Copy it into a new draft.")
            % {"amended": amended.reference, "reference": request.reference}
        )
    if all(change.field == "title" for change in changes(request)):
        raise Blocked(
            _("%(reference)s changes nothing of %(amended)s. Edit its end, its budget or its products first.")
            % {"reference": request.reference, "amended": amended.reference}
        )


def check_replaces(
    request: PromotionRequest, amazon_id: str, *, old_is_deactivated: bool, policy: Policy, at: datetime
) -> None:
    """Where it is an amendment: it is what it amends, changed at Amazon; another one needs the old one gone.

    Amazon ends no promotion because another begins: the two would add up, and the desk forgets the old one.
    What customers may use although it is deactivated, such as a coupon that they clipped, makes no room.
    """
    amended = request.amends
    if amended is None or is_same_id(amended, amazon_id):
        return
    outlasts = outlasting(amended, policy=policy, at=at)
    if old_is_deactivated and outlasts is None:
        return
    old = amended.activation.amazon_id
    named = {"reference": request.reference, "amended": amended.reference, "old": old}
    sentence = _outlasts(amended, outlasts, named) if outlasts else _not_gone(named)
    raise Blocked(sentence, findings=[Unfit("amazon_id", old, amazon_id, sentence)])


def outlasting(amended: PromotionRequest, *, policy: Policy, at: datetime) -> datetime | None:
    """Until when it may touch a sale although it is deactivated now, or nothing (domain.md, section 3)."""
    offer = neighbours.offer_of(amended)
    stopped_at = min(at, offer.stopped_at or at)
    danger = policy.danger_window(replace(offer, stopped_at=stopped_at))
    return danger.ends_at if danger and danger.ends_at > at else None


def _outlasts(amended: PromotionRequest, until: datetime, named: dict[str, str]) -> str:
    end = words.instant(until, amended.store.marketplace.time_zone)
    return _(
        "%(amended)s is %(old)s at Amazon, where customers may use it until %(end)s, deactivated or not: "
        "beside another promotion the discounts would add up. Change %(old)s itself there and type its id. "
        "If Seller Central does not take the change, end the new one there and withdraw %(reference)s."
    ) % {**named, "end": end}


def _not_gone(named: dict[str, str]) -> str:
    return (
        _(
            "%(reference)s amends %(amended)s, which is %(old)s at Amazon. If you changed that one, type "
            "%(old)s. If you created another, both run and their discounts add up: deactivate %(old)s in "
            "Seller Central, then tick that it is."
        )
        % named
    )


def is_same_id(amended: PromotionRequest, amazon_id: str) -> bool:
    return amazon_id.strip().casefold() == amended.activation.amazon_id.casefold()


def replaced_id(request: PromotionRequest) -> str:
    """Of a live one: which one at Amazon its marker says is deactivated, where that is not the same."""
    amended = request.amends
    if amended is None or is_same_id(amended, request.activation.amazon_id):
        return ""
    return amended.activation.amazon_id


def check_fits(request: PromotionRequest, content: Mapping[str, Any], *, at: datetime) -> None:
    """Where it is an amendment: nothing of this content is unfit for it."""
    if found := unfit(request, content, at=at):
        raise Blocked(" ".join(dict.fromkeys(map(str, found))), findings=found)


def unfit(request: PromotionRequest, content: Mapping[str, Any], *, at: datetime) -> list[Unfit]:
    """Where it is an amendment: what is wrong with each field of such a content at this instant."""
    amended = request.amends
    if amended is None:
        return []
    return [
        *_ends_before_approved(amended, content),
        *_fixed_by_amazon(amended, content, at),
        *_less_or_other(amended, content),
    ]


def _less_or_other(amended: PromotionRequest, content: Mapping[str, Any]) -> Iterator[Unfit]:
    """What would not only add to what runs."""
    for change in differences(in_force(amended), content):
        if not _may_change(change):
            yield Unfit(change.field, change.before, change.after, _only_more(amended))


def _only_more(amended: PromotionRequest) -> str:
    return _(
        "An amendment may only end later, have a bigger budget or more products. For anything else "
        "stop %(amended)s and draft a new request; for an earlier end or a smaller budget shorten it."
    ) % {"amended": amended.reference}


def _ends_before_approved(amended: PromotionRequest, content: Mapping[str, Any]) -> Iterator[Unfit]:
    """A promotion whose end was brought forward may be redeemed until its approved end all the same.

    Its amendment takes over what it holds: one that ended before would let go of that too early.
    """
    approved, ends_at = decode(amended.newest.body)["ends_at"], content.get("ends_at")
    if amended.ends_early is not None and not _later(approved, ends_at):
        yield Unfit("ends_at", approved, ends_at, brought_forward(amended))


def brought_forward(amended: PromotionRequest) -> str:
    """What an amendment of a promotion whose end was brought forward can be, and what it cannot."""
    content, market = decode(amended.newest.body), amended.store.marketplace
    approved = presenting.field_value(
        "ends_at", content["ends_at"], zone=market.time_zone, currency=market.currency, content=content
    )
    return _(
        "%(amended)s was approved until %(end)s, and its end was brought forward since. An amendment takes "
        "over all that was approved: let it end then or later, or draft a new request instead."
    ) % {"amended": amended.reference, "end": approved}


def _fixed_by_amazon(amended: PromotionRequest, content: Mapping[str, Any], at: datetime) -> Iterator[Unfit]:
    """What grows beyond what was approved, and so stands at Amazon, although Amazon changes it no more."""
    if not _is_active_deal(amended, at):
        return
    approved = decode(amended.newest.body)
    for field in _FIXED_OF_A_DEAL:
        before, after, grows = approved[field], content.get(field), _GROWS[field]
        if grows(before, after) and not grows(after, before):
            yield Unfit(field, before, after, str(_ONLY_ITS_QUANTITY))


def _is_active_deal(amended: PromotionRequest, at: datetime) -> bool:
    return amended.newest.kind in DEALS and amended.newest.starts_at <= at


def _is_running_coupon(amended: PromotionRequest, at: datetime) -> bool:
    return amended.newest.kind == COUPON and amended.newest.starts_at <= at


def is_locked_coupon(request: PromotionRequest, *, policy: Policy, at: datetime) -> bool:
    """Whether Seller Central makes it no shorter and no smaller: it locks a coupon before it starts."""
    lead = timedelta(hours=policy.kinds[COUPON].decide_hours)
    return request.newest.kind == COUPON and request.newest.starts_at - lead <= at


def shown_otherwise(
    request: PromotionRequest, shown: Mapping[str, Any], *, policy: Policy, at: datetime
) -> list[Difference]:
    """Where Seller Central shows something else than what holds by now.

    What was approved is right too where a coupon was shortened that Seller Central lets nobody shorten.
    """
    approved = decode(request.newest.body)
    parents = catalog.parents_of(request.store, approved["covered"])
    differing = deviations(in_force(request), shown, parents=parents)
    if not is_locked_coupon(request, policy=policy, at=at):
        return differing
    from_approved = {difference.field for difference in deviations(approved, shown, parents=parents)}
    return [difference for difference in differing if difference.field in from_approved]


def advice(amended: PromotionRequest, *, at: datetime) -> list[str]:
    """What whoever amends it should know before they type anything."""
    said = [
        (amended.ends_early is not None, brought_forward(amended)),
        (_is_active_deal(amended, at), str(_ONLY_ITS_QUANTITY)),
        (_is_running_coupon(amended, at), str(_PERHAPS_NO_PRODUCTS)),
    ]
    return [sentence for holds, sentence in said if holds]


def doubt(request: PromotionRequest, *, at: datetime) -> str:
    """What Amazon may not take of an amendment, as far as others than Amazon say; or nothing."""
    if request.amends is None or not _is_running_coupon(request.amends, at):
        return ""
    is_wider = any(change.field == "asins" for change in changes(request))
    return str(_PERHAPS_NO_PRODUCTS) if is_wider else ""


def changes(request: PromotionRequest) -> list[Difference]:
    """What an amendment changes of what holds by now: also what would take an earlier end or a cut back."""
    if request.amends is None:
        return []
    return differences(in_force(request.amends), decode(request.newest.body))


def _may_change(change: Difference) -> bool:
    grows = _GROWS.get(change.field)
    return grows is not None and grows(change.before, change.after)


def as_if_in_time(request: PromotionRequest | None, policy: Policy, at: datetime) -> datetime:
    """The instant at which Amazon's lead time is asked about: what runs is amended long after it began."""
    if request is None or request.amends_id is None:
        return at
    lead = timedelta(hours=policy.kinds[request.newest.kind].decide_hours)
    return min(at, request.newest.starts_at - lead)


def in_force(request: PromotionRequest) -> dict[str, Any]:
    """The approved content with the earlier end and the smaller budget that somebody gave it since."""
    content = decode(request.newest.body)
    if request.ends_early is not None:
        content["ends_at"] = as_text(request.runs_until)
    if request.smaller_budget is not None:
        content["budget"] = as_text(request.smaller_budget)
    return content
