"""A second human with the role decides, still counts at going live, and takes the second look."""

from django.db import migrations

SECOND_PERSON = """
CREATE FUNCTION promotions_wrote(request bigint, person bigint) RETURNS boolean LANGUAGE sql
    SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (
        SELECT 1 FROM accounts_user me JOIN accounts_user writer ON writer.person_id = me.person_id
        WHERE me.id = person AND (
            writer.id IN (SELECT edited_by_id FROM promotions_revision WHERE request_id = request)
            OR writer.id IN (SELECT created_by_id FROM promotions_promotionrequest WHERE id = request)
            OR writer.id IN (SELECT submitted_by_id FROM promotions_promotionrequest WHERE id = request)))
$$;

CREATE FUNCTION promotions_decision_rules() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    asked promotions_promotionrequest;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF NOT OLD.valid OR NEW.valid OR (to_jsonb(NEW) - ARRAY['valid', 'voided_at', 'voided_by_id'])
            <> (to_jsonb(OLD) - ARRAY['valid', 'voided_at', 'voided_by_id']) THEN
            PERFORM promotions_refuse('a_decision_is_only_voided', 'A decision can only be voided, once.');
        END IF;
        RETURN NEW;
    END IF;
    SELECT * INTO asked FROM promotions_promotionrequest WHERE id = NEW.request_id FOR UPDATE;
    IF asked.current_id IS DISTINCT FROM NEW.revision_id THEN
        PERFORM promotions_refuse('the_newest_content_is_decided', 'A decision is on the newest revision.');
    END IF;
    IF NOT NEW.valid THEN
        PERFORM promotions_refuse('a_decision_is_born_valid', 'A decision is valid when it is made.');
    END IF;
    IF promotions_wrote(NEW.request_id, NEW.decided_by_id) THEN
        PERFORM promotions_refuse('a_second_human_decides',
            'Who wrote, edited or submitted a request does not decide on it, under no account.');
    END IF;
    IF NOT accounts_holds_role(NEW.decided_by_id, asked.store_id, 'supervisor') THEN
        PERFORM promotions_refuse('a_supervisor_decides', 'Only an active supervisor of the store decides.');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rules BEFORE INSERT OR UPDATE ON promotions_decision
    FOR EACH ROW EXECUTE FUNCTION promotions_decision_rules();

CREATE FUNCTION promotions_activation_rules() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    asked promotions_promotionrequest;
    -- A generated column is still empty in NEW before the write, so these two cannot be compared here.
    free text[] := ARRAY['verified_at', 'verified_by_id', 'second_look', 'stopped_at', 'stopped_by_id',
                         'decision_verdict', 'decision_valid'];
BEGIN
    SELECT * INTO asked FROM promotions_promotionrequest WHERE id = NEW.request_id FOR UPDATE;
    IF TG_OP = 'UPDATE' THEN
        IF (to_jsonb(NEW) - free) <> (to_jsonb(OLD) - free)
            OR (OLD.verified_at IS NOT NULL AND (NEW.verified_at, NEW.verified_by_id, NEW.second_look)
                IS DISTINCT FROM (OLD.verified_at, OLD.verified_by_id, OLD.second_look))
            OR (OLD.stopped_at IS NOT NULL AND (NEW.stopped_at, NEW.stopped_by_id)
                IS DISTINCT FROM (OLD.stopped_at, OLD.stopped_by_id)) THEN
            PERFORM promotions_refuse('an_activation_is_only_verified_and_stopped',
                'An activation is verified once and stopped once; nothing else of it changes.');
        END IF;
    ELSE
        IF asked.current_id IS DISTINCT FROM NEW.revision_id THEN
            PERFORM promotions_refuse('the_newest_content_goes_live',
                'The newest revision goes live, no other.');
        END IF;
        IF promotions_wrote(NEW.request_id, NEW.approver_id) THEN
            PERFORM promotions_refuse('a_second_human_approved', 'The approver also wrote the request.');
        END IF;
        IF NOT accounts_holds_role(NEW.approver_id, asked.store_id, 'supervisor') THEN
            PERFORM promotions_refuse('the_approver_still_counts',
                'The approver is no longer an active supervisor of the store.');
        END IF;
        IF NOT accounts_holds_role(NEW.live_by_id, asked.store_id, 'operator') THEN
            PERFORM promotions_refuse('an_operator_marks_live',
                'Only an active operator of the store marks live.');
        END IF;
    END IF;
    IF NEW.verified_by_id IS NOT NULL AND (TG_OP = 'INSERT' OR OLD.verified_by_id IS NULL) THEN
        IF EXISTS (SELECT 1 FROM accounts_user a JOIN accounts_user b USING (person_id)
                   WHERE a.id = NEW.verified_by_id AND b.id = NEW.live_by_id) THEN
            PERFORM promotions_refuse('another_human_verifies', 'Who marked it live does not verify it.');
        END IF;
        IF NOT accounts_holds_role(NEW.verified_by_id, asked.store_id, 'supervisor') THEN
            PERFORM promotions_refuse('a_supervisor_verifies',
                'Only an active supervisor of the store verifies.');
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rules BEFORE INSERT OR UPDATE ON promotions_activation
    FOR EACH ROW EXECUTE FUNCTION promotions_activation_rules();
"""

SECOND_PERSON_REVERSED = """
DROP TRIGGER rules ON promotions_activation;
DROP FUNCTION promotions_activation_rules();
DROP TRIGGER rules ON promotions_decision;
DROP FUNCTION promotions_decision_rules();
DROP FUNCTION promotions_wrote(bigint, bigint);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("promotions", "0003_every_change_is_a_legal_step"),
        ("accounts", "0002_one_human_stays_one_and_nobody_is_deleted"),
    ]

    operations = [
        migrations.RunSQL(SECOND_PERSON, SECOND_PERSON_REVERSED),
    ]
