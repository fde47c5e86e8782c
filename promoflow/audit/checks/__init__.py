"""What `manage.py check --deploy` reads in the database's own catalog, and says where something is missing.

Django runs checks tagged `database` only for whoever types `--database default`; these have a tag of their
own, so that plain `check --deploy` runs them. A database that cannot be asked is an error: not checked is not
sound.
"""

from collections.abc import Callable
from typing import Any, Final

from django.core.checks import CheckMessage, Error, register
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from promoflow.audit.checks import guards, proof, roles, server

_ASKED: Final[tuple[Callable[[Any], list[CheckMessage]], ...]] = (server.said, roles.said, guards.said)


@register("history", deploy=True)
def history_is_guarded(**_: Any) -> list[CheckMessage]:
    return [*_of_the_database(), *proof.said()]


def _of_the_database() -> list[CheckMessage]:
    try:
        with connection.cursor() as cursor:
            return _unmigrated(cursor) or [message for ask in _ASKED for message in ask(cursor)]
    except DatabaseError as error:
        return [
            Error(
                f"The database cannot be asked whether it guards the history, so nothing says that it does: "
                f"{str(error).strip()}",
                hint="Make DATABASE_URL reach the database, as the application's role, and check again.",
                id="history.E100",
            )
        ]


def _unmigrated(cursor: Any) -> list[CheckMessage]:
    """What no migration has made yet is neither lost nor taken away: before it has, nothing else counts."""
    # Whoever may not read it is named below, as another role than the migrations know.
    cursor.execute("SELECT has_table_privilege(to_regclass('django_migrations'), 'SELECT')")
    if cursor.fetchone() != (True,):
        return []
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if not plan:
        return []
    return [
        Error(
            f"The database is older than this code: {len(plan)} migrations have not run, the first of them "
            f"{plan[0][0]}.",
            hint="Stop web, worker and beat, and as the owner: python manage.py migrate. Then check again.",
            id="history.E126",
        )
    ]
