"""Requests that are born as drafts and move step by step, and revisions that are what their content says."""

from django.db import migrations

# Every update of a request is one recorded move; only a new draft's first revision is hung in without one.
MOVES = """
CREATE FUNCTION promotions_request_moves() RETURNS trigger LANGUAGE plpgsql
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
    IF OLD.current_id IS NULL AND NEW.step = OLD.step AND NEW.state = OLD.state THEN
        RETURN NEW;
    END IF;
    IF NEW.step <> OLD.step + 1 THEN
        PERFORM promotions_refuse('every_change_is_a_step', 'Each change of a request is one step further.');
    END IF;
    IF (OLD.state || ' ' || NEW.state) NOT IN (
        'draft draft', 'draft in_review', 'draft cancelled',
        'in_review draft', 'in_review rejected', 'in_review approved', 'in_review cancelled',
        'approved draft', 'approved cancelled', 'approved live',
        'live live', 'live ended') THEN
        PERFORM promotions_refuse('only_legal_moves',
            format('A request does not go from %s to %s.', OLD.state, NEW.state));
    END IF;
    IF NEW.current_id IS DISTINCT FROM OLD.current_id AND NEW.state <> 'draft' THEN
        PERFORM promotions_refuse('new_content_is_a_draft', 'New content makes the request a draft again.');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER moves BEFORE INSERT OR UPDATE ON promotions_promotionrequest
    FOR EACH ROW EXECUTE FUNCTION promotions_request_moves();
"""

MOVES_REVERSED = """
DROP TRIGGER moves ON promotions_promotionrequest;
DROP FUNCTION promotions_request_moves();
"""

CONTENT = """
CREATE FUNCTION promotions_content(body bytea) RETURNS jsonb LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT convert_from(body, 'UTF8')::jsonb
$$;

CREATE FUNCTION promotions_revision_rules() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    content jsonb := promotions_content(NEW.body);
    asked promotions_promotionrequest;
BEGIN
    SELECT * INTO asked FROM promotions_promotionrequest WHERE id = NEW.request_id FOR UPDATE;
    IF asked.state NOT IN ('draft', 'in_review', 'approved') THEN
        PERFORM promotions_refuse('what_ran_is_not_rewritten',
            format('A request that is %s takes no new content.', asked.state));
    END IF;
    IF NEW.number <> 1 + (SELECT count(*) FROM promotions_revision WHERE request_id = NEW.request_id) THEN
        PERFORM promotions_refuse('revisions_count_up', 'Revisions are numbered without gaps.');
    END IF;
    IF (content->>'kind', content->>'title', (content->>'starts_at')::timestamptz,
        (content->>'ends_at')::timestamptz)
        IS DISTINCT FROM (NEW.kind::text, NEW.title::text, NEW.starts_at, NEW.ends_at) THEN
        PERFORM promotions_refuse('columns_repeat_the_content',
            'Kind, title and window are those of the content.');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rules BEFORE INSERT ON promotions_revision
    FOR EACH ROW EXECUTE FUNCTION promotions_revision_rules();

CREATE FUNCTION promotions_revision_is_whole() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM promotions_promotionrequest WHERE id = NEW.request_id
        AND current_id = NEW.id)
        AND NOT EXISTS (SELECT 1 FROM promotions_revision
                        WHERE request_id = NEW.request_id AND number > NEW.number) THEN
        PERFORM promotions_refuse('the_newest_revision_is_current',
            'The newest revision is the current one.');
    END IF;
    IF (SELECT coalesce(jsonb_agg(p.asin ORDER BY p.asin COLLATE "C"), '[]'::jsonb)
        FROM promotions_revisionproduct r JOIN catalog_product p ON p.id = r.product_id
        WHERE r.revision_id = NEW.id)
        IS DISTINCT FROM promotions_content(NEW.body)->'covered' THEN
        PERFORM promotions_refuse('rows_repeat_the_content', 'The products are those of the content.');
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER whole AFTER INSERT ON promotions_revision
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION promotions_revision_is_whole();

CREATE FUNCTION promotions_products_of_the_content() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM added a
        JOIN promotions_revision r ON r.id = a.revision_id
        JOIN promotions_promotionrequest q ON q.id = r.request_id
        JOIN catalog_product p ON p.id = a.product_id
        WHERE p.store_id <> q.store_id OR NOT (promotions_content(r.body)->'covered') ? p.asin) THEN
        PERFORM promotions_refuse('rows_repeat_the_content', 'The products are those of the content.');
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER of_the_content AFTER INSERT ON promotions_revisionproduct REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION promotions_products_of_the_content();
"""

CONTENT_REVERSED = """
DROP TRIGGER of_the_content ON promotions_revisionproduct;
DROP FUNCTION promotions_products_of_the_content();
DROP TRIGGER whole ON promotions_revision;
DROP FUNCTION promotions_revision_is_whole();
DROP TRIGGER rules ON promotions_revision;
DROP FUNCTION promotions_revision_rules();
DROP FUNCTION promotions_content(bytea);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("promotions", "0002_rows_stay_and_keys_are_composite"),
        ("catalog", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL(MOVES, MOVES_REVERSED),
        migrations.RunSQL(CONTENT, CONTENT_REVERSED),
    ]
