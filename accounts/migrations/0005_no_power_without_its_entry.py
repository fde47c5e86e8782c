"""Nobody gains a role or an account back unless the same transaction tells the history of it.

Losing one is not held up: stopping is easy. The check waits for COMMIT; a service may write in any order.
"""

from django.db import migrations

GAINS = """
CREATE FUNCTION accounts_no_power_without_its_entry() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    who bigint := CASE TG_TABLE_NAME WHEN 'accounts_user' THEN to_jsonb(NEW) ->> 'id'
                                     ELSE to_jsonb(NEW) ->> 'user_id' END;
BEGIN
    IF NOT EXISTS (
        SELECT FROM audit_entry
        WHERE subject_type = 'accounts.user' AND subject_id = who AND event = TG_ARGV[0] AND outcome = 'done'
          AND txid = pg_current_xact_id()::text::bigint
    ) THEN
        RAISE EXCEPTION 'Account % gains power without an entry % in the history.', who, TG_ARGV[0]
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'no_power_without_its_entry';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER no_role_without_its_entry
AFTER INSERT OR UPDATE ON accounts_user_groups DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION accounts_no_power_without_its_entry('role.granted');

CREATE CONSTRAINT TRIGGER no_way_back_without_its_entry
AFTER UPDATE OF is_active ON accounts_user DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW WHEN (NEW.is_active AND NOT OLD.is_active)
EXECUTE FUNCTION accounts_no_power_without_its_entry('person.reactivated');
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_an_e_mail_address_is_unique_and_in_lower_case")]

    operations = [
        migrations.RunSQL(
            GAINS,
            """
            DROP TRIGGER no_role_without_its_entry ON accounts_user_groups;
            DROP TRIGGER no_way_back_without_its_entry ON accounts_user;
            DROP FUNCTION accounts_no_power_without_its_entry();
            """,
        )
    ]
