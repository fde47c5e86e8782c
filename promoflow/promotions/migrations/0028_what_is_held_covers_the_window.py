"""What is held covers the promotion's window, and is let go only for what covers the same.

Held to: whatever is approved or live holds a presence on each of its products for all of its window, up to
the earlier end that somebody gave it. A row that is let go is replaced by one of the same group and member
that covers it: all of it, or up to the earlier end in the transaction of a step. One that ended lets go in
the transaction that ends it, and never after. New rules write all anew, and two people publish them.

Not held to, because only the rules know it: in which groups a request holds its products when it is approved,
how far its danger reaches beyond the window, and for how long a stopped or shortened one cools off.
"""

from importlib import import_module

from django.db import migrations

_STATE = import_module("promoflow.promotions.migrations.0005_the_state_is_true_and_recorded").STATE_IS_TRUE
_RESERVATIONS = import_module(
    "promoflow.promotions.migrations.0006_only_approved_ones_hold_products"
).RESERVATIONS


def _function(name, text):
    """The function as an earlier migration made it, to replace the one of now."""
    made = text[text.index(f"CREATE FUNCTION {name}(") :]
    return made[: made.index("$$;") + len("$$;")].replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1)


HOLDS = """
CREATE OR REPLACE FUNCTION promotions_holds_all_products(request bigint, revision bigint) RETURNS boolean
LANGUAGE sql
    SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT NOT EXISTS (
        SELECT 1 FROM promotions_revisionproduct wanted
        JOIN promotions_revision v ON v.id = wanted.revision_id
        JOIN promotions_promotionrequest q ON q.id = request
        WHERE wanted.revision_id = revision AND NOT EXISTS (
            SELECT 1 FROM promotions_reservation r
            WHERE r.request_id = request AND r.revision_id = revision AND r.product_id = wanted.product_id
                AND r.held AND r.conflict_group = 0
                AND r.danger @> tstzrange(v.starts_at, least(v.ends_at, q.ends_early))))
$$;
"""

_DONE = "    RETURN NULL;"
# The entry of a request's last step is of this transaction if it moved in it: no step has a second entry.
# That rules are new only the database itself tells.
COVERED = """\
    IF NOT EXISTS (SELECT 1 FROM audit_entry e
        WHERE e.event = 'rows.changed' AND e.subject_type = 'policies_policyversion'
            AND e.txid = pg_current_xact_id()::text::bigint)
        AND EXISTS (
        WITH touched AS MATERIALIZED (
            SELECT q.id, CASE
                WHEN NOT EXISTS (SELECT 1 FROM audit_entry e
                    WHERE e.subject_type = 'promotions.promotionrequest' AND e.subject_id = q.id
                        AND e.step = q.step AND e.outcome = 'done'
                        AND e.txid = pg_current_xact_id()::text::bigint)
                    THEN tstzrange(NULL, NULL)
                WHEN q.state = 'ended' THEN 'empty'
                ELSE tstzrange(NULL, q.ends_early) END AS kept
            FROM promotions_promotionrequest q
            WHERE q.id IN (SELECT request_id FROM before_it) AND q.state IN ('approved', 'live', 'ended'))
        SELECT 1 FROM before_it b JOIN touched t ON t.id = b.request_id
        WHERE NOT isempty(b.danger * t.kept) AND NOT EXISTS (
            SELECT 1 FROM promotions_reservation r
            WHERE r.request_id = b.request_id AND r.product_id = b.product_id
                AND r.conflict_group = b.conflict_group AND r.member = b.member
                AND r.held AND r.danger @> b.danger * t.kept)) THEN
        PERFORM promotions_refuse('what_is_let_go_is_replaced',
            'A product is let go only for a reservation that covers the same time.');
    END IF;
"""
_RELEASING = _function("promotions_releasing", _RESERVATIONS)
RELEASING = _RELEASING.replace(_DONE, COVERED + _DONE)


class Migration(migrations.Migration):
    dependencies = [
        ("promotions", "0027_who_approved_still_counts_when_it_is_approved"),
        ("audit", "0003_the_database_tells_what_changed"),
        ("policies", "0005_the_history_follows_the_rules"),
    ]

    operations = [
        migrations.RunSQL(HOLDS, _function("promotions_holds_all_products", _STATE)),
        migrations.RunSQL(RELEASING, _RELEASING),
    ]
