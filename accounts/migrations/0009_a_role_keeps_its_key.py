"""Groups and memberships keep their keys: whoever could swap two keys would turn one role into another."""

from django.db import migrations

# A lock asks for UPDATE of the key alone, and changes nothing; a foreign key would see a swap only at COMMIT,
# when it is whole again.
KEYS = """
CREATE FUNCTION accounts_it_keeps_its_key() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'Row % of % keeps its key: who may what hangs on it.', OLD.id, TG_TABLE_NAME
    USING ERRCODE = 'restrict_violation', CONSTRAINT = 'it_keeps_its_key';
END $$;

CREATE TRIGGER keeps_its_key BEFORE UPDATE ON auth_group
FOR EACH ROW WHEN (OLD.id <> NEW.id) EXECUTE FUNCTION accounts_it_keeps_its_key();
CREATE TRIGGER keeps_its_key BEFORE UPDATE ON accounts_user_groups
FOR EACH ROW WHEN (OLD.id <> NEW.id) EXECUTE FUNCTION accounts_it_keeps_its_key();

ALTER TABLE auth_group ENABLE ALWAYS TRIGGER keeps_its_key;
ALTER TABLE accounts_user_groups ENABLE ALWAYS TRIGGER keeps_its_key;
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0008_the_history_follows_people_and_powers")]

    operations = [
        migrations.RunSQL(
            KEYS,
            """
            DROP TRIGGER keeps_its_key ON accounts_user_groups;
            DROP TRIGGER keeps_its_key ON auth_group;
            DROP FUNCTION accounts_it_keeps_its_key();
            """,
        )
    ]
