"""Two indexes by which an entry is found by its words: letters by threes, and what is not ASCII by pairs.

pg_trgm takes only ASCII letters for letters in the locale C.UTF-8, and a word of two Chinese characters has
no three in a row: so these are found by each character and each pair of neighbours.
"""

from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations

# `audit_pairs` is no SQL function: one that is not inlined may be planned anew for each entry.
SEARCHED = """
CREATE FUNCTION audit_searched(why text, subject text, actor_name text, before jsonb, after jsonb)
    RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT why || ' ' || subject || ' ' || actor_name || ' ' || before::text || ' ' || after::text
$$;
CREATE FUNCTION audit_pairs(value text) RETURNS text[] LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    wide text;
    here text;
    before text := ' ';
    found text[] := '{}';
BEGIN
    IF octet_length(value) = char_length(value) THEN
        RETURN found;
    END IF;
    wide := lower(regexp_replace(value, '[\\u0001-\\u007f]+', ' ', 'g'));
    FOREACH here IN ARRAY string_to_array(wide, NULL) LOOP
        IF here <> ' ' THEN
            found := found || here;
            IF before <> ' ' THEN
                found := found || (before || here);
            END IF;
        END IF;
        before := here;
    END LOOP;
    RETURN found;
END $$;
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
