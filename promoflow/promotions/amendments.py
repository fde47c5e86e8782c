"""What an amendment may change of the live promotion that it replaces, and until when it can."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.utils.translation import gettext as _

from promoflow.errors import Blocked, WrongState
from promoflow.promotions import presenting
from promoflow.promotions.content import Difference, decode, differences
from promoflow.promotions.models import PromotionRequest, State
from promoflow.rulebook.policy import Policy
from promoflow.rulebook.texts import as_text


def _more(before: Any, after: Any) -> bool:
    return set(after or ()) >= set(before or ())


def _later(before: Any, after: Any) -> bool:
    return datetime.fromisoformat(after) >= datetime.fromisoformat(before)


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


@dataclass(frozen=True)
class Unfit(Difference):
    """What an amendment or a shortening may not make of a field, with the sentence that stands beside it."""

    sentence: str

    def __str__(self) -> str:
        return self.sentence


def check_amends(request: PromotionRequest) -> None:
    """Where it is an amendment: what it amends still runs, and it only runs longer, wider or bigger."""
    amended = request.amends
    if amended is None:
        return
    if amended.state != State.LIVE:
        raise WrongState(
            _("%(amended)s, which %(reference)s amends, is not live any more. Copy it into a new draft.")
            % {"amended": amended.reference, "reference": request.reference}
        )
    changed = changes(request)
    if all(change.field == "title" for change in changed):
        raise Blocked(
            _("%(reference)s changes nothing of %(amended)s. Edit its end, its budget or its products first.")
            % {"reference": request.reference, "amended": amended.reference}
        )
    wrong = [change for change in changed if not _may_change(change)]
    if wrong:
        raise Blocked(
            _(
                "An amendment may only end later, have a bigger budget or more products. For anything else "
                "stop %(amended)s and draft a new request; for an earlier end or a smaller budget shorten it."
            )
            % {"amended": amended.reference},
            findings=wrong,
        )


def check_fits(request: PromotionRequest) -> None:
    """Where it is an amendment: nothing of it is unfit."""
    if sentence := misfit(request):
        raise Blocked(sentence)


def misfit(request: PromotionRequest) -> str:
    """Why an amendment fits what it amends nowhere, or nothing."""
    if request.amends is None:
        return ""
    return " ".join(map(str, unfit(request.amends, decode(request.newest.body))))


def unfit(amended: PromotionRequest, content: Mapping[str, Any]) -> list[Unfit]:
    """What is wrong with each field of such a content, for an amendment of this promotion."""
    return [*_ends_before_approved(amended, content)]


def _ends_before_approved(amended: PromotionRequest, content: Mapping[str, Any]) -> Iterator[Unfit]:
    """A promotion whose end was brought forward may be redeemed until its approved end all the same.

    Its amendment takes over what it holds: one that ended before would let go of that too early.
    """
    approved, ends_at = decode(amended.newest.body)["ends_at"], content.get("ends_at")
    if amended.ends_early is not None and ends_at is not None and not _later(approved, ends_at):
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


def advice(amended: PromotionRequest) -> list[str]:
    """What whoever amends it should know before they type anything."""
    return [brought_forward(amended)] if amended.ends_early is not None else []


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
