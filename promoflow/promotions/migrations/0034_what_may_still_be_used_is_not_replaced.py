"""Another promotion at Amazon takes the place of an amended one only where a stop leaves nothing of that.

Held to by the rules in force, as `Policy.danger_window` reads them: how early and how long a kind may be
used, for how long after a stop, and from when on Amazon lets nobody call it back. Old
successions stay as they are.
"""

from importlib import import_module

from django.db import migrations

_AMENDMENTS = import_module("promoflow.promotions.migrations.0017_what_runs_is_amended_by_two").AMENDMENTS
_function = import_module("promoflow.promotions.migrations.0028_what_is_held_covers_the_window")._function

OUTLASTS = """
CREATE FUNCTION promotions_outlasts_a_stop(request bigint, at timestamptz) RETURNS boolean
LANGUAGE sql STABLE
    SET search_path = pg_catalog, public, pg_temp AS $$
    WITH known AS (
        SELECT v.starts_at, v.ends_at, least(at, q.ends_early) AS stopped_at,
            promotions_content(rules.body) #> ARRAY['kinds', v.kind] AS kind
        FROM promotions_promotionrequest q JOIN promotions_revision v ON v.id = q.current_id,
            (SELECT body FROM policies_policyversion ORDER BY number DESC LIMIT 1) rules
        WHERE q.id = request
    ), timed AS (
        SELECT stopped_at,
            starts_at - make_interval(hours => (kind #>> '{danger,hours_before,value}')::int) AS begins,
            ends_at + make_interval(hours => (kind #>> '{danger,hours_after,value}')::int) AS ends,
            starts_at - make_interval(hours => (kind #>> '{decide_hours_before_start,value}')::int) AS locked,
            nullif(kind #>> '{danger,hours_after_stop,value}', 'to-the-end')::int AS hours
        FROM known
    )
    SELECT CASE WHEN hours IS NOT NULL
        THEN least(ends, stopped_at + make_interval(hours => hours)) > greatest(begins, at)
        ELSE stopped_at > least(begins, locked) AND ends > at END
    FROM timed
$$;
"""
OUTLASTS_REVERSED = "DROP FUNCTION promotions_outlasts_a_stop(bigint, timestamptz);"

_DONE = "    RETURN NULL;\nEND $$;"
REPLACED = """\
    IF EXISTS (
        SELECT 1 FROM promotions_succession s
        JOIN promotions_activation replaced ON replaced.request_id = s.amended_id
        JOIN promotions_activation a ON a.request_id = s.amendment_id
        WHERE s.amendment_id = amendment.id AND lower(btrim(a.amazon_id)) <> lower(btrim(replaced.amazon_id))
            AND promotions_outlasts_a_stop(s.amended_id, s.passed_at)) THEN
        PERFORM promotions_refuse('what_may_still_be_used_is_not_replaced',
            'Customers may still use the amended promotion: only that one, changed, takes its place.');
    END IF;
"""
_PASSES = _function("promotions_passes_in_one_act", _AMENDMENTS)
PASSES = _PASSES.replace(_DONE, REPLACED + _DONE)


class Migration(migrations.Migration):
    dependencies = [
        ("promotions", "0033_a_lock_keeps_nobody_from_naming_a_row"),
        ("policies", "0002_version_1_and_versions_never_change"),
    ]

    operations = [
        migrations.RunSQL(OUTLASTS, OUTLASTS_REVERSED),
        migrations.RunSQL(PASSES, _PASSES),
    ]
