"""The triggers and constraints that the migrations made: all there, all switched on, none left unproved."""

from collections.abc import Mapping
from typing import Any, Final

from django.core.checks import CheckMessage, Error

from promoflow.audit.followed import FOLLOWED, FOLLOWERS

_OF_THE_HISTORY: Final = {
    "audit_entry": ("kept", "mentions", "of_its_transaction", "sealed_at_commit"),
    "audit_link": ("by_the_commit", "kept"),
    "audit_mention": ("by_the_entry", "kept"),
    **dict.fromkeys(FOLLOWED, FOLLOWERS),
}
_OF_THE_WORKFLOW: Final = {
    "accounts_user": (
        "a_human_is_joined_never_split",
        "a_removed_name_stays_removed",
        "an_account_keeps_its_key",
        "no_name_is_added_removed",
        "no_name_is_removed_without_its_entry",
        "no_way_back_without_its_entry",
        "nobody_is_deleted",
    ),
    "accounts_user_groups": ("no_role_without_its_entry",),
    "catalog_product": (
        "families_have_one_level",
        "products_are_never_deleted",
        "products_ask_for_checks",
        "products_ask_for_checks_when_born",
        "products_stay_who_they_are",
    ),
    "outbox_channel": (
        "channel_stays_where_it_is",
        "no_change_of_channel_without_its_entry",
        "no_channel_without_its_entry",
    ),
    "outbox_message": ("only_old_messages_go",),
    "policies_policydraft": ("is_true", "kept", "rules"),
    "policies_policyrevision": ("is_true", "kept", "rules"),
    "policies_policyversion": ("is_true", "kept", "rules"),
    "promotions_activation": ("kept", "passes", "rules", "state_is_true"),
    "promotions_alarm": ("is_recorded", "kept", "rules"),
    "promotions_attachment": ("is_recorded", "kept", "rules"),
    "promotions_claim": ("is_recorded", "kept", "rules"),
    "promotions_comment": ("is_recorded", "kept", "rules"),
    "promotions_conflictreport": ("kept",),
    "promotions_decision": ("amends", "in_place_of", "kept", "retyped", "rules", "state_is_true"),
    "promotions_delegation": ("is_recorded", "kept", "rules"),
    "promotions_discrepancy": ("is_recorded", "kept", "rules"),
    "promotions_promotionrequest": ("amending", "kept", "moves", "state_is_true", "still_counts"),
    "promotions_reservation": ("kept", "releasing", "reserving"),
    "promotions_revision": ("kept", "rules", "whole"),
    "promotions_revisionproduct": ("kept", "of_the_content"),
    "promotions_succession": ("kept", "passes", "rules"),
}
_OF_ROLES: Final = {
    "accounts_user_groups": ("keeps_its_key",),
    "auth_group": ("keeps_its_key",),
    "catalog_store": ("keeps_its_key",),
    "catalog_storegrouppermission": ("keeps_its_key", "opened_with_its_store"),
}
_PARTS: Final[tuple[Mapping[str, tuple[str, ...]], ...]] = (_OF_THE_WORKFLOW, _OF_ROLES, _OF_THE_HISTORY)
# Every trigger of the desk by its table; a test holds the list to a freshly migrated database.
GUARDS: Final = {
    table: tuple(name for part in _PARTS for name in part.get(table, ()))
    for table in sorted({table for part in _PARTS for table in part})
}
# Those that also fire where a session calls itself a replica (ENABLE ALWAYS), as (table, trigger).
ALWAYS: Final = frozenset(
    (table, name) for part in (_OF_ROLES, _OF_THE_HISTORY) for table, names in part.items() for name in names
)

# The constraints that hold the two people and the bad pair; the rest of them is about the shape of rows.
CONSTRAINTS: Final[dict[str, tuple[str, ...]]] = {
    "accounts_user": (
        "a_removed_name_is_a_stand_in",
        "a_removed_name_is_of_nobody_active",
        "deactivation_has_its_person",
        "everybody_has_a_name",
    ),
    "audit_entry": ("an_actor_is_a_human", "each_step_is_recorded_once"),
    "audit_link": ("audit_link_pkey",),
    "catalog_storeuserpermission": ("roles_are_held_through_groups",),
    "policies_policyversion": ("publishing_a_policy_takes_two", "version_is_its_revision"),
    "promotions_activation": (
        "activation_has_a_valid_approval",
        "activation_is_of_this_content",
        "approver_is_not_the_editor",
        "the_second_look_is_anothers",
    ),
    "promotions_decision": (
        "a_decision_is_freshly_confirmed",
        "decision_is_of_this_content",
        "decision_is_on_this_report",
        "nobody_decides_their_own",
    ),
    "promotions_delegation": ("nobody_delegates_to_themselves", "one_delegate_at_a_time"),
    "promotions_promotionrequest": ("current_revision_is_its_own", "state_is_known"),
    "promotions_reservation": ("no_two_held_that_may_not_meet", "only_what_was_let_go_may_run"),
}

