"""What the database itself refuses, whoever asks: design.md, section 1, and section 7."""

from django.conf import settings
from django.db import migrations

REFERENCES_START_AT_1001 = """
ALTER TABLE promotions_promotionrequest ALTER COLUMN id SET START WITH 1001;
ALTER TABLE promotions_promotionrequest ALTER COLUMN id RESTART WITH 1001;
"""

# An approval of other content, by somebody's own editor, or an activation without a valid approval of exactly this
# content cannot be stored: the keys carry digest, editor, verdict and validity.
COMPOSITE_KEYS = """
ALTER TABLE promotions_promotionrequest
    ADD CONSTRAINT current_revision_is_its_own FOREIGN KEY (current_id, id)
        REFERENCES promotions_revision (id, request_id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE promotions_decision
    ADD CONSTRAINT decision_is_of_the_requests_revision FOREIGN KEY (revision_id, request_id)
        REFERENCES promotions_revision (id, request_id),
    ADD CONSTRAINT decision_is_of_this_content FOREIGN KEY (revision_id, digest, editor_id)
        REFERENCES promotions_revision (id, digest, edited_by_id),
    ADD CONSTRAINT decision_is_on_this_report FOREIGN KEY (report_id, revision_id, report_digest)
        REFERENCES promotions_conflictreport (id, revision_id, digest);
ALTER TABLE promotions_reservation
    ADD CONSTRAINT reservation_is_of_the_requests_revision FOREIGN KEY (revision_id, request_id)
        REFERENCES promotions_revision (id, request_id);
ALTER TABLE promotions_activation
    ADD CONSTRAINT activation_is_of_the_requests_revision FOREIGN KEY (revision_id, request_id)
        REFERENCES promotions_revision (id, request_id),
    ADD CONSTRAINT activation_is_of_this_content FOREIGN KEY (revision_id, digest, editor_id)
        REFERENCES promotions_revision (id, digest, edited_by_id),
    ADD CONSTRAINT activation_has_a_valid_approval
        FOREIGN KEY (decision_id, revision_id, digest, approver_id, decision_verdict, decision_valid)
        REFERENCES promotions_decision (id, revision_id, digest, decided_by_id, verdict, valid);
"""

COMPOSITE_KEYS_REVERSED = """
ALTER TABLE promotions_activation
    DROP CONSTRAINT activation_has_a_valid_approval,
    DROP CONSTRAINT activation_is_of_this_content,
    DROP CONSTRAINT activation_is_of_the_requests_revision;
ALTER TABLE promotions_reservation DROP CONSTRAINT reservation_is_of_the_requests_revision;
ALTER TABLE promotions_decision
    DROP CONSTRAINT decision_is_on_this_report,
    DROP CONSTRAINT decision_is_of_this_content,
    DROP CONSTRAINT decision_is_of_the_requests_revision;
ALTER TABLE promotions_promotionrequest DROP CONSTRAINT current_revision_is_its_own;
"""

REFUSE = """
CREATE FUNCTION promotions_refuse(rule text, sentence text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = rule, MESSAGE = sentence;
END $$;

CREATE FUNCTION promotions_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM promotions_refuse('kept_as_it_was_written',
        format('%s in %s is refused: what is written there stays as it is.', TG_OP, TG_TABLE_NAME));
    RETURN NULL;
END $$;
"""

REFUSE_REVERSED = """
DROP FUNCTION promotions_keep();
DROP FUNCTION promotions_refuse(text, text);
"""

_KEPT = {
    "promotions_promotionrequest": "DELETE OR TRUNCATE",
    "promotions_revision": "UPDATE OR DELETE OR TRUNCATE",
    "promotions_revisionproduct": "UPDATE OR DELETE OR TRUNCATE",
    "promotions_conflictreport": "UPDATE OR DELETE OR TRUNCATE",
    "promotions_decision": "DELETE OR TRUNCATE",
    "promotions_reservation": "DELETE OR TRUNCATE",
    "promotions_activation": "DELETE OR TRUNCATE",
}
KEPT = "".join(
    f"CREATE TRIGGER kept BEFORE {what} ON {table} FOR EACH STATEMENT EXECUTE FUNCTION promotions_keep();\n"
    for table, what in _KEPT.items()
)
KEPT_REVERSED = "".join(f"DROP TRIGGER kept ON {table};\n" for table in _KEPT)

