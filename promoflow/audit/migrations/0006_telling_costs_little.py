"""What the history adds to a deed: less, and the same however long the history is.

A session keeps the plans of these functions. One made while the history was short must not read all of it
once it is long: so nothing here is looked up but by an index, and no foreign key looks for us.
"""

from importlib import import_module

import django.db.models.deletion
from django.db import migrations, models

_TOLD = import_module("promoflow.audit.migrations.0003_the_database_tells_what_changed")


def _again(text):
    """The SQL with which an earlier migration made functions, to replace those of now."""
    return text.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")


def _until(text, end):
    return text[: text.index(end)]


# Printing JSON is STABLE to PostgreSQL, and only a function that is no less gets planned as its expression.
PLAIN = "ALTER FUNCTION audit_plain(jsonb, text[], text) STABLE"
PLAIN_REVERSED = "ALTER FUNCTION audit_plain(jsonb, text[], text) IMMUTABLE"

# Nearly every statement changes one row, or adds a few: joining, numbering and grouping is for many.
# Each table's trigger is a function of its own to PostgreSQL, and gets ready anew in each transaction: so it
# only reads the rows, and what tells them is one for all. Ten are a few; of an update, one is.
_ROWS = "ARRAY(SELECT audit_plain(to_jsonb(r), left_out, TG_ARGV[3]) FROM {} r LIMIT 1 + 10)"
_REMOVED, _ADDED = _ROWS.format("removed"), _ROWS.format("added")
WRITE_FEW = """
CREATE FUNCTION audit_tell_few(relation text, key text, request text, old_rows jsonb[], new_rows jsonb[])
    RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    old_row jsonb := old_rows[1];
    new_row jsonb := new_rows[1];
    row_key text := coalesce(new_row, old_row) ->> key;
    called text := coalesce('PR-' || (coalesce(new_row, old_row) ->> request), row_key);
    was jsonb := '{}';
    is_now jsonb := '{}';
BEGIN
    IF old_row IS NOT NULL AND new_row IS NOT NULL THEN
        SELECT jsonb_object_agg(name, old_row -> name), jsonb_object_agg(name, value) INTO old_row, new_row
            FROM jsonb_each(new_row) AS parts (name, value) WHERE old_row -> name IS DISTINCT FROM value;
    END IF;
    IF cardinality(coalesce(new_rows, old_rows)) > 1 THEN
        SELECT jsonb_object_agg(told ->> key, told),
               CASE WHEN min(told ->> request) = max(told ->> request)
                    AND count(told ->> request) = count(*) THEN 'PR-' || min(told ->> request) ELSE '' END
            INTO is_now, called FROM unnest(coalesce(new_rows, old_rows)) AS told;
        IF new_rows IS NULL THEN
            was := is_now;
            is_now := '{}';
        END IF;
    ELSIF old_row IS NULL AND new_row IS NULL THEN
        RETURN;
    ELSE
        IF old_row IS NOT NULL THEN
            was := jsonb_build_object(row_key, old_row);
        END IF;
        IF new_row IS NOT NULL THEN
            is_now := jsonb_build_object(row_key, new_row);
        END IF;
    END IF;
    INSERT INTO audit_entry (at, event, outcome, actor_name, store_name, subject_type, subject,
                             asins, state_before, state_after, before, after, why, address, user_agent)
    VALUES (clock_timestamp(), 'rows.changed', 'done', session_user, '', relation, called, '{}', '', '',
            was, is_now, '',
            coalesce(host(inet_client_addr()), ''), left(current_setting('application_name'), 200));
END $$;
REVOKE EXECUTE ON FUNCTION audit_tell_few(text, text, text, jsonb[], jsonb[]) FROM PUBLIC;
"""
_MANY_CHANGED = "cardinality(new_rows) > 1 OR old_rows[1] ->> TG_ARGV[0] <> new_rows[1] ->> TG_ARGV[0]"


def _tell_many(rows, many):
    """Tell all of the statement's rows by one query, and be done, where they are many."""
    return f"""IF {many} THEN
            {_TOLD.TELL.format(rows=rows, **_TOLD.OF_A_TRIGGER)};
            RETURN NULL;
        END IF;"""


WRITE = f"""
CREATE OR REPLACE FUNCTION audit_tell_rows() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
    SET timezone = 'UTC' SET datestyle = 'ISO' SET bytea_output = 'hex' AS $$
DECLARE
    left_out text[] := TG_ARGV[2];
    old_rows jsonb[];
    new_rows jsonb[];
    done text;
BEGIN
    IF TG_OP = 'INSERT' THEN
        new_rows := {_ADDED};
        {_tell_many(_TOLD.NEW, "cardinality(new_rows) > 10")}
    ELSIF TG_OP = 'DELETE' THEN
        old_rows := {_REMOVED};
        {_tell_many(_TOLD.GONE, "cardinality(old_rows) > 10")}
    ELSE
        SELECT {_REMOVED}, {_ADDED} INTO old_rows, new_rows;
        {_tell_many(_TOLD.CHANGED, _MANY_CHANGED)}
    END IF;
    done := audit_tell_few(TG_TABLE_NAME, TG_ARGV[0], TG_ARGV[1], old_rows, new_rows);
    RETURN NULL;
END $$;
"""
WRITE_REVERSED = (
    _again(_until(_TOLD.WRITE, "REVOKE EXECUTE"))
    + "DROP FUNCTION audit_tell_few(text, text, text, jsonb[], jsonb[]);"
)


