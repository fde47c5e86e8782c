"""A form makes one import: sent again with the same file, it finds the first one, open or not."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("catalog", "0005_the_history_follows_products"),
    ]

    operations = [
        migrations.AddField("import", "once", models.UUIDField(editable=False, null=True)),
        migrations.AddConstraint(
            "import",
            models.UniqueConstraint(fields=("created_by", "once"), name="a_form_makes_one_import"),
        ),
    ]
