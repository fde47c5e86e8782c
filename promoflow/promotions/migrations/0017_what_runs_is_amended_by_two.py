"""More of what is live takes two people and a request of its own; less of it takes one and is recorded."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

AMENDMENTS = """
CREATE FUNCTION promotions_amending() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    amended promotions_promotionrequest;
    approved promotions_revision;
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.amends_id IS NOT NULL THEN
            SELECT * INTO amended FROM promotions_promotionrequest WHERE id = NEW.amends_id FOR SHARE;
            IF amended.state IS DISTINCT FROM 'live' OR amended.store_id <> NEW.store_id THEN
                PERFORM promotions_refuse('what_is_live_is_amended',
                    'An amendment is of a live promotion of the same store.');
            END IF;
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.amends_id IS DISTINCT FROM OLD.amends_id THEN
        PERFORM promotions_refuse('an_amendment_stays_one', 'What a request amends is fixed at its birth.');
    END IF;
    IF (NEW.ends_early, NEW.smaller_budget) IS NOT DISTINCT FROM (OLD.ends_early, OLD.smaller_budget) THEN
        RETURN NEW;
    END IF;
    IF OLD.state <> 'live' OR NEW.state <> 'live' THEN
        PERFORM promotions_refuse('what_is_live_is_shortened', 'Only a live promotion is shortened.');
    END IF;
    SELECT * INTO approved FROM promotions_revision WHERE id = NEW.current_id;
    IF NEW.ends_early IS DISTINCT FROM OLD.ends_early AND coalesce(NEW.ends_early <= approved.starts_at
        OR NEW.ends_early >= coalesce(OLD.ends_early, approved.ends_at), true) THEN
        PERFORM promotions_refuse('shortened_means_less', 'The new end is before the present one.');
    END IF;
    IF NEW.smaller_budget IS DISTINCT FROM OLD.smaller_budget AND coalesce(NEW.smaller_budget <= 0
        OR NEW.smaller_budget >= coalesce(OLD.smaller_budget,
            (promotions_content(approved.body)->>'budget')::numeric), true) THEN
        PERFORM promotions_refuse('shortened_means_less', 'The new budget is below the present one.');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER amending BEFORE INSERT OR UPDATE ON promotions_promotionrequest
    FOR EACH ROW EXECUTE FUNCTION promotions_amending();

-- What two people approve as an amendment adds to what runs, and takes nothing of it away.
CREATE FUNCTION promotions_amendment_grows() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    amended promotions_promotionrequest;
    before_it jsonb;
    after_it jsonb;
    growing text[] := ARRAY['title', 'asins', 'covered', 'ends_at', 'budget', 'committed_units',
                            'max_redemptions'];
BEGIN
    SELECT a.* INTO amended FROM promotions_promotionrequest q
        JOIN promotions_promotionrequest a ON a.id = q.amends_id WHERE q.id = NEW.request_id;
    IF amended.id IS NULL OR NEW.verdict <> 'approve' THEN
        RETURN NEW;
    END IF;
    SELECT promotions_content(body) INTO before_it FROM promotions_revision WHERE id = amended.current_id;
    SELECT promotions_content(body) INTO after_it FROM promotions_revision WHERE id = NEW.revision_id;
    IF amended.state <> 'live' THEN
        PERFORM promotions_refuse('what_is_live_is_amended', 'An amendment is of a live promotion.');
    END IF;
    IF (before_it - growing) <> (after_it - growing) OR NOT after_it->'covered' @> (before_it->'covered')
        OR (after_it->>'ends_at')::timestamptz < (before_it->>'ends_at')::timestamptz THEN
        PERFORM promotions_refuse('an_amendment_only_adds',
            'An amendment may only end later, have a bigger budget or more products.');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER amends BEFORE INSERT ON promotions_decision
    FOR EACH ROW EXECUTE FUNCTION promotions_amendment_grows();

CREATE TRIGGER kept BEFORE UPDATE OR DELETE OR TRUNCATE ON promotions_succession
    FOR EACH STATEMENT EXECUTE FUNCTION promotions_keep();

CREATE FUNCTION promotions_succession_rules() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    asked promotions_promotionrequest;
BEGIN
    SELECT * INTO asked FROM promotions_promotionrequest WHERE id = NEW.amendment_id;
    IF asked.amends_id IS DISTINCT FROM NEW.amended_id THEN
        PERFORM promotions_refuse('an_amendment_succeeds_what_it_amends',
            'A request takes the place of what it amends, of nothing else.');
    END IF;
    IF NOT accounts_holds_role(NEW.passed_by_id, asked.store_id, 'operator') THEN
        PERFORM promotions_refuse('an_operator_passes_it_on', 'Only an operator marks an amendment live.');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rules BEFORE INSERT ON promotions_succession
    FOR EACH ROW EXECUTE FUNCTION promotions_succession_rules();

