"""Where messages go changes with an entry in the history, and a channel stays with whom it belongs to.

What was mailed before there was an inbox counts as read. The application's role may not delete a channel, a
message or a preference.
"""

from django.conf import settings
from django.db import migrations

CHANNELS = """
CREATE FUNCTION outbox_no_channel_without_its_entry() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM audit_entry
        WHERE subject_type = 'outbox.channel' AND subject_id = NEW.id AND outcome = 'done'
          AND event IN ('channel.added', 'channel.changed', 'channel.paused', 'channel.resumed',
                        'channel.removed')
          AND txid = pg_current_xact_id()::text::bigint
    ) THEN
        RAISE EXCEPTION 'Channel % changes without an entry in the history.', NEW.id
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'no_channel_without_its_entry';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER no_channel_without_its_entry
AFTER INSERT ON outbox_channel DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION outbox_no_channel_without_its_entry();

CREATE CONSTRAINT TRIGGER no_change_of_channel_without_its_entry
AFTER UPDATE ON outbox_channel DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW WHEN (
    ROW(OLD.kind, OLD.name, OLD.sealed, OLD.masked, OLD.topics, OLD.paused, OLD.removed)
    IS DISTINCT FROM ROW(NEW.kind, NEW.name, NEW.sealed, NEW.masked, NEW.topics, NEW.paused, NEW.removed)
)
EXECUTE FUNCTION outbox_no_channel_without_its_entry();

CREATE FUNCTION outbox_channel_stays_where_it_is() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'Channel % stays with its store or person; remove it and add another.', OLD.id
    USING ERRCODE = 'restrict_violation', CONSTRAINT = 'channel_stays_where_it_is';
END $$;

CREATE TRIGGER channel_stays_where_it_is
BEFORE UPDATE ON outbox_channel
FOR EACH ROW WHEN (
    ROW(OLD.id, OLD.store_id, OLD.person_id, OLD.kind, OLD.added_at, OLD.added_by_id)
    IS DISTINCT FROM ROW(NEW.id, NEW.store_id, NEW.person_id, NEW.kind, NEW.added_at, NEW.added_by_id)
    OR (OLD.removed IS NOT NULL AND NEW.removed IS NULL)
)
EXECUTE FUNCTION outbox_channel_stays_where_it_is();
"""


def keep_rows(apps, schema_editor):
    """The application adds and changes; it takes nothing away."""
    role = settings.DATABASE_APP_ROLE
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        if cursor.fetchone() is None:
            return
    to = schema_editor.connection.ops.quote_name(role)
    schema_editor.execute(
        f"REVOKE DELETE, TRUNCATE ON outbox_channel, outbox_preference, outbox_message FROM {to}"
    )


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0002_append_only_chain"),
        ("outbox", "0002_people_and_stores_are_told_through_channels"),
    ]

    operations = [
        migrations.RunSQL(
            "UPDATE outbox_message SET seen = closed WHERE closed IS NOT NULL", migrations.RunSQL.noop
        ),
        migrations.RunSQL(
            CHANNELS,
            """
            DROP TRIGGER no_channel_without_its_entry ON outbox_channel;
            DROP TRIGGER no_change_of_channel_without_its_entry ON outbox_channel;
            DROP FUNCTION outbox_no_channel_without_its_entry();
            DROP TRIGGER channel_stays_where_it_is ON outbox_channel;
            DROP FUNCTION outbox_channel_stays_where_it_is();
            """,
        ),
        migrations.RunPython(keep_rows, migrations.RunPython.noop),
    ]
