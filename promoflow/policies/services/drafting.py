"""Drafting the next version of the rules: open, save and discard."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from promoflow.audit import services as audit
from promoflow.errors import Blocked, Stale
from promoflow.policies import content, permissions, selectors, wording
from promoflow.policies.models import PolicyDraft, PolicyRevision


def open(*, by: User, at: datetime) -> PolicyDraft:
    """Begin the next version as a copy of the one in force."""
    with (
        audit.refusals("policy.draft_refused", by=by, at=at, on=selectors.open_draft),
        transaction.atomic(durable=True),
    ):
        selectors.lock_in_force()
        permissions.check_can_open(by, selectors.lock_open_draft())
        current = selectors.current_version()
        draft = PolicyDraft.objects.create(number=current.number + 1, opened_at=at, opened_by=by)
        body = content.copy(content.decode(current.body), number=draft.number)
        _revise(draft, body, number=1, by=by, at=at)
        audit.record("policy.drafted", by=by, at=at, on=draft)
        return draft


def save(*, revision: int, proposal: content.Proposal, by: User, at: datetime) -> PolicyDraft:
    """Write what the rules should say over the revision that this person saw.

    The same again changes nothing. Stale, with the differences, if somebody else was faster; Blocked where
    the rulebook could not read it.
    """
    with (
        audit.refusals("policy.edit_refused", by=by, at=at, on=selectors.open_draft),
        transaction.atomic(durable=True),
    ):
        permissions.check_can_draft(by)
        draft = permissions.check_is_open(selectors.lock_open_draft())
        newest = draft.newest
        before = content.decode(newest.body)
        _check_newest(draft, newest, revision)
        in_force = content.decode(selectors.current_version().body)
        after = content.compose(in_force, proposal, number=draft.number)
        if content.encode(after) == bytes(newest.body):
            return draft
        wrong = content.problems(after)
        if wrong:
            raise Blocked(_("These rules cannot be read."), findings=list(wrong.values()))
        _revise(draft, after, number=newest.number + 1, by=by, at=at)
        changes = wording.differences(before, after)
        audit.record(
            "policy.edited",
            by=by,
            at=at,
            on=draft,
            before={change.field: change.before for change in changes},
            after={change.field: change.after for change in changes},
            why=proposal.summary,
        )
        return draft


def discard(*, by: User, at: datetime) -> PolicyDraft:
    """Give the draft up; the version in force stays."""
    with (
        audit.refusals("policy.discard_refused", by=by, at=at, on=selectors.open_draft),
        transaction.atomic(durable=True),
    ):
        permissions.check_can_draft(by)
        draft = permissions.check_is_open(selectors.lock_open_draft())
        draft.status, draft.closed_at, draft.closed_by = PolicyDraft.Status.DISCARDED, at, by
        draft.save(update_fields=["status", "closed_at", "closed_by"])
        audit.record("policy.discarded", by=by, at=at, on=draft)
        return draft


def _check_newest(draft: PolicyDraft, newest: PolicyRevision, revision: int) -> None:
    if newest.number == revision:
        return
    seen = draft.revisions.filter(number=revision).first()
    raise Stale(
        _("%(name)s has changed the draft since you opened it. Look at what changed, then do it again.")
        % {"name": newest.edited_by.name},
        changes=wording.differences(content.decode(seen.body), content.decode(newest.body)) if seen else (),
    )


def _revise(draft: PolicyDraft, body: Mapping[str, Any], *, number: int, by: User, at: datetime) -> None:
    PolicyRevision.objects.create(
        draft=draft, number=number, body=content.encode(body), edited_at=at, edited_by=by
    )
