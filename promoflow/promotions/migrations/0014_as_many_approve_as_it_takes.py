"""A submitted request has its route, and it takes as many confirmed humans to approve it as that says."""

import re
from datetime import timedelta
from importlib import import_module

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q, Value


def earlier(module, constant, function):
    """The function as an earlier migration made it, to be put back."""
    text = getattr(import_module(f"promoflow.promotions.migrations.{module}"), constant)
    found = re.search(rf"CREATE FUNCTION {function}\(.*?\nEND \$\$;", text, re.DOTALL)
    return found[0].replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1)


# Until now one supervisor approved. Who decided which human that was is read off the account.
FROM_BEFORE = """
ALTER TABLE promotions_promotionrequest DISABLE TRIGGER USER;
UPDATE promotions_promotionrequest
    SET route = '{"approvals": 1, "role": "supervisor", "retype_asin": false, "why": []}'
    WHERE submitted_at IS NOT NULL;
ALTER TABLE promotions_promotionrequest ENABLE TRIGGER USER;
ALTER TABLE promotions_decision DISABLE TRIGGER USER;
UPDATE promotions_decision d SET decided_by_human = u.person_id FROM accounts_user u
    WHERE u.id = d.decided_by_id;
ALTER TABLE promotions_decision ENABLE TRIGGER USER;
"""

ROUTE_IS_KNOWN = """
ALTER TABLE promotions_promotionrequest ADD CONSTRAINT a_route_is_known CHECK (
    route = '{}' OR coalesce(
        route->>'approvals' IN ('1', '2') AND route->>'role' IN ('supervisor', 'manager')
        AND jsonb_typeof(route->'retype_asin') = 'boolean', false));
"""
ROUTE_IS_KNOWN_REVERSED = "ALTER TABLE promotions_promotionrequest DROP CONSTRAINT a_route_is_known;"

MOVES = """
CREATE OR REPLACE FUNCTION promotions_request_moves() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'draft' OR NEW.step <> 1 THEN
            PERFORM promotions_refuse('every_request_is_born_a_draft', 'A request is born as a draft.');
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.store_id, NEW.created_at, NEW.created_by_id, NEW.copied_from_id)
        IS DISTINCT FROM (OLD.id, OLD.store_id, OLD.created_at, OLD.created_by_id, OLD.copied_from_id) THEN
        PERFORM promotions_refuse('birth_is_fixed', 'A request keeps its number, store and author.');
    END IF;
    IF NEW.route <> OLD.route AND NEW.state <> 'draft'
        AND NOT (OLD.state = 'draft' AND NEW.state = 'in_review') THEN
        PERFORM promotions_refuse('a_route_is_frozen', 'How it is approved is settled when it is submitted.');
    END IF;
    IF OLD.current_id IS NULL AND NEW.step = OLD.step AND NEW.state = OLD.state THEN
        RETURN NEW;
    END IF;
    IF NEW.step <> OLD.step + 1 THEN
        PERFORM promotions_refuse('every_change_is_a_step', 'Each change of a request is one step further.');
    END IF;
    IF (OLD.state || ' ' || NEW.state) NOT IN (
        'draft draft', 'draft in_review', 'draft cancelled',
        'in_review draft', 'in_review in_review', 'in_review rejected', 'in_review approved',
        'in_review cancelled', 'approved draft', 'approved in_review', 'approved cancelled', 'approved live',
        'live live', 'live ended') THEN
        PERFORM promotions_refuse('only_legal_moves',
            format('A request does not go from %s to %s.', OLD.state, NEW.state));
    END IF;
    IF NEW.current_id IS DISTINCT FROM OLD.current_id AND NEW.state <> 'draft' THEN
        PERFORM promotions_refuse('new_content_is_a_draft', 'New content makes the request a draft again.');
    END IF;
    RETURN NEW;
END $$;
"""

