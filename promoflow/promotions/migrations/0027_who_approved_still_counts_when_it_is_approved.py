"""Whoever approved still counts when the request becomes approved: the first of two may have left by then."""

from django.db import migrations

# The deferred check of the state takes approvers as they were known when they decided, so that stopping is
# never in the way. Becoming approved asks who they are today, as going live does.
STILL_COUNT = """
CREATE FUNCTION promotions_approvers_still_count() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM promotions_promotionrequest WHERE id = NEW.id AND step = NEW.step)
        AND NOT promotions_enough_still_count(NEW.id) THEN
        PERFORM promotions_refuse('enough_approvers_still_count',
            'Of those who approved it, too few distinct people may still do so.');
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER still_counts AFTER UPDATE OF state ON promotions_promotionrequest
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.state = 'approved' AND OLD.state <> 'approved')
    EXECUTE FUNCTION promotions_approvers_still_count();
"""
STILL_COUNT_REVERSED = """
DROP TRIGGER still_counts ON promotions_promotionrequest;
DROP FUNCTION promotions_approvers_still_count();
"""


class Migration(migrations.Migration):
    dependencies = [("promotions", "0026_who_submitted_stays_who_submitted")]

    operations = [migrations.RunSQL(STILL_COUNT, STILL_COUNT_REVERSED)]
