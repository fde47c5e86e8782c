"""The table of Django's database cache: sign-in attempts are counted across all web processes."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_one_human_stays_one_and_nobody_is_deleted")]

    operations = [
        migrations.RunSQL(
            """
            CREATE TABLE shared_cache (
                cache_key varchar(255) PRIMARY KEY,
                value text NOT NULL,
                expires timestamptz NOT NULL
            );
            CREATE INDEX shared_cache_expires ON shared_cache (expires);
            """,
            "DROP TABLE shared_cache;",
        )
    ]