# Every update of a request is one recorded move; only a new draft's first revision is hung in without one.
MOVES = """
CREATE FUNCTION promotions_request_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'draft' OR NEW.step <> 1 THEN
            PERFORM promotions_refuse('every_request_is_born_a_draft', 'A request is born as a draft.');
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.store_id, NEW.created_at, NEW.created_by_id, NEW.copied_from_id)
        IS DISTINCT FROM (OLD.id, OLD.store_id, OLD.created_at, OLD.created_by_id, OLD.copied_from_id) THEN
        PERFORM promotions_refuse('birth_is_fixed', 'A request keeps its number, store and author.');
    END IF;
    IF OLD.current_id IS NULL AND NEW.step = OLD.step AND NEW.state = OLD.state THEN
        RETURN NEW;
    END IF;
    IF NEW.step <> OLD.step + 1 THEN
        PERFORM promotions_refuse('every_change_is_a_step', 'Each change of a request is one step further.');
    END IF;
    IF (OLD.state || ' ' || NEW.state) NOT IN (
        'draft draft', 'draft in_review', 'draft cancelled',
        'in_review draft', 'in_review rejected', 'in_review approved', 'in_review cancelled',
        'approved draft', 'approved cancelled', 'approved live',
        'live live', 'live ended') THEN
        PERFORM promotions_refuse('only_legal_moves',
            format('A request does not go from %s to %s.', OLD.state, NEW.state));
    END IF;
    IF NEW.current_id IS DISTINCT FROM OLD.current_id AND NEW.state <> 'draft' THEN
        PERFORM promotions_refuse('new_content_is_a_draft', 'New content makes the request a draft again.');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER moves BEFORE INSERT OR UPDATE ON promotions_promotionrequest
    FOR EACH ROW EXECUTE FUNCTION promotions_request_moves();
"""

MOVES_REVERSED = """
DROP TRIGGER moves ON promotions_promotionrequest;
DROP FUNCTION promotions_request_moves();
"""

SECOND_PERSON = """
CREATE FUNCTION promotions_wrote(request bigint, person bigint) RETURNS boolean LANGUAGE sql AS $$
    SELECT EXISTS (
        SELECT 1 FROM accounts_user me JOIN accounts_user writer ON writer.person_id = me.person_id
        WHERE me.id = person AND (
            writer.id IN (SELECT edited_by_id FROM promotions_revision WHERE request_id = request)
            OR writer.id IN (SELECT created_by_id FROM promotions_promotionrequest WHERE id = request)
            OR writer.id IN (SELECT submitted_by_id FROM promotions_promotionrequest WHERE id = request)))
$$;

CREATE FUNCTION promotions_decision_rules() RETURNS trigger LANGUAGE plpgsql AS $$
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

CREATE FUNCTION promotions_activation_rules() RETURNS trigger LANGUAGE plpgsql AS $$
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
            PERFORM promotions_refuse('the_newest_content_goes_live', 'The newest revision goes live, no other.');
        END IF;
        IF promotions_wrote(NEW.request_id, NEW.approver_id) THEN
            PERFORM promotions_refuse('a_second_human_approved', 'The approver also wrote the request.');
        END IF;
        IF NOT accounts_holds_role(NEW.approver_id, asked.store_id, 'supervisor') THEN
            PERFORM promotions_refuse('the_approver_still_counts',
                'The approver is no longer an active supervisor of the store.');
        END IF;
        IF NOT accounts_holds_role(NEW.live_by_id, asked.store_id, 'operator') THEN
            PERFORM promotions_refuse('an_operator_marks_live', 'Only an active operator of the store marks live.');
        END IF;
    END IF;
    IF NEW.verified_by_id IS NOT NULL AND (TG_OP = 'INSERT' OR OLD.verified_by_id IS NULL) THEN
        IF EXISTS (SELECT 1 FROM accounts_user a JOIN accounts_user b USING (person_id)
                   WHERE a.id = NEW.verified_by_id AND b.id = NEW.live_by_id) THEN
            PERFORM promotions_refuse('another_human_verifies', 'Who marked it live does not verify it.');
        END IF;
        IF NOT accounts_holds_role(NEW.verified_by_id, asked.store_id, 'supervisor') THEN
            PERFORM promotions_refuse('a_supervisor_verifies', 'Only an active supervisor of the store verifies.');
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

CONTENT = """
CREATE FUNCTION promotions_content(body bytea) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT convert_from(body, 'UTF8')::jsonb
$$;

CREATE FUNCTION promotions_revision_rules() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    content jsonb := promotions_content(NEW.body);
    asked promotions_promotionrequest;
