"""The role that the application connects as: it owns nothing, is nobody else, and cannot become more."""

from typing import Any, Final

from django.conf import settings
from django.core.checks import CheckMessage, Error

from promoflow.audit.checks import privileges

# A column of pg_roles, the word that takes it away, and what it would let the application do.
_ATTRIBUTES: Final = (
    ("rolbypassrls", "NOBYPASSRLS", "history.E102", "pass by row security"),
    ("rolcreaterole", "NOCREATEROLE", "history.E103", "make roles and give them rights"),
    ("rolcreatedb", "NOCREATEDB", "history.E104", "make databases"),
    ("rolreplication", "NOREPLICATION", "history.E105", "copy the whole cluster as a replica"),
)

# pg_shdepend has whatever somebody owns, of every kind; tables of a session of its own are no harm.
_OWNED: Final = """
SELECT pg_describe_object(d.classid, d.objid, d.objsubid)
FROM pg_shdepend d LEFT JOIN pg_class c ON d.classid = 'pg_class'::regclass AND c.oid = d.objid
WHERE d.refclassid = 'pg_authid'::regclass AND d.refobjid = %s::regrole AND d.deptype = 'o'
  AND d.dbid IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
  AND c.relpersistence IS DISTINCT FROM 't'
ORDER BY 1
"""
_MEMBER_OF: Final = """
SELECT rolname FROM pg_roles WHERE rolname <> %s AND pg_has_role(%s, oid, 'MEMBER') ORDER BY rolname
"""
_SHOWN: Final = 5


def said(cursor: Any) -> list[CheckMessage]:
    cursor.execute("SELECT session_user, rolsuper FROM pg_roles WHERE rolname = session_user")
    role, is_superuser = cursor.fetchone()
    if is_superuser:
        # Whatever else could be asked of it is true as well.
        return [
            Error(
                f"The application connects as {role}, a superuser: no guard of the database holds for it.",
                hint="Give DATABASE_URL a role of its own; README.md, 'On a server', makes one.",
                id="history.E101",
            )
        ]
    return [
        *_another_role(role),
        *_attributes(cursor, role),
        *_owned(cursor, role),
        *_memberships(cursor, role),
        *_may_create(cursor, role),
        *_may_switch_triggers_off(cursor, role),
        *_begins_otherwise(cursor, role),
        *privileges.said(cursor, role),
    ]


def _another_role(role: str) -> list[CheckMessage]:
    if role == settings.DATABASE_APP_ROLE:
        return []
    return [
        Error(
            f"The application connects as {role}, but the migrations leave {settings.DATABASE_APP_ROLE} what "
            "it needs.",
            hint=f"Set DATABASE_APP_ROLE to {role} and migrate a new database, or connect as the other.",
            id="history.E111",
        )
    ]


def _attributes(cursor: Any, role: str) -> list[CheckMessage]:
    columns = ", ".join(column for column, *_ in _ATTRIBUTES)
    cursor.execute(f"SELECT {columns} FROM pg_roles WHERE rolname = %s", [role])  # noqa: S608
    return [
        Error(
            f"The application's role {role} may {what}.",
            hint=f"As a superuser: ALTER ROLE {role} {word};",
            id=code,
        )
        for (_, word, code, what), has in zip(_ATTRIBUTES, cursor.fetchone(), strict=True)
        if has
    ]


def _owned(cursor: Any, role: str) -> list[CheckMessage]:
    cursor.execute(_OWNED, [f'"{role}"'])
    owned = [name for (name,) in cursor.fetchall()]
    if not owned:
        return []
    more = f" and {len(owned) - _SHOWN} more" if len(owned) > _SHOWN else ""
    return [
        Error(
            f"The application's role {role} owns {', '.join(owned[:_SHOWN])}{more}: an owner takes every "
            "guard off what it owns.",
            hint=f"As a superuser, in this database: REASSIGN OWNED BY {role} TO the owner's role, then "
            "migrate as the owner.",
            id="history.E106",
        )
    ]


def _memberships(cursor: Any, role: str) -> list[CheckMessage]:
    cursor.execute(_MEMBER_OF, [role, role])
    return [
        Error(
            f"The application's role {role} is a member of {other} and can act as it.",
            hint=f"As a superuser: REVOKE {other} FROM {role};",
            id="history.E107",
        )
        for (other,) in cursor.fetchall()
    ]


def _may_create(cursor: Any, role: str) -> list[CheckMessage]:
    cursor.execute(
        "SELECT has_schema_privilege(%s, 'public', 'CREATE'), current_database(),"
        " has_database_privilege(%s, current_database(), 'CREATE')",
        [role, role],
    )
    in_schema, database, in_database = cursor.fetchone()
    messages: list[CheckMessage] = []
    if in_schema:
        messages.append(
            Error(
                f"The application's role {role} may make tables and functions in the schema public, and so "
                "put its own in the place of ours.",
                hint=f"As the owner: REVOKE CREATE ON SCHEMA public FROM PUBLIC, {role};",
                id="history.E108",
            )
        )
    if in_database:
        messages.append(
            Error(
                f"The application's role {role} may make schemas in the database.",
                hint=f"As the owner: REVOKE CREATE ON DATABASE {database} FROM PUBLIC, {role};",
                id="history.E109",
            )
        )
    return messages


def _may_switch_triggers_off(cursor: Any, role: str) -> list[CheckMessage]:
    """A session that calls itself a replica fires no ordinary trigger."""
    cursor.execute("SELECT has_parameter_privilege(%s, 'session_replication_role', 'SET')", [role])
    if cursor.fetchone() == (False,):
        return []
    return [
        Error(
            f"The application's role {role} may set session_replication_role, which switches triggers off.",
            hint=f"As a superuser: REVOKE SET ON PARAMETER session_replication_role FROM PUBLIC, {role};",
            id="history.E110",
        )
    ]


def _begins_otherwise(cursor: Any, role: str) -> list[CheckMessage]:
    """What a superuser may have set for the role or the database, so that each session begins with it."""
    cursor.execute("SELECT current_setting('session_replication_role'), current_schema()")
    replication, schema = cursor.fetchone()
    messages: list[CheckMessage] = []
    if replication != "origin":
        messages.append(
            Error(
                f"Sessions of {role} begin as {replication}, not as origin: triggers are silent.",
                hint=f"As a superuser: ALTER ROLE {role} RESET session_replication_role; or ALTER DATABASE.",
                id="history.E112",
            )
        )
    if schema != "public":
        messages.append(
            Error(
                f"Sessions of {role} look into the schema {schema} before public, where our tables are.",
                hint=f"As a superuser: ALTER ROLE {role} RESET search_path; or ALTER DATABASE.",
                id="history.E113",
            )
        )
    return messages
