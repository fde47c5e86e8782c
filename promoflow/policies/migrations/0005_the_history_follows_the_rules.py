"""The history follows the rules, their drafts and what they say."""

from django.db import migrations

# Table, key, column with the request's number, columns that are not told, column that is canonical JSON.
FOLLOWED = (
    ("policies_policydraft", "id", "", [], ""),
    ("policies_policyrevision", "id", "", [], "body"),
    ("policies_policyversion", "number", "", [], "body"),
)


class Migration(migrations.Migration):
    dependencies = [
        ("policies", "0004_publishing_takes_two"),
        ("audit", "0003_the_database_tells_what_changed"),
    ]

    operations = [
        migrations.RunSQL(
            [("SELECT audit_follow(%s, %s, %s, %s, %s)", list(followed)) for followed in FOLLOWED],
            [("SELECT audit_unfollow(%s)", [followed[0]]) for followed in FOLLOWED],
        )
    ]
