"""A query whose SQL is written once: the same question, asked again and again with other values."""

from collections.abc import Callable
from copy import copy
from functools import cached_property
from inspect import signature
from typing import Any, Generic, TypeVar

from django.db import connections
from django.db.models import QuerySet, Value
from django.db.models.sql.compiler import SQLCompiler
from django.db.transaction import TransactionManagementError

Row = TypeVar("Row")


class Prepared(Generic[Row]):
    """Ask with `these_rows(key=7)`, where `these_rows = Prepared(lambda key: These.objects.filter(pk=key))`.

    Django takes longer to write a statement than PostgreSQL to answer it, for the statements of this desk.
    The values come as expressions, so only what takes an expression can be built of them: `filter(name=key)`,
    not `filter(name__in=keys)`; and the statement may not depend on them, as `IS NULL` does.
    """

    def __init__(self, build: "Callable[..., QuerySet[Any, Row]]") -> None:
        self._build = build

    def __call__(self, **values: object) -> list[Row]:
        """The rows that the values find, as they are in the database now."""
        built, written, sql, places = self._written
        found = built.all()
        bound = tuple(values[place.name] if isinstance(place, _Slot) else place for place in places)
        compiler = copy(written)
        compiler.connection = connections[found.db]
        if found.query.select_for_update and compiler.connection.get_autocommit():
            # Django asks this where it writes the statement, and that is done.
            raise TransactionManagementError("What locks rows needs a transaction to hold them.")
        compiler.as_sql = lambda *_args, **_kwargs: (sql, bound)  # type: ignore[method-assign, assignment]
        found.query.get_compiler = lambda *_args, **_kwargs: compiler  # type: ignore[method-assign]
        return list(found)

    @cached_property
    def _written(self) -> "tuple[QuerySet[Any, Row], SQLCompiler, str, tuple[Any, ...]]":
        built = self._build(**{name: Value(_Slot(name)) for name in signature(self._build).parameters})
        compiler = built.query.get_compiler(built.db)
        # What the rows become is known to the compiler once it has written the statement.
        return built, compiler, *compiler.as_sql()


class _Slot:
    """The place of a value in a statement."""

    def __init__(self, name: str) -> None:
        self.name = name
