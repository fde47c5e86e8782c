"""A decision marks as read what asked for it: an index finds the unread messages about one request."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("outbox", "0005_mail_is_away"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("channel__isnull", True), ("seen__isnull", True)),
                fields=["subject_type", "subject_id"],
                name="message_unread_about",
            ),
        ),
    ]
