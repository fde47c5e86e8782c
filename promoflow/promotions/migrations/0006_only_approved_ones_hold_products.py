"""Only an approved request holds products, all of them, until it is released once."""

from django.db import migrations

# Statement triggers: a request of 8,000 products inserts some 24,000 rows, and one check is enough for them.
RESERVATIONS = """
CREATE FUNCTION promotions_reserving() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM (SELECT DISTINCT request_id, revision_id FROM added) a
        JOIN promotions_promotionrequest q ON q.id = a.request_id
        WHERE q.state NOT IN ('approved', 'live', 'ended') OR q.current_id <> a.revision_id) THEN
        PERFORM promotions_refuse('only_approved_ones_hold_products',
            'Only an approved request holds products, for its newest content.');
    END IF;
    IF EXISTS (
        SELECT 1 FROM added a WHERE NOT EXISTS (
            SELECT 1 FROM promotions_revisionproduct r
            WHERE r.revision_id = a.revision_id AND r.product_id = a.product_id)) THEN
        PERFORM promotions_refuse('it_holds_its_own_products',
            'A request holds the products of its content.');
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER reserving AFTER INSERT ON promotions_reservation REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION promotions_reserving();

CREATE FUNCTION promotions_releasing() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    touched bigint;
BEGIN
    IF EXISTS (
        SELECT 1 FROM before_it b JOIN after_it a ON a.id = b.id
        WHERE a.held OR NOT b.held OR (to_jsonb(a) - 'held') <> (to_jsonb(b) - 'held'))
        OR (SELECT count(*) FROM before_it) <>
           (SELECT count(*) FROM before_it b JOIN after_it a ON a.id = b.id) THEN
        PERFORM promotions_refuse('a_reservation_is_only_released',
            'A reservation can only be released, once.');
    END IF;
    FOR touched IN
        SELECT DISTINCT a.request_id FROM after_it a JOIN promotions_promotionrequest q ON q.id = a.request_id
        WHERE q.state IN ('approved', 'live')
    LOOP
        PERFORM promotions_check_state(touched);
    END LOOP;
    RETURN NULL;
END $$;
CREATE TRIGGER releasing AFTER UPDATE ON promotions_reservation
    REFERENCING OLD TABLE AS before_it NEW TABLE AS after_it
    FOR EACH STATEMENT EXECUTE FUNCTION promotions_releasing();
"""

RESERVATIONS_REVERSED = """
DROP TRIGGER releasing ON promotions_reservation;
DROP FUNCTION promotions_releasing();
DROP TRIGGER reserving ON promotions_reservation;
DROP FUNCTION promotions_reserving();
"""

# Overlap look-ups by product go through group 0; releasing goes by request.
LOOK_UPS = """
CREATE INDEX reservation_presence ON promotions_reservation USING gist (product_id, danger)
    WHERE held AND conflict_group = 0;
"""

LOOK_UPS_REVERSED = "DROP INDEX reservation_presence;"


class Migration(migrations.Migration):
    dependencies = [
        ("promotions", "0005_the_state_is_true_and_recorded"),
    ]

    operations = [
        migrations.RunSQL(RESERVATIONS, RESERVATIONS_REVERSED),
        migrations.RunSQL(LOOK_UPS, LOOK_UPS_REVERSED),
    ]