DECISIONS = """
CREATE OR REPLACE FUNCTION promotions_decision_rules() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    asked promotions_promotionrequest;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF NOT OLD.valid OR NEW.valid OR (to_jsonb(NEW) - ARRAY['valid', 'voided_at', 'voided_by_id'])
            <> (to_jsonb(OLD) - ARRAY['valid', 'voided_at', 'voided_by_id']) THEN
            PERFORM promotions_refuse('a_decision_is_only_voided', 'A decision can only be voided, once.');
        END IF;
        RETURN NEW;
    END IF;
    SELECT * INTO asked FROM promotions_promotionrequest WHERE id = NEW.request_id FOR UPDATE;
    IF asked.current_id IS DISTINCT FROM NEW.revision_id THEN
        PERFORM promotions_refuse('the_newest_content_is_decided', 'A decision is on the newest revision.');
    END IF;
    IF NOT NEW.valid THEN
        PERFORM promotions_refuse('a_decision_is_born_valid', 'A decision is valid when it is made.');
    END IF;
    IF promotions_wrote(NEW.request_id, NEW.decided_by_id) THEN
        PERFORM promotions_refuse('a_second_human_decides',
            'Who wrote, edited or submitted a request does not decide on it, under no account.');
    END IF;
    IF NOT accounts_holds_role(
        NEW.decided_by_id, asked.store_id, coalesce(asked.route->>'role', 'supervisor')) THEN
        PERFORM promotions_refuse('a_supervisor_decides',
            'Only somebody active in the role that its route names decides.');
    END IF;
    IF NEW.confirmed_at IS NULL THEN
        PERFORM promotions_refuse('a_decision_is_confirmed', 'Who decides has confirmed it is them.');
    END IF;
    IF NOT EXISTS (SELECT 1 FROM mfa_authenticator a
                   WHERE a.user_id = NEW.decided_by_id AND a.type = 'totp') THEN
        PERFORM promotions_refuse('who_decides_has_two_steps', 'Who decides has two-step verification.');
    END IF;
    SELECT u.person_id INTO NEW.decided_by_human FROM accounts_user u WHERE u.id = NEW.decided_by_id;
    RETURN NEW;
END $$;
"""

# Approved is held to the humans who decided, as they were known then: finding later that two accounts are one
# human must not keep anybody from stopping, withdrawing or publishing. Going live asks who they are today.
STATE = """
CREATE OR REPLACE FUNCTION promotions_check_state(request bigint) RETURNS void LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    asked promotions_promotionrequest;
    approvers bigint;
    needed bigint;
    activated boolean;
    stopped boolean;
    holds boolean;
BEGIN
    SELECT * INTO asked FROM promotions_promotionrequest WHERE id = request;
    SELECT count(DISTINCT d.decided_by_human) INTO approvers FROM promotions_decision d
        WHERE d.request_id = request AND d.revision_id = asked.current_id
            AND d.verdict = 'approve' AND d.valid;
    needed := coalesce((asked.route->>'approvals')::bigint, 1);
    SELECT count(*) > 0, coalesce(bool_or(a.stopped_at IS NOT NULL), false) INTO activated, stopped
        FROM promotions_activation a WHERE a.request_id = request AND a.revision_id = asked.current_id;
    SELECT EXISTS (SELECT 1 FROM promotions_reservation r WHERE r.request_id = request AND r.held) INTO holds;

    IF asked.current_id IS NULL THEN
        PERFORM promotions_refuse('a_request_has_content', 'A request has content.');
    END IF;
    IF asked.state IN ('approved', 'live', 'ended') AND approvers < needed THEN
        PERFORM promotions_refuse('approved_by_a_second_person',
            format('PR-%s cannot be %s: %s of %s have approved this content.',
                request, asked.state, approvers, needed));
    END IF;
    IF asked.state NOT IN ('in_review', 'approved', 'live', 'ended', 'cancelled') AND EXISTS (
        SELECT 1 FROM promotions_decision d
        WHERE d.request_id = request AND d.verdict = 'approve' AND d.valid) THEN
        PERFORM promotions_refuse('approvals_end_with_the_state',
            format('PR-%s is %s and still has a valid approval.', request, asked.state));
    END IF;
    IF asked.state = 'in_review' AND approvers >= needed THEN
        PERFORM promotions_refuse('enough_approvals_approve',
            format('PR-%s is in review with all the approvals it takes.', request));
    END IF;
    IF (asked.state IN ('live', 'ended')) <> activated OR (asked.state = 'live' AND stopped) THEN
        PERFORM promotions_refuse('live_has_its_activation',
            format('PR-%s is %s, which its activation does not say.', request, asked.state));
    END IF;
    IF asked.state IN ('approved', 'live')
        AND NOT promotions_holds_all_products(request, asked.current_id) THEN
        PERFORM promotions_refuse('approved_holds_its_products',
            format('PR-%s is %s without holding all its products.', request, asked.state));
    END IF;
    IF asked.state NOT IN ('approved', 'live', 'ended') AND holds THEN
        PERFORM promotions_refuse('only_approved_ones_hold_products',
            format('PR-%s is %s and still holds products.', request, asked.state));
    END IF;
    IF asked.state = 'rejected' AND NOT EXISTS (SELECT 1 FROM promotions_decision d
        WHERE d.request_id = request AND d.revision_id = asked.current_id AND d.verdict = 'reject') THEN
        PERFORM promotions_refuse('rejected_by_a_second_person',
            format('PR-%s cannot be rejected: nobody rejected this content.', request));
    END IF;
END $$;
"""

