"""A version is a revision of the open draft, published by a second human, recorded; and rows that stay."""

from django.conf import settings
from django.db import migrations

REFUSE = """
CREATE FUNCTION policies_refuse(rule text, sentence text) RETURNS void LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = rule, MESSAGE = sentence;
END $$;

CREATE FUNCTION policies_keep_as_written() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM policies_refuse('kept_as_it_was_written',
        format('%s in %s is refused: what is written there stays as it is.', TG_OP, TG_TABLE_NAME));
    RETURN NULL;
END $$;
CREATE TRIGGER kept BEFORE DELETE OR TRUNCATE ON policies_policydraft
    FOR EACH STATEMENT EXECUTE FUNCTION policies_keep_as_written();
CREATE TRIGGER kept BEFORE UPDATE OR DELETE OR TRUNCATE ON policies_policyrevision
    FOR EACH STATEMENT EXECUTE FUNCTION policies_keep_as_written();
"""

REFUSE_REVERSED = """
DROP TRIGGER kept ON policies_policyrevision;
DROP TRIGGER kept ON policies_policydraft;
DROP FUNCTION policies_keep_as_written();
DROP FUNCTION policies_refuse(text, text);
"""

# The rules are every store's, so a role on any one of them counts; the grant found is locked, as elsewhere.
HOLDS = """
CREATE FUNCTION policies_holds(person bigint, VARIADIC roles text[]) RETURNS boolean LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    grant_ record;
BEGIN
    FOR grant_ IN
        SELECT s.id AS store, r AS role FROM catalog_store s CROSS JOIN unnest(roles) r ORDER BY 1, 2
    LOOP
        IF accounts_holds_role(person, grant_.store, grant_.role) THEN
            RETURN true;
        END IF;
    END LOOP;
    RETURN false;
END $$;
"""

DRAFTING = """
CREATE FUNCTION policies_draft_rules() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    free text[] := ARRAY['status', 'closed_at', 'closed_by_id'];
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.status <> 'open' OR NEW.number <> 1 + (SELECT max(number) FROM policies_policyversion) THEN
            PERFORM policies_refuse('a_draft_is_of_the_next_version', 'A draft is of the next version.');
        END IF;
        IF NOT policies_holds(NEW.opened_by_id, 'manager') THEN
            PERFORM policies_refuse('a_manager_drafts', 'Only an active manager drafts the rules.');
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.status <> 'open' OR NEW.status = 'open' OR (to_jsonb(NEW) - free) <> (to_jsonb(OLD) - free) THEN
        PERFORM policies_refuse('a_draft_is_only_closed', 'A draft is closed once, no more.');
    END IF;
    IF NEW.status = 'discarded' AND NOT policies_holds(NEW.closed_by_id, 'manager') THEN
        PERFORM policies_refuse('a_manager_drafts', 'Only an active manager discards a draft.');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rules BEFORE INSERT OR UPDATE ON policies_policydraft
    FOR EACH ROW EXECUTE FUNCTION policies_draft_rules();

CREATE FUNCTION policies_revision_rules() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    draft policies_policydraft;
BEGIN
    SELECT * INTO draft FROM policies_policydraft WHERE id = NEW.draft_id FOR UPDATE;
    IF draft.status <> 'open' THEN
        PERFORM policies_refuse('what_is_closed_is_not_rewritten', 'A closed draft takes no new content.');
    END IF;
    IF NEW.number <> 1 + (SELECT count(*) FROM policies_policyrevision WHERE draft_id = NEW.draft_id) THEN
        PERFORM policies_refuse('revisions_count_up', 'Revisions are numbered without gaps.');
    END IF;
    IF (convert_from(NEW.body, 'UTF8')::jsonb->'version') IS DISTINCT FROM to_jsonb(draft.number) THEN
        PERFORM policies_refuse('a_policy_says_its_number', 'The content names the version that it becomes.');
    END IF;
    IF NOT policies_holds(NEW.edited_by_id, 'manager') THEN
        PERFORM policies_refuse('a_manager_drafts', 'Only an active manager drafts the rules.');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rules BEFORE INSERT ON policies_policyrevision
    FOR EACH ROW EXECUTE FUNCTION policies_revision_rules();
"""

DRAFTING_REVERSED = """
DROP TRIGGER rules ON policies_policyrevision;
DROP FUNCTION policies_revision_rules();
DROP TRIGGER rules ON policies_policydraft;
DROP FUNCTION policies_draft_rules();
"""

