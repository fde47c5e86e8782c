"""The database's own account: each statement that changes a followed table is an entry, whoever ran it."""

from django.db import migrations, models

# A follower that could be switched off by `SET session_replication_role` would be switched off.
ALWAYS = """
ALTER TABLE audit_entry ENABLE ALWAYS TRIGGER of_its_transaction, ENABLE ALWAYS TRIGGER mentions,
    ENABLE ALWAYS TRIGGER sealed_at_commit, ENABLE ALWAYS TRIGGER kept;
ALTER TABLE audit_link ENABLE ALWAYS TRIGGER kept, ENABLE ALWAYS TRIGGER by_the_commit;
ALTER TABLE audit_mention ENABLE ALWAYS TRIGGER kept, ENABLE ALWAYS TRIGGER by_the_entry;
"""
ALWAYS_REVERSED = ALWAYS.replace("ENABLE ALWAYS", "ENABLE")

# What a row holds, as JSON: without what nobody may read back (passwords, keys) or what people may have
# removed (names), and with canonical JSON as the text that it is.
PLAIN = """
CREATE FUNCTION audit_plain(held jsonb, left_out text[], readable text) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN readable = '' THEN held - left_out
        ELSE jsonb_set(held - left_out, ARRAY[readable],
                       to_jsonb(convert_from(decode(substr(held ->> readable, 3), 'hex'), 'UTF8'))) END
$$;
CREATE FUNCTION audit_without(held jsonb, other jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT jsonb_object_agg(name, value) FROM jsonb_each(held) AS parts (name, value)
    WHERE other -> name IS DISTINCT FROM value
$$;
"""
PLAIN_REVERSED = """
DROP FUNCTION audit_without(jsonb, jsonb);
DROP FUNCTION audit_plain(jsonb, text[], text);
"""

# Of a new row all is told, of a removed one what it held, of a changed one what differs. A thousand rows are
# one entry: a link for each would make a bulk statement a hundred times slower.
TELL = """
INSERT INTO audit_entry (at, event, outcome, actor_name, store_name, subject_type, subject,
                         asins, state_before, state_after, before, after, why, address, user_agent)
SELECT clock_timestamp(), 'rows.changed', 'done', session_user, '', {relation},
    CASE WHEN min(request) = max(request) AND count(request) = count(*) THEN 'PR-' || min(request)
         WHEN count(*) = 1 THEN min(key) ELSE '' END,
    '{{}}', '', '',
    coalesce(jsonb_object_agg(key, was) FILTER (WHERE was IS NOT NULL), '{{}}'),
    coalesce(jsonb_object_agg(key, is_now) FILTER (WHERE is_now IS NOT NULL), '{{}}'),
    {why}, coalesce(host(inet_client_addr()), ''), left(current_setting('application_name'), 200)
FROM (
    SELECT coalesce(n.plain, o.plain) ->> {key}, coalesce(n.plain, o.plain) ->> {request},
        CASE WHEN n.plain IS NULL THEN o.plain ELSE audit_without(o.plain, n.plain) END,
        CASE WHEN o.plain IS NULL THEN n.plain ELSE audit_without(n.plain, o.plain) END,
        row_number() OVER () - 1
    FROM {rows} WHERE o.plain IS DISTINCT FROM n.plain
) AS changed (key, request, was, is_now, place)
GROUP BY place / 1000 ORDER BY place / 1000
"""
OF_A_TRIGGER = {
    "relation": "TG_TABLE_NAME",
    "why": "''",
    "key": "TG_ARGV[0]",
    "request": "TG_ARGV[1]",
}
_PLAIN = "(SELECT audit_plain(to_jsonb(r), left_out, TG_ARGV[3]) AS plain FROM {} r OFFSET 0) AS {}"
_NONE = "(SELECT NULL::jsonb AS plain) AS {}"
NEW = f"{_PLAIN.format('added', 'n')}, {_NONE.format('o')}"
GONE = f"{_PLAIN.format('removed', 'o')}, {_NONE.format('n')}"
CHANGED = (
    f"{_PLAIN.format('removed', 'o')} FULL JOIN {_PLAIN.format('added', 'n')}"
    " ON o.plain ->> TG_ARGV[0] = n.plain ->> TG_ARGV[0]"
)
WRITE = f"""
CREATE FUNCTION audit_tell_rows() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO' AS $$
DECLARE
    left_out text[] := TG_ARGV[2];
BEGIN
    IF TG_OP = 'INSERT' THEN
        {TELL.format(rows=NEW, **OF_A_TRIGGER)};
    ELSIF TG_OP = 'DELETE' THEN
        {TELL.format(rows=GONE, **OF_A_TRIGGER)};
    ELSE
        {TELL.format(rows=CHANGED, **OF_A_TRIGGER)};
    END IF;
    RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION audit_tell_rows() FROM PUBLIC;

CREATE FUNCTION audit_never_truncated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'a_followed_table_is_never_truncated',
        MESSAGE = format('TRUNCATE of %s is refused: the history follows its rows.', TG_TABLE_NAME);
END $$;
"""
WRITE_REVERSED = """
DROP FUNCTION audit_never_truncated();
DROP FUNCTION audit_tell_rows();
"""

