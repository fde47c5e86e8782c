"""Reminding whoever may decide while the clock runs down, and the managers where nobody does or can."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from accounts import selectors as people
from accounts.models import User
from accounts.roles import MANAGER
from promoflow.policies import selectors as policies
from promoflow.promotions import absences, neighbours, quorum, reach, selectors
from promoflow.promotions.models import PromotionRequest, State
from promoflow.promotions.services.steps import tell

# Late enough that a manager still finds somebody, and early enough that they need not be got out of bed.
ESCALATE_BEFORE: Final = timedelta(hours=2)


@transaction.atomic(durable=True)
def remind(reference: str, at: datetime) -> bool:
    """Tell those who are due to hear of what waits for them; each of them once at each stage.

    Halfway to the deadline the supervisors hear of it who are not away, whoever decides in their place
    included; two hours before it, at the latest at three quarters, they do again, and the managers too.
    """
    request = selectors.locked_if_free(reference)
    if request is None or request.state != State.IN_REVIEW or request.submitted_at is None:
        return False
    decide_by = policies.current().decide_by(neighbours.offer_of(request))
    if at >= decide_by:
        return False
    alarm_where_out_of_reach(request, selectors.eligible_supervisors(request), at=at)
    is_last = at >= _last_call(request.submitted_at, decide_by)
    notice = "request_escalated" if is_last else "request_undecided"
    asked = _present(request, at)
    managers = people.people_with_role(request.store_id, MANAGER) if is_last else ()
    told = {person.pk: person for person in (*asked, *managers)}
    may_decide = {person.pk for person in asked}
    tell(
        notice,
        request,
        to=told.values(),
        by=None,
        at=at,
        why=lambda person: "decides" if person in may_decide else "manages",
        since=f"r{request.submitted_at.timestamp():.0f}",
    )
    return True


def _last_call(submitted_at: datetime, decide_by: datetime) -> datetime:
    return max(decide_by - ESCALATE_BEFORE, submitted_at + (decide_by - submitted_at) * 3 / 4)


def _present(request: PromotionRequest, at: datetime) -> list[User]:
    """Who may still decide and is not away; everybody where all of them are."""
    left = selectors.still_to_decide(request)
    away = set(absences.running(at).filter(store=request.store_id).values_list("absent", flat=True))
    return [person for person in left if person.pk not in away] or left


def alarm_where_out_of_reach(request: PromotionRequest, eligible: Iterable[User], *, at: datetime) -> None:
    """The managers hear of it once: when it is submitted so, or when the clock finds that somebody left.

    `eligible` are the people who may decide on it.
    """
    if not (number := reach.lacking(request, eligible)):
        return
    managers: Iterable[User] = people.people_with_role(request.store_id, MANAGER)
    note = reach.sentence(number, quorum.role(request))
    # Also a manager who submitted it themselves: nobody else may see to it.
    tell("request_out_of_reach", request, to=managers, by=None, at=at, note=note)
