"""A claim is a second human's, on what is in review; it is recorded, and ends once."""

from django.conf import settings
from django.db import migrations

CLAIMS = """
CREATE TRIGGER kept BEFORE DELETE OR TRUNCATE ON promotions_claim
    FOR EACH STATEMENT EXECUTE FUNCTION promotions_keep();

CREATE FUNCTION promotions_claim_rules() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    free text[] := ARRAY['released_at', 'released_by_id'];
    asked promotions_promotionrequest;
    who bigint := CASE TG_OP WHEN 'INSERT' THEN NEW.claimed_by_id ELSE NEW.released_by_id END;
BEGIN
    SELECT * INTO asked FROM promotions_promotionrequest q WHERE q.id = NEW.request_id;
    IF TG_OP = 'UPDATE' THEN
        IF OLD.released_at IS NOT NULL OR NEW.released_at IS NULL
            OR (to_jsonb(NEW) - free) <> (to_jsonb(OLD) - free) THEN
            PERFORM promotions_refuse('a_claim_is_only_released', 'A claim can only be released, once.');
        END IF;
        IF NEW.released_by_id = NEW.claimed_by_id THEN
            RETURN NEW;
        END IF;
    ELSIF NEW.released_at IS NOT NULL THEN
        PERFORM promotions_refuse('a_claim_is_born_open', 'A claim is open when it is made.');
    ELSIF asked.state <> 'in_review' OR asked.step <> NEW.step THEN
        PERFORM promotions_refuse('only_what_is_in_review_is_claimed',
            'A claim is of the step at which the request is in review.');
    END IF;
    IF NOT accounts_holds_role(who, asked.store_id, 'supervisor') THEN
        PERFORM promotions_refuse('a_supervisor_claims', 'Only an active supervisor of the store claims.');
    END IF;
    IF promotions_wrote(NEW.request_id, who) THEN
        PERFORM promotions_refuse('a_second_human_claims',
            'Who wrote, edited or submitted a request does not claim it, under no account.');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rules BEFORE INSERT OR UPDATE ON promotions_claim
    FOR EACH ROW EXECUTE FUNCTION promotions_claim_rules();

CREATE FUNCTION promotions_claim_is_recorded() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    -- Who takes a claim over releases the one before it, in one entry.
    told text[] := CASE TG_OP WHEN 'INSERT' THEN ARRAY['request.claimed']
        ELSE ARRAY['request.claimed', 'request.claim_released'] END;
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM audit_entry e
        WHERE e.subject_type = 'promotions.promotionrequest' AND e.subject_id = NEW.request_id
            AND e.event = ANY (told) AND e.outcome = 'done'
            AND e.txid = pg_current_xact_id()::text::bigint) THEN
        PERFORM promotions_refuse('nothing_happens_unrecorded',
            format('A claim on PR-%s changed and the history does not say so.', NEW.request_id));
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER is_recorded AFTER INSERT OR UPDATE ON promotions_claim
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION promotions_claim_is_recorded();
"""

CLAIMS_REVERSED = """
DROP TRIGGER is_recorded ON promotions_claim;
DROP FUNCTION promotions_claim_is_recorded();
DROP TRIGGER rules ON promotions_claim;
DROP FUNCTION promotions_claim_rules();
DROP TRIGGER kept ON promotions_claim;
"""


def least_privileges(apps, schema_editor):
    """A claim is only released; a saved filter is its person's to throw away."""
    role = settings.DATABASE_APP_ROLE
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        if cursor.fetchone() is None:
            return
    to = schema_editor.connection.ops.quote_name(role)
    schema_editor.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON promotions_claim FROM {to}")
    schema_editor.execute(f"GRANT UPDATE (released_at, released_by_id) ON promotions_claim TO {to}")
    schema_editor.execute(f"REVOKE UPDATE, TRUNCATE ON promotions_savedfilter FROM {to}")


class Migration(migrations.Migration):
    dependencies = [("promotions", "0012_claims_and_saved_filters")]

    operations = [
        migrations.RunSQL(CLAIMS, CLAIMS_REVERSED),
        migrations.RunPython(least_privileges, migrations.RunPython.noop),
    ]
