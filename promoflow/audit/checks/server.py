"""The server under the desk: new enough, and not configured to forget what it has confirmed."""

from typing import Any, Final

from django.core.checks import CheckMessage, Error, Warning

OLDEST: Final = 150_000

# What must not be off, with what is lost where it is.
_DURABLE: Final = (
    ("fsync", "history.E141", "a crash may tear the database, the history with it"),
    ("full_page_writes", "history.E142", "a crash may leave half-written pages behind"),
    ("synchronous_commit", "history.E143", "a crash may forget decisions that people have seen confirmed"),
)


def said(cursor: Any) -> list[CheckMessage]:
    cursor.execute("SELECT current_setting('server_version_num')::int, current_setting('server_version')")
    number, version = cursor.fetchone()
    return [*_too_old(number, version), *_forgetful(cursor), *_unsummed(cursor)]


def _too_old(number: int, version: str) -> list[CheckMessage]:
    if number >= OLDEST:
        return []
    return [
        Error(
            f"This is PostgreSQL {version}; the promises are tested on {OLDEST // 10_000} and later.",
            hint=f"Move the database to PostgreSQL {OLDEST // 10_000} or later.",
            id="history.E140",
        )
    ]


def _forgetful(cursor: Any) -> list[CheckMessage]:
    messages: list[CheckMessage] = []
    for name, code, lost in _DURABLE:
        cursor.execute("SELECT current_setting(%s)", [name])
        if cursor.fetchone() == ("off",):
            hint = f"As a superuser: ALTER SYSTEM SET {name} = on; SELECT pg_reload_conf();"
            messages.append(Error(f"PostgreSQL runs with {name} off: {lost}.", hint=hint, id=code))
    return messages


def _unsummed(cursor: Any) -> list[CheckMessage]:
    cursor.execute("SELECT current_setting('data_checksums')")
    if cursor.fetchone() == ("on",):
        return []
    return [
        Warning(
            "PostgreSQL keeps no checksums of its pages, so a failing disk is found late.",
            hint="With the server stopped: pg_checksums --enable.",
            id="history.W144",
        )
    ]
