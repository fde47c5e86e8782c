"""Finds the promotions of a claim code without reading every content."""

from django.db import migrations

CODES = """
CREATE INDEX revision_by_claim_code ON promotions_revision ((promotions_content(body) ->> 'claim_code'))
    WHERE promotions_content(body) ->> 'claim_code' IS NOT NULL;
"""


class Migration(migrations.Migration):
    dependencies = [("promotions", "0007_the_application_only_adds")]

    operations = [migrations.RunSQL(CODES, "DROP INDEX revision_by_claim_code")]
