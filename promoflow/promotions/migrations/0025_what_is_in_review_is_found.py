"""An index of what is in review: of all that ever named a product a check asks for these alone."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("promotions", "0024_changed_prices_raise_alarms")]

    operations = [
        migrations.AddIndex(
            "promotionrequest",
            models.Index(
                fields=["current"],
                include=["id"],
                condition=models.Q(("state", "in_review")),
                name="request_in_review",
            ),
        )
    ]
