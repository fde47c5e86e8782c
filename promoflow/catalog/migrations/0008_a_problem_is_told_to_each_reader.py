"""Why an import failed is kept as a code with its values; the sentences of older ones stay as they are."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0007_roles_are_opened_with_their_store")]

    operations = [
        migrations.RenameField("import", "problem", "old_problem"),
        migrations.AddField("import", "problem_code", models.CharField(blank=True, max_length=30)),
        migrations.AddField("import", "problem_values", models.JSONField(blank=True, default=dict)),
    ]