ACTIVATIONS = """
CREATE FUNCTION promotions_enough_still_count(request bigint) RETURNS boolean LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    asked promotions_promotionrequest;
    counting bigint;
BEGIN
    SELECT * INTO asked FROM promotions_promotionrequest WHERE id = request;
    SELECT count(DISTINCT u.person_id) INTO counting
        FROM promotions_decision d JOIN accounts_user u ON u.id = d.decided_by_id
        WHERE d.request_id = request AND d.revision_id = asked.current_id
            AND d.verdict = 'approve' AND d.valid AND NOT promotions_wrote(request, d.decided_by_id)
            AND accounts_holds_role(
                d.decided_by_id, asked.store_id, coalesce(asked.route->>'role', 'supervisor'));
    RETURN counting >= coalesce((asked.route->>'approvals')::bigint, 1);
END $$;

CREATE OR REPLACE FUNCTION promotions_activation_rules() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    asked promotions_promotionrequest;
    -- A generated column is still empty in NEW before the write, so these two cannot be compared here.
    free text[] := ARRAY['verified_at', 'verified_by_id', 'second_look', 'stopped_at', 'stopped_by_id',
                         'decision_verdict', 'decision_valid'];
BEGIN
    SELECT * INTO asked FROM promotions_promotionrequest WHERE id = NEW.request_id FOR UPDATE;
    IF TG_OP = 'UPDATE' THEN
        IF (to_jsonb(NEW) - free) <> (to_jsonb(OLD) - free)
            OR (OLD.verified_at IS NOT NULL AND (NEW.verified_at, NEW.verified_by_id, NEW.second_look)
                IS DISTINCT FROM (OLD.verified_at, OLD.verified_by_id, OLD.second_look))
            OR (OLD.stopped_at IS NOT NULL AND (NEW.stopped_at, NEW.stopped_by_id)
                IS DISTINCT FROM (OLD.stopped_at, OLD.stopped_by_id)) THEN
            PERFORM promotions_refuse('an_activation_is_only_verified_and_stopped',
                'An activation is verified once and stopped once; nothing else of it changes.');
        END IF;
    ELSE
        IF asked.current_id IS DISTINCT FROM NEW.revision_id THEN
            PERFORM promotions_refuse('the_newest_content_goes_live',
                'The newest revision goes live, no other.');
        END IF;
        IF promotions_wrote(NEW.request_id, NEW.approver_id) THEN
            PERFORM promotions_refuse('a_second_human_approved', 'The approver also wrote the request.');
        END IF;
        IF NOT accounts_holds_role(
            NEW.approver_id, asked.store_id, coalesce(asked.route->>'role', 'supervisor')) THEN
            PERFORM promotions_refuse('the_approver_still_counts',
                'The approver is no longer active in the role that the route names.');
        END IF;
        IF NOT promotions_enough_still_count(NEW.request_id) THEN
            PERFORM promotions_refuse('enough_approvers_still_count',
                'Of those who approved it, too few distinct people may still do so.');
        END IF;
        IF NOT accounts_holds_role(NEW.live_by_id, asked.store_id, 'operator') THEN
            PERFORM promotions_refuse('an_operator_marks_live',
                'Only an active operator of the store marks live.');
        END IF;
    END IF;
    IF NEW.verified_by_id IS NOT NULL AND (TG_OP = 'INSERT' OR OLD.verified_by_id IS NULL) THEN
        IF EXISTS (SELECT 1 FROM accounts_user a JOIN accounts_user b USING (person_id)
                   WHERE a.id = NEW.verified_by_id AND b.id = NEW.live_by_id) THEN
            PERFORM promotions_refuse('another_human_verifies', 'Who marked it live does not verify it.');
        END IF;
        IF NOT accounts_holds_role(NEW.verified_by_id, asked.store_id, 'supervisor') THEN
            PERFORM promotions_refuse('a_supervisor_verifies',
                'Only an active supervisor of the store verifies.');
        END IF;
    END IF;
    RETURN NEW;
END $$;
"""

