"""People discuss a request: their words stay as they were said, and the history has each."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

COMMENTS = """
ALTER TABLE promotions_comment
    ADD CONSTRAINT comment_is_on_the_requests_revision FOREIGN KEY (revision_id, request_id)
        REFERENCES promotions_revision (id, request_id);

CREATE TRIGGER kept BEFORE UPDATE OR DELETE OR TRUNCATE ON promotions_comment
    FOR EACH STATEMENT EXECUTE FUNCTION promotions_keep();

CREATE FUNCTION promotions_holds_any_role(person bigint, store bigint) RETURNS boolean LANGUAGE sql
    SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT public.accounts_holds_role(person, store, 'operator')
        OR public.accounts_holds_role(person, store, 'supervisor')
        OR public.accounts_holds_role(person, store, 'auditor')
        OR public.accounts_holds_role(person, store, 'manager')
$$;

CREATE FUNCTION promotions_comment_rules() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    store bigint;
    person bigint;
BEGIN
    SELECT q.store_id INTO store FROM promotions_promotionrequest q WHERE q.id = NEW.request_id;
    IF NOT promotions_holds_any_role(NEW.said_by_id, store) THEN
        PERFORM promotions_refuse('a_person_of_the_store_comments',
            'Only an active person with a role on the store comments.');
    END IF;
    FOREACH person IN ARRAY NEW.mentions LOOP
        IF NOT promotions_holds_any_role(person, store) THEN
            PERFORM promotions_refuse('a_person_of_the_store_is_mentioned',
                'Only an active person with a role on the store is mentioned.');
        END IF;
    END LOOP;
    RETURN NEW;
END $$;
CREATE TRIGGER rules BEFORE INSERT ON promotions_comment
    FOR EACH ROW EXECUTE FUNCTION promotions_comment_rules();

CREATE FUNCTION promotions_comment_is_recorded() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM audit_entry e
        WHERE e.subject_type = 'promotions.promotionrequest' AND e.subject_id = NEW.request_id
            AND e.event = 'request.commented' AND e.outcome = 'done' AND e.actor_id = NEW.said_by_id
            AND e.why = NEW.body AND e.txid = pg_current_xact_id()::text::bigint) THEN
        PERFORM promotions_refuse('nothing_happens_unrecorded',
            format('Somebody commented on PR-%s and the history does not say so.', NEW.request_id));
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER is_recorded AFTER INSERT ON promotions_comment
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION promotions_comment_is_recorded();
"""

COMMENTS_REVERSED = """
DROP TRIGGER is_recorded ON promotions_comment;
DROP FUNCTION promotions_comment_is_recorded();
DROP TRIGGER rules ON promotions_comment;
DROP FUNCTION promotions_comment_rules();
DROP FUNCTION promotions_holds_any_role(bigint, bigint);
DROP TRIGGER kept ON promotions_comment;
ALTER TABLE promotions_comment DROP CONSTRAINT comment_is_on_the_requests_revision;
"""


def least_privileges(apps, schema_editor):
    """The application's role adds comments, and changes none."""
    role = settings.DATABASE_APP_ROLE
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        if cursor.fetchone() is None:
            return
    to = schema_editor.connection.ops.quote_name(role)
    schema_editor.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON promotions_comment FROM {to}")


def _person():
    return models.ForeignKey(
        editable=False,
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
        to=settings.AUTH_USER_MODEL,
    )


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("promotions", "0018_a_decision_says_where"),
        ("accounts", "0002_one_human_stays_one_and_nobody_is_deleted"),
    ]

    operations = [
        migrations.CreateModel(
            name="Comment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("body", models.CharField(max_length=2000, verbose_name="comment")),
                (
                    "mentions",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), default=list, editable=False, size=None
                    ),
                ),
                ("said_at", models.DateTimeField(editable=False)),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="comments",
                        to="promotions.promotionrequest",
                    ),
                ),
                (
                    "revision",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="comments",
                        to="promotions.revision",
                    ),
                ),
                ("said_by", _person()),
            ],
            options={
                "verbose_name": "comment",
                "verbose_name_plural": "comments",
                "ordering": ["request", "pk"],
                "default_permissions": (),
            },
        ),
        migrations.AddConstraint(
            "comment",
            models.CheckConstraint(
                condition=models.Q(("body__regex", "\\S")), name="a_comment_says_something"
            ),
        ),
        migrations.RunSQL(COMMENTS, COMMENTS_REVERSED),
        migrations.RunPython(least_privileges, migrations.RunPython.noop),
    ]
