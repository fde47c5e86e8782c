"""Which tables the history follows row by row, what it leaves out of a row, and why others are not followed.

Migrations say `SELECT audit_follow(...)`; tests/database/test_followed.py holds the catalog to this table: a
new table is followed, or named here with its reason.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Followed:
    """A table whose every change is an entry `rows.changed`, written by the database."""

    key: str = "id"
    request: str = ""
    """The column with the number of the promotion request."""
    left_out: tuple[str, ...] = ()
    """The columns whose values are not told, but that they changed."""
    unsaid: tuple[str, ...] = ()
    """Those of them that each sign-in changes: not even that is told."""
    readable: str = ""
    """The column that holds canonical JSON, told as text."""


_OF_A_REQUEST: Final = Followed(request="request_id")

FOLLOWED: Final = {
    # Names and addresses stay out: what the history holds can never be removed.
    "accounts_user": Followed(left_out=("password", "last_login", "email", "name"), unsaid=("last_login",)),
    "accounts_user_groups": Followed(),
    "accounts_user_user_permissions": Followed(),
    "auth_group": Followed(),
    "auth_group_permissions": Followed(),
    "guardian_groupobjectpermission": Followed(),
    "guardian_userobjectpermission": Followed(),
    "mfa_authenticator": Followed(left_out=("data", "last_used_at"), unsaid=("last_used_at",)),
    "catalog_store": Followed(),
    "catalog_storegrouppermission": Followed(),
    "catalog_storeuserpermission": Followed(),
    "catalog_product": Followed(),
    "policies_policydraft": Followed(),
    "policies_policyrevision": Followed(readable="body"),
    "policies_policyversion": Followed(key="number", readable="body"),
    "promotions_promotionrequest": Followed(request="id"),
    "promotions_revision": Followed(request="request_id", readable="body"),
    "promotions_revisionproduct": Followed(),
    "promotions_conflictreport": Followed(readable="body"),
    "promotions_decision": _OF_A_REQUEST,
    "promotions_reservation": _OF_A_REQUEST,
    "promotions_activation": _OF_A_REQUEST,
    "promotions_alarm": _OF_A_REQUEST,
    "promotions_attachment": _OF_A_REQUEST,
    "promotions_claim": _OF_A_REQUEST,
    "promotions_comment": _OF_A_REQUEST,
    "promotions_delegation": Followed(),
    "promotions_discrepancy": _OF_A_REQUEST,
    # What asks for a check cannot be taken away unseen.
    "promotions_recheck": _OF_A_REQUEST,
    "promotions_succession": Followed(),
}

FOLLOWERS: Final = ("told_of_changed", "told_of_gone", "told_of_new", "truncated_never")
"""The triggers of a followed table; they also fire where a session calls itself a replica."""

NOT_FOLLOWED: Final = {
    "account_emailaddress": "which addresses were confirmed: names nobody's power",
    "account_emailconfirmation": "keys of links that expire",
    "audit_entry": "the history itself, chained",
    "audit_link": "the chain itself",
    "audit_mention": "an index of the history, made from it",
    "audit_savedsearch": "a bookmark",
    "auth_permission": "names in code, written by migrations",
    "catalog_import": "a file's way through the desk; what it changes are products, and import.* tells of it",
    "catalog_importchange": "a proposal until it is applied to products",
    "catalog_importline": "a file's line",
    "catalog_refusedline": "a file's line",
    "catalog_sku": "what a listing report says of an offer; rules read the stock of it, and no price",
    "django_admin_log": "the admin is read-only",
    "django_content_type": "names in code, written by migrations",
    "django_migrations": "the schema's own record",
    "django_session": "who is signed in just now",
    "outbox_channel": "where people are told, with its key; its own trigger demands an entry channel.*",
    "outbox_message": "what is told, not what is decided",
    "outbox_outage": "whether mail goes out just now",
    "outbox_preference": "how a person is told, not what is decided",
    "promotions_savedfilter": "a bookmark",
    "shared_cache": "what may be lost at any moment",
}