# How each trigger fires: O with the application, A always, R and D not with the application.
STANDING: Final = """
SELECT c.relname, t.tgname, t.tgenabled::text
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
WHERE NOT t.tgisinternal AND c.relnamespace = 'public'::regnamespace
"""
# A unique rule with a condition is an index to PostgreSQL.
_HELD: Final = """
SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE connamespace = 'public'::regnamespace
UNION ALL
SELECT indrelid::regclass::text, indexrelid::regclass::text FROM pg_index
WHERE indisunique AND indisvalid AND indrelid IN
    (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)
"""
_UNPROVED: Final = """
SELECT conrelid::regclass::text, conname FROM pg_constraint
WHERE connamespace = 'public'::regnamespace AND NOT convalidated ORDER BY 1, 2
"""
_INTERNAL_OFF: Final = """
SELECT c.relname, con.conname
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_constraint con ON con.oid = t.tgconstraint
WHERE t.tgisinternal AND t.tgenabled IN ('D', 'R') AND c.relnamespace = 'public'::regnamespace
GROUP BY 1, 2 ORDER BY 1, 2
"""


def said(cursor: Any) -> list[CheckMessage]:
    return [*_triggers(cursor), *_constraints(cursor), *_foreign_keys_off(cursor)]


def _triggers(cursor: Any) -> list[CheckMessage]:
    cursor.execute(STANDING)
    standing = {(table, name): fires for table, name, fires in cursor.fetchall()}
    expected = [(table, name) for table, names in GUARDS.items() for name in names]
    return [
        message
        for table, name in expected
        for message in _trigger(table, name, standing.get((table, name)), always=(table, name) in ALWAYS)
    ]


def _trigger(table: str, name: str, fires: str | None, *, always: bool) -> list[CheckMessage]:
    if fires is None:
        return [
            Error(
                f"The trigger {name} on {table} is missing: the database no longer refuses what it refused.",
                hint="Let nobody work until it is back: restore the database, or find who dropped it.",
                id="history.E130",
            )
        ]
    if fires in ("D", "R"):
        return [
            Error(
                f"The trigger {name} on {table} is switched off.",
                hint=f"As the owner: ALTER TABLE {table} ENABLE {'ALWAYS ' if always else ''}TRIGGER {name}; "
                "and look in the history for what happened meanwhile.",
                id="history.E131",
            )
        ]
    if always and fires != "A":
        return [
            Error(
                f"The trigger {name} on {table} is silent in a session that calls itself a replica.",
                hint=f"As the owner: ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name};",
                id="history.E132",
            )
        ]
    return []


def _constraints(cursor: Any) -> list[CheckMessage]:
    cursor.execute(_HELD)
    held = set(cursor.fetchall())
    cursor.execute(_UNPROVED)
    return [
        *(
            Error(
                f"The constraint {name} on {table} is missing: the database no longer holds to it.",
                hint="Let nobody work until it is back: restore the database, or find who dropped it.",
                id="history.E133",
            )
            for table, names in CONSTRAINTS.items()
            for name in names
            if (table, name) not in held
        ),
        *(
            Error(
                f"The constraint {name} on {table} was never proved for older rows (NOT VALID).",
                hint=f"As the owner: ALTER TABLE {table} VALIDATE CONSTRAINT {name};",
                id="history.E134",
            )
            for table, name in cursor.fetchall()
        ),
    ]


def _foreign_keys_off(cursor: Any) -> list[CheckMessage]:
    """DISABLE TRIGGER ALL takes the triggers along by which PostgreSQL itself holds foreign keys."""
    cursor.execute(_INTERNAL_OFF)
    return [
        Error(
            f"The foreign key {name} is not held on {table}: its triggers are switched off.",
            hint=f"As a superuser: ALTER TABLE {table} ENABLE TRIGGER ALL;",
            id="history.E135",
        )
        for table, name in cursor.fetchall()
    ]
