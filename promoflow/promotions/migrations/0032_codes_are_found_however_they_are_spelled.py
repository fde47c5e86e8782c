"""Finds the promotions of a claim code also where one of them is of a group, whose digits Amazon changes."""

from django.db import migrations

SPELLED = """
DROP INDEX revision_by_claim_code;
CREATE INDEX revision_by_claim_code
    ON promotions_revision (translate(promotions_content(body) ->> 'claim_code', '01', 'OI'))
    WHERE promotions_content(body) ->> 'claim_code' IS NOT NULL;
"""
AS_BEFORE = """
DROP INDEX revision_by_claim_code;
CREATE INDEX revision_by_claim_code ON promotions_revision ((promotions_content(body) ->> 'claim_code'))
    WHERE promotions_content(body) ->> 'claim_code' IS NOT NULL;
"""


class Migration(migrations.Migration):
    dependencies = [("promotions", "0031_the_clock_voids_what_counts_no_more")]

    operations = [migrations.RunSQL(SPELLED, AS_BEFORE)]