# The same hash as before. An array of bytes, as PostgreSQL sends it, is what we call framed: each with its
# length before it, and what is missing as -1; only its head of 20 bytes is not ours.
def _hashed(e):
    def texts(*fields):
        return ", ".join(f"convert_to({e}.{field}, 'UTF8')" for field in fields)

    def microseconds(instant):
        return f"convert_to(((extract(epoch FROM {instant}) * 1000000)::bigint)::text, 'UTF8')"

    fields = (
        microseconds("sealed"),
        texts("id::text"),
        microseconds(f"{e}.at"),
        texts("txid::text", "event", "outcome", "actor_id::text", "actor_name", "actor_person::text"),
        texts("store_id::text", "store_name", "subject_type", "subject_id::text", "subject"),
        f"CASE {e}.asins WHEN '{{}}' THEN ''::bytea ELSE substr(audit_framed({e}.asins), 5) END",
        texts("step::text", "state_before", "state_after", "before::text", "after::text", "why"),
        f"{e}.revision_digest, {e}.report_digest",
        texts("address", "user_agent"),
    )
    framed = f"substr(array_send(ARRAY[{', '.join(fields)}]), 21)"
    return f"sha256('\\x01'::bytea || prev || int8send(seq) || {framed})"


HASH = f"""
CREATE OR REPLACE FUNCTION audit_row_hash(prev bytea, seq bigint, sealed timestamptz, e audit_entry)
    RETURNS bytea LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN {_hashed("e")};
END $$;
"""

# The lock is taken by an assignment, which runs no query. Where the history was short when this was planned,
# a scan of all of it looked cheaper than its index. The hash is worked out here: a row is handed on dearly.
SEAL = """
CREATE OR REPLACE FUNCTION audit_seal() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off AS $$
DECLARE
    alone CONSTANT text := pg_advisory_xact_lock(hashtextextended('promoflow history', 0));
    seq bigint;
    prev bytea;
    sealed timestamptz;
    hash bytea;
BEGIN
    SELECT l.seq + 1, l.row_hash INTO seq, prev FROM audit_link l ORDER BY l.seq DESC LIMIT 1;
    IF NOT FOUND THEN
        seq := 1;
        prev := sha256('promoflow history 1'::bytea);
    END IF;
    sealed := clock_timestamp();
    hash := {};
    INSERT INTO audit_link (seq, entry_id, sealed, prev_hash, row_hash)
        VALUES (seq, NEW.id, sealed, prev, hash);
    RETURN NULL;
END $$;
""".replace("{}", _hashed("NEW"))
SEAL_REVERSED = "ALTER FUNCTION audit_seal() RESET enable_seqscan;" + _TOLD.SEAL

# These run where they have something to say: asking so is less than calling them. Who may empty the history
# is its owner, and no trigger is under way where somebody writes by hand.
WHERE_NEEDED = """
DROP TRIGGER of_its_transaction ON audit_entry;
CREATE TRIGGER of_its_transaction BEFORE INSERT ON audit_entry FOR EACH ROW
    WHEN (NEW.txid IS DISTINCT FROM pg_current_xact_id()::text::bigint
          OR NEW.event = 'rows.changed' AND NOT has_table_privilege('audit_entry'::regclass, 'TRUNCATE'))
    EXECUTE FUNCTION audit_entry_is_of_its_transaction();
DROP TRIGGER by_the_commit ON audit_link;
CREATE TRIGGER by_the_commit BEFORE INSERT ON audit_link FOR EACH STATEMENT
    WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION audit_only_the_commit_writes();
DROP TRIGGER by_the_entry ON audit_mention;
CREATE TRIGGER by_the_entry BEFORE INSERT ON audit_mention FOR EACH STATEMENT
    WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION audit_only_the_commit_writes();
ALTER TABLE audit_entry ENABLE ALWAYS TRIGGER of_its_transaction;
ALTER TABLE audit_link ENABLE ALWAYS TRIGGER by_the_commit;
ALTER TABLE audit_mention ENABLE ALWAYS TRIGGER by_the_entry;
"""
WHERE_NEEDED_REVERSED = """
DROP TRIGGER of_its_transaction ON audit_entry;
CREATE TRIGGER of_its_transaction BEFORE INSERT ON audit_entry
    FOR EACH ROW EXECUTE FUNCTION audit_entry_is_of_its_transaction();
DROP TRIGGER by_the_commit ON audit_link;
CREATE TRIGGER by_the_commit BEFORE INSERT ON audit_link
    FOR EACH STATEMENT EXECUTE FUNCTION audit_only_the_commit_writes();
DROP TRIGGER by_the_entry ON audit_mention;
CREATE TRIGGER by_the_entry BEFORE INSERT ON audit_mention
    FOR EACH STATEMENT EXECUTE FUNCTION audit_only_the_commit_writes();
ALTER TABLE audit_entry ENABLE ALWAYS TRIGGER of_its_transaction;
ALTER TABLE audit_link ENABLE ALWAYS TRIGGER by_the_commit;
ALTER TABLE audit_mention ENABLE ALWAYS TRIGGER by_the_entry;
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0005_saved_searches")]

    operations = [
        migrations.AlterField(
            "link",
            "entry",
            models.OneToOneField(
                db_constraint=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="link",
                to="audit.entry",
            ),
        ),
        migrations.RemoveIndex("entry", "entry_by_subject"),
        migrations.AddIndex(
            "entry",
            models.Index(
                fields=["subject_type", "subject_id", "id"],
                condition=models.Q(("subject_id__isnull", False)),
                name="entry_by_subject",
            ),
        ),
        migrations.RunSQL(PLAIN, PLAIN_REVERSED),
        migrations.RunSQL(WRITE_FEW + WRITE, WRITE_REVERSED),
        migrations.RunSQL(HASH, _TOLD.HASH),
        migrations.RunSQL(SEAL, SEAL_REVERSED),
        migrations.RunSQL(WHERE_NEEDED, WHERE_NEEDED_REVERSED),
    ]
