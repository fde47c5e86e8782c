"""One human stays one human, nobody is deleted, and PostgreSQL itself can say who holds a role."""

from django.conf import settings
from django.db import migrations

# Statement-level, because a join moves every account of a human at once and only the whole statement can be
# judged. Whoever is joined is locked, so that two joins at once cannot pass each other.
JOINED_NEVER_SPLIT = """
CREATE FUNCTION accounts_a_human_is_joined_never_split() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    moved record;
BEGIN
    FOR moved IN
        SELECT after.id, before.person_id AS old_person, after.person_id AS new_person
        FROM before JOIN after USING (id)
        WHERE before.person_id <> after.person_id
        ORDER BY after.id
    LOOP
        PERFORM 1 FROM accounts_user
        WHERE person_id = moved.new_person
          AND id NOT IN (SELECT b.id FROM before b JOIN after a USING (id) WHERE a.person_id <> b.person_id)
        ORDER BY id FOR SHARE;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'Account % can only be joined with the human behind another account.', moved.id
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'a_human_is_joined_never_split';
        END IF;
        IF EXISTS (SELECT FROM accounts_user WHERE person_id = moved.old_person) THEN
            RAISE EXCEPTION 'Account % shares its human with other accounts; join them all at once.', moved.id
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'a_human_is_joined_never_split';
        END IF;
    END LOOP;
    RETURN NULL;
END $$;

CREATE TRIGGER a_human_is_joined_never_split AFTER UPDATE ON accounts_user
REFERENCING OLD TABLE AS before NEW TABLE AS after
FOR EACH STATEMENT EXECUTE FUNCTION accounts_a_human_is_joined_never_split();

CREATE FUNCTION accounts_an_account_keeps_its_key() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'Account % keeps its key: the history names people by it.', OLD.id
    USING ERRCODE = 'restrict_violation', CONSTRAINT = 'an_account_keeps_its_key';
END $$;

CREATE TRIGGER an_account_keeps_its_key BEFORE UPDATE OF id ON accounts_user
FOR EACH ROW WHEN (OLD.id <> NEW.id) EXECUTE FUNCTION accounts_an_account_keeps_its_key();
"""

NEVER_DELETED = """
CREATE FUNCTION accounts_nobody_is_deleted() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'Account % stays: people are deactivated, never deleted.', OLD.id
    USING ERRCODE = 'restrict_violation', CONSTRAINT = 'nobody_is_deleted';
END $$;

CREATE TRIGGER nobody_is_deleted BEFORE DELETE ON accounts_user
FOR EACH ROW EXECUTE FUNCTION accounts_nobody_is_deleted();
"""

# The rows that make a role true are locked FOR SHARE: a revoke or a deactivation at the same moment either
# waits for this transaction or is seen by it. Guardian's table is catalog's; PL/pgSQL binds it when called.
# The search path puts temporary tables last, so that nobody answers with a table of their own.
HOLDS_ROLE = """
CREATE FUNCTION accounts_holds_role(user_id bigint, store_id bigint, role text) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM 1
    FROM accounts_user u
    JOIN accounts_user_groups m ON m.user_id = u.id
    JOIN auth_group g ON g.id = m.group_id
    JOIN catalog_storegrouppermission p ON p.group_id = g.id
    JOIN auth_permission c ON c.id = p.permission_id
    WHERE u.id = accounts_holds_role.user_id
      AND u.is_active
      AND g.name = 'store:' || accounts_holds_role.store_id || ':' || accounts_holds_role.role
      AND p.content_object_id = accounts_holds_role.store_id
      AND c.codename = CASE accounts_holds_role.role
          WHEN 'operator' THEN 'operate_store'
          WHEN 'supervisor' THEN 'supervise_store'
          WHEN 'auditor' THEN 'audit_store'
          WHEN 'manager' THEN 'manage_store'
      END
    FOR SHARE OF u, m, p;
    RETURN FOUND;
END $$;
"""

# Deactivating is an update; the application never needs to remove an account.
APP_ROLE_DELETES_NOBODY = f"""
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{settings.DATABASE_APP_ROLE}') THEN
        REVOKE DELETE, TRUNCATE ON accounts_user FROM "{settings.DATABASE_APP_ROLE}";
    END IF;
END $$;
"""  # noqa: S608 - the role's name is a setting


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [
        migrations.RunSQL(
            JOINED_NEVER_SPLIT,
            """
            DROP TRIGGER a_human_is_joined_never_split ON accounts_user;
            DROP TRIGGER an_account_keeps_its_key ON accounts_user;
            DROP FUNCTION accounts_a_human_is_joined_never_split();
            DROP FUNCTION accounts_an_account_keeps_its_key();
            """,
        ),
        migrations.RunSQL(
            NEVER_DELETED,
            "DROP TRIGGER nobody_is_deleted ON accounts_user; DROP FUNCTION accounts_nobody_is_deleted();",
        ),
        migrations.RunSQL(HOLDS_ROLE, "DROP FUNCTION accounts_holds_role(bigint, bigint, text);"),
        migrations.RunSQL(APP_ROLE_DELETES_NOBODY, migrations.RunSQL.noop),
    ]