REVERSED = "\n".join(
    [
        earlier("0003_every_change_is_a_legal_step", "MOVES", "promotions_request_moves"),
        earlier("0004_a_second_human_decides", "SECOND_PERSON", "promotions_decision_rules"),
        earlier("0004_a_second_human_decides", "SECOND_PERSON", "promotions_activation_rules"),
        earlier("0005_the_state_is_true_and_recorded", "STATE_IS_TRUE", "promotions_check_state"),
        "DROP FUNCTION promotions_enough_still_count(bigint);",
    ]
)


def may_be_written(apps, schema_editor):
    """The application's role may freeze a route, as it may submit."""
    role = settings.DATABASE_APP_ROLE
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        if cursor.fetchone() is None:
            return
    to = schema_editor.connection.ops.quote_name(role)
    schema_editor.execute(f"GRANT UPDATE (route) ON promotions_promotionrequest TO {to}")


class Migration(migrations.Migration):
    dependencies = [
        ("promotions", "0013_claims_are_true"),
        ("mfa", "0003_authenticator_type_uniq"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField("promotionrequest", "route", models.JSONField(default=dict, editable=False)),
        migrations.AddField("decision", "decided_by_human", models.UUIDField(editable=False, null=True)),
        migrations.AddField(
            "decision",
            "on_behalf_of",
            models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField("decision", "confirmed_at", models.DateTimeField(editable=False, null=True)),
        migrations.RunSQL(FROM_BEFORE, migrations.RunSQL.noop),
        migrations.AlterField("decision", "decided_by_human", models.UUIDField(editable=False)),
        migrations.AddConstraint(
            "promotionrequest",
            models.CheckConstraint(
                condition=Q(submitted_at__isnull=True, route={})
                | (Q(submitted_at__isnull=False) & ~Q(route={})),
                name="what_is_submitted_has_its_route",
            ),
        ),
        migrations.AddConstraint(
            "decision",
            models.CheckConstraint(
                condition=Q(confirmed_at__isnull=True)
                | Q(
                    confirmed_at__lte=F("decided_at"),
                    confirmed_at__gte=F("decided_at") - Value(timedelta(minutes=10)),
                ),
                name="a_decision_is_freshly_confirmed",
            ),
        ),
        migrations.RemoveConstraint("decision", "one_valid_approval_per_person_and_revision"),
        migrations.AddConstraint(
            "decision",
            models.UniqueConstraint(
                condition=Q(valid=True, verdict="approve"),
                fields=["revision", "decided_by_human"],
                name="one_valid_approval_per_person_and_revision",
            ),
        ),
        migrations.RunSQL(ROUTE_IS_KNOWN, ROUTE_IS_KNOWN_REVERSED),
        migrations.RunSQL(MOVES + DECISIONS + STATE + ACTIVATIONS, REVERSED),
        migrations.RunPython(may_be_written, migrations.RunPython.noop),
    ]
