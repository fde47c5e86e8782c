"""A return says which fields it means, and an approval which ASIN was typed anew."""

import django.contrib.postgres.fields
from django.db import migrations, models

# A new trigger beside the rules of decisions: which products a revision touches stands in another table.
RETYPED = """
CREATE FUNCTION promotions_retyped_asin_is_of_its_products() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.retyped_asin <> '' AND NOT EXISTS (
        SELECT 1 FROM promotions_revisionproduct row JOIN catalog_product p ON p.id = row.product_id
        WHERE row.revision_id = NEW.revision_id AND p.asin = NEW.retyped_asin) THEN
        PERFORM promotions_refuse('the_retyped_asin_is_of_its_products',
            format('%s is none of the products of the revision.', NEW.retyped_asin));
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER retyped BEFORE INSERT ON promotions_decision
    FOR EACH ROW EXECUTE FUNCTION promotions_retyped_asin_is_of_its_products();
"""

RETYPED_REVERSED = """
DROP TRIGGER retyped ON promotions_decision;
DROP FUNCTION promotions_retyped_asin_is_of_its_products();
"""

POINTED = [
    *("asins", "discount_value", "starts_at", "ends_at", "claim_type", "claim_code", "combinability"),
    *("budget", "one_per_customer", "units_per_order", "max_redemptions", "committed_units"),
    *("buy_quantity", "get_quantity", "title", "kind"),
]


class Migration(migrations.Migration):
    dependencies = [
        ("promotions", "0017_what_runs_is_amended_by_two"),
    ]

    operations = [
        migrations.AddField(
            "decision",
            "retyped_asin",
            models.CharField(blank=True, default="", editable=False, max_length=10),
        ),
        migrations.AddField(
            "decision",
            "fields",
            django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=30),
                blank=True,
                default=list,
                editable=False,
                size=None,
            ),
        ),
        migrations.AddConstraint(
            "decision",
            models.CheckConstraint(
                condition=models.Q(("verdict", "return"), ("fields", []), _connector="OR"),
                name="only_a_return_points_to_fields",
            ),
        ),
        migrations.AddConstraint(
            "decision",
            models.CheckConstraint(
                condition=models.Q(fields__contained_by=POINTED), name="a_return_points_to_fields_there_are"
            ),
        ),
        migrations.AddConstraint(
            "decision",
            models.CheckConstraint(
                condition=models.Q(("verdict", "approve"), ("retyped_asin", ""), _connector="OR"),
                name="only_an_approval_retypes_an_asin",
            ),
        ),
        migrations.RunSQL(RETYPED, RETYPED_REVERSED),
    ]
