"""How many SKUs on sale a listing report does not name is kept with it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0008_a_problem_is_told_to_each_reader")]

    operations = [
        migrations.AddField("import", "unnamed_skus", models.PositiveIntegerField(default=0)),
    ]
