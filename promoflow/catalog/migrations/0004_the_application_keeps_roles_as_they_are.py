"""Which group holds which role on a store is written once, when the store is opened."""

from django.conf import settings
from django.db import migrations


def take_roles_from_the_application(apps, schema_editor):
    """Its key stays open to UPDATE: the row is locked when somebody decides, and a lock asks for that."""
    role = settings.DATABASE_APP_ROLE
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT FROM pg_roles WHERE rolname = %s AND NOT rolsuper", [role])
        if cursor.fetchone() is None:
            return
        to = schema_editor.quote_name(role)
        cursor.execute(f"REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON catalog_storeuserpermission FROM {to}")
        cursor.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON catalog_storegrouppermission FROM {to}")
        cursor.execute(f"GRANT UPDATE (id) ON catalog_storegrouppermission TO {to}")


class Migration(migrations.Migration):
    dependencies = [("catalog", "0003_what_products_promise")]

    operations = [
        migrations.RunPython(take_roles_from_the_application, migrations.RunPython.noop),
    ]
