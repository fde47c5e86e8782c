"""What the database itself holds of the history: it only grows, and each commit chains what it adds."""

from django.conf import settings
from django.db import migrations

# The application may claim an instant, but not another transaction: the trigger that refuses a state change
# without its entry looks for one of the same transaction.
TXID = """
CREATE FUNCTION audit_entry_is_of_its_transaction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.txid := pg_current_xact_id()::text::bigint;
    RETURN NEW;
END $$;
CREATE TRIGGER of_its_transaction BEFORE INSERT ON audit_entry
    FOR EACH ROW EXECUTE FUNCTION audit_entry_is_of_its_transaction();
"""
TXID_REVERSED = """
DROP TRIGGER of_its_transaction ON audit_entry;
DROP FUNCTION audit_entry_is_of_its_transaction();
"""

MENTIONS = """
CREATE FUNCTION audit_note_mentions() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO audit_mention (store_id, asin, at, entry_id)
        SELECT DISTINCT NEW.store_id, asin, NEW.at, NEW.id FROM unnest(NEW.asins) AS asin;
    RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION audit_note_mentions() FROM PUBLIC;
CREATE TRIGGER mentions AFTER INSERT ON audit_entry
    FOR EACH ROW WHEN (NEW.store_id IS NOT NULL AND NEW.asins <> '{}') EXECUTE FUNCTION audit_note_mentions();
"""
MENTIONS_REVERSED = """
DROP TRIGGER mentions ON audit_entry;
DROP FUNCTION audit_note_mentions();
"""

# promoflow/audit/chain.py computes the same in Python; a test holds the two together.
HASH = """
CREATE FUNCTION audit_framed(value bytea) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN value IS NULL THEN '\\xffffffff'::bytea ELSE int4send(length(value)) || value END
$$;
CREATE FUNCTION audit_framed(value text) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT audit_framed(convert_to(value, 'UTF8'))
$$;
CREATE FUNCTION audit_framed(value bigint) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT audit_framed(convert_to(value::text, 'UTF8'))
$$;
CREATE FUNCTION audit_framed(value timestamptz) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT audit_framed((extract(epoch FROM value) * 1000000)::bigint)
$$;
CREATE FUNCTION audit_framed(value text[]) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT audit_framed(coalesce(string_agg(audit_framed(part), ''::bytea ORDER BY place), ''::bytea))
    FROM unnest(value) WITH ORDINALITY AS parts (part, place)
$$;

CREATE FUNCTION audit_row_hash(prev bytea, seq bigint, sealed timestamptz, e audit_entry) RETURNS bytea
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT sha256(
        '\\x01'::bytea || prev || int8send(seq) || audit_framed(sealed)
        || audit_framed(e.id) || audit_framed(e.at) || audit_framed(e.txid)
        || audit_framed(e.event) || audit_framed(e.outcome)
        || audit_framed(e.actor_id) || audit_framed(e.actor_name) || audit_framed(e.actor_person::text)
        || audit_framed(e.store_id) || audit_framed(e.store_name)
        || audit_framed(e.subject_type) || audit_framed(e.subject_id) || audit_framed(e.subject)
        || audit_framed(e.asins) || audit_framed(e.step)
        || audit_framed(e.state_before) || audit_framed(e.state_after)
        || audit_framed(e.before::text) || audit_framed(e.after::text) || audit_framed(e.why)
        || audit_framed(e.revision_digest) || audit_framed(e.report_digest)
        || audit_framed(e.address) || audit_framed(e.user_agent))
$$;
"""
HASH_REVERSED = """
DROP FUNCTION audit_row_hash(bytea, bigint, timestamptz, audit_entry);
DROP FUNCTION audit_framed(text[]);
DROP FUNCTION audit_framed(timestamptz);
DROP FUNCTION audit_framed(bigint);
DROP FUNCTION audit_framed(text);
DROP FUNCTION audit_framed(bytea);
"""

