"""How much could go wrong stands with a submitted request, so that a queue can be ordered by it."""

from django.conf import settings
from django.db import migrations, models


def may_be_written(apps, schema_editor):
    """The application's role may weigh, as it may submit."""
    role = settings.DATABASE_APP_ROLE
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        if cursor.fetchone() is None:
            return
    to = schema_editor.connection.ops.quote_name(role)
    schema_editor.execute(
        f"GRANT UPDATE (worst_percent, exposed, warned) ON promotions_promotionrequest TO {to}"
    )


class Migration(migrations.Migration):
    dependencies = [
        ("promotions", "0010_alarms_are_true_and_settled_once"),
    ]

    operations = [
        migrations.AddField(
            "promotionrequest",
            "worst_percent",
            models.DecimalField(decimal_places=2, editable=False, max_digits=5, null=True),
        ),
        migrations.AddField(
            "promotionrequest",
            "exposed",
            models.DecimalField(decimal_places=2, editable=False, max_digits=16, null=True),
        ),
        migrations.AddField(
            "promotionrequest", "warned", models.PositiveIntegerField(editable=False, null=True)
        ),
        migrations.AddConstraint(
            "promotionrequest",
            models.CheckConstraint(
                condition=models.Q(("state", "draft"), _negated=True)
                | models.Q(worst_percent__isnull=True, exposed__isnull=True, warned__isnull=True),
                name="a_draft_is_not_weighed",
            ),
        ),
        migrations.RunPython(may_be_written, migrations.RunPython.noop),
    ]
