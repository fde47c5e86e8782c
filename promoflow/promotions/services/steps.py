"""What every use case does last: save the moved request, write its history, and owe the messages."""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from django.urls import reverse

from accounts.models import User
from promoflow.audit import services as audit
from promoflow.outbox import notices
from promoflow.outbox import services as outbox
from promoflow.outbox.services import reading
from promoflow.policies import selectors as policies
from promoflow.prepared import Prepared
from promoflow.promotions import neighbours
from promoflow.promotions.checker import Report
from promoflow.promotions.content import decode
from promoflow.promotions.models import ConflictReport, Decision, PromotionRequest, State, Verdict
from promoflow.rulebook.policy import Policy

# What a move of a request may change: the rest is fixed at its birth.
_MOVING: Final = (
    *("state", "step", "current", "submitted_at", "submitted_by", "reasons"),
    *("worst_percent", "exposed", "warned", "route"),
    *("ends_early", "smaller_budget"),
)


def record(
    event: str,
    request: PromotionRequest,
    *,
    by: User | None,
    at: datetime,
    came_from: str,
    why: str = "",
    report: ConflictReport | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Save the moved request and write the entry that the database asks of the move."""
    request.save(update_fields=_MOVING)
    audit.record(
        event,
        by=by,
        at=at,
        on=request,
        store=request.store,
        states=(came_from, request.state),
        step=request.step,
        before=before,
        after=after,
        why=why,
        asins=decode(request.newest.body)["covered"],
        revision=bytes(request.newest.digest),
        report=bytes(report.digest) if report else None,
    )
    if came_from == State.IN_REVIEW:
        # Whoever gave one of several approvals is asked no more; of what left review nobody is.
        reading.done(notices.ASKING, request, at=at, by=by if request.state == State.IN_REVIEW else None)


def void_approvals(
    request: PromotionRequest, *, by: User | None, at: datetime, only: Collection[int] | None = None
) -> None:
    """Its valid approvals count no more; with keys named, only those."""
    valid = request.decisions.filter(verdict=Verdict.APPROVE, valid=True)
    void = valid if only is None else valid.filter(pk__in=only)
    void.update(valid=False, voided_at=at, voided_by=by)


def kept_report(
    report: Report, request: PromotionRequest, *, by: User | None, at: datetime
) -> ConflictReport:
    """The report that a deed rests on: where it says the same as the newest that is kept, then that one."""
    newest = next(iter(_NEWEST(revision=request.newest.pk)), None)
    if newest and newest.policy_id == report.version.pk and bytes(newest.digest) == report.digest:
        return newest
    return store_report(report, request, by=by, at=at)


_NEWEST: Final = Prepared(
    lambda revision: ConflictReport.objects.filter(revision=revision).defer("body").order_by("-pk")[:1]
)


def store_report(
    report: Report, request: PromotionRequest, *, by: User | None, at: datetime
) -> ConflictReport:
    """Keep a report, as each submission does its own."""
    stored = ConflictReport.objects.create(
        revision=request.newest,
        policy=report.version,
        body=report.encoded,
        computed_at=at,
        computed_by=by,
    )
    stored.digest = report.digest
    return stored


def tell(
    notice: str,
    request: PromotionRequest,
    *,
    to: Iterable[User],
    by: User | None,
    at: datetime,
    rules: Policy | None = None,
    occasion: object = "",
    why: str | Callable[[int], str] = "",
    since: object = None,
    **more: Any,
) -> None:
    """Owe a message about this step to each person, in the same transaction; never to the one who did it.

    `rules` are those in force, where they are read already. `occasion` tells two messages of one step
    apart; `since` stands for the step where one message is owed for several of them. `why` they are told is a
    code of the outbox's notices, for all or by account; if it is not said it is found: who wrote, who
    approved, else what the notice says of the rest.
    """
    revision = request.newest
    policy = rules or policies.current()
    offer = neighbours.offer_of(request)
    context = {
        "reference": request.reference,
        "title": revision.title,
        "kind": revision.kind,
        "store": request.store.name,
        "zone": request.store.marketplace.time_zone,
        "by": by.name if by else "",
        "amends": request.amends.reference if request.amends else "",
        "starts_at": revision.starts_at.isoformat(),
        "ends_at": request.runs_until.isoformat(),
        "decide_by": policy.decide_by(offer).isoformat(),
        "mark_live_by": policy.mark_live_by(offer).isoformat(),
        **more,
    }
    outbox.enqueue(
        notice,
        to=[person for person in to if by is None or person.pk != by.pk],
        key=":".join(
            str(part) for part in (notice, request.pk, since or request.step, occasion) if part != ""
        ),
        about=request,
        context=context,
        at=at,
        link=reverse("request", args=[request.reference]),
        why=why or _reasons(notice, request),
    )


# Notices that go to one group alone: the notice's own reason holds for all of them.
_ONE_GROUP: Final = frozenset({"wrote", "decides", "verifies", "mentioned"})
# Notices that go to its writers too, who may not decide on it.
_WRITERS_TOO: Final = frozenset({"request_endorsed", "request_lapsed"})


def _reasons(notice: str, request: PromotionRequest) -> Callable[[int], str]:
    """Why each person is told, by their account."""
    usual = notices.NOTICES[notice].why if notice in notices.NOTICES else ""
    if usual in _ONE_GROUP and notice not in _WRITERS_TOO:
        return lambda person: usual
    writers = {*request.revisions.values_list("edited_by_id", flat=True), request.created_by_id}
    # Whoever is asked to decide is asked as that, also where an approval of theirs counts no more.
    approvals = (
        request.decisions.filter(verdict=Verdict.APPROVE) if usual != "decides" else Decision.objects.none()
    )
    approvers = set(approvals.values_list("decided_by_id", flat=True))

    def reason(person: int) -> str:
        if person in writers or person == request.submitted_by_id:
            return "wrote"
        return "approved" if person in approvers else usual

    return reason
