"""A store's groups get their own permission on it in the transaction that adds it, and no other ever."""

from django.db import migrations

# A store's own key names its groups: whoever swapped two stores would hand the people of one to the other.
KEYS = """
CREATE TRIGGER keeps_its_key BEFORE UPDATE ON catalog_store
FOR EACH ROW WHEN (OLD.id <> NEW.id) EXECUTE FUNCTION accounts_it_keeps_its_key();
CREATE TRIGGER keeps_its_key BEFORE UPDATE ON catalog_storegrouppermission
FOR EACH ROW WHEN (OLD.id <> NEW.id) EXECUTE FUNCTION accounts_it_keeps_its_key();

ALTER TABLE catalog_store ENABLE ALWAYS TRIGGER keeps_its_key;
ALTER TABLE catalog_storegrouppermission ENABLE ALWAYS TRIGGER keeps_its_key;
"""
KEYS_REVERSED = """
DROP TRIGGER keeps_its_key ON catalog_storegrouppermission;
DROP TRIGGER keeps_its_key ON catalog_store;
"""

# The check waits for COMMIT; a service may write in any order.
OPENED = """
CREATE FUNCTION catalog_roles_are_opened_with_their_store() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM auth_group g, auth_permission p
        WHERE g.id = NEW.group_id AND p.id = NEW.permission_id
          AND g.name = 'store:' || NEW.content_object_id || ':' || CASE p.codename
              WHEN 'operate_store' THEN 'operator'
              WHEN 'supervise_store' THEN 'supervisor'
              WHEN 'audit_store' THEN 'auditor'
              WHEN 'manage_store' THEN 'manager'
          END
    ) THEN
        RAISE EXCEPTION 'Group % gets a permission on store % that is not its role.',
            NEW.group_id, NEW.content_object_id
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'a_group_holds_its_own_role';
    END IF;
    IF NOT EXISTS (
        SELECT FROM audit_entry
        WHERE subject_type = 'catalog.store' AND subject_id = NEW.content_object_id AND event = 'store.added'
          AND outcome = 'done' AND txid = pg_current_xact_id()::text::bigint
    ) THEN
        RAISE EXCEPTION 'Roles on store % are opened when it is added, not later.', NEW.content_object_id
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'roles_are_opened_with_their_store';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER opened_with_its_store
AFTER INSERT ON catalog_storegrouppermission DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION catalog_roles_are_opened_with_their_store();

ALTER TABLE catalog_storegrouppermission ENABLE ALWAYS TRIGGER opened_with_its_store;
"""
OPENED_REVERSED = """
DROP TRIGGER opened_with_its_store ON catalog_storegrouppermission;
DROP FUNCTION catalog_roles_are_opened_with_their_store();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0006_a_form_makes_one_import"),
        ("accounts", "0009_a_role_keeps_its_key"),
        ("audit", "0003_the_database_tells_what_changed"),
    ]

    operations = [
        migrations.RunSQL(KEYS, KEYS_REVERSED),
        migrations.RunSQL(OPENED, OPENED_REVERSED),
    ]
