"""Whether the guards of the two-person rule stand: asked before migrations, and by `manage.py check`.

An upgrade, a restored dump or a hand in the database may leave the two-person rule to Python alone, and
nobody would see it.
"""

from collections.abc import Sequence
from typing import Any, Final

from django.core.checks import Error, Tags, register
from django.db import connections

GUARDS: Final = (
    ("promotions_promotionrequest", "moves"),
    ("promotions_promotionrequest", "state_is_true"),
    ("promotions_promotionrequest", "still_counts"),
    ("promotions_decision", "rules"),
    ("promotions_decision", "in_place_of"),
    ("promotions_decision", "state_is_true"),
    ("promotions_activation", "rules"),
    ("promotions_activation", "state_is_true"),
    ("promotions_delegation", "rules"),
)
_STANDING: Final = """
SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A') AND c.relname LIKE 'promotions_%%'
"""


@register(Tags.database)
def guards_stand(*, databases: Sequence[str] | None = None, **_: Any) -> list[Error]:
    """Nothing is said of a database that has not been migrated this far."""
    return [error for alias in databases or () for error in _fallen(alias)]


def _fallen(alias: str) -> list[Error]:
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT to_regclass('promotions_delegation')")
        if cursor.fetchone()[0] is None:
            return []
        cursor.execute(_STANDING, [])
        standing = set(cursor.fetchall())
    return [
        Error(
            f"The trigger {trigger} on {table} is missing or switched off: the database no longer refuses "
            "what breaks the two-person rule.",
            hint="Nobody should work on this desk until it is back: restore the database, or migrate anew.",
            id="promotions.E001",
        )
        for table, trigger in GUARDS
        if (table, trigger) not in standing
    ]
