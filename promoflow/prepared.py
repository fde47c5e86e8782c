"""A query that is written and planned once: the same question, asked again and again with other values."""

from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager
from copy import copy
from functools import cached_property, lru_cache, partial
from inspect import signature
from typing import Any, Generic, TypeVar

from django.contrib.postgres.expressions import ArraySubquery
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import BooleanField, F, Func, QuerySet, Value
from django.db.models.sql.compiler import SQLCompiler
from django.db.transaction import TransactionManagementError
from psycopg import Cursor
from psycopg._queries import PostgresQuery
from psycopg.sql import Literal

Row = TypeVar("Row")


class _Asking(Cursor[Any]):
    """It keeps its statement for Django to show, also where PostgreSQL has it planned already."""

    def _convert_query(self, *asked: Any) -> PostgresQuery:
        self._query = super()._convert_query(*asked)
        return self._query


@contextmanager
def planned_once(alias: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """What is asked within is planned by PostgreSQL once in a session, after the first few times.

    Its values are sent beside the statement, not in it. So the type of each must be clear from the statement,
    and what an index with a condition finds should not be asked by a value that might not meet it.
    """
    connections[alias].ensure_connection()
    session = connections[alias].connection
    before, session.cursor_factory = session.cursor_factory, _Asking
    try:
        yield
    finally:
        session.cursor_factory = before


class Prepared(Generic[Row]):
    """Ask with `these_rows(key=7)`, where `these_rows = Prepared(lambda key: These.objects.filter(pk=key))`.

    Django takes longer to write a statement, and PostgreSQL to plan it, than to answer it, for the statements
    of this desk. What does not change from time to time stands in the statement, so that it is planned for.
    The values come as expressions, so only what takes an expression can be built of them: `filter(name=key)`,
    not `filter(name__in=keys)`; and the statement may not depend on them, as `IS NULL` does.
    """

    def __init__(self, build: "Callable[..., QuerySet[Any, Row]]") -> None:
        self._build = build

    def __call__(self, **values: object) -> list[Row]:
        """The rows that the values find, as they are in the database now."""
        built, written, sql, names = self._written
        found = built.all()
        bound = tuple(values[name] for name in names)
        compiler = copy(written)
        compiler.connection = connections[found.db]
        if found.query.select_for_update and compiler.connection.get_autocommit():
            # Django asks this where it writes the statement, and that is done.
            raise TransactionManagementError("What locks rows needs a transaction to hold them.")
        compiler.as_sql = lambda *_args, **_kwargs: (sql, bound)  # type: ignore[method-assign, assignment]
        found.query.get_compiler = lambda *_args, **_kwargs: compiler  # type: ignore[method-assign]
        with planned_once(found.db):
            return list(found)

    @cached_property
    def _written(self) -> "tuple[QuerySet[Any, Row], SQLCompiler, str, list[str]]":
        built = _built(self._build)
        compiler = built.query.get_compiler(built.db)
        # What the rows become is known to the compiler once it has written the statement.
        sql, places = compiler.as_sql()
        names = [place.name for place in places if isinstance(place, _Slot)]
        return built, compiler, _filled(sql, places, built.db, slot="%s"), names


class Around:
    """Plain SQL around what a query finds, for what the ORM cannot say of it; the query stands for `{found}`.

    The values of both are written `%(name)s` there, and are one where they have one name.
    """

    def __init__(self, sql: str, build: "Callable[..., QuerySet[Any, Any]]") -> None:
        self._sql, self._build = sql, build

    def __call__(self, **values: Any) -> list[tuple[Any, ...]]:
        """The rows as PostgreSQL gives them."""
        with planned_once(), connections[DEFAULT_DB_ALIAS].cursor() as cursor:
            cursor.execute(self._written, values)
            return list(cursor.fetchall())

    @cached_property
    def _written(self) -> str:
        built = _built(self._build)
        sql, places = built.query.get_compiler(built.db).as_sql()
        return self._sql.format(found=_filled(sql, places, built.db, slot="%({name})s"))


def _built(build: "Callable[..., QuerySet[Any, Row]]") -> "QuerySet[Any, Row]":
    return build(**{name: Value(_Slot(name)) for name in signature(build).parameters})


def _filled(sql: str, places: Iterable[object], alias: str, *, slot: str) -> str:
    """The statement with what never changes in it, and a slot for each value that does."""
    connections[alias].ensure_connection()
    session = connections[alias].connection
    written = [
        slot.format(name=place.name)
        if isinstance(place, _Slot)
        else Literal(place).as_string(session).replace("%", "%%")
        for place in places
    ]
    return sql.replace("%%", "%%%%") % tuple(written)


def written_for(build: "Callable[..., QuerySet[Any, Row]]", *fixed: Hashable) -> Prepared[Row]:
    """The statement that `build` makes of these first arguments: for a few that are not values in it."""
    return _kept(build, *fixed)


@lru_cache(maxsize=128)
def _kept(build: Callable[..., Any], *fixed: Hashable) -> Prepared[Any]:
    return Prepared(partial(build, *fixed))


class _Slot:
    """The place of a value in a statement."""

    def __init__(self, name: str) -> None:
        self.name = name


class AnyOf(Func):
    """The same as `__in` with one parameter: hundreds of them take longer to send than to look up.

    The array's type is the column's own, or an index may go unused (reliability.md, P2). What a query finds
    is taken as an array too: an index then finds each of it, where a join may read the whole table.
    """

    arg_joiner = " = ANY("
    template = "%(expressions)s::%(array)s)"
    output_field = BooleanField()

    def __init__(self, field: str, values: "Iterable[object] | Value | ArraySubquery", *, array: str) -> None:
        found = values if isinstance(values, Value | ArraySubquery) else Value(list(values))
        super().__init__(F(field), found, array=array)
