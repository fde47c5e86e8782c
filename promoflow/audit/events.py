"""Everything that the history can say, as a table."""

from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrPromise


@dataclass(frozen=True)
class Event:
    code: str
    sentence: StrPromise | str
    """What the person did; the page puts the person before it and the subject behind it."""
    icon: str
    tone: str = "quiet"


EVENTS: Final = {
    event.code: event
    for event in (
        Event("request.drafted", _("Drafted the request"), "pencil"),
        Event("request.edited", _("Edited the request"), "pencil"),
        Event("request.copied", _("Copied another request into this draft"), "copy"),
        Event("request.submitted", _("Submitted the request for review"), "send", "yellow"),
        Event("request.returned", _("Returned the request for changes"), "arrow-back-up", "yellow"),
        Event("request.rejected", _("Rejected the request"), "circle-x", "red"),
        Event("request.approved", _("Approved the request"), "circle-check", "blue"),
        Event(
            "request.endorsed",
            _("Approved the request; it takes another person too"),
            "circle-check",
            "yellow",
        ),
        Event(
            "request.approval_lapsed",
            _("Found that its approver no longer counts; it is back in review"),
            "refresh",
            "red",
        ),
        Event("request.approval_voided", _("Voided the approval by an edit"), "refresh", "yellow"),
        Event("request.withdrawn", _("Withdrew the request"), "ban"),
        Event("request.revoked", _("Revoked the approval"), "ban", "red"),
        Event("request.cleared", _("Said that it is not in Seller Central"), "circle-check"),
        Event(
            "request.clear_refused",
            _("Tried to say it is not in Seller Central; the desk refused"),
            "ban",
            "red",
        ),
        Event("request.expired", _("Let the request expire: its time had passed"), "hourglass"),
        Event("request.marked_live", _("Marked the promotion live"), "player-play", "green"),
        Event("request.verified", _("Took the second look and verified it"), "eye", "green"),
        Event(
            "request.looked_otherwise",
            _("Saw something else in Seller Central and raised the alarm"),
            "alert-triangle",
            "red",
        ),
        Event("request.stopped", _("Stopped the promotion"), "player-stop", "red"),
        Event("request.amendment_drafted", _("Drafted an amendment of a live promotion"), "pencil"),
        Event("request.superseded", _("Let the amendment take its place"), "refresh", "blue"),
        Event("request.shortened", _("Shortened the promotion"), "clock", "yellow"),
        Event("request.amend_refused", _("Tried to amend it; the desk refused"), "ban", "red"),
        Event("request.shorten_refused", _("Tried to shorten it; the desk refused"), "ban", "red"),
        Event("request.ended", _("Ended the promotion at its end"), "flag-check"),
        Event("request.commented", _("Commented on the request"), "message"),
        Event("request.comment_refused", _("Tried to comment; the desk refused"), "ban", "red"),
        Event("request.alarmed", _("Raised an alarm: the rules now block it"), "alert-triangle", "red"),
        Event(
            "request.alarmed_by_prices",
            _("Raised an alarm: a changed price, floor or family makes the rules block it"),
            "alert-triangle",
            "red",
        ),
        Event("request.alarm_settled", _("Settled the alarm"), "circle-check"),
        Event("request.claimed", _("Claimed the request: is on it"), "user-check"),
        Event("request.claim_released", _("Released the claim"), "user-check"),
        Event("request.claim_refused", _("Tried to claim it; the desk refused"), "ban", "red"),
        Event("request.release_refused", _("Tried to release a claim; the desk refused"), "ban", "red"),
        Event("request.settle_refused", _("Tried to settle the alarm; the desk refused"), "ban", "red"),
        Event("request.submit_refused", _("Tried to submit; the desk refused"), "ban", "red"),
        Event("request.edit_refused", _("Tried to edit; the desk refused"), "ban", "red"),
        Event("request.approve_refused", _("Tried to approve; the desk refused"), "ban", "red"),
        Event("request.return_refused", _("Tried to return it; the desk refused"), "ban", "red"),
        Event("request.reject_refused", _("Tried to reject; the desk refused"), "ban", "red"),
        Event("request.withdraw_refused", _("Tried to withdraw; the desk refused"), "ban", "red"),
        Event("request.go_live_refused", _("Tried to mark it live; the desk refused"), "ban", "red"),
        Event("request.verify_refused", _("Tried to verify; the desk refused"), "ban", "red"),
        Event("request.stop_refused", _("Tried to stop it; the desk refused"), "ban", "red"),
        Event("delegation.named", _("Named who decides in their place"), "user-check", "blue"),
        Event("delegation.ended", _("Ended deciding in their place"), "user-check"),
        Event("delegation.name_refused", _("Tried to name a delegate; the desk refused"), "ban", "red"),
        Event("delegation.end_refused", _("Tried to end a delegation; the desk refused"), "ban", "red"),
        Event("person.added", _("Added the person"), "users"),
        Event("person.add_refused", _("Tried to add a person; the desk refused"), "ban", "red"),
        Event("person.invited", _("Sent a link to set a password"), "mail"),
        Event("person.merged", _("Found two accounts to be one human"), "users", "yellow"),
        Event("person.renamed", _("Corrected the person's name"), "pencil"),
        Event("person.deactivated", _("Deactivated the account"), "lock", "red"),
        Event("person.reactivated", _("Reactivated the account"), "user-check"),
        Event("person.signed_in", _("Signed in"), "key"),
        Event("person.sign_in_failed", _("Failed to sign in"), "lock", "red"),
        Event("person.confirm_failed", _("Failed to confirm with a code"), "lock", "red"),
        Event("person.password_set", _("Set a password"), "key"),
        Event("person.password_rehashed", _("Signed in, and had the password stored in a newer way"), "key"),
        Event("person.two_step_on", _("Switched two-step verification on"), "shield-check", "green"),
        Event("person.two_step_off", _("Switched two-step verification off"), "shield-check", "yellow"),
        Event("person.recovery_codes_made", _("Made new recovery codes"), "key"),
        Event("person.recovery_codes_read", _("Looked at their recovery codes"), "eye"),
        Event("person.recovery_code_used", _("Used a recovery code"), "key", "yellow"),
        Event("person.preferences_changed", _("Changed their preferences"), "settings"),
        Event("person.telling_changed", _("Changed how they are told"), "settings"),
        Event("role.granted", _("Granted a role"), "shield-check", "blue"),
        Event("role.revoked", _("Revoked a role"), "shield-check", "red"),
        Event("role.grant_refused", _("Tried to grant a role; the desk refused"), "ban", "red"),
        Event("role.revoke_refused", _("Tried to revoke a role; the desk refused"), "ban", "red"),
        Event("store.added", _("Added the store"), "building-store"),
        Event("store.changed", _("Changed the store"), "building-store"),
        Event("store.change_refused", _("Tried to change the store; the desk refused"), "ban", "red"),
        Event("channel.added", _("Added the channel"), "send", "blue"),
        Event("channel.changed", _("Changed the channel"), "send"),
        Event("channel.tested", _("Sent a test message to the channel"), "send"),
        Event("channel.paused", _("Paused the channel"), "player-stop", "yellow"),
        Event("channel.resumed", _("Resumed the channel"), "player-play"),
        Event("channel.removed", _("Removed the channel"), "trash"),
        Event("import.uploaded", _("Uploaded a file"), "upload"),
        Event(
            "import.lowering_confirmed", _("Confirmed that the import lowers floor prices"), "scale", "yellow"
        ),
        Event("import.applied", _("Applied the import"), "file-import", "blue"),
        Event("import.discarded", _("Discarded the import"), "trash"),
        Event("product.price_changed", _("Changed the price"), "tag"),
        Event("product.floor_changed", _("Changed the floor price"), "scale", "yellow"),
        Event("product.parent_changed", _("Changed the parent"), "link"),
        Event("policy.drafted", _("Opened a draft of the rules"), "pencil"),
        Event("policy.edited", _("Edited the draft of the rules"), "pencil"),
        Event("policy.discarded", _("Discarded the draft of the rules"), "trash"),
        Event("policy.published", _("Published a policy"), "scale", "blue"),
        Event(
            "policy.draft_refused", _("Tried to open a draft of the rules; the desk refused"), "ban", "red"
        ),
        Event("policy.edit_refused", _("Tried to edit the rules; the desk refused"), "ban", "red"),
        Event("policy.discard_refused", _("Tried to discard a draft; the desk refused"), "ban", "red"),
        Event("policy.publish_refused", _("Tried to publish a policy; the desk refused"), "ban", "red"),
        Event("person.name_removed", _("Removed the person's name from all pages"), "ban", "yellow"),
        Event(
            "person.remove_name_refused",
            _("Tried to remove a person's name from all pages; the desk refused"),
            "ban",
            "red",
        ),
        Event("person.password_reset_asked", _("Asked for a link to set a password"), "mail"),
        Event("product.change_refused", _("Tried to change the product; the desk refused"), "ban", "red"),
        Event("desk.refused", _("Tried something else; the desk refused"), "ban", "red"),
        Event("retention.cleared", _("Deleted what had passed its span"), "trash"),
        Event("history.reopened", _("Closed the history's log and opened the next"), "shield-check", "red"),
        Event("store.hours_changed", _("Changed the office hours"), "clock"),
        Event(
            "store.checked_again",
            _("Checked promotions again whose products changed; nothing blocks them anew"),
            "circle-check",
        ),
    )
}

ROWS: Final = Event("rows.changed", _("Changed rows"), "database")
"""What the database tells of each statement that changes a followed table; services never write it."""

UNPLACED: Final = "desk.refused"
"""Without a store it may still quote one's name, in its sentence or its address."""

# Without an actor, these are not the clock's but somebody's who had not signed in.
STRANGERS: Final = frozenset({"person.sign_in_failed", "person.password_reset_asked"})

PARTS: Final = {
    "request": _("Requests"),
    "delegation": _("Delegations"),
    "person": _("People"),
    "role": _("Roles"),
    "store": _("Stores"),
    "channel": _("Channels"),
    "import": _("Imports"),
    "product": _("Products"),
    "policy": _("Policies"),
    "retention": _("What is kept"),
    "history": _("History"),
    "desk": _("Other attempts"),
}
"""The first word of an event's code, as people call it."""
