"""The history follows accounts and what they may, whoever changes them."""

from django.db import migrations

# Table, key, column with the request's number, columns that are not told, column that is canonical JSON.
# Names and addresses of people are not told: what the history holds can never be removed.
FOLLOWED = (
    ("accounts_user", "id", "", ["password", "last_login", "email", "name"], ""),
    ("accounts_user_groups", "id", "", [], ""),
    ("accounts_user_user_permissions", "id", "", [], ""),
    ("auth_group", "id", "", [], ""),
    ("auth_group_permissions", "id", "", [], ""),
    ("guardian_groupobjectpermission", "id", "", [], ""),
    ("guardian_userobjectpermission", "id", "", [], ""),
    ("mfa_authenticator", "id", "", ["data", "last_used_at"], ""),
)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0007_a_name_is_removed_for_good"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("guardian", "0002_generic_permissions_index"),
        ("mfa", "0003_authenticator_type_uniq"),
        ("audit", "0003_the_database_tells_what_changed"),
    ]

    operations = [
        migrations.RunSQL(
            [("SELECT audit_follow(%s, %s, %s, %s, %s)", list(followed)) for followed in FOLLOWED],
            [("SELECT audit_unfollow(%s)", [followed[0]]) for followed in FOLLOWED],
        )
    ]
