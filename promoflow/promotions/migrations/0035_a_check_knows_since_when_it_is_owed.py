"""A check that is owed says since when: nobody else could say that no worker comes to it."""

from django.db import migrations, models
from django.db.models.functions import Now


class Migration(migrations.Migration):
    dependencies = [("promotions", "0034_what_may_still_be_used_is_not_replaced")]

    operations = [
        # First without a default: what is owed already was never told with an instant.
        migrations.AddField("recheck", "since", models.DateTimeField(null=True)),
        migrations.AlterField("recheck", "since", models.DateTimeField(db_default=Now(), null=True)),
    ]
