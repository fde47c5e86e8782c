"""How many SKUs of a product a listing report names under another ASIN is shown with it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0009_a_report_leaves_out_what_is_on_sale")]

    operations = [
        migrations.AddField("importchange", "lost_skus", models.PositiveIntegerField(default=0)),
    ]
