"""What leaves approved without having been marked live may stand at Amazon, and is not forgotten.

Between the approval and the moment somebody marks it live it may have been set up in Seller Central. Its rows
are let go all the same, and say that it may run, unless the step that lets them go says that it is not there
(`may_run` in what its entry tells). That is taken back by such a step, or by the one that marks it live.
"""

from importlib import import_module

from django.conf import settings
from django.db import migrations, models

_RELEASING = import_module("promoflow.promotions.migrations.0028_what_is_held_covers_the_window").RELEASING

_ONLY_RELEASED = """\
        WHERE a.held OR NOT b.held OR (to_jsonb(a) - 'held') <> (to_jsonb(b) - 'held'))
"""
# The column is named, so that one of a later migration is not free to change.
_RELEASED_OR_SAID = """\
        WHERE a.held OR NOT (b.held OR b.may_run AND NOT a.may_run)
            OR (to_jsonb(a) - ARRAY['held', 'may_run']) <> (to_jsonb(b) - ARRAY['held', 'may_run']))
"""
_COVERED = "        WHERE NOT isempty(b.danger * t.kept)"
_COVERED_WHERE_HELD = "        WHERE b.held AND NOT isempty(b.danger * t.kept)"
_DONE = "    RETURN NULL;"
REMEMBERED = """\
    IF EXISTS (
        SELECT 1 FROM before_it b JOIN after_it a ON a.id = b.id
        JOIN promotions_promotionrequest q ON q.id = a.request_id
        WHERE NOT a.may_run AND q.state <> 'live'
            AND (b.may_run OR q.state NOT IN ('approved', 'ended'))
            AND NOT EXISTS (SELECT 1 FROM audit_entry e
                WHERE e.subject_type = 'promotions.promotionrequest' AND e.subject_id = q.id
                    AND e.step = q.step AND e.outcome = 'done' AND e.after->>'may_run' = 'false'
                    AND e.txid = pg_current_xact_id()::text::bigint)) THEN
        PERFORM promotions_refuse('what_may_run_is_not_forgotten',
            'What was approved and not marked live may run at Amazon until somebody says otherwise.');
    END IF;
"""
RELEASING = (
    _RELEASING.replace(_ONLY_RELEASED, _RELEASED_OR_SAID)
    .replace(_COVERED, _COVERED_WHERE_HELD)
    .replace(_DONE, REMEMBERED + _DONE)
)


def least_privileges(apps, schema_editor):
    """The application's role says so as it lets go."""
    role = settings.DATABASE_APP_ROLE
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        if cursor.fetchone() is None:
            return
    to = schema_editor.connection.ops.quote_name(role)
    schema_editor.execute(f"GRANT UPDATE (may_run) ON promotions_reservation TO {to}")


class Migration(migrations.Migration):
    dependencies = [
        ("promotions", "0028_what_is_held_covers_the_window"),
        ("audit", "0003_the_database_tells_what_changed"),
    ]

    operations = [
        migrations.AddField("reservation", "may_run", models.BooleanField(default=False, db_default=False)),
        migrations.AddConstraint(
            "reservation",
            models.CheckConstraint(
                condition=models.Q(("held", True), ("may_run", True), _negated=True),
                name="only_what_was_let_go_may_run",
            ),
        ),
        migrations.AddIndex(
            "reservation",
            models.Index(
                fields=["product"],
                condition=models.Q(("conflict_group", 0), ("may_run", True)),
                name="reservation_may_run",
            ),
        ),
        migrations.RunSQL(RELEASING, _RELEASING),
        migrations.RunPython(least_privileges, migrations.RunPython.noop),
    ]
