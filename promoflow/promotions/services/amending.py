"""Amending what is live: more of it takes two people and a request of its own, less of it takes one."""

from collections.abc import Collection, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from promoflow.audit import services as audit
from promoflow.catalog import selectors as catalog
from promoflow.errors import Blocked
from promoflow.policies import selectors as policies
from promoflow.promotions import amendments, permissions, selectors
from promoflow.promotions.amendments import Unfit
from promoflow.promotions.content import complete, decode
from promoflow.promotions.models import PromotionRequest, State, Succession
from promoflow.promotions.services import drafting, reserving
from promoflow.promotions.services.steps import record, tell
from promoflow.promotions.wording.problem_sentences import problem_sentence
from promoflow.rulebook import limits, offers
from promoflow.rulebook.policy import Policy
from promoflow.rulebook.texts import as_text


def amend(*, reference: str, by: User, at: datetime) -> PromotionRequest:
    """Begin an amendment: a draft of all that holds by now, which is reviewed and approved like any request.

    The live one runs on as it is until its amendment is marked live.
    """
    seen = selectors.get(reference)
    with audit.refusals("request.amend_refused", by=by, at=at, on=seen), transaction.atomic(durable=True):
        amended = selectors.lock(reference)
        permissions.check_can_amend(by, amended)
        typed = drafting.as_typed(amendments.in_force(amended))
        family = drafting.family_of(amended.store, typed)
        return drafting.begin(
            "request.amendment_drafted",
            amended.store,
            complete(amended.store, typed, family=family),
            family,
            by=by,
            at=at,
            amends=amended,
        )


def shorten(
    *,
    reference: str,
    by: User,
    at: datetime,
    ends_at: datetime | None = None,
    budget: Decimal | None = None,
    note: str = "",
) -> PromotionRequest:
    """Let a live promotion end earlier or spend less: one person, at once.

    An earlier end is a stop at that instant: its products stay reserved for as long as Amazon may honour it.
    An amendment that somebody submitted before is withdrawn, since it would undo this unseen.
    """
    seen = selectors.get(reference)
    with audit.refusals("request.shorten_refused", by=by, at=at, on=seen), transaction.atomic(durable=True):
        policies.keep_in_force()
        request = selectors.lock(reference)
        permissions.check_can_shorten(by, request)
        policy = policies.current()
        _check_less(request, ends_at, budget, at, policy)
        before = {"ends_at": request.runs_until.isoformat(), "budget": _budget_of(request)}
        after = {
            "ends_at": ends_at.isoformat() if ends_at else None,
            "budget": str(budget) if budget else None,
        }
        changed = [field for field, value in after.items() if value is not None]
        request.shorten(ends_at=ends_at, budget=budget)
        record(
            "request.shortened",
            request,
            by=by,
            at=at,
            came_from=State.LIVE,
            why=note.strip(),
            before={field: before[field] for field in changed},
            after={field: after[field] for field in changed},
        )
        catalog.lock_products(request.store, decode(request.newest.body)["covered"])
        reserving.shorten(request, policy=policy)
        _drop_submitted(request, by=by, at=at)
        to = selectors.concerned(request)
        told = _told(request, before=before, changed=changed)
        can_be_set = not amendments.is_locked_coupon(request, policy=policy, at=at)
        tell(
            "request_shortened",
            request,
            to=to,
            by=by,
            at=at,
            note=note.strip(),
            can_be_set=can_be_set,
            **told,
        )
        return request


def _told(
    request: PromotionRequest, *, before: Mapping[str, str | None], changed: Collection[str]
) -> dict[str, Any]:
    """What a mail says of it beside the usual: each value that was changed, and what became of it."""
    told: dict[str, Any] = {}
    if "ends_at" in changed:
        told["ended_at"] = before["ends_at"]
    if "budget" in changed:
        told["budget_before"], told["budget"] = before["budget"], _budget_of(request)
        told["currency"] = request.store.marketplace.currency
    return told


def _check_less(
    request: PromotionRequest,
    ends_at: datetime | None,
    budget: Decimal | None,
    at: datetime,
    policy: Policy,
) -> None:
    """What is refused is named for each field, so that a form says it where it was typed."""
    if ends_at is None and budget is None:
        raise Blocked(_("Say an earlier end, a smaller budget, or both."))
    holds, refused = amendments.in_force(request), []
    if ends_at is not None and not max(at, request.newest.starts_at) < ends_at < request.runs_until:
        sentence = _(
            "The new end must lie ahead and before the present one. To end it now, stop it; to run "
            "longer, amend it."
        )
        refused.append(Unfit("ends_at", holds["ends_at"], as_text(ends_at), sentence))
    if budget is not None and (sentence := _wrong_with_budget(request, budget, at, policy)):
        refused.append(Unfit("budget", holds.get("budget"), as_text(budget), sentence))
    if refused:
        raise Blocked(" ".join(map(str, refused)), findings=refused)


def _wrong_with_budget(request: PromotionRequest, budget: Decimal, at: datetime, policy: Policy) -> str:
    """Why it is not smaller than the present one, or none that Amazon takes; nothing where it is."""
    known = _budget_of(request)
    if known is None or budget >= Decimal(known):
        return _("The new budget must be smaller than the present one. For a bigger one, amend it.")
    content = {**amendments.in_force(request), "budget": as_text(budget)}
    zone = request.store.marketplace.time_zone
    problems = limits.problems(content, policy=policy, zone=zone, now=at)
    return next((problem_sentence(problem) for problem in problems if problem.field == "budget"), "")


def _budget_of(request: PromotionRequest) -> str | None:
    """The budget that holds now: the approved one, or what somebody has made of it since."""
    if request.smaller_budget is not None:
        return str(request.smaller_budget)
    approved = offers.amount(decode(request.newest.body), "budget")
    return None if approved is None else str(approved)


def take_over(request: PromotionRequest, *, by: User, at: datetime) -> None:
    """In the transaction that marks an amendment live: the amended one ends and lets its products go.

    The amendment holds all of them since its approval, so there is no instant at which nobody does.
    """
    amended = request.amends
    if amended is None:
        return
    amended.end()
    Succession.objects.create(amended=amended, amendment=request, passed_at=at, passed_by=by)
    record(
        "request.superseded",
        amended,
        by=by,
        at=at,
        came_from=State.LIVE,
        after={"amended_by": request.reference},
    )
    reserving.release(amended, may_run=False)


def drop_open(amended: PromotionRequest, *, by: User | None, at: datetime) -> None:
    """With what it amends an amendment has lost its purpose: it is withdrawn in the same transaction."""
    amendment = selectors.lock_open_amendment(amended)
    if amendment is not None:
        why = _("%(reference)s, which it amends, is over.") % {"reference": amended.reference}
        _drop(amendment, why, by=by, at=at)


def _drop_submitted(amended: PromotionRequest, *, by: User, at: datetime) -> None:
    """What still is a draft stays: its reviewer will see it beside what holds by then."""
    amendment = selectors.lock_open_amendment(amended)
    if amendment is not None and amendment.state != State.DRAFT:
        why = _("%(reference)s, which it amends, was shortened after it was submitted. Amend it anew.") % {
            "reference": amended.reference
        }
        _drop(amendment, why, by=by, at=at)


def _drop(amendment: PromotionRequest, why: str, *, by: User | None, at: datetime) -> None:
    may_run = amendment.state == State.APPROVED
    drafting.take_back(amendment, why, by=by, at=at, may_run=may_run)
