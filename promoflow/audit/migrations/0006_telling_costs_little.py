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

# Nearly every statement changes one row, and what joins, numbers and groups many is dear for one. Two are
# read to know whether it is one.
_SOME_ROWS = "ARRAY(SELECT audit_plain(to_jsonb(r), left_out, TG_ARGV[3]) FROM {} r LIMIT 2)"
_REMOVED, _ADDED = _SOME_ROWS.format("removed"), _SOME_ROWS.format("added")
_ONE_ROW = """
    IF TG_OP = 'UPDATE' THEN
        SELECT jsonb_object_agg(name, old_row -> name), jsonb_object_agg(name, value) INTO old_row, new_row
            FROM jsonb_each(new_row) AS parts (name, value) WHERE old_row -> name IS DISTINCT FROM value;
    END IF;
    IF old_row IS NULL AND new_row IS NULL THEN
        RETURN NULL;
    END IF;
    INSERT INTO audit_entry (at, event, outcome, actor_name, store_name, subject_type, subject,
                             asins, state_before, state_after, before, after, why, address, user_agent)
    VALUES (clock_timestamp(), 'rows.changed', 'done', session_user, '', TG_TABLE_NAME,
            coalesce('PR-' || row_request, row_key), '{}', '', '',
            CASE WHEN old_row IS NULL THEN '{}' ELSE jsonb_build_object(row_key, old_row) END,
            CASE WHEN new_row IS NULL THEN '{}' ELSE jsonb_build_object(row_key, new_row) END,
            '', coalesce(host(inet_client_addr()), ''), left(current_setting('application_name'), 200));
"""
WRITE = f"""
CREATE OR REPLACE FUNCTION audit_tell_rows() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
    SET timezone = 'UTC' SET datestyle = 'ISO' SET bytea_output = 'hex' AS $$
DECLARE
    left_out text[] := TG_ARGV[2];
    old_rows jsonb[];
    new_rows jsonb[];
    old_row jsonb;
    new_row jsonb;
    row_key text;
    row_request text;
BEGIN
    IF TG_OP = 'INSERT' THEN
        new_rows := {_ADDED};
    ELSIF TG_OP = 'DELETE' THEN
        old_rows := {_REMOVED};
    ELSE
        SELECT {_REMOVED}, {_ADDED} INTO old_rows, new_rows;
    END IF;
    old_row := old_rows[1];
    new_row := new_rows[1];
    row_key := coalesce(new_row, old_row) ->> TG_ARGV[0];
    row_request := coalesce(new_row, old_row) ->> TG_ARGV[1];
    IF cardinality(old_rows) > 1 OR cardinality(new_rows) > 1 OR old_row ->> TG_ARGV[0] <> row_key THEN
        IF TG_OP = 'INSERT' THEN
            {_TOLD.TELL.format(rows=_TOLD.NEW, **_TOLD.OF_A_TRIGGER)};
        ELSIF TG_OP = 'DELETE' THEN
            {_TOLD.TELL.format(rows=_TOLD.GONE, **_TOLD.OF_A_TRIGGER)};
        ELSE
            {_TOLD.TELL.format(rows=_TOLD.CHANGED, **_TOLD.OF_A_TRIGGER)};
        END IF;
        RETURN NULL;
    END IF;
    {_ONE_ROW}
    RETURN NULL;
END $$;
"""
WRITE_REVERSED = _again(_until(_TOLD.WRITE, "REVOKE EXECUTE"))

# The same hash as before, from less of an expression: what is never NULL needs no word for it, each JSON is
# printed once, and a long one is not copied for each field behind it.
_SOME = "int4send(octet_length({0})) || {0}"
_FRAMED = f"coalesce({_SOME}, '\\xffffffff'::bytea)"


def _text(*values, form=_SOME):
    return " || ".join(form.format(f"convert_to({value}, 'UTF8')") for value in values)


def _number(*values, form=_SOME):
    return _text(*(f"{value}::text" for value in values), form=form)


def _instant(value):
    return _number(f"((extract(epoch FROM {value}) * 1000000)::bigint)")


HEAD = (
    _instant("sealed"),
    _number("e.id"),
    _instant("e.at"),
    _number("e.txid"),
    _text("e.event", "e.outcome"),
    _number("e.actor_id", form=_FRAMED),
    _text("e.actor_name"),
    _number("e.actor_person", "e.store_id", form=_FRAMED),
    _text("e.store_name", "e.subject_type"),
    _number("e.subject_id", form=_FRAMED),
    _text("e.subject"),
    "CASE e.asins WHEN '{}' THEN '\\x00000000'::bytea ELSE audit_framed(e.asins) END",
    _number("e.step", form=_FRAMED),
    _text("e.state_before", "e.state_after"),
)
TAIL = (
    _text("e.why"),
    _FRAMED.format("e.revision_digest"),
    _FRAMED.format("e.report_digest"),
    _text("e.address", "e.user_agent"),
)
HASH = f"""
CREATE OR REPLACE FUNCTION audit_row_hash(prev bytea, seq bigint, sealed timestamptz, e audit_entry)
    RETURNS bytea LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    was bytea := convert_to(e.before::text, 'UTF8');
    is_now bytea := convert_to(e.after::text, 'UTF8');
BEGIN
    RETURN sha256(('\\x01'::bytea || prev || int8send(seq) || {" || ".join(HEAD)})
        || ({_SOME.format("was")}) || ({_SOME.format("is_now")}) || ({" || ".join(TAIL)}));
END $$;
"""

# The lock is taken by an assignment, which runs no query. Where the history was short when this was planned,
# a scan of all of it looked cheaper than its index.
SEAL = """
CREATE OR REPLACE FUNCTION audit_seal() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off AS $$
DECLARE
    alone CONSTANT text := pg_advisory_xact_lock(hashtextextended('promoflow history', 0));
    place bigint;
    previous bytea;
    clock timestamptz;
    hash bytea;
BEGIN
    SELECT seq, row_hash INTO place, previous FROM audit_link ORDER BY seq DESC LIMIT 1;
    IF NOT FOUND THEN
        place := 0;
        previous := sha256('promoflow history 1'::bytea);
    END IF;
    place := place + 1;
    clock := clock_timestamp();
    hash := audit_row_hash(previous, place, clock, NEW);
    INSERT INTO audit_link (seq, entry_id, sealed, prev_hash, row_hash)
        VALUES (place, NEW.id, clock, previous, hash);
    RETURN NULL;
END $$;
"""
SEAL_REVERSED = "ALTER FUNCTION audit_seal() RESET enable_seqscan;" + _TOLD.SEAL

# Whoever may empty the history is its owner. To ask so takes no query, to look its owner up takes one.
ONLY_THE_DATABASE = """
CREATE OR REPLACE FUNCTION audit_entry_is_of_its_transaction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.event = 'rows.changed' AND NOT has_table_privilege(TG_RELID, 'TRUNCATE') THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'only_the_database_tells_of_rows',
            MESSAGE = 'An entry rows.changed is refused: the database writes it itself.';
    END IF;
    NEW.txid := pg_current_xact_id()::text::bigint;
    RETURN NEW;
END $$;
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
        migrations.RunSQL(WRITE, WRITE_REVERSED),
        migrations.RunSQL(HASH, _TOLD.HASH),
        migrations.RunSQL(SEAL, SEAL_REVERSED),
        migrations.RunSQL(ONLY_THE_DATABASE, _TOLD.ONLY_THE_DATABASE),
    ]
