"""What a form makes it makes once: sent again, it finds what the first sending made."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("promotions", "0020_the_history_follows_the_workflow"),
    ]

    operations = [
        migrations.AddField("promotionrequest", "once", models.UUIDField(editable=False, null=True)),
        migrations.AddConstraint(
            "promotionrequest",
            models.UniqueConstraint(fields=("created_by", "once"), name="a_form_makes_one_request"),
        ),
        migrations.AddField("comment", "once", models.UUIDField(editable=False, null=True)),
        migrations.AddConstraint(
            "comment",
            models.UniqueConstraint(fields=("said_by", "once"), name="a_form_makes_one_comment"),
        ),
    ]
