"""What a superuser of the database can do: switch the guards off, those too that are always on."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

_tampering: list[str] = []


def tamper() -> None:
    """Say that this test changes tables behind the history's back."""
    _tampering.append("yes")


def forget_tampering() -> bool:
    """Whether the test that ends here switched guards off."""
    found = bool(_tampering)
    _tampering.clear()
    return found


@contextmanager
def unguarded(*tables: str) -> Iterator[None]:
    """No trigger runs in this session, nor for anybody on these tables; afterwards they do again."""
    tamper()
    _each("ALTER TABLE {} DISABLE TRIGGER USER", tables)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = DEFAULT")
        _each("ALTER TABLE {} ENABLE TRIGGER USER", tables)


def _each(statement: str, tables: tuple[str, ...]) -> None:
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(statement.format(table))
