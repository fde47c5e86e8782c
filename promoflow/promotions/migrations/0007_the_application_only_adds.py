"""What the application's own role may still do: add, and change the few columns that move."""

from django.conf import settings
from django.db import migrations

TABLES = (
    "promotions_promotionrequest",
    "promotions_revision",
    "promotions_revisionproduct",
    "promotions_conflictreport",
    "promotions_decision",
    "promotions_reservation",
    "promotions_activation",
)


def least_privileges(apps, schema_editor):
    """Leave the application's role only what the workflow writes."""
    role = settings.DATABASE_APP_ROLE
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        if cursor.fetchone() is None:
            return
    to = schema_editor.connection.ops.quote_name(role)
    for table in TABLES:
        schema_editor.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {to}")
    schema_editor.execute(
        "GRANT UPDATE (state, step, current_id, submitted_at, submitted_by_id, reasons) "
        f"ON promotions_promotionrequest TO {to}"
    )
    schema_editor.execute(f"GRANT UPDATE (valid, voided_at, voided_by_id) ON promotions_decision TO {to}")
    schema_editor.execute(f"GRANT UPDATE (held) ON promotions_reservation TO {to}")
    schema_editor.execute(
        "GRANT UPDATE (verified_at, verified_by_id, second_look, stopped_at, stopped_by_id) "
        f"ON promotions_activation TO {to}"
    )


class Migration(migrations.Migration):
    dependencies = [
        ("promotions", "0006_only_approved_ones_hold_products"),
    ]

    operations = [
        migrations.RunPython(least_privileges, migrations.RunPython.noop),
    ]
