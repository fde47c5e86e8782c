"""No lock keeps anybody from naming the row: a foreign key is checked at COMMIT, under the history's lock."""

import ast

import pytest
from django.db import connection

from tests.architecture import sources


def test_no_query_of_the_orm_locks_a_rows_key():
    assert [place for path in sources.modules() for place in locking_keys(path)] == []


def locking_keys(path):
    for node in ast.walk(sources.parsed(path)):
        match node:
            case ast.Call(func=ast.Attribute(attr="select_for_update"), keywords=words):
                if all(word.arg != "no_key" for word in words):
                    yield f"{sources.named(path)}:{node.lineno}"


def test_no_sql_of_ours_locks_a_rows_key():
    written = [path for path in sources.modules() if "migrations" not in path.parts]

    assert [sources.named(path) for path in written if "FOR UPDATE" in path.read_text()] == []


@pytest.mark.django_db
def test_no_function_of_the_database_locks_a_rows_key():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT proname FROM pg_proc"
            " WHERE pronamespace = 'public'::regnamespace AND prosrc ~* 'for\\s+update'"
        )
        assert cursor.fetchall() == []
