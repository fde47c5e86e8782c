"""A row that is locked may be named meanwhile: a foreign key is checked at COMMIT, under the history's lock.

FOR UPDATE keeps a foreign key waiting, so whoever copied a request waited at COMMIT for who changed it, and
they for the history. No lock here changes or deletes a key, and FOR NO KEY UPDATE excludes itself as well.
"""

from django.db import migrations

_FUNCTIONS = (
    "policies_revision_rules()",
    "policies_version_rules()",
    "promotions_activation_rules()",
    "promotions_decision_rules()",
    "promotions_revision_rules()",
)


def _relocked(before: str, after: str) -> str:
    return "".join(
        f"""
DO $do$ BEGIN
    EXECUTE replace(pg_get_functiondef('public.{function}'::regprocedure), ' {before};', ' {after};');
END $do$;"""
        for function in _FUNCTIONS
    )


class Migration(migrations.Migration):
    dependencies = [
        ("policies", "0005_the_history_follows_the_rules"),
        ("promotions", "0032_codes_are_found_however_they_are_spelled"),
    ]

    operations = [
        migrations.RunSQL(
            _relocked("FOR UPDATE", "FOR NO KEY UPDATE"), _relocked("FOR NO KEY UPDATE", "FOR UPDATE")
        )
    ]
