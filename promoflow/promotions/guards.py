"""Whether the guards of the two-person rule stand: asked before migrations, and by `manage.py check`.

An upgrade, a restored dump or a hand in the database may leave the two-person rule to Python alone, and
nobody would see it.
"""

from collections.abc import Sequence
from typing import Any, Final

from django.core.checks import Error, Tags, register
from django.db import connections
from django.db.migrations.recorder import MigrationRecorder

# Each by its table, its name and the number of the migration that makes it: before that one has run it cannot
# stand, and `migrate`, which asks first, would refuse to make it.
GUARDS: Final = (
    ("promotions_promotionrequest", "moves", "0003"),
    ("promotions_promotionrequest", "state_is_true", "0005"),
    ("promotions_promotionrequest", "still_counts", "0027"),
    ("promotions_decision", "rules", "0004"),
    ("promotions_decision", "in_place_of", "0015"),
    ("promotions_decision", "state_is_true", "0005"),
    ("promotions_activation", "rules", "0004"),
    ("promotions_activation", "state_is_true", "0005"),
    ("promotions_delegation", "rules", "0015"),
)
_STANDING: Final = """
SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A') AND c.relname LIKE 'promotions_%%'
"""


@register(Tags.database)
def guards_stand(*, databases: Sequence[str] | None = None, **_: Any) -> list[Error]:
    """Of a database that has not been migrated this far, only what its own migrations made is asked."""
    return [error for alias in databases or () for error in _fallen(alias)]


def _fallen(alias: str) -> list[Error]:
    applied = MigrationRecorder(connections[alias]).applied_migrations()
    numbers = {name[:4] for app, name in applied if app == "promotions"}
    with connections[alias].cursor() as cursor:
        cursor.execute(_STANDING, [])
        standing = set(cursor.fetchall())
    return [
        Error(
            f"The trigger {trigger} on {table} is missing or switched off: the database no longer refuses "
            "what breaks the two-person rule.",
            hint="Nobody should work on this desk until it is back: restore the database, or migrate anew.",
            id="promotions.E001",
        )
        for table, trigger, made_by in GUARDS
        if made_by in numbers and (table, trigger) not in standing
    ]