# One line in the migration of a table is all that following it takes. What already stands there is told at
# once, so that the history alone is enough to say what stood at any instant from then on.
STANDING = TELL.format(
    relation="$1",
    why="'It stood here when the history began to follow this table.'",
    key="$2",
    request="$3",
    rows="(SELECT audit_plain(to_jsonb(r), $4, $5) AS plain FROM %I r OFFSET 0) AS n,"
    " (SELECT NULL::jsonb AS plain) AS o",
)
FOLLOW = """
CREATE FUNCTION audit_follow(relation text, key text, request text, left_out text[], readable text)
    RETURNS void LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO' AS $$
DECLARE
    told text := format('EXECUTE FUNCTION audit_tell_rows(%L, %L, %L, %L)', key, request, left_out, readable);
BEGIN
    EXECUTE format('CREATE TRIGGER told_of_new AFTER INSERT ON %I'
                   ' REFERENCING NEW TABLE AS added %s', relation, told);
    EXECUTE format('CREATE TRIGGER told_of_changed AFTER UPDATE ON %I'
                   ' REFERENCING OLD TABLE AS removed NEW TABLE AS added %s', relation, told);
    EXECUTE format('CREATE TRIGGER told_of_gone AFTER DELETE ON %I'
                   ' REFERENCING OLD TABLE AS removed %s', relation, told);
    EXECUTE format('CREATE TRIGGER truncated_never BEFORE TRUNCATE ON %I'
                   ' EXECUTE FUNCTION audit_never_truncated()', relation);
    EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER told_of_new, ENABLE ALWAYS TRIGGER told_of_changed,'
                   ' ENABLE ALWAYS TRIGGER told_of_gone, ENABLE ALWAYS TRIGGER truncated_never', relation);
    EXECUTE format($tell${STANDING}$tell$, relation) USING relation, key, request, left_out, readable;
END $$;
REVOKE EXECUTE ON FUNCTION audit_follow(text, text, text, text[], text) FROM PUBLIC;

CREATE FUNCTION audit_unfollow(relation text) RETURNS void LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    follower text;
BEGIN
    FOREACH follower IN ARRAY ARRAY['told_of_new', 'told_of_changed', 'told_of_gone', 'truncated_never'] LOOP
        EXECUTE format('DROP TRIGGER %I ON %I', follower, relation);
    END LOOP;
END $$;
REVOKE EXECUTE ON FUNCTION audit_unfollow(text) FROM PUBLIC;
"""
FOLLOW = FOLLOW.replace("{STANDING}", STANDING)
FOLLOW_REVERSED = """
DROP FUNCTION audit_unfollow(text);
DROP FUNCTION audit_follow(text, text, text, text[], text);
"""

# The same hash as before in one expression: calling audit_framed for each field took a third of the seal.
_FRAMED = "coalesce(int4send(octet_length({0})) || {0}, '\\xffffffff'::bytea)"


def _framed(bytes_of_field):
    return _FRAMED.format(bytes_of_field)


def _text(value):
    return _framed(f"convert_to({value}, 'UTF8')")


def _instant(value):
    return _text(f"((extract(epoch FROM {value}) * 1000000)::bigint)::text")


