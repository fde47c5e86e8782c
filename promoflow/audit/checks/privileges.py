"""What the application's role may write, table by table: compared with what PostgreSQL lets it write."""

from typing import Any, Final

from django.core.checks import CheckMessage, Error


def _columns(*names: str) -> tuple[str, ...]:
    return tuple(f"UPDATE ({name})" for name in names)


_ADDS: Final = ("INSERT",)
_CHANGES: Final = ("INSERT", "UPDATE")
_REMOVES: Final = ("INSERT", "UPDATE", "DELETE")

# Every table of the desk; a test holds the list to a freshly migrated database. A lock on a row asks for
# UPDATE of some column, so what is locked and never changed has UPDATE of its key alone.
ALLOWED: Final[dict[str, tuple[str, ...]]] = {
    "account_emailaddress": _REMOVES,
    "account_emailconfirmation": _REMOVES,
    "accounts_user": _CHANGES,
    "accounts_user_groups": ("INSERT", "DELETE", *_columns("id")),
    "accounts_user_user_permissions": (),
    "audit_entry": _ADDS,
    "audit_link": (),
    "audit_mention": (),
    "audit_savedsearch": ("INSERT", "DELETE"),
    "auth_group": ("INSERT", *_columns("id")),
    "auth_group_permissions": (),
    "auth_permission": (),
    "catalog_import": _CHANGES,
    "catalog_importchange": _REMOVES,
    "catalog_importline": _REMOVES,
    "catalog_product": _CHANGES,
    "catalog_refusedline": _REMOVES,
    "catalog_sku": _REMOVES,
    "catalog_store": _CHANGES,
    "catalog_storegrouppermission": ("INSERT", *_columns("id")),
    "catalog_storeuserpermission": (),
    "django_admin_log": _ADDS,
    "django_content_type": (),
    "django_migrations": (),
    "django_session": _REMOVES,
    "guardian_groupobjectpermission": (),
    "guardian_userobjectpermission": (),
    "mfa_authenticator": _REMOVES,
    "outbox_channel": _CHANGES,
    "outbox_message": _REMOVES,
    "outbox_outage": _REMOVES,
    "outbox_preference": _CHANGES,
    "policies_policydraft": ("INSERT", *_columns("status", "closed_at", "closed_by_id")),
    "policies_policyrevision": _ADDS,
    "policies_policyversion": _ADDS,
    "promotions_activation": (
        "INSERT",
        *_columns("verified_at", "verified_by_id", "second_look", "stopped_at", "stopped_by_id"),
    ),
    "promotions_alarm": ("INSERT", *_columns("settled_at", "settled_by_id", "note")),
    "promotions_attachment": _ADDS,
    "promotions_claim": ("INSERT", *_columns("released_at", "released_by_id")),
    "promotions_comment": _ADDS,
    "promotions_conflictreport": _ADDS,
    "promotions_decision": ("INSERT", *_columns("valid", "voided_at", "voided_by_id")),
    "promotions_delegation": ("INSERT", *_columns("ended_at", "ended_by_id")),
    "promotions_discrepancy": _ADDS,
    "promotions_promotionrequest": (
        "INSERT",
        *_columns("state", "step", "current_id", "submitted_at", "submitted_by_id", "reasons"),
        *_columns("route", "worst_percent", "exposed", "warned", "ends_early", "smaller_budget"),
    ),
    "promotions_recheck": ("DELETE",),
    "promotions_reservation": ("INSERT", *_columns("held", "may_run")),
    "promotions_revision": _ADDS,
    "promotions_revisionproduct": _ADDS,
    "promotions_savedfilter": ("INSERT", "DELETE"),
    "promotions_succession": _ADDS,
    "shared_cache": _REMOVES,
}

