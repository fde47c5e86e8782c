"""A supervisor who is away names another human who supervises the same store, for a time, one at a time."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q, Value

from promoflow.promotions.models.absence import LONGEST

PERSON = {
    "on_delete": django.db.models.deletion.PROTECT,
    "related_name": "+",
    "to": settings.AUTH_USER_MODEL,
}


def paired(what):
    return models.CheckConstraint(
        condition=Q(**{f"{what}_at__isnull": True, f"{what}_by__isnull": True})
        | Q(**{f"{what}_at__isnull": False, f"{what}_by__isnull": False}),
        name=f"delegation_{what}_at_has_its_person",
    )


DELEGATIONS = """
-- An ended one leaves its time free again.
ALTER TABLE promotions_delegation ADD CONSTRAINT one_delegate_at_a_time EXCLUDE USING gist (
    store_id WITH =, absent_id WITH =, tstzrange(starts_at, ends_at) WITH &&) WHERE (ended_at IS NULL);

CREATE TRIGGER kept BEFORE DELETE OR TRUNCATE ON promotions_delegation
    FOR EACH STATEMENT EXECUTE FUNCTION promotions_keep();

CREATE FUNCTION promotions_delegation_rules() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.ended_at IS NOT NULL OR NEW.ended_at IS NULL
            OR (to_jsonb(NEW) - ARRAY['ended_at', 'ended_by_id'])
                <> (to_jsonb(OLD) - ARRAY['ended_at', 'ended_by_id']) THEN
            PERFORM promotions_refuse('a_delegation_is_only_ended', 'A delegation can only be ended, once.');
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.ended_at IS NOT NULL THEN
        PERFORM promotions_refuse('a_delegation_is_born_open', 'A delegation is open when it is made.');
    END IF;
    IF NEW.named_by_id <> NEW.absent_id THEN
        PERFORM promotions_refuse('who_is_away_names_the_delegate', 'Only who is away names their delegate.');
    END IF;
    IF EXISTS (SELECT 1 FROM accounts_user a JOIN accounts_user b USING (person_id)
               WHERE a.id = NEW.absent_id AND b.id = NEW.delegate_id) THEN
        PERFORM promotions_refuse('a_delegate_is_another_human', 'A delegate is another human.');
    END IF;
    IF NOT (accounts_holds_role(NEW.absent_id, NEW.store_id, 'supervisor')
            AND accounts_holds_role(NEW.delegate_id, NEW.store_id, 'supervisor')) THEN
        PERFORM promotions_refuse('a_delegate_supervises_the_store',
            'Both are active supervisors of the store.');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rules BEFORE INSERT OR UPDATE ON promotions_delegation
    FOR EACH ROW EXECUTE FUNCTION promotions_delegation_rules();

CREATE FUNCTION promotions_delegation_is_recorded() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    told text := CASE TG_OP WHEN 'INSERT' THEN 'delegation.named' ELSE 'delegation.ended' END;
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM audit_entry e
        WHERE e.subject_type = 'promotions.delegation' AND e.subject_id = NEW.id
            AND e.event = told AND e.outcome = 'done' AND e.txid = pg_current_xact_id()::text::bigint) THEN
        PERFORM promotions_refuse('nothing_happens_unrecorded',
            'A delegation changed and the history does not say so.');
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER is_recorded AFTER INSERT OR UPDATE ON promotions_delegation
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION promotions_delegation_is_recorded();

-- On whose behalf is held to a delegation that runs when it is decided.
CREATE FUNCTION promotions_decision_is_in_place_of() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.on_behalf_of_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM promotions_delegation d JOIN promotions_promotionrequest q ON q.store_id = d.store_id
        WHERE q.id = NEW.request_id AND d.absent_id = NEW.on_behalf_of_id
            AND d.delegate_id = NEW.decided_by_id AND d.ended_at IS NULL
            AND d.starts_at <= NEW.decided_at AND d.ends_at > NEW.decided_at) THEN
        PERFORM promotions_refuse('on_behalf_of_who_asked_for_it',
            'Nobody decides on behalf of somebody who did not name them.');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER in_place_of BEFORE INSERT ON promotions_decision
    FOR EACH ROW EXECUTE FUNCTION promotions_decision_is_in_place_of();
"""

DELEGATIONS_REVERSED = """
DROP TRIGGER in_place_of ON promotions_decision;
DROP FUNCTION promotions_decision_is_in_place_of();
DROP TRIGGER is_recorded ON promotions_delegation;
DROP FUNCTION promotions_delegation_is_recorded();
DROP TRIGGER rules ON promotions_delegation;
DROP FUNCTION promotions_delegation_rules();
DROP TRIGGER kept ON promotions_delegation;
"""


def least_privileges(apps, schema_editor):
    role = settings.DATABASE_APP_ROLE
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        if cursor.fetchone() is None:
            return
    to = schema_editor.connection.ops.quote_name(role)
    schema_editor.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON promotions_delegation FROM {to}")
    schema_editor.execute(f"GRANT UPDATE (ended_at, ended_by_id) ON promotions_delegation TO {to}")


class Migration(migrations.Migration):
    dependencies = [("promotions", "0014_as_many_approve_as_it_takes")]

    operations = [
        migrations.CreateModel(
            name="Delegation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("starts_at", models.DateTimeField(verbose_name="from")),
                ("ends_at", models.DateTimeField(verbose_name="until")),
                ("named_at", models.DateTimeField(editable=False)),
                ("ended_at", models.DateTimeField(editable=False, null=True)),
                ("absent", models.ForeignKey(**PERSON)),
                ("delegate", models.ForeignKey(**PERSON)),
                ("ended_by", models.ForeignKey(editable=False, null=True, **PERSON)),
                ("named_by", models.ForeignKey(editable=False, **PERSON)),
                (
                    "store",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="delegations",
                        to="catalog.store",
                    ),
                ),
            ],
            options={
                "verbose_name": "delegation",
                "verbose_name_plural": "delegations",
                "ordering": ["-starts_at", "-pk"],
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(ends_at__gt=F("starts_at"), ends_at__lte=F("starts_at") + Value(LONGEST)),
                        name="an_absence_has_an_end_in_sight",
                    ),
                    models.CheckConstraint(
                        condition=~Q(absent=F("delegate")), name="nobody_delegates_to_themselves"
                    ),
                    paired("named"),
                    paired("ended"),
                ],
            },
        ),
        migrations.RunSQL(DELEGATIONS, DELEGATIONS_REVERSED),
        migrations.RunPython(least_privileges, migrations.RunPython.noop),
    ]
