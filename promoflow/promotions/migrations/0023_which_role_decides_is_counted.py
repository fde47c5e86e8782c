"""How many requests wait for which role: without it PostgreSQL takes ten thousand of them for three."""

from django.db import migrations

COUNTED = "CREATE STATISTICS request_by_role ON (route -> 'role') FROM promotions_promotionrequest"
COUNTED_REVERSED = "DROP STATISTICS request_by_role"


class Migration(migrations.Migration):
    dependencies = [("promotions", "0022_the_history_is_asked_by_its_indexes")]

    operations = [migrations.RunSQL(COUNTED, COUNTED_REVERSED)]