HELD: Final = """
SELECT c.relname, wanted.word
FROM pg_class c,
     unnest(ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) AS wanted (word)
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
  AND has_table_privilege(%(role)s, c.oid, wanted.word)
UNION ALL
SELECT c.relname, format('%%s (%%I)', wanted.word, a.attname)
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped,
     unnest(ARRAY['INSERT', 'UPDATE']) AS wanted (word)
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
  AND NOT has_table_privilege(%(role)s, c.oid, wanted.word)
  AND has_column_privilege(%(role)s, c.oid, a.attnum, wanted.word)
UNION ALL
SELECT c.relname, NULL FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
"""
_POWERFUL: Final = """
SELECT p.oid::regprocedure::text FROM pg_proc p
WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef AND has_function_privilege(%s, p.oid, 'EXECUTE')
ORDER BY 1
"""
_COUNTED: Final = """
SELECT s.seqrelid::regclass::text FROM pg_sequence s
WHERE has_sequence_privilege(%s, s.seqrelid, 'UPDATE') ORDER BY 1
"""


def said(cursor: Any, role: str) -> list[CheckMessage]:
    held = held_by(cursor, role)
    return [
        *(message for table in sorted(ALLOWED) for message in _of(table, held.get(table), role)),
        *_tables_unknown(held, role),
        *_powers_lent(cursor, role),
        *_counters_reset(cursor, role),
    ]


def held_by(cursor: Any, role: str) -> dict[str, set[str]]:
    """What the role may write, by table; a table that it may only read has nothing."""
    cursor.execute(HELD, {"role": role})
    held: dict[str, set[str]] = {}
    for table, right in cursor.fetchall():
        held.setdefault(table, set()).update([right] if right else [])
    return held


def _of(table: str, held: set[str] | None, role: str) -> list[CheckMessage]:
    if held is None:
        return [
            Error(
                f"The table {table} is missing.",
                hint="As the owner: python manage.py migrate",
                id="history.E122",
            )
        ]
    messages: list[CheckMessage] = []
    if excess := _listed(held - set(ALLOWED[table])):
        messages.append(
            Error(
                f"The application's role {role} holds more on {table} than it needs: {excess}.",
                hint=f"As the owner: REVOKE {excess} ON {table} FROM PUBLIC, {role};",
                id="history.E120",
            )
        )
    # Whoever may change every column may change these.
    if lacking := _listed(right for right in ALLOWED[table] if not held & {right, right.split(" ")[0]}):
        messages.append(
            Error(
                f"The application's role {role} holds less on {table} than it needs: {lacking} is missing.",
                hint=f"As the owner: GRANT {lacking} ON {table} TO {role};",
                id="history.E121",
            )
        )
    return messages


def _listed(rights: Any) -> str:
    return ", ".join(sorted(rights))


def _tables_unknown(held: dict[str, set[str]], role: str) -> list[CheckMessage]:
    """A table that is not the desk's may be anybody's, as long as the application cannot empty it."""
    return [
        Error(
            f"The application's role {role} may TRUNCATE {table}, which the desk does not know.",
            hint=f"As the owner: REVOKE TRUNCATE ON {table} FROM PUBLIC, {role};",
            id="history.E123",
        )
        for table in sorted(held.keys() - ALLOWED.keys())
        if "TRUNCATE" in held[table]
    ]


def _powers_lent(cursor: Any, role: str) -> list[CheckMessage]:
    cursor.execute(_POWERFUL, [role])
    return [
        Error(
            f"The application's role {role} may call {function}, which acts with its owner's rights.",
            hint=f"As the owner: REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC, {role};",
            id="history.E124",
        )
        for (function,) in cursor.fetchall()
    ]


def _counters_reset(cursor: Any, role: str) -> list[CheckMessage]:
    cursor.execute(_COUNTED, [role])
    return [
        Error(
            f"The application's role {role} may set back {sequence}, so that new rows no longer fit in.",
            hint=f"As the owner: REVOKE UPDATE ON SEQUENCE {sequence} FROM PUBLIC, {role};",
            id="history.E125",
        )
        for (sequence,) in cursor.fetchall()
    ]
