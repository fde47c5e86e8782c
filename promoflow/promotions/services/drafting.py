"""Drafting: write a request, change it, copy it, submit it, withdraw it."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from types import MappingProxyType
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from promoflow.audit import services as audit
from promoflow.catalog import selectors as catalog
from promoflow.catalog.models import Product, Store
from promoflow.errors import Blocked, Stale
from promoflow.policies.models import digest_of
from promoflow.promotions import amendments, checker, neighbours, permissions, selectors
from promoflow.promotions.content import account_of, complete, decode, differences, encode
from promoflow.promotions.models import PromotionRequest, Revision, RevisionProduct, State
from promoflow.promotions.services import reminding, reserving
from promoflow.promotions.services.steps import record, store_report, tell, void_approvals
from promoflow.promotions.wording.problem_sentences import problem_sentence
from promoflow.repeating import make_once, mark_of
from promoflow.rulebook import limits, offers
from promoflow.rulebook.risk import risk_of
from promoflow.rulebook.routing import route_of

# What follows from the store and the catalog is not what somebody typed.
_DERIVED = frozenset({"version", "store", "currency", "covered"})


def create(
    *, store: Store, typed: Mapping[str, Any], by: User, at: datetime, once: UUID | None = None
) -> PromotionRequest:
    """Begin a draft with its first revision; `once` is the key of the form, which makes one draft."""
    family = family_of(store, typed)
    content = complete(store, typed, family=family)
    mark = mark_of(once, encode(content))

    def make() -> PromotionRequest:
        permissions.check_can_draft(by, store)
        return begin("request.drafted", store, content, family, by=by, at=at, mark=mark)

    return make_once(PromotionRequest.objects.filter(created_by=by), mark, make)


def copy(*, reference: str, by: User, at: datetime, once: UUID | None = None) -> PromotionRequest:
    """Make a fresh draft of the newest content: no decision, no reservation and no reason comes along."""
    source = selectors.get(reference)
    typed = typed_of(source)
    family = family_of(source.store, typed)
    content = complete(source.store, typed, family=family)
    mark = mark_of(once, source.reference.encode(), encode(content))

    def make() -> PromotionRequest:
        permissions.check_can_copy(by, source)
        store = source.store
        return begin("request.copied", store, content, family, by=by, at=at, source=source, mark=mark)

    return make_once(PromotionRequest.objects.filter(created_by=by), mark, make)


def family_of(store: Store, typed: Mapping[str, Any]) -> dict[str, Product]:
    """What the typed content covers by ASIN: its products, and the children of every parent among them."""
    return catalog.products_of(store, typed["asins"], parents=typed["asins"])


def typed_of(request: PromotionRequest) -> dict[str, Any]:
    """What somebody typed of the newest content."""
    return as_typed(decode(request.newest.body))


def as_typed(content: Mapping[str, Any]) -> dict[str, Any]:
    """What somebody typed of it."""
    return {field: value for field, value in content.items() if field not in _DERIVED}


def begin(
    event: str,
    store: Store,
    content: Mapping[str, Any],
    family: Mapping[str, Product],
    *,
    by: User,
    at: datetime,
    source: PromotionRequest | None = None,
    amends: PromotionRequest | None = None,
    mark: UUID | None = None,
) -> PromotionRequest:
    """Write a draft with its first revision, in the transaction of whoever begins it."""
    request = PromotionRequest.objects.create(
        store=store, created_at=at, created_by=by, copied_from=source, amends=amends, once=mark
    )
    request.current = _revise(request, content, family, by=by, at=at)
    after = dict(content) | ({"copied_from": source.reference} if source else {})
    after |= {"amends": amends.reference} if amends else {}
    record(event, request, by=by, at=at, came_from="", after=after)
    return request


def _revise(
    request: PromotionRequest,
    content: Mapping[str, Any],
    family: Mapping[str, Product],
    *,
    by: User,
    at: datetime,
) -> Revision:
    """Write the next revision and the products it touches."""
    offer = offers.read(content)
    revision = Revision.objects.create(
        request=request,
        number=request.current.number + 1 if request.current else 1,
        body=encode(content),
        kind=offer.kind,
        title=content["title"],
        starts_at=offer.window.starts_at,
        ends_at=offer.window.ends_at,
        edited_at=at,
        edited_by=by,
    )
    revision.digest = digest_of(bytes(revision.body))
    chosen = set(content["asins"])
    RevisionProduct.objects.bulk_create(
        [
            RevisionProduct(revision=revision, product=product, chosen=asin in chosen)
            for asin, product in family.items()
        ],
        batch_size=2000,
    )
    return revision


def edit(
    *, reference: str, revision: int, typed: Mapping[str, Any], by: User, at: datetime
) -> PromotionRequest:
    """Write new content over the revision that this person saw; an approval and its reservations end with it.

    Saving the same content again changes nothing. Stale, with the differences, if somebody else was faster.
    """
    with (
        audit.refusals("request.edit_refused", by=by, at=at, on=partial(selectors.get, reference)),
        transaction.atomic(durable=True),
    ):
        request = selectors.lock(reference)
        permissions.check_can_edit(by, request)
        newest = request.newest
        _check_newest(request, revision)
        family = family_of(request.store, typed)
        content = complete(request.store, typed, family=family)
        if encode(content) == bytes(newest.body):
            return request
        amendments.check_fits(request, content, at=at)
        came_from, before = request.state, decode(newest.body)
        written = _revise(request, content, family, by=by, at=at)
        if came_from == State.DRAFT:
            request.revise(revision=written)
        else:
            request.edit(revision=written)
        void_approvals(request, by=by, at=at)
        changes = differences(before, content)
        record(
            "request.edited",
            request,
            by=by,
            at=at,
            came_from=came_from,
            before={change.field: change.before for change in changes},
            after={change.field: change.after for change in changes},
        )
        reserving.release(request, may_run=came_from == State.APPROVED)
        return request


def _check_newest(request: PromotionRequest, revision: int) -> None:
    newest = request.newest
    if newest.number == revision:
        return
    seen = request.revisions.filter(number=revision).first()
    changes = differences(decode(seen.body), decode(newest.body)) if seen else ()
    raise Stale(
        _("%(name)s has changed %(reference)s since you opened it. Look at what changed, then do it again.")
        % {"name": newest.edited_by.name, "reference": request.reference},
        changes=changes,
    )


def submit(
    *, reference: str, revision: int, report: str, reasons: Mapping[str, str], by: User, at: datetime
) -> PromotionRequest:
    """Ask for a decision on the revision and report (its digest, in hex) that this person saw.

    Blocks refuse; each warning needs a reason.
    """
    with (
        audit.refusals("request.submit_refused", by=by, at=at, on=partial(selectors.get, reference)),
        transaction.atomic(durable=True),
    ):
        request = selectors.lock(reference)
        permissions.check_can_submit(by, request)
        _check_newest(request, revision)
        found = checker.report_of(request, at=at)
        check_report_seen(found, report)
        check_fit_to_submit(request, found, at=at)
        given = {finding.key: reasons.get(finding.key, "").strip() for finding in found.warnings}
        unexplained = [finding for finding in found.warnings if not given[finding.key]]
        if unexplained:
            raise Blocked(
                _("Give your reason for each warning; the supervisor reads it."), findings=unexplained
            )
        risk = risk_of(found.case, found.findings)
        route = route_of(risk, found.policy, products=len(decode(request.newest.body)["asins"]))
        request.submit(by=by, at=at, reasons=given, risk=risk, route=route)
        stored = store_report(found, request, by=by, at=at)
        record(
            "request.submitted",
            request,
            by=by,
            at=at,
            came_from=State.DRAFT,
            report=stored,
            after=given | {"approvals": route.approvals, "approved_by_role": route.role},
        )
        eligible = selectors.eligible_supervisors(request)
        tell("request_submitted", request, to=eligible, by=by, at=at, rules=found.policy)
        reminding.alarm_where_out_of_reach(request, eligible, at=at)
        return request


def check_fit_to_submit(request: PromotionRequest, found: checker.Report, *, at: datetime) -> None:
    """That somebody may submit it as it stands, once each warning has its reason."""
    check_its_account(request)
    amendments.check_amends(request)
    amendments.check_fits(request, decode(request.newest.body), at=at)
    check_nothing_blocks(found)
    check_amazon_takes(request, found, at=at)


def check_its_account(request: PromotionRequest) -> None:
    """The content was written for the account at Amazon that its store has now: who decides saw no other."""
    written, now = decode(request.newest.body)["store"], account_of(request.store)
    if written != now:
        raise Blocked(
            _(
                "It was written for %(written)s at Amazon, and %(store)s is %(now)s by now. Edit it and save "
                "it once, so that it is about this account; then it takes a new decision."
            )
            % {"written": written, "store": request.store.name, "now": now}
        )


def check_report_seen(found: checker.Report, report: str) -> None:
    """What was found now is what the page showed; a report is a statement about a moment."""
    if found.digest.hex() != report:
        raise Stale(
            _("What this request was checked against has changed since you opened the page. Read it again."),
            findings=found.findings,
        )


def check_amazon_takes(request: PromotionRequest, found: checker.Report, *, at: datetime) -> None:
    """Amazon's limits hold for whatever is submitted: a copy may be old, and a limit newer than the draft."""
    content = decode(request.newest.body)
    parents = {product.parent for product in found.products} & set(content["asins"])
    problems = limits.problems(
        content,
        policy=found.policy,
        zone=request.store.marketplace.time_zone,
        now=amendments.as_if_in_time(request, found.policy, at),
        parents=len(parents),
    )
    if problems:
        sentences = dict.fromkeys(problem_sentence(problem) for problem in problems)
        raise Blocked(_("Amazon would refuse it: %(why)s Edit it first.") % {"why": " ".join(sentences)})


