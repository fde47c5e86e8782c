"""Two indexes by which an entry is found by its words: letters by threes, and what is not ASCII by pairs.

pg_trgm takes only ASCII letters for letters in the locale C.UTF-8, and a word of two Chinese characters has
no three in a row: so these are found by each character and each pair of neighbours.
"""

from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations

SEARCHED = """
CREATE FUNCTION audit_searched(why text, subject text, actor_name text, before jsonb, after jsonb)
    RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT why || ' ' || subject || ' ' || actor_name || ' ' || before::text || ' ' || after::text
$$;
CREATE FUNCTION audit_pairs(value text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN octet_length(value) = char_length(value) THEN '{}'::text[] ELSE ARRAY(
        SELECT DISTINCT substr(wide, place, long)
        FROM (SELECT regexp_replace(lower(value), '[\\u0001-\\u007f]+', ' ', 'g')) AS wides (wide),
             generate_series(1, char_length(wide)) AS place, generate_series(1, 2) AS long
        WHERE char_length(substr(wide, place, long)) = long AND strpos(substr(wide, place, long), ' ') = 0)
    END
$$;
CREATE INDEX entry_by_threes ON audit_entry
    USING gin (audit_searched(why, subject, actor_name, before, after) gin_trgm_ops)
    WHERE event <> 'rows.changed';
CREATE INDEX entry_by_pairs ON audit_entry
    USING gin (audit_pairs(audit_searched(why, subject, actor_name, before, after)))
    WHERE event <> 'rows.changed';
"""
REVERSED = """
DROP INDEX entry_by_pairs;
DROP INDEX entry_by_threes;
DROP FUNCTION audit_pairs(text);
DROP FUNCTION audit_searched(text, text, text, jsonb, jsonb);
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0003_the_database_tells_what_changed")]

    operations = [TrigramExtension(), migrations.RunSQL(SEARCHED, REVERSED)]
