"""What stands on a price, a floor or a family that changes is checked again; an alarm says its cause."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# As the tables' owner: the application takes what was asked, and nobody but the products asks. The query is
# planned anew each time, by how many rows changed: one by hand, or all of them by an import. It sees whatever
# was approved before the products' rows were free to change; whoever approves later sees the change.
ASKING = """
CREATE FUNCTION promotions_ask_for_checks() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    of_new text := 'SELECT id, NULL::int, parent_id FROM added WHERE parent_id IS NOT NULL';
    of_changed text := 'SELECT id, o.parent_id, n.parent_id FROM removed o JOIN added n USING (id)
        WHERE (o.price, o.floor_price, o.parent_id) IS DISTINCT FROM (n.price, n.floor_price, n.parent_id)';
BEGIN
    EXECUTE format($query$
        WITH changed (id, left_family, joined_family) AS MATERIALIZED (%s)
        INSERT INTO promotions_recheck (request_id, products, moved)
        SELECT request.id, array_agg(DISTINCT changed.id),
            coalesce(array_agg(DISTINCT changed.id)
                FILTER (WHERE changed.left_family IS DISTINCT FROM changed.joined_family), '{}')
        FROM changed
        CROSS JOIN LATERAL unnest(ARRAY[changed.id, changed.left_family, changed.joined_family])
            AS touched (product)
        JOIN promotions_revisionproduct named ON named.product_id = touched.product
        JOIN promotions_promotionrequest request ON request.current_id = named.revision_id
        WHERE request.state IN ('approved', 'live')
        GROUP BY request.id
    $query$, CASE TG_OP WHEN 'INSERT' THEN of_new ELSE of_changed END);
    RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION promotions_ask_for_checks() FROM PUBLIC;
CREATE TRIGGER products_ask_for_checks AFTER UPDATE ON catalog_product
    REFERENCING OLD TABLE AS removed NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION promotions_ask_for_checks();
CREATE TRIGGER products_ask_for_checks_when_born AFTER INSERT ON catalog_product
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION promotions_ask_for_checks();
"""
ASKING_REVERSED = """
DROP TRIGGER products_ask_for_checks_when_born ON catalog_product;
DROP TRIGGER products_ask_for_checks ON catalog_product;
DROP FUNCTION promotions_ask_for_checks();
"""

# What stands has met changed prices that nobody looked at: it is checked once. The history then begins with
# these rows, and says why.
ALL_ONCE = """
INSERT INTO promotions_recheck (request_id, products, moved)
SELECT id, '{}', '{}' FROM promotions_promotionrequest WHERE state IN ('approved', 'live') ORDER BY id
"""

FOLLOW = "SELECT audit_follow('promotions_recheck', 'id', 'request_id', '{}', '')"
FOLLOW_REVERSED = "SELECT audit_unfollow('promotions_recheck')"

_RECORDED = """
CREATE OR REPLACE FUNCTION promotions_alarm_is_recorded() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    told text := {told};
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM audit_entry e
        WHERE e.subject_type = 'promotions.promotionrequest' AND e.subject_id = NEW.request_id
            AND e.event = told AND e.outcome = 'done' AND e.txid = pg_current_xact_id()::text::bigint) THEN
        PERFORM promotions_refuse('nothing_happens_unrecorded',
            format('An alarm of PR-%s changed and the history does not say so.', NEW.request_id));
    END IF;
    RETURN NULL;
END $$;
"""
RECORDED = _RECORDED.replace(
    "{told}",
    "CASE WHEN TG_OP = 'UPDATE' THEN 'request.alarm_settled'"
    " WHEN NEW.cause = 'prices' THEN 'request.alarmed_by_prices' ELSE 'request.alarmed' END",
)
RECORDED_REVERSED = _RECORDED.replace(
    "{told}", "CASE TG_OP WHEN 'INSERT' THEN 'request.alarmed' ELSE 'request.alarm_settled' END"
)


def least_privileges(apps, schema_editor):
    """The application only takes what was asked."""
    role = settings.DATABASE_APP_ROLE
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        if cursor.fetchone() is None:
            return
    to = schema_editor.connection.ops.quote_name(role)
    schema_editor.execute(f"REVOKE INSERT, UPDATE, TRUNCATE ON promotions_recheck FROM {to}")


class Migration(migrations.Migration):
    dependencies = [
        ("promotions", "0023_which_role_decides_is_counted"),
        ("catalog", "0006_a_form_makes_one_import"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            "conflictreport",
            "computed_by",
            models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            "alarm",
            "raised_by",
            models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            "alarm",
            "cause",
            models.CharField(
                choices=[("rules", "New rules"), ("prices", "A changed price, floor or family")],
                default="rules",
                max_length=10,
            ),
        ),
        migrations.AddField("alarm", "changes", models.JSONField(default=list)),
        migrations.RemoveConstraint("alarm", "alarm_raised_at_has_its_person"),
        migrations.AddConstraint(
            "alarm",
            models.CheckConstraint(
                condition=models.Q(("raised_at__isnull", False))
                & (
                    models.Q(("cause", "rules"), ("raised_by__isnull", False))
                    | models.Q(("cause", "prices"), ("raised_by__isnull", True))
                ),
                name="who_published_raises_the_alarm_of_rules",
            ),
        ),
        migrations.CreateModel(
            name="Recheck",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "products",
                    django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), size=None),
                ),
                (
                    "moved",
                    django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), size=None),
                ),
                (
                    "request",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rechecks",
                        to="promotions.promotionrequest",
                    ),
                ),
            ],
            options={
                "verbose_name": "check to be made again",
                "verbose_name_plural": "checks to be made again",
                "default_permissions": (),
            },
        ),
        migrations.RunSQL(RECORDED, RECORDED_REVERSED),
        migrations.RunSQL(ALL_ONCE, migrations.RunSQL.noop),
        migrations.RunSQL(FOLLOW, FOLLOW_REVERSED),
        migrations.RunSQL(ASKING, ASKING_REVERSED),
        migrations.RunPython(least_privileges, migrations.RunPython.noop),
    ]
