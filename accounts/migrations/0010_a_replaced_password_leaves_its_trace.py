"""Whatever changes at each sign-in is all of an account's rows that may change with nothing told."""

from django.db import migrations

# The arguments of audit_tell_rows: as before, and last the columns of which not even a change is told.
TOLD = (
    ("accounts_user", "'id', '', '{{password,last_login,email,name}}', ''{}", ", '{last_login}'"),
    ("mfa_authenticator", "'id', '', '{{data,last_used_at}}', ''{}", ", '{last_used_at}'"),
)
TELL = """
DROP TRIGGER told_of_changed ON {0};
CREATE TRIGGER told_of_changed AFTER UPDATE ON {0} REFERENCING OLD TABLE AS removed NEW TABLE AS added
    EXECUTE FUNCTION audit_tell_rows({1});
ALTER TABLE {0} ENABLE ALWAYS TRIGGER told_of_changed;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0009_a_role_keeps_its_key"),
        ("audit", "0008_what_is_left_out_is_told_to_have_changed"),
    ]

    operations = [
        migrations.RunSQL(
            "".join(TELL.format(table, arguments.format(unsaid)) for table, arguments, unsaid in TOLD),
            "".join(TELL.format(table, arguments.format("")) for table, arguments, _unsaid in TOLD),
        )
    ]
