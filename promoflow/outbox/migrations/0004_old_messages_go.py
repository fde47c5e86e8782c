"""The application may delete a message again: one that was sent, given up or dropped at least 30 days ago."""

from django.conf import settings
from django.db import migrations

# The span is a setting (KEPT_FOR) and longer; this is what no setting and no statement goes below.
OLD_ONES = """
CREATE FUNCTION outbox_only_old_messages_go() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'Message % stays: it is owed, or was closed less than 30 days ago.', OLD.id
    USING ERRCODE = 'restrict_violation', CONSTRAINT = 'only_old_messages_go';
END $$;

CREATE TRIGGER only_old_messages_go BEFORE DELETE ON outbox_message
FOR EACH ROW WHEN (OLD.closed IS NULL OR OLD.closed > now() - interval '30 days')
EXECUTE FUNCTION outbox_only_old_messages_go();
"""


def let_the_application_forget(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        role = settings.DATABASE_APP_ROLE
        cursor.execute("SELECT FROM pg_roles WHERE rolname = %s AND NOT rolsuper", [role])
        if cursor.fetchone() is not None:
            cursor.execute(f"GRANT DELETE ON outbox_message TO {schema_editor.quote_name(role)}")


class Migration(migrations.Migration):
    dependencies = [("outbox", "0003_a_channel_changes_with_its_entry")]

    operations = [
        migrations.RunSQL(
            OLD_ONES,
            """
            DROP TRIGGER only_old_messages_go ON outbox_message;
            DROP FUNCTION outbox_only_old_messages_go();
            """,
        ),
        migrations.RunPython(let_the_application_forget, migrations.RunPython.noop),
    ]
