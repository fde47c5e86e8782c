"""Running: mark live with evidence, take the second look, stop, and move what the clock has overtaken."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import chain
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts import selectors as people
from accounts.models import User
from accounts.permissions import check_confirmed
from accounts.roles import MANAGER
from promoflow.audit import services as audit
from promoflow.catalog import selectors as catalog
from promoflow.errors import Blocked, NotAllowed, WrongState
from promoflow.policies import selectors as policies
from promoflow.promotions import amendments, checker, neighbours, permissions, quorum, selectors, waiting
from promoflow.promotions.content import Difference, decode
from promoflow.promotions.models import Activation, Decision, Look, PromotionRequest, State
from promoflow.promotions.screenshots import Screenshot
from promoflow.promotions.services import amending, attaching, lapsing, looking, reminding, reserving
from promoflow.promotions.services.drafting import check_its_account, check_nothing_blocks
from promoflow.promotions.services.review import check_content_seen
from promoflow.promotions.services.steps import kept_report, record, tell
from promoflow.rulebook.policy import Policy

logger = logging.getLogger(__name__)


def go_live(
    *,
    reference: str,
    by: User,
    at: datetime,
    revision: str,
    amazon_id: str,
    shown: Mapping[str, Any],
    old_is_deactivated: bool = False,
    screenshot: Screenshot | None = None,
) -> Activation:
    """Say that the approved content is set up in Seller Central, which shows exactly that.

    The rules are asked again, and so is who approved: what held at approval may hold no longer. Where too
    few of the approvers still count, the request goes back to review instead, and the refusal says so.
    An amendment is marked live with the id of what it amends, or with the word that that one is deactivated.
    """
    with audit.refusals("request.go_live_refused", by=by, at=at, on=partial(selectors.get, reference)):
        with transaction.atomic(durable=True):
            policies.keep_in_force()
            request = selectors.lock(reference)
            permissions.check_can_go_live(by, request)
            counting = permissions.still_counting(request)
            if quorum.is_met(request, counting):
                check_content_seen(request, revision)
                check_its_account(request)
                amendments.check_amends(request)
                amendments.check_replaces(
                    request,
                    amazon_id,
                    old_is_deactivated=old_is_deactivated,
                    policy=policies.current(),
                    at=at,
                )
                return _mark_live(
                    request,
                    counting[0],
                    by=by,
                    at=at,
                    amazon_id=amazon_id,
                    shown=shown,
                    screenshot=screenshot,
                )
            sentence = lapsing.back_to_review(request, counting, by=by, at=at)
        raise NotAllowed(sentence)


def _mark_live(
    request: PromotionRequest,
    approval: Decision,
    *,
    by: User,
    at: datetime,
    amazon_id: str,
    shown: Mapping[str, Any],
    screenshot: Screenshot | None,
) -> Activation:
    content = decode(request.newest.body)
    family = catalog.lock_products(request.store, content["covered"], parents=content["asins"])
    found = checker.report_of(request, at=at, family=family)
    _check_in_time(request, found.policy, at)
    check_nothing_blocks(found)
    _refuse(amendments.shown_otherwise(request, shown, policy=found.policy, at=at))
    stored = kept_report(found, request, by=by, at=at)
    request.go_live()
    activation = Activation.objects.create(
        request=request,
        revision=request.newest,
        digest=request.newest.digest,
        editor_id=request.newest.edited_by_id,
        decision=approval,
        approver=approval.decided_by,
        report=stored,
        amazon_id=amazon_id.strip(),
        evidence=dict(shown),
        live_at=at,
        live_by=by,
    )
    attached = attaching.attach(screenshot, request, Look.FIRST, by=by, at=at)
    replaced = amendments.replaced_id(request)
    gone = {"deactivated": replaced} if replaced else {}
    evidence = {"amazon_id": activation.amazon_id, **gone, **shown, **attached}
    record(
        "request.marked_live",
        request,
        by=by,
        at=at,
        came_from=State.APPROVED,
        report=stored,
        after=evidence,
    )
    reserving.settle_as_live(request)
    amending.take_over(request, by=by, at=at)
    verify_by = found.policy.verify_by(at)
    to = selectors.concerned(request)
    tell(
        "request_live",
        request,
        to=to,
        by=by,
        at=at,
        rules=found.policy,
        verify_by=verify_by.isoformat(),
    )
    return activation


def _check_in_time(request: PromotionRequest, policy: Policy, at: datetime) -> None:
    if at >= policy.mark_live_by(neighbours.offer_of(request)):
        raise WrongState(
            _(
                "The time to mark %(reference)s live has passed. If it runs in Seller Central, stop it "
                "there; then copy it into a new draft."
            )
            % {"reference": request.reference}
        )


def _refuse(differing: Sequence[Difference]) -> None:
    if differing:
        raise Blocked(
            _("Seller Central shows something else than was approved. Correct it there, or stop it."),
            findings=differing,
        )


def verify(
    *,
    reference: str,
    by: User,
    at: datetime,
    shown: Mapping[str, Any],
    confirmed_at: datetime | None,
    known: int = 0,
    screenshot: Screenshot | None = None,
) -> Activation:
    """The second look: another person reads Seller Central without seeing what the first one typed.

    `known` is the newest look that differed when their page was opened, none being 0. What they see
    otherwise raises the alarm, which stays although the verification is refused.
    """
    with audit.refusals("request.verify_refused", by=by, at=at, on=partial(selectors.get, reference)):
        with transaction.atomic(durable=True):
            request = selectors.lock(reference)
            permissions.check_can_verify(by, request)
            check_confirmed(by, confirmed_at, at=at)
            activation = Activation.objects.select_for_update(no_key=True).get(request=request)
            differing = amendments.shown_otherwise(request, shown, policy=policies.current(), at=at)
            if differing:
                looking.raise_alarm(request, differing, shown=shown, screenshot=screenshot, by=by, at=at)
            else:
                looking.check_known(request, known)
                _verified(request, activation, shown=shown, screenshot=screenshot, by=by, at=at)
        _refuse(differing)
        return activation


def _verified(
    request: PromotionRequest,
    activation: Activation,
    *,
    shown: Mapping[str, Any],
    screenshot: Screenshot | None,
    by: User,
    at: datetime,
) -> None:
    activation.second_look, activation.verified_at, activation.verified_by = dict(shown), at, by
    request.verify()
    attached = attaching.attach(screenshot, request, Look.SECOND, by=by, at=at)
    record("request.verified", request, by=by, at=at, came_from=State.LIVE, after={**shown, **attached})
    activation.save(update_fields=["second_look", "verified_at", "verified_by"])
    looking.tell_verified(request, by=by, at=at)


def stop(*, reference: str, by: User, at: datetime, note: str = "") -> PromotionRequest:
    """End it at once. Its danger window runs on for as long as Amazon may still honour it."""
    with (
        audit.refusals("request.stop_refused", by=by, at=at, on=partial(selectors.get, reference)),
        transaction.atomic(durable=True),
    ):
        policies.keep_in_force()
        request = selectors.lock(reference)
        permissions.check_can_stop(by, request)
        policy = policies.current()
        activation = Activation.objects.select_for_update(no_key=True).get(request=request)
        activation.stopped_at, activation.stopped_by = at, by
        request.activation = activation
        request.stop()
        gone_by = policy.danger_window(neighbours.offer_of(request)).ends_at
        record(
            "request.stopped",
            request,
            by=by,
            at=at,
            came_from=State.LIVE,
            why=note.strip(),
            after={"gone_by": gone_by.isoformat()},
        )
        activation.save(update_fields=["stopped_at", "stopped_by"])
        catalog.lock_products(request.store, decode(request.newest.body)["covered"])
        reserving.cool_off(request, policy=policy, at=at)
        amending.drop_open(request, by=by, at=at)
        to = selectors.concerned(request)
        tell("request_stopped", request, to=to, by=by, at=at, note=note.strip(), gone_by=gone_by.isoformat())
        return request


def move_due(*, at: datetime) -> int:
    """Expire, end and send back what the clock has overtaken, and remind of what waits; how many moved.

    Each in a transaction of its own under its lock, so any number of these may run at once and be killed. One
    that cannot be moved keeps no other from it, and is tried again with the next tick.
    """
    due = chain(waiting.due_to_move(at), waiting.approved_in_doubt())
    moved = _each(_move, due, at)
    _each(_remind, waiting.overdue_to_verify(at, policies.current()), at)
    _each(reminding.remind, waiting.half_way(at, policies.current()), at)
    return moved


def _each(deed: Callable[[str, datetime], bool], requests: Iterable[PromotionRequest], at: datetime) -> int:
    """For how many of the requests there was something to do."""
    done = 0
    for request in requests:
        try:
            done += deed(request.reference, at)
        except Exception:
            logger.exception("The clock could not see to %s.", request.reference)
    return done


@transaction.atomic(durable=True)
def _move(reference: str, at: datetime) -> bool:
    request = selectors.locked_if_free(reference)
    if request is None:
        return False
    moves: dict[str, Callable[[PromotionRequest, datetime], bool]] = {
        State.IN_REVIEW: _expire,
        State.APPROVED: _expire_or_lapse,
        State.LIVE: _end,
    }
    move = moves.get(request.state)
    return move(request, at) if move else False


def _expire(request: PromotionRequest, at: datetime) -> bool:
    policy, offer = policies.current(), neighbours.offer_of(request)
    came_from = request.state
    deadline = policy.decide_by(offer) if came_from == State.IN_REVIEW else policy.mark_live_by(offer)
    if at < deadline:
        return False
    to = selectors.concerned(request)
    request.expire()
    why = (
        gettext_noop("Nobody decided before Amazon's lead time began.")
        if came_from == State.IN_REVIEW
        else gettext_noop("Nobody marked it live in time.")
    )
    record("request.expired", request, by=None, at=at, came_from=came_from, why=why)
    reserving.release(request, may_run=came_from == State.APPROVED)
    tell("request_expired", request, to=to, by=None, at=at, note=why)
    return True


def _expire_or_lapse(request: PromotionRequest, at: datetime) -> bool:
    return _expire(request, at) or lapsing.lapse_where_lost(request, at=at)


def _end(request: PromotionRequest, at: datetime) -> bool:
    if at < request.runs_until:
        return False
    request.end()
    record("request.ended", request, by=None, at=at, came_from=State.LIVE)
    amending.drop_open(request, by=None, at=at)
    return True


@transaction.atomic(durable=True)
def _remind(reference: str, at: datetime) -> bool:
    request = selectors.locked_if_free(reference)
    if request is None or request.state != State.LIVE or request.activation.verified_at is not None:
        return False
    verify_by = policies.current().verify_by(request.activation.live_at)
    able = selectors.verifiers(request)
    # Where nobody may take it, whoever manages the store can see to it that somebody may.
    to = able or people.people_with_role(request.store_id, MANAGER)
    tell(
        "request_not_verified",
        request,
        to=to,
        by=None,
        at=at,
        why="" if able else "manages",
        verify_by=verify_by.isoformat(),
        nobody_may=not able,
    )
    return True
