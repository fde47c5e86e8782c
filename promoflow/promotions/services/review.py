"""Deciding: a supervisor approves, returns or rejects exactly what they saw."""

from collections.abc import Collection
from datetime import datetime
from functools import partial

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import check_confirmed
from promoflow.audit import services as audit
from promoflow.catalog import selectors as catalog
from promoflow.errors import Blocked, Stale
from promoflow.policies import selectors as policies
from promoflow.promotions import (
    absences,
    amendments,
    checker,
    outgrowing,
    permissions,
    quorum,
    retyping,
    selectors,
)
from promoflow.promotions.content import decode, differences, fields_of_kind
from promoflow.promotions.models import ConflictReport, Decision, PromotionRequest, State, Verdict
from promoflow.promotions.services import claiming, lapsing, reserving
from promoflow.promotions.services.drafting import (
    check_its_account,
    check_nothing_blocks,
    check_report_seen,
)
from promoflow.promotions.services.steps import kept_report, record, tell, void_approvals


def approve(
    *,
    reference: str,
    by: User,
    at: datetime,
    revision: str,
    report: str,
    confirmed_at: datetime | None,
    acknowledged: Collection[str] = (),
    note: str = "",
    retyped: str = "",
    opened_at: datetime | None = None,
) -> Decision:
    """Approve the revision and report (their digests, in hex) that this person saw.

    The request is approved when as many people as its route asks for have done so and may still decide on
    it; until then it stays in review. `confirmed_at` is when the person last confirmed with two-step
    verification; `retyped` is the ASIN of one of its products as they typed it, where the rules ask for it;
    `opened_at` is when they opened the page that they decide on, where that is known.

    The products' rows are locked in key order before anything is compared, so of two requests that block each
    other the second sees the first; the exclusion constraint stands behind that.
    """
    with (
        audit.refusals("request.approve_refused", by=by, at=at, on=partial(selectors.get, reference)),
        transaction.atomic(durable=True),
    ):
        policies.keep_in_force()
        request = selectors.lock(reference)
        permissions.check_can_approve(by, request)
        claiming.check_nobody_else_is_on(request, by=by, at=at)
        check_confirmed(by, confirmed_at, at=at)
        check_content_seen(request, revision)
        check_its_account(request)
        content = decode(request.newest.body)
        family = catalog.lock_products(request.store, content["covered"], parents=content["asins"])
        amendments.check_amends(request)
        amendments.check_fits(request, content, at=at)
        found = checker.report_of(request, at=at, family=family)
        check_report_seen(found, report)
        check_nothing_blocks(found)
        outgrowing.check(request, found)
        _check_acknowledged(found, acknowledged)
        retyping.check(request, retyped)
        given, lost = _counting(request, found, by=by, at=at) if quorum.needed(request) > 1 else ([], [])
        stored = kept_report(found, request, by=by, at=at)
        asin = retyping.as_asin(retyped)
        decision = _decide(
            request,
            Verdict.APPROVE,
            stored,
            by=by,
            at=at,
            confirmed_at=confirmed_at,
            note=note,
            acknowledged=acknowledged,
            retyped_asin=asin,
        )
        given.append(decision)
        enough = quorum.is_met(request, given)
        if enough:
            request.approve()
        else:
            request.endorse()
        record(
            "request.approved" if enough else "request.endorsed",
            request,
            by=by,
            at=at,
            came_from=State.IN_REVIEW,
            why=note.strip(),
            report=stored,
            before={"approved_by": [approval.decided_by.name for approval in lost]} if lost else None,
            after={
                "acknowledged": sorted(acknowledged),
                "policy": found.policy.number,
                "approvals": len(given),
                **({"retyped_asin": asin} if asin else {}),
                **_circumstances(decision, opened_at),
            },
        )
        if enough:
            covered = set(content["covered"])
            held = [product for product in family if product.asin in covered]
            reserving.hold(request, held, policy=found.policy)
        _tell(request, found, lost, enough=enough, by=by, at=at, note=note.strip())
        return decision


def _counting(
    request: PromotionRequest, found: checker.Report, *, by: User, at: datetime
) -> tuple[list[Decision], list[Decision]]:
    """The approvals given before that still count, and those that do not: they are void from now on.

    Whoever gave one may still decide, and saw no shallower worst price. What is approved is set up at Amazon
    at once, so nobody may find out only when it is marked live.
    """
    of_today = permissions.still_counting(request)
    counting = [approval for approval in of_today if not outgrowing.why_void(approval, found)]
    return counting, lapsing.void_lost(request, counting, by=by, at=at)


def _tell(
    request: PromotionRequest,
    found: checker.Report,
    lost: Collection[Decision],
    *,
    enough: bool,
    by: User,
    at: datetime,
    note: str,
) -> None:
    """What came of it; to whoever has to approve anew, why that is."""
    to = selectors.operators(request) if enough else selectors.still_asked(request)
    outgrown = {
        approval.decided_by: why
        for approval in lost
        if approval.decided_by in to and (why := outgrowing.why_void(approval, found))
    }
    others = [person for person in to if person not in outgrown]
    notice = "request_approved" if enough else "request_endorsed"
    tell(notice, request, to=others, by=by, at=at, rules=found.policy, note=note)
    for person, why in outgrown.items():
        tell(
            "request_outgrown",
            request,
            to=[person],
            by=by,
            at=at,
            rules=found.policy,
            note=why,
            why="approved",
        )


