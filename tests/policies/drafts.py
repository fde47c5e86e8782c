"""Drafts of the rules brought about by the services that people use."""

from typing import Any

from accounts.models import User
from promoflow.policies import content
from promoflow.policies import selectors as policies
from promoflow.policies.models import PolicyDraft, PolicyVersion
from promoflow.policies.services import drafting
from promoflow.promotions import impact
from promoflow.promotions.services import publishing
from tests.promotions.lives import NOW


def in_force() -> dict[str, Any]:
    return content.decode(policies.current_version().body)


def proposal(
    changed: dict[str, Any] | None = None,
    *,
    whys: dict[str, str] | None = None,
    blackouts: list[dict[str, Any]] | None = None,
    summary: str = "What we agreed on Monday.",
) -> content.Proposal:
    """The rules in force with these values instead, by path."""
    return content.Proposal(
        values=content.values(in_force()) | (changed or {}),
        whys=whys or {},
        blackouts=content.blackouts(in_force()) if blackouts is None else blackouts,
        summary=summary,
    )


def drafted(changed: dict[str, Any] | None = None, *, by: User, **more: Any) -> PolicyDraft:
    """A draft of this manager's that changes these values."""
    draft = policies.open_draft() or drafting.open(by=by, at=NOW)
    drafting.save(revision=draft.newest.number, proposal=proposal(changed, **more), by=by, at=NOW)
    return draft


def as_shown(draft: PolicyDraft) -> dict[str, str]:
    """What the page of the draft sends back: the digests of its content and of its effect."""
    newest = draft.newest
    return {
        "revision": bytes(newest.digest).hex(),
        "effect": impact.of(newest, at=NOW).digest.hex(),
    }


def publish(draft: PolicyDraft, *, by: User, **changed: Any) -> PolicyVersion:
    return publishing.publish(by=by, at=NOW, **({"confirmed_at": NOW} | as_shown(draft) | changed))


def published(changed: dict[str, Any], *, manager: User, publisher: User, **more: Any) -> PolicyVersion:
    """The next version, with these values instead of those in force."""
    return publish(drafted(changed, by=manager, **more), by=publisher)
