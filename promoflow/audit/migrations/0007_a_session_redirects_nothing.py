"""A session that looks for names elsewhere does not change what the history's functions mean by them."""

from django.db import migrations

# A trigger reads its names where its session says, unless it says itself. So `text` was another type, and an
# entry of another transaction.
OF_ITS_OWN = (
    "audit_entry_is_of_its_transaction()",
    "audit_keep()",
    "audit_never_truncated()",
    "audit_only_the_commit_writes()",
    "audit_pairs(text)",
    "audit_row_hash(bytea, bigint, timestamptz, audit_entry)",
    "audit_tell_few(text, text, text, jsonb[], jsonb[])",
)
PATHS = "".join(
    f"ALTER FUNCTION {name} SET search_path = pg_catalog, public, pg_temp;" for name in OF_ITS_OWN
)
PATHS_REVERSED = "".join(f"ALTER FUNCTION {name} RESET search_path;" for name in OF_ITS_OWN)

# A function in SQL that sets something is never planned as its expression. These are read once, here and now.
_FUNCTIONS = (
    (
        "audit_framed(value bytea) RETURNS bytea LANGUAGE sql IMMUTABLE",
        "CASE WHEN value IS NULL THEN '\\xffffffff'::bytea ELSE int4send(length(value)) || value END",
    ),
    (
        "audit_framed(value text) RETURNS bytea LANGUAGE sql IMMUTABLE",
        "audit_framed(convert_to(value, 'UTF8'))",
    ),
    (
        "audit_framed(value bigint) RETURNS bytea LANGUAGE sql IMMUTABLE",
        "audit_framed(convert_to(value::text, 'UTF8'))",
    ),
    (
        "audit_framed(value timestamptz) RETURNS bytea LANGUAGE sql IMMUTABLE",
        "audit_framed((extract(epoch FROM value) * 1000000)::bigint)",
    ),
    (
        "audit_framed(value text[]) RETURNS bytea LANGUAGE sql IMMUTABLE",
        "(SELECT audit_framed(coalesce(string_agg(audit_framed(part), ''::bytea ORDER BY place), ''::bytea))"
        " FROM unnest(value) WITH ORDINALITY AS parts (part, place))",
    ),
    (
        "audit_searched(why text, subject text, actor_name text, before jsonb, after jsonb)"
        " RETURNS text LANGUAGE sql IMMUTABLE",
        "why || ' ' || subject || ' ' || actor_name || ' ' || before::text || ' ' || after::text",
    ),
    (
        "audit_plain(held jsonb, left_out text[], readable text) RETURNS jsonb LANGUAGE sql STABLE",
        "CASE WHEN readable = '' THEN held - left_out"
        " ELSE jsonb_set(held - left_out, ARRAY[readable],"
        " to_jsonb(convert_from(decode(substr(held ->> readable, 3), 'hex'), 'UTF8'))) END",
    ),
    (
        "audit_without(held jsonb, other jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE",
        "(SELECT jsonb_object_agg(name, value) FROM jsonb_each(held) AS parts (name, value)"
        " WHERE other -> name IS DISTINCT FROM value)",
    ),
)
READ_NOW = "".join(
    f"CREATE OR REPLACE FUNCTION {function} PARALLEL SAFE RETURN {body};" for function, body in _FUNCTIONS
)
# In this order, those that the others name are still there when they let go of them.
READ_NOW_REVERSED = "".join(
    f"CREATE OR REPLACE FUNCTION {function} PARALLEL SAFE AS $$ SELECT {body} $$;"
    for function, body in _FUNCTIONS
)


class Migration(migrations.Migration):
    dependencies = [("audit", "0006_telling_costs_little")]

    operations = [
        migrations.RunSQL(PATHS, PATHS_REVERSED),
        migrations.RunSQL(READ_NOW, READ_NOW_REVERSED),
    ]