FIELDS = " || ".join(
    [_instant("sealed"), _text("e.id::text"), _instant("e.at"), _text("e.txid::text")]
    + [_text(f"e.{field}") for field in ("event", "outcome")]
    + [_text("e.actor_id::text"), _text("e.actor_name"), _text("e.actor_person::text")]
    + [_text("e.store_id::text"), _text("e.store_name"), _text("e.subject_type")]
    + [_text("e.subject_id::text"), _text("e.subject"), "audit_framed(e.asins)", _text("e.step::text")]
    + [_text(f"e.{field}") for field in ("state_before", "state_after")]
    + [_text("e.before::text"), _text("e.after::text"), _text("e.why")]
    + [_framed("e.revision_digest"), _framed("e.report_digest"), _text("e.address"), _text("e.user_agent")]
)
HASH = f"""
CREATE OR REPLACE FUNCTION audit_row_hash(prev bytea, seq bigint, sealed timestamptz, e audit_entry)
    RETURNS bytea LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN sha256('\\x01'::bytea || prev || int8send(seq) || {FIELDS});
END $$;
"""

# The hash stands alone: an expression of its own is prepared once in a transaction, not with every entry.
SEAL = """
CREATE OR REPLACE FUNCTION audit_seal() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    last audit_link;
    clock timestamptz;
    hash bytea;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('promoflow history', 0));
    SELECT * INTO last FROM audit_link ORDER BY seq DESC LIMIT 1;
    IF NOT FOUND THEN
        last.seq := 0;
        last.row_hash := sha256('promoflow history 1'::bytea);
    END IF;
    clock := clock_timestamp();
    hash := audit_row_hash(last.row_hash, last.seq + 1, clock, NEW);
    INSERT INTO audit_link (seq, entry_id, sealed, prev_hash, row_hash)
        VALUES (last.seq + 1, NEW.id, clock, last.row_hash, hash);
    RETURN NULL;
END $$;
"""

# The application adds entries of its own, but cannot speak as the database: the triggers run as the owner.
ONLY_THE_DATABASE = """
CREATE OR REPLACE FUNCTION audit_entry_is_of_its_transaction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.event = 'rows.changed' AND current_user <> (
        SELECT pg_catalog.pg_get_userbyid(relowner) FROM pg_catalog.pg_class WHERE oid = TG_RELID) THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'only_the_database_tells_of_rows',
            MESSAGE = 'An entry rows.changed is refused: the database writes it itself.';
    END IF;
    NEW.txid := pg_current_xact_id()::text::bigint;
    RETURN NEW;
END $$;
"""
ONLY_THE_DATABASE_REVERSED = """
CREATE OR REPLACE FUNCTION audit_entry_is_of_its_transaction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.txid := pg_current_xact_id()::text::bigint;
    RETURN NEW;
END $$;
"""

PEOPLES = models.Q(("event", "rows.changed"), _negated=True)


def _narrowed(name, *fields, also=None):
    """An index of the history page, from now on without the database's own entries."""
    condition = PEOPLES & also if also else PEOPLES
    return [
        migrations.RemoveIndex("entry", name),
        migrations.AddIndex("entry", models.Index(fields=fields, condition=condition, name=name)),
    ]


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_append_only_chain")]

    operations = [
        *_narrowed("entry_by_store", "store_id", "at", "id"),
        *_narrowed("entry_by_actor", "store_id", "actor", "at", "id"),
        *_narrowed("entry_by_event", "store_id", "event", "at", "id"),
        *_narrowed("entry_by_reference", "store_id", "subject", "at", "id"),
        migrations.RemoveIndex("entry", "entry_actor"),
        migrations.AddIndex(
            "entry",
            models.Index(fields=["actor"], condition=models.Q(("actor__isnull", False)), name="entry_actor"),
        ),
        migrations.AddIndex(
            "entry",
            models.Index(
                fields=["subject_type", "subject", "id"],
                condition=models.Q(("event", "rows.changed")),
                name="entry_of_rows",
            ),
        ),
        migrations.RunSQL(ALWAYS, ALWAYS_REVERSED),
        migrations.RunSQL(PLAIN, PLAIN_REVERSED),
        migrations.RunSQL(WRITE, WRITE_REVERSED),
        migrations.RunSQL(FOLLOW, FOLLOW_REVERSED),
        migrations.RunSQL(HASH, migrations.RunSQL.noop),
        migrations.RunSQL(SEAL, migrations.RunSQL.noop),
        migrations.RunSQL(ONLY_THE_DATABASE, ONLY_THE_DATABASE_REVERSED),
    ]
