"""The name of somebody who has left gives way to a stand-in, for good, and never without its entry."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# The stand-in says nothing but which account it is, so that no other name can come in this way.
STAND_IN = """
ALTER TABLE accounts_user ADD CONSTRAINT a_removed_name_is_a_stand_in CHECK (
    name_removed_at IS NULL
    OR name = 'Former colleague ' || id AND email = 'former-colleague-' || id || '@removed.invalid'
);
"""

REMOVED = """
CREATE FUNCTION accounts_a_removed_name_stays_removed() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'The name of account % was removed for good.', OLD.id
    USING ERRCODE = 'restrict_violation', CONSTRAINT = 'a_removed_name_stays_removed';
END $$;

CREATE TRIGGER a_removed_name_stays_removed BEFORE UPDATE ON accounts_user
FOR EACH ROW WHEN (
    OLD.name_removed_at IS NOT NULL
    AND ROW(OLD.name_removed_at, OLD.name_removed_by_id)
        IS DISTINCT FROM ROW(NEW.name_removed_at, NEW.name_removed_by_id)
)
EXECUTE FUNCTION accounts_a_removed_name_stays_removed();

CREATE FUNCTION accounts_no_name_is_removed_without_its_entry() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM audit_entry
        WHERE subject_type = 'accounts.user' AND subject_id = NEW.id AND event = 'person.name_removed'
          AND outcome = 'done' AND actor_id = NEW.name_removed_by_id AND actor_person <> NEW.person_id
          AND txid = pg_current_xact_id()::text::bigint
    ) THEN
        RAISE EXCEPTION 'The name of account % is removed without an entry of another person.', NEW.id
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'no_name_is_removed_without_its_entry';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER no_name_is_removed_without_its_entry
AFTER UPDATE ON accounts_user DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW WHEN (OLD.name_removed_at IS NULL AND NEW.name_removed_at IS NOT NULL)
EXECUTE FUNCTION accounts_no_name_is_removed_without_its_entry();

CREATE CONSTRAINT TRIGGER no_name_is_added_removed
AFTER INSERT ON accounts_user DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW WHEN (NEW.name_removed_at IS NOT NULL)
EXECUTE FUNCTION accounts_no_name_is_removed_without_its_entry();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0006_the_application_changes_no_permissions"),
        ("audit", "0002_append_only_chain"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="name_removed_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="user",
            name="name_removed_by",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(name_removed_at__isnull=True, name_removed_by__isnull=True)
                | models.Q(name_removed_at__isnull=False, name_removed_by__isnull=False, is_active=False),
                name="a_removed_name_is_of_nobody_active",
            ),
        ),
        migrations.RunSQL(
            STAND_IN, "ALTER TABLE accounts_user DROP CONSTRAINT a_removed_name_is_a_stand_in;"
        ),
        migrations.RunSQL(
            REMOVED,
            """
            DROP TRIGGER no_name_is_added_removed ON accounts_user;
            DROP TRIGGER no_name_is_removed_without_its_entry ON accounts_user;
            DROP FUNCTION accounts_no_name_is_removed_without_its_entry();
            DROP TRIGGER a_removed_name_stays_removed ON accounts_user;
            DROP FUNCTION accounts_a_removed_name_stays_removed();
            """,
        ),
    ]
