"""Screenshots and looks that differ: kept as they are, by people of the store, each told by the history."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

LOOKS = """
CREATE TRIGGER kept BEFORE UPDATE OR DELETE OR TRUNCATE ON promotions_attachment
    FOR EACH STATEMENT EXECUTE FUNCTION promotions_keep();
CREATE TRIGGER kept BEFORE UPDATE OR DELETE OR TRUNCATE ON promotions_discrepancy
    FOR EACH STATEMENT EXECUTE FUNCTION promotions_keep();
ALTER TABLE promotions_attachment
    ADD CONSTRAINT a_digest_is_sha256 CHECK (length(digest) = 32);

-- Overdue second looks are asked for on every page.
CREATE INDEX activation_unverified ON promotions_activation (live_at)
    WHERE verified_at IS NULL AND stopped_at IS NULL;

CREATE FUNCTION promotions_attachment_rules() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    asked promotions_promotionrequest;
BEGIN
    SELECT * INTO asked FROM promotions_promotionrequest WHERE id = NEW.request_id;
    IF NOT accounts_holds_role(NEW.added_by_id, asked.store_id,
        CASE NEW.look WHEN 'first' THEN 'operator' ELSE 'supervisor' END) THEN
        PERFORM promotions_refuse('people_of_the_store_attach',
            'A screenshot is added by the operator or the supervisor whose look it is.');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rules BEFORE INSERT ON promotions_attachment
    FOR EACH ROW EXECUTE FUNCTION promotions_attachment_rules();

CREATE FUNCTION promotions_attachment_is_recorded() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM audit_entry e
        WHERE e.subject_type = 'promotions.promotionrequest' AND e.subject_id = NEW.request_id
            AND e.outcome = 'done' AND e.after->>'screenshot' = encode(NEW.digest, 'hex')
            AND e.txid = pg_current_xact_id()::text::bigint) THEN
        PERFORM promotions_refuse('nothing_happens_unrecorded',
            format('The history does not name the screenshot of PR-%s by its digest.', NEW.request_id));
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER is_recorded AFTER INSERT ON promotions_attachment
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION promotions_attachment_is_recorded();

CREATE FUNCTION promotions_discrepancy_rules() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    asked promotions_promotionrequest;
    active promotions_activation;
BEGIN
    SELECT * INTO asked FROM promotions_promotionrequest WHERE id = NEW.request_id;
    SELECT * INTO active FROM promotions_activation WHERE id = NEW.activation_id;
    IF active.request_id IS DISTINCT FROM NEW.request_id OR asked.state <> 'live'
        OR active.verified_at IS NOT NULL THEN
        PERFORM promotions_refuse('what_is_live_and_unverified_is_looked_at',
            'A second look is at a live promotion that nobody has verified.');
    END IF;
    IF EXISTS (SELECT 1 FROM accounts_user a JOIN accounts_user b USING (person_id)
               WHERE a.id = NEW.seen_by_id AND b.id = active.live_by_id) THEN
        PERFORM promotions_refuse('another_human_looks', 'Who marked it live takes no second look.');
    END IF;
    IF NOT accounts_holds_role(NEW.seen_by_id, asked.store_id, 'supervisor') THEN
        PERFORM promotions_refuse('a_supervisor_looks', 'Only an active supervisor takes the second look.');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rules BEFORE INSERT ON promotions_discrepancy
    FOR EACH ROW EXECUTE FUNCTION promotions_discrepancy_rules();

CREATE FUNCTION promotions_discrepancy_is_recorded() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM audit_entry e
        WHERE e.subject_type = 'promotions.promotionrequest' AND e.subject_id = NEW.request_id
            AND e.event = 'request.looked_otherwise' AND e.outcome = 'done'
            AND e.txid = pg_current_xact_id()::text::bigint) THEN
        PERFORM promotions_refuse('nothing_happens_unrecorded',
            format('A second look at PR-%s differed and the history does not say so.', NEW.request_id));
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER is_recorded AFTER INSERT ON promotions_discrepancy
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION promotions_discrepancy_is_recorded();
"""

LOOKS_REVERSED = """
DROP TRIGGER is_recorded ON promotions_discrepancy;
DROP FUNCTION promotions_discrepancy_is_recorded();
DROP TRIGGER rules ON promotions_discrepancy;
DROP FUNCTION promotions_discrepancy_rules();
DROP TRIGGER is_recorded ON promotions_attachment;
DROP FUNCTION promotions_attachment_is_recorded();
DROP TRIGGER rules ON promotions_attachment;
DROP FUNCTION promotions_attachment_rules();
DROP INDEX activation_unverified;
ALTER TABLE promotions_attachment DROP CONSTRAINT a_digest_is_sha256;
DROP TRIGGER kept ON promotions_discrepancy;
DROP TRIGGER kept ON promotions_attachment;
"""


def least_privileges(apps, schema_editor):
    """The application's role adds looks, and changes none."""
    role = settings.DATABASE_APP_ROLE
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        if cursor.fetchone() is None:
            return
    to = schema_editor.connection.ops.quote_name(role)
    for table in ("promotions_attachment", "promotions_discrepancy"):
        schema_editor.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {to}")


class Migration(migrations.Migration):
    dependencies = [
        ("promotions", "0015_who_is_away_names_a_delegate"),
    ]

    operations = [
        migrations.CreateModel(
            name="Attachment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("step", models.PositiveIntegerField()),
                (
                    "look",
                    models.CharField(
                        choices=[("first", "First look"), ("second", "Second look")],
                        max_length=10,
                        verbose_name="look",
                    ),
                ),
                ("file", models.FileField(max_length=120, upload_to="", verbose_name="file")),
                ("digest", models.BinaryField()),
                ("media_type", models.CharField(max_length=40, verbose_name="type")),
                ("size", models.PositiveIntegerField(verbose_name="bytes")),
                ("added_at", models.DateTimeField(editable=False)),
                (
                    "added_by",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="attachments",
                        to="promotions.promotionrequest",
                    ),
                ),
            ],
            options={
                "verbose_name": "attachment",
                "verbose_name_plural": "attachments",
                "ordering": ["request", "pk"],
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("look__in", ["first", "second"])), name="look_is_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("media_type__in", ["image/png", "image/jpeg", "image/webp", "application/pdf"])
                        ),
                        name="an_attachment_is_a_picture_or_a_pdf",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("size__gt", 0), ("size__lte", 16777216)),
                        name="an_attachment_has_its_size",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("added_at__isnull", True), ("added_by__isnull", True)),
                            models.Q(("added_at__isnull", False), ("added_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="attachment_added_at_has_its_person",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Discrepancy",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("shown", models.JSONField()),
                ("differing", models.JSONField()),
                ("seen_at", models.DateTimeField(editable=False)),
                (
                    "activation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="discrepancies",
                        to="promotions.activation",
                    ),
                ),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="discrepancies",
                        to="promotions.promotionrequest",
                    ),
                ),
                (
                    "seen_by",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "discrepancy",
                "verbose_name_plural": "discrepancies",
                "ordering": ["request", "pk"],
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("differing", []), _negated=True),
                        name="a_discrepancy_names_its_fields",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("seen_at__isnull", True), ("seen_by__isnull", True)),
                            models.Q(("seen_at__isnull", False), ("seen_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="discrepancy_seen_at_has_its_person",
                    ),
                ],
            },
        ),
        migrations.RunSQL(LOOKS, LOOKS_REVERSED),
        migrations.RunPython(least_privileges, migrations.RunPython.noop),
    ]
