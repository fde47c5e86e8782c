"""What only migrations write - permissions, content types, their own list - the application only reads.

A role is a group's permission on its store: whoever could rename the group or the permission would turn one
role into another without an entry in the history. The rows that make a role true are locked when somebody
decides, and a lock asks for UPDATE of some column: of the key, which no foreign key lets go.
"""

from django.conf import settings
from django.db import migrations

READ_ONLY = (
    "accounts_user_user_permissions",
    "auth_group_permissions",
    "auth_permission",
    "django_content_type",
    "django_migrations",
    "guardian_groupobjectpermission",
    "guardian_userobjectpermission",
)


def take_permissions_from_the_application(apps, schema_editor):
    role = settings.DATABASE_APP_ROLE
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT FROM pg_roles WHERE rolname = %s AND NOT rolsuper", [role])
        if cursor.fetchone() is None:
            return
        to = schema_editor.quote_name(role)
        cursor.execute(f"REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON {', '.join(READ_ONLY)} FROM {to}")
        cursor.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON auth_group, django_admin_log FROM {to}")
        cursor.execute(f"REVOKE UPDATE, TRUNCATE ON accounts_user_groups FROM {to}")
        cursor.execute(f"GRANT UPDATE (id) ON auth_group, accounts_user_groups TO {to}")


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_no_power_without_its_entry"),
        ("admin", "0003_logentry_add_action_flag_choices"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("guardian", "0003_remove_groupobjectpermission_guardian_gr_content_ae6aec_idx_and_more"),
    ]

    operations = [
        migrations.RunPython(take_permissions_from_the_application, migrations.RunPython.noop),
    ]