def check_nothing_blocks(found: checker.Report) -> None:
    if found.blocks:
        raise Blocked(
            _("The rules forbid this as it stands. Each finding names its way out."), findings=found.blocks
        )


def withdraw(
    *, reference: str, by: User, at: datetime, note: str = "", may_run: bool | None = None
) -> PromotionRequest:
    """Take a request back for good, approved or not; its products are free at once.

    What was approved is withdrawn only by who says whether it may run at Amazon; it does not where it was
    never set up there, or was deleted before it began.
    """
    with (
        audit.refusals("request.withdraw_refused", by=by, at=at, on=partial(selectors.get, reference)),
        transaction.atomic(durable=True),
    ):
        request = selectors.lock(reference)
        permissions.check_can_withdraw(by, request)
        said = _said_of_amazon(request, may_run, at)
        take_back(request, note.strip(), by=by, at=at, may_run=bool(may_run), said=said)
        if said == {"may_run": False}:
            reserving.settle(request)
        return request


def _said_of_amazon(request: PromotionRequest, may_run: bool | None, at: datetime) -> dict[str, Any]:
    """What the entry says of it: nothing where it was never approved, for then nobody set it up."""
    if not neighbours.may_run(request, at=at):
        return {}
    if may_run is None:
        raise Blocked(
            _(
                "%(reference)s was approved, so it may be set up in Seller Central. Say whether it is, or "
                "may be, there."
            )
            % {"reference": request.reference}
        )
    return {"may_run": may_run}


def take_back(
    request: PromotionRequest,
    why: str,
    *,
    by: User | None,
    at: datetime,
    may_run: bool,
    said: Mapping[str, Any] = MappingProxyType({}),
) -> None:
    """Withdraw it in the transaction of whoever does; `said` is what its entry and its message add."""
    came_from, was_approved = request.state, request.state == State.APPROVED
    if was_approved:
        request.revoke()
    else:
        request.withdraw()
    event = "request.revoked" if was_approved else "request.withdrawn"
    record(event, request, by=by, at=at, came_from=came_from, why=why, after=said)
    reserving.release(request, may_run=may_run)
    if came_from != State.DRAFT:
        to = selectors.concerned(request)
        tell("request_withdrawn", request, to=to, by=by, at=at, note=why, was_approved=was_approved, **said)
