"""A product keeps its store and its ASIN, is never deleted, and its family has one level and one store."""

from django.conf import settings
from django.db import migrations

# One foreign key on two columns says that both belong to one store, which two foreign keys cannot say.
ONE_STORE = """
ALTER TABLE catalog_product ADD CONSTRAINT parent_is_in_the_same_store
    FOREIGN KEY (parent_id, store_id) REFERENCES catalog_product (id, store_id);
ALTER TABLE catalog_sku ADD CONSTRAINT sku_is_in_the_store_of_its_product
    FOREIGN KEY (product_id, store_id) REFERENCES catalog_product (id, store_id);
"""
ONE_STORE_REVERSED = """
ALTER TABLE catalog_sku DROP CONSTRAINT sku_is_in_the_store_of_its_product;
ALTER TABLE catalog_product DROP CONSTRAINT parent_is_in_the_same_store;
"""

# The parent is locked, so that it cannot become a child at the same moment: whoever makes it one holds its
# row first, as PostgreSQL fires the trigger once it has the row. Each statement sees what is committed then.
ONE_LEVEL = """
CREATE FUNCTION catalog_families_have_one_level() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM 1 FROM catalog_product WHERE id = NEW.parent_id FOR SHARE;
    IF EXISTS (SELECT FROM catalog_product WHERE id = NEW.parent_id AND parent_id IS NOT NULL)
        OR EXISTS (SELECT FROM catalog_product WHERE parent_id = NEW.id)
    THEN
        RAISE EXCEPTION 'Product % cannot belong to product %: a family has one level.', NEW.id, NEW.parent_id
        USING ERRCODE = 'check_violation', CONSTRAINT = 'families_have_one_level';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER families_have_one_level BEFORE INSERT OR UPDATE OF parent_id ON catalog_product
    FOR EACH ROW WHEN (NEW.parent_id IS NOT NULL) EXECUTE FUNCTION catalog_families_have_one_level();
"""
ONE_LEVEL_REVERSED = """
DROP TRIGGER families_have_one_level ON catalog_product;
DROP FUNCTION catalog_families_have_one_level();
"""

# Requests, reservations and the history name a product by its row: another ASIN in it, another product.
IDENTITY = """
CREATE FUNCTION catalog_products_stay_who_they_are() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'Product % keeps its store and its ASIN.', OLD.id
    USING ERRCODE = 'restrict_violation', CONSTRAINT = 'products_stay_who_they_are';
END $$;
CREATE TRIGGER products_stay_who_they_are BEFORE UPDATE OF id, store_id, asin ON catalog_product
    FOR EACH ROW WHEN ((OLD.id, OLD.store_id, OLD.asin) IS DISTINCT FROM (NEW.id, NEW.store_id, NEW.asin))
    EXECUTE FUNCTION catalog_products_stay_who_they_are();

CREATE FUNCTION catalog_products_are_never_deleted() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'Products are never deleted: what happened to them stays readable.'
    USING ERRCODE = 'restrict_violation', CONSTRAINT = 'products_are_never_deleted';
END $$;
CREATE TRIGGER products_are_never_deleted BEFORE DELETE OR TRUNCATE ON catalog_product
    FOR EACH STATEMENT EXECUTE FUNCTION catalog_products_are_never_deleted();
"""
IDENTITY_REVERSED = """
DROP TRIGGER products_are_never_deleted ON catalog_product;
DROP FUNCTION catalog_products_are_never_deleted();
DROP TRIGGER products_stay_who_they_are ON catalog_product;
DROP FUNCTION catalog_products_stay_who_they_are();
"""


# A report changes prices every day. With room on its page a row takes a new price without touching an index.
ROOM_FOR_PRICES = "ALTER TABLE catalog_product SET (fillfactor = 80)"


def take_deleting_from_the_application(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        role = settings.DATABASE_APP_ROLE
        cursor.execute("SELECT FROM pg_roles WHERE rolname = %s AND NOT rolsuper", [role])
        if cursor.fetchone() is not None:
            name = schema_editor.quote_name(role)
            cursor.execute(
                f"REVOKE DELETE, TRUNCATE ON catalog_store, catalog_product, catalog_import FROM {name}"
            )


class Migration(migrations.Migration):
    dependencies = [("catalog", "0002_imports")]

    operations = [
        migrations.RunSQL(ROOM_FOR_PRICES, "ALTER TABLE catalog_product RESET (fillfactor)"),
        migrations.RunSQL(ONE_STORE, ONE_STORE_REVERSED),
        migrations.RunSQL(ONE_LEVEL, ONE_LEVEL_REVERSED),
        migrations.RunSQL(IDENTITY, IDENTITY_REVERSED),
        migrations.RunPython(take_deleting_from_the_application, migrations.RunPython.noop),
    ]
