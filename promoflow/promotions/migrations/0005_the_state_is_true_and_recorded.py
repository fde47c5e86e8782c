"""A state that its rows make true, and no move that the history does not tell of."""

from django.db import migrations

# The state is what people filter by; these hold it to the rows that make it true, and to the history.
STATE_IS_TRUE = """
CREATE FUNCTION promotions_holds_all_products(request bigint, revision bigint) RETURNS boolean
LANGUAGE sql
    SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT NOT EXISTS (
        SELECT 1 FROM promotions_revisionproduct wanted
        WHERE wanted.revision_id = revision AND NOT EXISTS (
            SELECT 1 FROM promotions_reservation r
            WHERE r.request_id = request AND r.revision_id = revision
                AND r.product_id = wanted.product_id AND r.held))
$$;

CREATE FUNCTION promotions_check_state(request bigint) RETURNS void LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    asked promotions_promotionrequest;
    approved boolean;
    activated boolean;
    stopped boolean;
    holds boolean;
BEGIN
    SELECT * INTO asked FROM promotions_promotionrequest WHERE id = request;
    SELECT EXISTS (SELECT 1 FROM promotions_decision d WHERE d.request_id = request
        AND d.revision_id = asked.current_id AND d.verdict = 'approve' AND d.valid) INTO approved;
    SELECT count(*) > 0, coalesce(bool_or(a.stopped_at IS NOT NULL), false) INTO activated, stopped
        FROM promotions_activation a WHERE a.request_id = request AND a.revision_id = asked.current_id;
    SELECT EXISTS (SELECT 1 FROM promotions_reservation r WHERE r.request_id = request AND r.held) INTO holds;

    IF asked.current_id IS NULL THEN
        PERFORM promotions_refuse('a_request_has_content', 'A request has content.');
    END IF;
    IF asked.state IN ('approved', 'live', 'ended') AND NOT approved THEN
        PERFORM promotions_refuse('approved_by_a_second_person',
            format('PR-%s cannot be %s: nobody approved this content.', request, asked.state));
    END IF;
    IF asked.state NOT IN ('approved', 'live', 'ended', 'cancelled') AND EXISTS (
        SELECT 1 FROM promotions_decision d
        WHERE d.request_id = request AND d.verdict = 'approve' AND d.valid) THEN
        PERFORM promotions_refuse('approvals_end_with_the_state',
            format('PR-%s is %s and still has a valid approval.', request, asked.state));
    END IF;
    IF (asked.state IN ('live', 'ended')) <> activated OR (asked.state = 'live' AND stopped) THEN
        PERFORM promotions_refuse('live_has_its_activation',
            format('PR-%s is %s, which its activation does not say.', request, asked.state));
    END IF;
    IF asked.state IN ('approved', 'live')
        AND NOT promotions_holds_all_products(request, asked.current_id) THEN
        PERFORM promotions_refuse('approved_holds_its_products',
            format('PR-%s is %s without holding all its products.', request, asked.state));
    END IF;
    IF asked.state NOT IN ('approved', 'live', 'ended') AND holds THEN
        PERFORM promotions_refuse('only_approved_ones_hold_products',
            format('PR-%s is %s and still holds products.', request, asked.state));
    END IF;
    IF asked.state = 'rejected' AND NOT EXISTS (SELECT 1 FROM promotions_decision d
        WHERE d.request_id = request AND d.revision_id = asked.current_id AND d.verdict = 'reject') THEN
        PERFORM promotions_refuse('rejected_by_a_second_person',
            format('PR-%s cannot be rejected: nobody rejected this content.', request));
    END IF;
END $$;

CREATE FUNCTION promotions_request_is_true() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    came_from text := '';
BEGIN
    IF TG_OP = 'UPDATE' THEN
        came_from := OLD.state;
    END IF;
    IF (TG_OP = 'INSERT' OR NEW.step <> OLD.step) AND NOT EXISTS (
        SELECT 1 FROM audit_entry e
        WHERE e.subject_type = 'promotions.promotionrequest' AND e.subject_id = NEW.id AND e.step = NEW.step
            AND coalesce(e.state_before, '') = came_from AND e.state_after = NEW.state
            AND e.outcome = 'done' AND e.txid = pg_current_xact_id()::text::bigint) THEN
        PERFORM promotions_refuse('nothing_happens_unrecorded',
            format('PR-%s moved to %s and the history does not say so.', NEW.id, NEW.state));
    END IF;
    PERFORM promotions_check_state(NEW.id);
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER state_is_true AFTER INSERT OR UPDATE ON promotions_promotionrequest
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION promotions_request_is_true();

CREATE FUNCTION promotions_deed_is_true() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM audit_entry e
        JOIN promotions_promotionrequest q ON q.id = e.subject_id AND q.step = e.step
        WHERE e.subject_type = 'promotions.promotionrequest' AND e.subject_id = NEW.request_id
            AND e.outcome = 'done' AND e.txid = pg_current_xact_id()::text::bigint) THEN
        PERFORM promotions_refuse('nothing_happens_unrecorded',
            format('A %s of PR-%s changed and the history does not say so.', TG_TABLE_NAME, NEW.request_id));
    END IF;
    PERFORM promotions_check_state(NEW.request_id);
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER state_is_true AFTER INSERT OR UPDATE ON promotions_decision
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION promotions_deed_is_true();
CREATE CONSTRAINT TRIGGER state_is_true AFTER INSERT OR UPDATE ON promotions_activation
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION promotions_deed_is_true();
"""

STATE_IS_TRUE_REVERSED = """
DROP TRIGGER state_is_true ON promotions_activation;
DROP TRIGGER state_is_true ON promotions_decision;
DROP FUNCTION promotions_deed_is_true();
DROP TRIGGER state_is_true ON promotions_promotionrequest;
DROP FUNCTION promotions_request_is_true();
DROP FUNCTION promotions_check_state(bigint);
DROP FUNCTION promotions_holds_all_products(bigint, bigint);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("promotions", "0004_a_second_human_decides"),
        ("audit", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL(STATE_IS_TRUE, STATE_IS_TRUE_REVERSED),
    ]