BEGIN
    SELECT * INTO asked FROM promotions_promotionrequest WHERE id = NEW.request_id FOR UPDATE;
    IF asked.state NOT IN ('draft', 'in_review', 'approved') THEN
        PERFORM promotions_refuse('what_ran_is_not_rewritten',
            format('A request that is %s takes no new content.', asked.state));
    END IF;
    IF NEW.number <> 1 + (SELECT count(*) FROM promotions_revision WHERE request_id = NEW.request_id) THEN
        PERFORM promotions_refuse('revisions_count_up', 'Revisions are numbered without gaps.');
    END IF;
    IF (content->>'kind', content->>'title', (content->>'starts_at')::timestamptz,
        (content->>'ends_at')::timestamptz)
        IS DISTINCT FROM (NEW.kind::text, NEW.title::text, NEW.starts_at, NEW.ends_at) THEN
        PERFORM promotions_refuse('columns_repeat_the_content', 'Kind, title and window are those of the content.');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rules BEFORE INSERT ON promotions_revision
    FOR EACH ROW EXECUTE FUNCTION promotions_revision_rules();

CREATE FUNCTION promotions_revision_is_whole() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM promotions_promotionrequest WHERE id = NEW.request_id AND current_id = NEW.id)
        AND NOT EXISTS (SELECT 1 FROM promotions_revision
                        WHERE request_id = NEW.request_id AND number > NEW.number) THEN
        PERFORM promotions_refuse('the_newest_revision_is_current', 'The newest revision is the current one.');
    END IF;
    IF (SELECT coalesce(jsonb_agg(p.asin ORDER BY p.asin COLLATE "C"), '[]'::jsonb)
        FROM promotions_revisionproduct r JOIN catalog_product p ON p.id = r.product_id
        WHERE r.revision_id = NEW.id)
        IS DISTINCT FROM promotions_content(NEW.body)->'covered' THEN
        PERFORM promotions_refuse('rows_repeat_the_content', 'The products are those of the content.');
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER whole AFTER INSERT ON promotions_revision
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION promotions_revision_is_whole();

CREATE FUNCTION promotions_products_of_the_content() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM added a
        JOIN promotions_revision r ON r.id = a.revision_id
        JOIN promotions_promotionrequest q ON q.id = r.request_id
        JOIN catalog_product p ON p.id = a.product_id
        WHERE p.store_id <> q.store_id OR NOT (promotions_content(r.body)->'covered') ? p.asin) THEN
        PERFORM promotions_refuse('rows_repeat_the_content', 'The products are those of the content.');
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER of_the_content AFTER INSERT ON promotions_revisionproduct REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION promotions_products_of_the_content();
"""

CONTENT_REVERSED = """
DROP TRIGGER of_the_content ON promotions_revisionproduct;
DROP FUNCTION promotions_products_of_the_content();
DROP TRIGGER whole ON promotions_revision;
DROP FUNCTION promotions_revision_is_whole();
DROP TRIGGER rules ON promotions_revision;
DROP FUNCTION promotions_revision_rules();
DROP FUNCTION promotions_content(bytea);
"""

# The state is what people filter by; these hold it to the rows that make it true, and to the history.
STATE_IS_TRUE = """
CREATE FUNCTION promotions_holds_all_products(request bigint, revision bigint) RETURNS boolean LANGUAGE sql AS $$
    SELECT NOT EXISTS (
        SELECT 1 FROM promotions_revisionproduct wanted
        WHERE wanted.revision_id = revision AND NOT EXISTS (
            SELECT 1 FROM promotions_reservation r
            WHERE r.request_id = request AND r.revision_id = revision
                AND r.product_id = wanted.product_id AND r.held))
$$;

CREATE FUNCTION promotions_check_state(request bigint) RETURNS void LANGUAGE plpgsql AS $$
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
    IF asked.state IN ('approved', 'live') AND NOT promotions_holds_all_products(request, asked.current_id) THEN
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

CREATE FUNCTION promotions_request_is_true() RETURNS trigger LANGUAGE plpgsql AS $$
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

CREATE FUNCTION promotions_deed_is_true() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM audit_entry e JOIN promotions_promotionrequest q ON q.id = e.subject_id AND q.step = e.step
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

