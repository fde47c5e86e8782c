"""What `manage.py check --deploy` reads in the database's own catalog, and says where something is missing.

Django runs checks tagged `database` only for whoever types `--database default`; these have a tag of their
own, so that plain `check --deploy` runs them. A database that cannot be asked is an error: not checked is not
sound.
"""

from collections.abc import Callable
from typing import Any, Final

from django.core.checks import CheckMessage, Error, register
from django.db import DatabaseError, connection

from promoflow.audit.checks import guards, proof, roles, server

_ASKED: Final[tuple[Callable[[Any], list[CheckMessage]], ...]] = (server.said, roles.said, guards.said)


@register("history", deploy=True)
def history_is_guarded(**_: Any) -> list[CheckMessage]:
    return [*_of_the_database(), *proof.said()]


def _of_the_database() -> list[CheckMessage]:
    try:
        with connection.cursor() as cursor:
            return [message for ask in _ASKED for message in ask(cursor)]
    except DatabaseError as error:
        return [
            Error(
                f"The database cannot be asked whether it guards the history, so nothing says that it does: "
                f"{str(error).strip()}",
                hint="Make DATABASE_URL reach the database, as the application's role, and check again.",
                id="history.E100",
            )
        ]
