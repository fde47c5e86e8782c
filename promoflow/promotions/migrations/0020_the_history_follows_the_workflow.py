"""The history follows every row of the workflow."""

from django.db import migrations

# Table, key, column with the request's number, columns that are not told, column that is canonical JSON.
FOLLOWED = (
    ("promotions_promotionrequest", "id", "id", [], ""),
    ("promotions_revision", "id", "request_id", [], "body"),
    ("promotions_revisionproduct", "id", "", [], ""),
    ("promotions_conflictreport", "id", "", [], "body"),
    ("promotions_decision", "id", "request_id", [], ""),
    ("promotions_reservation", "id", "request_id", [], ""),
    ("promotions_activation", "id", "request_id", [], ""),
    ("promotions_alarm", "id", "request_id", [], ""),
    ("promotions_attachment", "id", "request_id", [], ""),
    ("promotions_claim", "id", "request_id", [], ""),
    ("promotions_comment", "id", "request_id", [], ""),
    ("promotions_delegation", "id", "", [], ""),
    ("promotions_discrepancy", "id", "request_id", [], ""),
    ("promotions_succession", "id", "", [], ""),
)


class Migration(migrations.Migration):
    dependencies = [
        ("promotions", "0019_people_discuss_a_request"),
        ("audit", "0003_the_database_tells_what_changed"),
    ]

    operations = [
        migrations.RunSQL(
            [("SELECT audit_follow(%s, %s, %s, %s, %s)", list(followed)) for followed in FOLLOWED],
            [("SELECT audit_unfollow(%s)", [followed[0]]) for followed in FOLLOWED],
        )
    ]
