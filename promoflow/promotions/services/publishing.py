"""Publishing the drafted rules: they are in force at once, and whatever stands against them is alarmed."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import check_confirmed
from promoflow.audit import services as audit
from promoflow.errors import Blocked, Stale
from promoflow.policies import content, permissions, wording
from promoflow.policies import selectors as policies
from promoflow.policies.models import PolicyDraft, PolicyRevision, PolicyVersion
from promoflow.promotions import checker, impact, selectors
from promoflow.promotions.models import STANDING, Cause, PromotionRequest
from promoflow.promotions.services import alarms, reproving


def publish(
    *, by: User, at: datetime, revision: str, effect: str, confirmed_at: datetime | None
) -> PolicyVersion:
    """Put the revision (its digest, in hex) in force, having seen this effect of it (its impact's digest).

    It approves, ends and cancels nothing. Whatever is approved or live is checked by the new rules, its
    reservations are written by them, and what they block gets an alarm. Nobody decides by the old rules
    meanwhile: they wait, or it waits for them.
    """
    with (
        audit.refusals("policy.publish_refused", by=by, at=at, on=policies.open_draft),
        transaction.atomic(durable=True),
    ):
        policies.lock_in_force()
        draft = permissions.check_is_open(policies.lock_open_draft())
        permissions.check_can_publish(by, draft)
        check_confirmed(by, confirmed_at, at=at)
        newest = draft.newest
        _check_content_seen(newest, revision)
        changes = _changes(newest)
        policy = policies.policy_of(newest)
        holding = selectors.lock_holding(at)
        standing = [request for request in holding if request.state in STANDING]
        found = impact.by(policy, standing, at=at)
        _check_effect_seen(found, effect)
        version = _put_in_force(draft, newest, by=by, at=at)
        audit.record(
            "policy.published",
            by=by,
            at=at,
            on=draft,
            before={change.field: change.before for change in changes},
            after={change.field: change.after for change in changes}
            # Which ones is told with each alarm: this entry has no store, and is read in all of them.
            | {"blocked": len(found.hits)},
            why=version.summary,
            revision=bytes(newest.digest),
            report=found.digest,
        )
        unfit = reproving.reprove(holding, policy=policy)
        _alarm(standing, found, unfit, version=version, by=by, at=at)
        return version


def _check_content_seen(newest: PolicyRevision, digest: str) -> None:
    if bytes(newest.digest).hex() == digest:
        return
    seen = next((old for old in newest.draft.revisions.all() if bytes(old.digest).hex() == digest), None)
    raise Stale(
        _("%(name)s has changed the draft since you opened it. Nothing was published; read it again.")
        % {"name": newest.edited_by.name},
        changes=wording.differences(content.decode(seen.body), content.decode(newest.body)) if seen else (),
    )


def _changes(newest: PolicyRevision) -> list[wording.Change]:
    in_force = content.decode(policies.current_version().body)
    changes = wording.differences(in_force, content.decode(newest.body))
    if not changes:
        raise Blocked(_("The draft says the same as the rules in force: there is nothing to publish."))
    if not content.decode(newest.body)["summary"]:
        raise Blocked(_("The draft does not say what it changes, in the summary. A manager writes it first."))
    return changes


def _check_effect_seen(found: impact.Impact, effect: str) -> None:
    if found.digest.hex() != effect:
        raise Stale(
            _("What the rules would block has changed since you opened the page. Read it again."),
            changes=[_blocked(hit) for hit in found.hits],
        )


def _blocked(hit: impact.Hit) -> str:
    return _("The rules would block %(reference)s.") % {"reference": hit.request.reference}


def _put_in_force(draft: PolicyDraft, newest: PolicyRevision, *, by: User, at: datetime) -> PolicyVersion:
    version = PolicyVersion.objects.create(
        number=draft.number,
        body=newest.body,
        summary=content.decode(newest.body)["summary"],
        revision=newest,
        drafted_by=newest.edited_by,
        published_at=at,
        published_by=by,
    )
    draft.status, draft.closed_at, draft.closed_by = PolicyDraft.Status.PUBLISHED, at, by
    draft.save(update_fields=["status", "closed_at", "closed_by"])
    version.refresh_from_db(fields=["digest"])
    return version


def _alarm(
    standing: Iterable[PromotionRequest],
    found: impact.Impact,
    unfit: Collection[int],
    *,
    version: PolicyVersion,
    by: User,
    at: datetime,
) -> None:
    """Alarm what the rules block, or what they keep from holding its products; an open alarm stays."""
    reports = {hit.request.pk: hit.report for hit in found.hits}
    alarmed = set(selectors.open_alarms().values_list("request", flat=True))
    for request in standing:
        if request.pk in alarmed or (request.pk not in reports and request.pk not in unfit):
            continue
        report = reports.get(request.pk) or checker.report_of(request, at=at)
        alarms.raise_alarm(request, replace(report, version=version), cause=Cause.RULES, by=by, at=at)
