"""An approval whose person counts no more is voided by the clock, which is nobody."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("promotions", "0030_what_is_not_there_is_cleared")]

    operations = [
        migrations.RemoveConstraint("decision", "a_void_decision_says_who_voided_it"),
        migrations.AddConstraint(
            "decision",
            models.CheckConstraint(
                condition=models.Q(("valid", True), ("voided_at__isnull", True), ("voided_by__isnull", True))
                | models.Q(("valid", False), ("voided_at__isnull", False)),
                name="a_void_decision_says_since_when",
            ),
        ),
    ]