def _circumstances(decision: Decision, opened_at: datetime | None) -> dict[str, str]:
    """In whose place it was decided, and since when the page was open, where there is anything to say."""
    absent = decision.on_behalf_of
    in_place_of = {"on_behalf_of": absent.name} if absent else {}
    return in_place_of | ({"opened_at": opened_at.isoformat()} if opened_at else {})


def check_content_seen(request: PromotionRequest, digest: str) -> None:
    """The newest revision is the one that the page showed."""
    newest = request.newest
    if bytes(newest.digest).hex() == digest:
        return
    seen = next((old for old in request.revisions.all() if bytes(old.digest).hex() == digest), None)
    raise Stale(
        _("%(name)s has changed %(reference)s since you opened it. Nothing was decided; read it again.")
        % {"name": newest.edited_by.name, "reference": request.reference},
        changes=differences(decode(seen.body), decode(newest.body)) if seen else (),
    )


def _check_acknowledged(found: checker.Report, acknowledged: Collection[str]) -> None:
    overlooked = [finding for finding in found.warnings if finding.key not in acknowledged]
    if overlooked:
        raise Blocked(_("Acknowledge each warning, one by one, before you approve."), findings=overlooked)


def _decide(
    request: PromotionRequest,
    verdict: Verdict,
    report: ConflictReport,
    *,
    by: User,
    at: datetime,
    confirmed_at: datetime | None,
    note: str,
    acknowledged: Collection[str] = (),
    retyped_asin: str = "",
    fields: Collection[str] = (),
) -> Decision:
    newest, place = request.newest, absences.in_place(by, request, at=at)
    return Decision.objects.create(
        request=request,
        revision=newest,
        digest=newest.digest,
        editor_id=newest.edited_by_id,
        report=report,
        report_digest=report.digest,
        verdict=verdict,
        note=note.strip(),
        acknowledged=sorted(acknowledged),
        retyped_asin=retyped_asin,
        fields=list(fields),
        decided_at=at,
        decided_by=by,
        decided_by_human=by.person_id,
        confirmed_at=confirmed_at,
        on_behalf_of=place.absent if place else None,
    )


def send_back(
    *,
    reference: str,
    by: User,
    at: datetime,
    revision: str,
    note: str,
    confirmed_at: datetime | None,
    fields: Collection[str] = (),
    opened_at: datetime | None = None,
) -> Decision:
    """Return it to its operators with what they should change, and in which fields of the content."""
    with (
        audit.refusals("request.return_refused", by=by, at=at, on=partial(selectors.get, reference)),
        transaction.atomic(durable=True),
    ):
        request = selectors.lock(reference)
        permissions.check_can_return(by, request)
        check_confirmed(by, confirmed_at, at=at)
        check_content_seen(request, revision)
        return _refuse(
            request,
            Verdict.RETURN,
            by=by,
            at=at,
            confirmed_at=confirmed_at,
            note=note,
            fields=fields,
            opened_at=opened_at,
        )


def reject(
    *,
    reference: str,
    by: User,
    at: datetime,
    revision: str,
    note: str,
    confirmed_at: datetime | None,
    opened_at: datetime | None = None,
) -> Decision:
    """Refuse it for good."""
    with (
        audit.refusals("request.reject_refused", by=by, at=at, on=partial(selectors.get, reference)),
        transaction.atomic(durable=True),
    ):
        request = selectors.lock(reference)
        permissions.check_can_reject(by, request)
        check_confirmed(by, confirmed_at, at=at)
        check_content_seen(request, revision)
        return _refuse(
            request,
            Verdict.REJECT,
            by=by,
            at=at,
            confirmed_at=confirmed_at,
            note=note,
            opened_at=opened_at,
        )


def _refuse(
    request: PromotionRequest,
    verdict: Verdict,
    *,
    by: User,
    at: datetime,
    confirmed_at: datetime | None,
    note: str,
    opened_at: datetime | None,
    fields: Collection[str] = (),
) -> Decision:
    if not note.strip():
        raise Blocked(_("Say why: the operator reads it and knows what to do next."))
    pointed = _pointed(request, fields)
    stored = kept_report(checker.report_of(request, at=at), request, by=by, at=at)
    void_approvals(request, by=by, at=at)
    decision = _decide(
        request, verdict, stored, by=by, at=at, confirmed_at=confirmed_at, note=note, fields=pointed
    )
    to = selectors.operators(request)
    if verdict == Verdict.RETURN:
        request.send_back()
    else:
        request.reject()
    event = "request.returned" if verdict == Verdict.RETURN else "request.rejected"
    record(
        event,
        request,
        by=by,
        at=at,
        came_from=State.IN_REVIEW,
        why=note.strip(),
        report=stored,
        after=_circumstances(decision, opened_at) | ({"fields": pointed} if pointed else {}),
    )
    notice = "request_returned" if verdict == Verdict.RETURN else "request_rejected"
    tell(notice, request, to=to, by=by, at=at, note=note.strip(), fields=pointed)
    return decision


def _pointed(request: PromotionRequest, fields: Collection[str]) -> list[str]:
    """The fields that a return points to, in the order of the form."""
    known = fields_of_kind(request.newest.kind)
    if strange := sorted(set(fields) - set(known)):
        raise Blocked(_("%(names)s: the request has no such field.") % {"names": ", ".join(strange)[:100]})
    return [field for field in known if field in fields]