# Statement triggers: a request of 8,000 products inserts some 24,000 rows, and one check is enough for them.
RESERVATIONS = """
CREATE FUNCTION promotions_reserving() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM (SELECT DISTINCT request_id, revision_id FROM added) a
        JOIN promotions_promotionrequest q ON q.id = a.request_id
        WHERE q.state NOT IN ('approved', 'live', 'ended') OR q.current_id <> a.revision_id) THEN
        PERFORM promotions_refuse('only_approved_ones_hold_products',
            'Only an approved request holds products, for its newest content.');
    END IF;
    IF EXISTS (
        SELECT 1 FROM added a WHERE NOT EXISTS (
            SELECT 1 FROM promotions_revisionproduct r
            WHERE r.revision_id = a.revision_id AND r.product_id = a.product_id)) THEN
        PERFORM promotions_refuse('it_holds_its_own_products', 'A request holds the products of its content.');
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER reserving AFTER INSERT ON promotions_reservation REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION promotions_reserving();

CREATE FUNCTION promotions_releasing() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    touched bigint;
BEGIN
    IF EXISTS (
        SELECT 1 FROM before_it b JOIN after_it a ON a.id = b.id
        WHERE a.held OR NOT b.held OR (to_jsonb(a) - 'held') <> (to_jsonb(b) - 'held'))
        OR (SELECT count(*) FROM before_it) <>
           (SELECT count(*) FROM before_it b JOIN after_it a ON a.id = b.id) THEN
        PERFORM promotions_refuse('a_reservation_is_only_released', 'A reservation can only be released, once.');
    END IF;
    FOR touched IN
        SELECT DISTINCT a.request_id FROM after_it a JOIN promotions_promotionrequest q ON q.id = a.request_id
        WHERE q.state IN ('approved', 'live')
    LOOP
        PERFORM promotions_check_state(touched);
    END LOOP;
    RETURN NULL;
END $$;
CREATE TRIGGER releasing AFTER UPDATE ON promotions_reservation
    REFERENCING OLD TABLE AS before_it NEW TABLE AS after_it
    FOR EACH STATEMENT EXECUTE FUNCTION promotions_releasing();
"""

RESERVATIONS_REVERSED = """
DROP TRIGGER releasing ON promotions_reservation;
DROP FUNCTION promotions_releasing();
DROP TRIGGER reserving ON promotions_reservation;
DROP FUNCTION promotions_reserving();
"""

# Overlap look-ups by product go through group 0; releasing goes by request.
LOOK_UPS = """
CREATE INDEX reservation_presence ON promotions_reservation USING gist (product_id, danger)
    WHERE held AND conflict_group = 0;
"""
LOOK_UPS_REVERSED = "DROP INDEX reservation_presence;"


def least_privileges(apps, schema_editor):
    """Leave the application's role only what the workflow writes."""
    role = settings.DATABASE_APP_ROLE
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        if cursor.fetchone() is None:
            return
    to = schema_editor.connection.ops.quote_name(role)
    for table in _KEPT:
        schema_editor.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {to}")
    schema_editor.execute(
        "GRANT UPDATE (state, step, current_id, submitted_at, submitted_by_id, reasons) "
        f"ON promotions_promotionrequest TO {to}"
    )
    schema_editor.execute(f"GRANT UPDATE (valid, voided_at, voided_by_id) ON promotions_decision TO {to}")
    schema_editor.execute(f"GRANT UPDATE (held) ON promotions_reservation TO {to}")
    schema_editor.execute(
        "GRANT UPDATE (verified_at, verified_by_id, second_look, stopped_at, stopped_by_id) "
        f"ON promotions_activation TO {to}"
    )


class Migration(migrations.Migration):
    dependencies = [
        ("promotions", "0001_initial"),
        ("accounts", "0001_initial"),
        ("audit", "0001_initial"),
        ("catalog", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL(REFERENCES_START_AT_1001, migrations.RunSQL.noop),
        migrations.RunSQL(COMPOSITE_KEYS, COMPOSITE_KEYS_REVERSED),
        migrations.RunSQL(REFUSE, REFUSE_REVERSED),
        migrations.RunSQL(KEPT, KEPT_REVERSED),
        migrations.RunSQL(MOVES, MOVES_REVERSED),
        migrations.RunSQL(SECOND_PERSON, SECOND_PERSON_REVERSED),
        migrations.RunSQL(CONTENT, CONTENT_REVERSED),
        migrations.RunSQL(STATE_IS_TRUE, STATE_IS_TRUE_REVERSED),
        migrations.RunSQL(RESERVATIONS, RESERVATIONS_REVERSED),
        migrations.RunSQL(LOOK_UPS, LOOK_UPS_REVERSED),
        migrations.RunPython(least_privileges, migrations.RunPython.noop),
    ]