# At COMMIT, under one lock that only the commit itself holds: the places have no gap, and their order is the
# order of the commits. The last link is read by key; a counter row would pile up dead versions.
SEAL = """
CREATE FUNCTION audit_seal() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    last audit_link;
    clock timestamptz;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('promoflow history', 0));
    SELECT * INTO last FROM audit_link ORDER BY seq DESC LIMIT 1;
    IF NOT FOUND THEN
        last.seq := 0;
        last.row_hash := sha256('promoflow history 1'::bytea);
    END IF;
    clock := clock_timestamp();
    INSERT INTO audit_link (seq, entry_id, sealed, prev_hash, row_hash)
        VALUES (last.seq + 1, NEW.id, clock, last.row_hash,
                audit_row_hash(last.row_hash, last.seq + 1, clock, NEW));
    RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION audit_seal() FROM PUBLIC;
CREATE CONSTRAINT TRIGGER sealed_at_commit AFTER INSERT ON audit_entry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_seal();
"""
SEAL_REVERSED = """
DROP TRIGGER sealed_at_commit ON audit_entry;
DROP FUNCTION audit_seal();
"""

APPEND_ONLY = """
CREATE FUNCTION audit_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'history_only_grows',
        MESSAGE = format('%s in %s is refused: the history only grows.', TG_OP, TG_TABLE_NAME);
END $$;
CREATE TRIGGER kept BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry
    FOR EACH STATEMENT EXECUTE FUNCTION audit_keep();
CREATE TRIGGER kept BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_link
    FOR EACH STATEMENT EXECUTE FUNCTION audit_keep();
CREATE TRIGGER kept BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_mention
    FOR EACH STATEMENT EXECUTE FUNCTION audit_keep();

CREATE FUNCTION audit_only_the_commit_writes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF pg_trigger_depth() < 2 THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'only_the_commit_writes',
            MESSAGE = format('INSERT in %s is refused: the database writes it itself.', TG_TABLE_NAME);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER by_the_commit BEFORE INSERT ON audit_link
    FOR EACH STATEMENT EXECUTE FUNCTION audit_only_the_commit_writes();
CREATE TRIGGER by_the_entry BEFORE INSERT ON audit_mention
    FOR EACH STATEMENT EXECUTE FUNCTION audit_only_the_commit_writes();
"""
APPEND_ONLY_REVERSED = """
DROP TRIGGER by_the_entry ON audit_mention;
DROP TRIGGER by_the_commit ON audit_link;
DROP FUNCTION audit_only_the_commit_writes();
DROP TRIGGER kept ON audit_mention;
DROP TRIGGER kept ON audit_link;
DROP TRIGGER kept ON audit_entry;
DROP FUNCTION audit_keep();
"""


def leave_the_application_its_part(apps, schema_editor):
    """The application's role reads the history and adds entries; the database writes the rest by itself."""
    with schema_editor.connection.cursor() as cursor:
        role = settings.DATABASE_APP_ROLE
        cursor.execute("SELECT FROM pg_roles WHERE rolname = %s AND NOT rolsuper", [role])
        if cursor.fetchone() is None:
            return
        name = schema_editor.quote_name(role)
        cursor.execute(f"REVOKE ALL ON audit_entry, audit_link, audit_mention FROM {name}")
        cursor.execute(f"GRANT SELECT ON audit_entry, audit_link, audit_mention TO {name}")
        cursor.execute(f"GRANT INSERT ON audit_entry TO {name}")


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [
        migrations.RunSQL(TXID, TXID_REVERSED),
        migrations.RunSQL(MENTIONS, MENTIONS_REVERSED),
        migrations.RunSQL(HASH, HASH_REVERSED),
        migrations.RunSQL(SEAL, SEAL_REVERSED),
        migrations.RunSQL(APPEND_ONLY, APPEND_ONLY_REVERSED),
        migrations.RunPython(leave_the_application_its_part, migrations.RunPython.noop),
    ]