-- Going live and the end of the amended one are one act, whichever of the two rows is written.
CREATE FUNCTION promotions_passes_in_one_act() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    amendment promotions_promotionrequest;
BEGIN
    SELECT * INTO amendment FROM promotions_promotionrequest
        WHERE id = (CASE TG_TABLE_NAME WHEN 'promotions_activation' THEN to_jsonb(NEW)->>'request_id'
                    ELSE to_jsonb(NEW)->>'amendment_id' END)::bigint;
    IF amendment.amends_id IS NULL THEN
        RETURN NULL;
    END IF;
    IF NOT EXISTS (SELECT 1 FROM promotions_succession s WHERE s.amendment_id = amendment.id)
        OR NOT EXISTS (SELECT 1 FROM promotions_activation a WHERE a.request_id = amendment.id)
        OR NOT EXISTS (SELECT 1 FROM promotions_promotionrequest q
                       WHERE q.id = amendment.amends_id AND q.state = 'ended')
        OR EXISTS (SELECT 1 FROM promotions_reservation r
                   WHERE r.request_id = amendment.amends_id AND r.held) THEN
        PERFORM promotions_refuse('it_passes_in_one_act',
            'An amendment goes live in the act that ends what it amends and lets its products go.');
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER passes AFTER INSERT ON promotions_activation
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION promotions_passes_in_one_act();
CREATE CONSTRAINT TRIGGER passes AFTER INSERT ON promotions_succession
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION promotions_passes_in_one_act();
"""

AMENDMENTS_REVERSED = """
DROP TRIGGER passes ON promotions_succession;
DROP TRIGGER passes ON promotions_activation;
DROP FUNCTION promotions_passes_in_one_act();
DROP TRIGGER rules ON promotions_succession;
DROP FUNCTION promotions_succession_rules();
DROP TRIGGER kept ON promotions_succession;
DROP TRIGGER amends ON promotions_decision;
DROP FUNCTION promotions_amendment_grows();
DROP TRIGGER amending ON promotions_promotionrequest;
DROP FUNCTION promotions_amending();
"""


def least_privileges(apps, schema_editor):
    """The application's role shortens, and adds successions."""
    role = settings.DATABASE_APP_ROLE
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        if cursor.fetchone() is None:
            return
    to = schema_editor.connection.ops.quote_name(role)
    schema_editor.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON promotions_succession FROM {to}")
    schema_editor.execute(f"GRANT UPDATE (ends_early, smaller_budget) ON promotions_promotionrequest TO {to}")


class Migration(migrations.Migration):
    dependencies = [
        ("promotions", "0016_what_seller_central_showed"),
    ]

    operations = [
        migrations.CreateModel(
            name="Succession",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("passed_at", models.DateTimeField(editable=False)),
            ],
            options={
                "verbose_name": "succession",
                "verbose_name_plural": "successions",
                "default_permissions": (),
            },
        ),
        migrations.AddField(
            model_name="promotionrequest",
            name="amends",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="amendments",
                to="promotions.promotionrequest",
            ),
        ),
        migrations.AddField(
            model_name="promotionrequest",
            name="ends_early",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="promotionrequest",
            name="smaller_budget",
            field=models.DecimalField(decimal_places=2, editable=False, max_digits=16, null=True),
        ),
        migrations.AddConstraint(
            model_name="promotionrequest",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["draft", "in_review", "approved"])),
                fields=("amends",),
                name="one_open_amendment",
                violation_error_message="An amendment of it is under way already.",
            ),
        ),
        migrations.AddConstraint(
            model_name="promotionrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["live", "ended"]),
                    models.Q(("ends_early__isnull", True), ("smaller_budget__isnull", True)),
                    _connector="OR",
                ),
                name="only_what_ran_was_shortened",
            ),
        ),
        migrations.AddField(
            model_name="succession",
            name="amended",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="succession",
                to="promotions.promotionrequest",
            ),
        ),
        migrations.AddField(
            model_name="succession",
            name="amendment",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="succeeds",
                to="promotions.promotionrequest",
            ),
        ),
        migrations.AddField(
            model_name="succession",
            name="passed_by",
            field=models.ForeignKey(
                editable=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="succession",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("passed_at__isnull", True), ("passed_by__isnull", True)),
                    models.Q(("passed_at__isnull", False), ("passed_by__isnull", False)),
                    _connector="OR",
                ),
                name="succession_passed_at_has_its_person",
            ),
        ),
        migrations.RunSQL(AMENDMENTS, AMENDMENTS_REVERSED),
        migrations.RunPython(least_privileges, migrations.RunPython.noop),
    ]
