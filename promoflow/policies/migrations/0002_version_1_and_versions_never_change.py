"""Policy version 1, from the readable file beside the models; and versions that never change."""

import json
from pathlib import Path

import rfc8785
from django.conf import settings
from django.db import migrations
from django.utils import timezone

VERSION_1 = Path(__file__).resolve().parent.parent / "versions" / "0001.json"

NEVER_CHANGE = """
CREATE FUNCTION policies_keep() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'a_policy_version_never_changes',
        MESSAGE = 'A policy version never changes; publish the next one.';
END $$;
CREATE TRIGGER kept BEFORE UPDATE OR DELETE OR TRUNCATE ON policies_policyversion
    FOR EACH STATEMENT EXECUTE FUNCTION policies_keep();
"""

NEVER_CHANGE_REVERSED = """
DROP TRIGGER kept ON policies_policyversion;
DROP FUNCTION policies_keep();
"""


def load_version_1(apps, schema_editor):
    content = json.loads(VERSION_1.read_text(encoding="utf-8"))
    apps.get_model("policies", "PolicyVersion").objects.create(
        number=1,
        body=rfc8785.dumps(content),
        summary="The rules that come with promoflow.",
        published_at=timezone.now(),
    )


def forget_version_1(apps, schema_editor):
    apps.get_model("policies", "PolicyVersion").objects.filter(number=1).delete()


def least_privileges(apps, schema_editor):
    role = settings.DATABASE_APP_ROLE
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        if cursor.fetchone() is None:
            return
    to = schema_editor.connection.ops.quote_name(role)
    schema_editor.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON policies_policyversion FROM {to}")


class Migration(migrations.Migration):
    dependencies = [("policies", "0001_initial")]

    operations = [
        migrations.RunPython(load_version_1, forget_version_1),
        migrations.RunSQL(NEVER_CHANGE, NEVER_CHANGE_REVERSED),
        migrations.RunPython(least_privileges, migrations.RunPython.noop),
    ]
