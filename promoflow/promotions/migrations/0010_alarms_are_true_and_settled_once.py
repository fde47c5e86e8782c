"""An alarm is on a report, recorded, and settled once by a supervisor who wrote nothing of the request."""

from django.conf import settings
from django.db import migrations

ALARMS = """
ALTER TABLE promotions_alarm
    ADD CONSTRAINT alarm_is_of_the_requests_revision FOREIGN KEY (revision_id, request_id)
        REFERENCES promotions_revision (id, request_id),
    ADD CONSTRAINT alarm_is_on_this_report FOREIGN KEY (report_id, revision_id, report_digest)
        REFERENCES promotions_conflictreport (id, revision_id, digest);

CREATE TRIGGER kept BEFORE DELETE OR TRUNCATE ON promotions_alarm
    FOR EACH STATEMENT EXECUTE FUNCTION promotions_keep();

CREATE FUNCTION promotions_alarm_rules() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    free text[] := ARRAY['settled_at', 'settled_by_id', 'note'];
    store bigint;
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.settled_at IS NOT NULL THEN
            PERFORM promotions_refuse('an_alarm_is_born_open', 'An alarm is open when it is raised.');
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.settled_at IS NOT NULL OR NEW.settled_at IS NULL
        OR (to_jsonb(NEW) - free) <> (to_jsonb(OLD) - free) THEN
        PERFORM promotions_refuse('an_alarm_is_only_settled', 'An alarm can only be settled, once.');
    END IF;
    SELECT q.store_id INTO store FROM promotions_promotionrequest q WHERE q.id = NEW.request_id;
    IF NOT accounts_holds_role(NEW.settled_by_id, store, 'supervisor') THEN
        PERFORM promotions_refuse('a_supervisor_settles', 'Only an active supervisor of the store settles.');
    END IF;
    IF promotions_wrote(NEW.request_id, NEW.settled_by_id) THEN
        PERFORM promotions_refuse('a_second_human_settles',
            'Who wrote, edited or submitted a request does not settle its alarm, under no account.');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rules BEFORE INSERT OR UPDATE ON promotions_alarm
    FOR EACH ROW EXECUTE FUNCTION promotions_alarm_rules();

CREATE FUNCTION promotions_alarm_is_recorded() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    told text := CASE TG_OP WHEN 'INSERT' THEN 'request.alarmed' ELSE 'request.alarm_settled' END;
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM audit_entry e
        WHERE e.subject_type = 'promotions.promotionrequest' AND e.subject_id = NEW.request_id
            AND e.event = told AND e.outcome = 'done' AND e.txid = pg_current_xact_id()::text::bigint) THEN
        PERFORM promotions_refuse('nothing_happens_unrecorded',
            format('An alarm of PR-%s changed and the history does not say so.', NEW.request_id));
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER is_recorded AFTER INSERT OR UPDATE ON promotions_alarm
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION promotions_alarm_is_recorded();
"""

ALARMS_REVERSED = """
DROP TRIGGER is_recorded ON promotions_alarm;
DROP FUNCTION promotions_alarm_is_recorded();
DROP TRIGGER rules ON promotions_alarm;
DROP FUNCTION promotions_alarm_rules();
DROP TRIGGER kept ON promotions_alarm;
ALTER TABLE promotions_alarm
    DROP CONSTRAINT alarm_is_on_this_report,
    DROP CONSTRAINT alarm_is_of_the_requests_revision;
"""


def least_privileges(apps, schema_editor):
    role = settings.DATABASE_APP_ROLE
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        if cursor.fetchone() is None:
            return
    to = schema_editor.connection.ops.quote_name(role)
    schema_editor.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON promotions_alarm FROM {to}")
    schema_editor.execute(f"GRANT UPDATE (settled_at, settled_by_id, note) ON promotions_alarm TO {to}")


class Migration(migrations.Migration):
    dependencies = [("promotions", "0009_new_rules_raise_alarms")]

    operations = [
        migrations.RunSQL(ALARMS, ALARMS_REVERSED),
        migrations.RunPython(least_privileges, migrations.RunPython.noop),
    ]
