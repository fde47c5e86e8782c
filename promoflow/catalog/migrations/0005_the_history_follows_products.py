"""The history follows stores, who may what in them, and products with their prices and floors."""

from django.db import migrations

# Table, key, column with the request's number, columns that are not told, column that is canonical JSON.
FOLLOWED = (
    ("catalog_store", "id", "", [], ""),
    ("catalog_storegrouppermission", "id", "", [], ""),
    ("catalog_storeuserpermission", "id", "", [], ""),
    ("catalog_product", "id", "", [], ""),
)


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0004_the_application_keeps_roles_as_they_are"),
        ("audit", "0003_the_database_tells_what_changed"),
    ]

    operations = [
        migrations.RunSQL(
            [("SELECT audit_follow(%s, %s, %s, %s, %s)", list(followed)) for followed in FOLLOWED],
            [("SELECT audit_unfollow(%s)", [followed[0]]) for followed in FOLLOWED],
        )
    ]
