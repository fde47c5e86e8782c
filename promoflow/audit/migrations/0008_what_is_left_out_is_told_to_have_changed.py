"""Of a column whose values are not told, the database tells that it changed.

Else whoever puts another password, another secret or another address in the place of somebody's leaves no
trace, signs in as them and decides.
"""

from importlib import import_module

from django.db import migrations

_TOLD = import_module("promoflow.audit.migrations.0003_the_database_tells_what_changed")
_CHEAP = import_module("promoflow.audit.migrations.0006_telling_costs_little")

# The fifth argument of a trigger: columns of which not even that is told, since each sign-in changes them.
MARK = """
CREATE FUNCTION audit_without(held jsonb, other jsonb, left_out text[])
    RETURNS jsonb LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN (
    SELECT jsonb_object_agg(name, CASE WHEN name = ANY (left_out) THEN '"changed"' ELSE value END)
    FROM jsonb_each(held) AS parts (name, value) WHERE other -> name IS DISTINCT FROM value);
"""
MARK_REVERSED = "DROP FUNCTION audit_without(jsonb, jsonb, text[]);"


def _with(text, *changes):
    """The SQL of an earlier migration with some of its parts exchanged."""
    for part, other in changes:
        if part not in text:
            raise ValueError(f"nothing to exchange: {part}")
        text = text.replace(part, other)
    return text


_FEW = "audit_tell_few(text, text, text, jsonb[], jsonb[]{})"
WRITE_FEW = f"DROP FUNCTION {_FEW.format('')};" + _with(
    _CHEAP.WRITE_FEW,
    ("new_rows jsonb[])", "new_rows jsonb[], left_out text[])"),
    ("LANGUAGE plpgsql AS", "LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS"),
    (
        "jsonb_object_agg(name, old_row -> name), jsonb_object_agg(name, value) INTO old_row, new_row",
        "jsonb_object_agg(name, old_row -> name) - left_out,"
        " jsonb_object_agg(name, CASE WHEN name = ANY (left_out) THEN '\"changed\"' ELSE value END)"
        " INTO old_row, new_row",
    ),
    (_FEW.format(""), _FEW.format(", text[]")),
)
WRITE_FEW_REVERSED = (
    f"DROP FUNCTION {_FEW.format(', text[]')};"
    + _CHEAP.WRITE_FEW
    + f"ALTER FUNCTION {_FEW.format('')} SET search_path = pg_catalog, public, pg_temp;"
)

# The same of many rows; and of one that got another key, which is told whole.
_WAS = "CASE WHEN n.plain IS NULL THEN o.plain ELSE audit_without(o.plain, n.plain) END"
_IS_NOW = "CASE WHEN o.plain IS NULL THEN n.plain ELSE audit_without(n.plain, o.plain) END"
_MANY_CHANGED = _TOLD.TELL.format(rows=_TOLD.CHANGED, **_TOLD.OF_A_TRIGGER)
WRITE = _with(
    _CHEAP.WRITE,
    (
        _MANY_CHANGED,
        _with(
            _MANY_CHANGED,
            (_WAS, f"{_WAS} - hidden"),
            (
                _IS_NOW,
                "CASE WHEN o.plain IS NULL THEN n.plain - hidden"
                " ELSE audit_without(n.plain, o.plain, hidden) END",
            ),
        ),
    ),
    (
        "    left_out text[] := TG_ARGV[2];",
        "    hidden text[] := TG_ARGV[2];\n    left_out text[] := hidden;",
    ),
    ("    ELSE\n        SELECT", "    ELSE\n        left_out := coalesce(TG_ARGV[4], '{}');\n        SELECT"),
    ("TG_ARGV[1], old_rows, new_rows)", "TG_ARGV[1], old_rows, new_rows, hidden)"),
)


class Migration(migrations.Migration):
    dependencies = [("audit", "0007_a_session_redirects_nothing")]

    operations = [
        migrations.RunSQL(MARK, MARK_REVERSED),
        migrations.RunSQL(WRITE_FEW, WRITE_FEW_REVERSED),
        migrations.RunSQL(WRITE, _CHEAP.WRITE),
    ]
