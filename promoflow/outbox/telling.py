"""Every event of the history and whom it is told to: its notice, or the reason why it is told to nobody."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Silent:
    """Told to nobody, for a reason."""

    why: str


_REFUSED: Final = Silent("Nothing happened, and who tried read the refusal at once.")
_ITS_DOER: Final = Silent("Only its doer is concerned, and knows.")
_STANDS_ON_PAGE: Final = Silent("It obliges nobody; the page and the history say it.")
_RULES: Final = Silent("Nothing applies before it is published; the page of the rules shows the draft.")

TOLD: Final[dict[str, str | Silent]] = {
    "request.drafted": _ITS_DOER,
    "request.edited": Silent(
        "Until it is submitted nobody has to act; an edit that voids is told with that."
    ),
    "request.copied": _ITS_DOER,
    "request.submitted": "request_submitted",
    "request.returned": "request_returned",
    "request.rejected": "request_rejected",
    "request.approved": "request_approved",
    "request.endorsed": "request_endorsed",
    "request.approval_lapsed": "request_lapsed",
    "request.commented": "request_mentioned",
    "request.comment_refused": _REFUSED,
    "request.amendment_drafted": _ITS_DOER,
    "request.superseded": Silent("The amendment that takes its place is told as live in the same act."),
    "request.shortened": "request_shortened",
    "request.amend_refused": _REFUSED,
    "request.shorten_refused": _REFUSED,
    "request.claimed": Silent("Whoever opens the queue or the request sees who is on it."),
    "request.claim_released": Silent("The queue and the request say that nobody is on it."),
    "request.claim_refused": _REFUSED,
    "request.release_refused": _REFUSED,
    "request.looked_otherwise": "request_looks_otherwise",
    "request.approval_voided": Silent("It is a draft again and asks for a decision when it is submitted."),
    "request.withdrawn": "request_withdrawn",
    "request.revoked": "request_withdrawn",
    "request.cleared": _STANDS_ON_PAGE,
    "request.clear_refused": _REFUSED,
    "request.expired": "request_expired",
    "request.marked_live": "request_live",
    # Owed only where a look differed before: else all is as it should be.
    "request.verified": "request_verified",
    "request.stopped": "request_stopped",
    "request.ended": Silent("It ended when everybody knew it would."),
    "request.alarmed": "request_alarmed",
    "request.alarmed_by_prices": "request_alarmed_by_prices",
    "request.alarm_settled": _STANDS_ON_PAGE,
    "request.settle_refused": _REFUSED,
    "request.submit_refused": _REFUSED,
    "request.edit_refused": _REFUSED,
    "request.approve_refused": _REFUSED,
    "request.return_refused": _REFUSED,
    "request.reject_refused": _REFUSED,
    "request.withdraw_refused": _REFUSED,
    "request.go_live_refused": _REFUSED,
    "request.verify_refused": _REFUSED,
    "request.stop_refused": _REFUSED,
    "delegation.named": "delegation_named",
    "delegation.ended": "delegation_ended",
    "delegation.name_refused": _REFUSED,
    "delegation.end_refused": _REFUSED,
    "person.added": "person_added",
    "person.add_refused": _REFUSED,
    "person.invited": "person_added",
    "person.merged": Silent("A manager's correction of who is who; both accounts sign in as before."),
    "person.renamed": _STANDS_ON_PAGE,
    "person.deactivated": Silent("Nothing is written to an account that is shut."),
    "person.reactivated": "person_added",
    "person.signed_in": _ITS_DOER,
    "person.sign_in_failed": Silent("A stranger must not be able to make the desk write to people."),
    "person.confirm_failed": Silent("Whoever typed a wrong code reads that at once."),
    "person.password_set": "person_secured",
    "person.password_rehashed": _ITS_DOER,
    "person.two_step_on": "person_secured",
    "person.two_step_off": "person_secured",
    "person.recovery_codes_made": "person_secured",
    "person.recovery_codes_read": Silent("Whoever reads them has just typed a code; using one is told."),
    "person.recovery_code_used": "person_secured",
    "person.preferences_changed": _ITS_DOER,
    "person.telling_changed": _ITS_DOER,
    "person.name_removed": Silent("Nothing is written to an account that is shut."),
    "person.remove_name_refused": _REFUSED,
    "role.granted": Silent("Whoever grants it tells them why; their desk shows the store at once."),
    "role.revoked": Silent("Whoever takes it tells them why."),
    "role.grant_refused": _REFUSED,
    "role.revoke_refused": _REFUSED,
    "store.added": _STANDS_ON_PAGE,
    "store.changed": _STANDS_ON_PAGE,
    "store.change_refused": _REFUSED,
    "store.hours_changed": _STANDS_ON_PAGE,
    "store.checked_again": Silent("Nothing came of it: what a changed price blocks is an alarm."),
    "history.reopened": Silent("Whoever ran the command knows; auditors read it in the first checkpoint."),
    "channel.added": _STANDS_ON_PAGE,
    "channel.changed": _STANDS_ON_PAGE,
    "channel.tested": Silent("The test is the message."),
    "channel.paused": "channel_paused",
    "channel.resumed": _STANDS_ON_PAGE,
    "channel.removed": _STANDS_ON_PAGE,
    "import.uploaded": _ITS_DOER,
    "import.lowering_confirmed": _ITS_DOER,
    "import.applied": Silent("What new prices endanger is told request by request, as alarms."),
    "import.discarded": _ITS_DOER,
    "product.price_changed": _STANDS_ON_PAGE,
    "product.floor_changed": _STANDS_ON_PAGE,
    "product.parent_changed": _STANDS_ON_PAGE,
    "policy.drafted": _RULES,
    "policy.edited": _RULES,
    "policy.discarded": _RULES,
    "policy.published": Silent("What it blocks is told request by request, as alarms."),
    "policy.draft_refused": _REFUSED,
    "policy.edit_refused": _REFUSED,
    "policy.discard_refused": _REFUSED,
    "policy.publish_refused": _REFUSED,
    "person.password_reset_asked": "password_reset",
    "product.change_refused": _REFUSED,
    "desk.refused": _REFUSED,
    "retention.cleared": Silent("It goes when the page of what is kept says it would."),
}

# Owed without an event of their own: nothing has happened, which is what is told; or it is part of another.
WITHOUT_EVENT: Final = frozenset(
    {
        "request_not_verified",
        "request_undecided",
        "request_escalated",
        "request_out_of_reach",
        "request_outgrown",
    }
)
