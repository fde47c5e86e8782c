"""Filters of the history that people name; each is its person's to throw away, and is never changed."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def least_privileges(apps, schema_editor):
    role = settings.DATABASE_APP_ROLE
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT FROM pg_roles WHERE rolname = %s AND NOT rolsuper", [role])
        if cursor.fetchone() is None:
            return
    to = schema_editor.connection.ops.quote_name(role)
    schema_editor.execute(f"REVOKE UPDATE, TRUNCATE ON audit_savedsearch FROM {to}")


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0004_entries_are_found_by_their_words"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SavedSearch",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("saved_at", models.DateTimeField(editable=False)),
                ("name", models.CharField(max_length=60, verbose_name="name")),
                ("query", models.CharField(max_length=1000)),
                (
                    "saved_by",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="saved_searches",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "saved search",
                "verbose_name_plural": "saved searches",
                "ordering": ["name"],
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("saved_by", "name"), name="searches_of_a_person_have_names"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("name__regex", "\\S")), name="a_saved_search_is_named"
                    ),
                ],
            },
        ),
        migrations.RunPython(least_privileges, migrations.RunPython.noop),
    ]