# The foreign key holds the version's bytes and its drafter to the revision; the trigger holds what a key
# cannot: that it is the newest one of the open draft, and that the publisher is a second human with the role.
PUBLISHING = """
ALTER TABLE policies_policyversion
    ADD CONSTRAINT version_is_its_revision FOREIGN KEY (revision_id, digest, drafted_by_id)
        REFERENCES policies_policyrevision (id, digest, edited_by_id);

CREATE FUNCTION policies_version_rules() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    revision policies_policyrevision;
    draft policies_policydraft;
BEGIN
    IF NEW.number = 1 THEN
        RETURN NEW;
    END IF;
    SELECT * INTO revision FROM policies_policyrevision WHERE id = NEW.revision_id;
    SELECT * INTO draft FROM policies_policydraft WHERE id = revision.draft_id FOR UPDATE;
    IF draft.status IS DISTINCT FROM 'open' OR draft.number <> NEW.number
        OR NEW.number <> 1 + (SELECT max(number) FROM policies_policyversion) THEN
        PERFORM policies_refuse('the_open_draft_is_published', 'The open draft becomes the next version.');
    END IF;
    IF revision.number <> (SELECT max(number) FROM policies_policyrevision WHERE draft_id = draft.id) THEN
        PERFORM policies_refuse('the_newest_revision_is_published', 'The newest revision is published.');
    END IF;
    IF coalesce(convert_from(NEW.body, 'UTF8')::jsonb->>'summary', '') <> NEW.summary THEN
        PERFORM policies_refuse('columns_repeat_the_content', 'The summary is that of the content.');
    END IF;
    IF EXISTS (
        SELECT 1 FROM accounts_user me JOIN accounts_user writer USING (person_id)
        WHERE me.id = NEW.published_by_id AND (writer.id = draft.opened_by_id OR writer.id IN (
            SELECT edited_by_id FROM policies_policyrevision WHERE draft_id = draft.id))) THEN
        PERFORM policies_refuse('a_second_human_publishes',
            'Who opened or edited a draft does not publish it, under no account.');
    END IF;
    IF NOT policies_holds(NEW.published_by_id, 'manager', 'supervisor') THEN
        PERFORM policies_refuse('a_manager_or_supervisor_publishes',
            'Only an active manager or supervisor of a store publishes the rules.');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rules BEFORE INSERT ON policies_policyversion
    FOR EACH ROW EXECUTE FUNCTION policies_version_rules();
"""

PUBLISHING_REVERSED = """
DROP TRIGGER rules ON policies_policyversion;
DROP FUNCTION policies_version_rules();
ALTER TABLE policies_policyversion DROP CONSTRAINT version_is_its_revision;
"""

RECORDED = """
CREATE FUNCTION policies_check_recorded(draft bigint) RETURNS void LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM audit_entry e
        WHERE e.subject_type = 'policies.policydraft' AND e.subject_id = draft
            AND e.outcome = 'done' AND e.txid = pg_current_xact_id()::text::bigint) THEN
        PERFORM policies_refuse('nothing_happens_unrecorded',
            'The rules or a draft of them changed and the history does not say so.');
    END IF;
END $$;

CREATE FUNCTION policies_draft_is_true() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM policies_check_recorded(NEW.id);
    IF NOT EXISTS (SELECT 1 FROM policies_policyrevision WHERE draft_id = NEW.id) THEN
        PERFORM policies_refuse('a_draft_has_content', 'A draft has content.');
    END IF;
    IF NEW.status = 'published' AND NOT EXISTS (
        SELECT 1 FROM policies_policyversion v JOIN policies_policyrevision r ON r.id = v.revision_id
        WHERE r.draft_id = NEW.id AND v.number = NEW.number AND v.published_by_id = NEW.closed_by_id) THEN
        PERFORM policies_refuse('a_published_draft_is_a_version', 'A published draft is a version.');
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER is_true AFTER INSERT OR UPDATE ON policies_policydraft
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION policies_draft_is_true();

CREATE FUNCTION policies_revision_is_true() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM policies_check_recorded(NEW.draft_id);
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER is_true AFTER INSERT ON policies_policyrevision
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION policies_revision_is_true();

CREATE FUNCTION policies_version_is_true() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    draft policies_policydraft;
BEGIN
    SELECT d.* INTO draft FROM policies_policydraft d JOIN policies_policyrevision r ON r.draft_id = d.id
        WHERE r.id = NEW.revision_id;
    PERFORM policies_check_recorded(draft.id);
    IF draft.status <> 'published' THEN
        PERFORM policies_refuse('a_published_draft_is_closed', 'The draft of a version is closed.');
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER is_true AFTER INSERT ON policies_policyversion
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.number > 1)
    EXECUTE FUNCTION policies_version_is_true();
"""

RECORDED_REVERSED = """
DROP TRIGGER is_true ON policies_policyversion;
DROP FUNCTION policies_version_is_true();
DROP TRIGGER is_true ON policies_policyrevision;
DROP FUNCTION policies_revision_is_true();
DROP TRIGGER is_true ON policies_policydraft;
DROP FUNCTION policies_draft_is_true();
DROP FUNCTION policies_check_recorded(bigint);
"""


def least_privileges(apps, schema_editor):
    role = settings.DATABASE_APP_ROLE
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        if cursor.fetchone() is None:
            return
    to = schema_editor.connection.ops.quote_name(role)
    for table in ("policies_policydraft", "policies_policyrevision"):
        schema_editor.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {to}")
    schema_editor.execute(f"GRANT UPDATE (status, closed_at, closed_by_id) ON policies_policydraft TO {to}")


class Migration(migrations.Migration):
    dependencies = [
        ("policies", "0003_the_next_version_is_drafted"),
        ("accounts", "0002_one_human_stays_one_and_nobody_is_deleted"),
        ("audit", "0001_initial"),
        ("catalog", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL(REFUSE, REFUSE_REVERSED),
        migrations.RunSQL(HOLDS, "DROP FUNCTION policies_holds(bigint, text[]);"),
        migrations.RunSQL(DRAFTING, DRAFTING_REVERSED),
        migrations.RunSQL(PUBLISHING, PUBLISHING_REVERSED),
        migrations.RunSQL(RECORDED, RECORDED_REVERSED),
        migrations.RunPython(least_privileges, migrations.RunPython.noop),
    ]
