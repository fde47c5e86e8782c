"""The migrations and the models say the same, and what migrations ask of the database can be taken back."""

from io import StringIO

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations import RunPython, RunSQL

OURS = {
    config.label
    for config in apps.get_app_configs()
    if config.name.split(".")[0] in {"accounts", "promoflow"}
}


@pytest.mark.django_db
def test_migrations_are_in_step_with_the_models():
    said = StringIO()

    call_command("makemigrations", check=True, dry_run=True, stdout=said)

    assert "No changes detected" in said.getvalue()


@pytest.mark.django_db
def test_every_statement_of_a_migration_can_be_taken_back():
    loader = MigrationLoader(None)

    irreversible = [
        f"{label}.{name}: {type(operation).__name__}"
        for (label, name), migration in loader.disk_migrations.items()
        if label in OURS
        for operation in migration.operations
        if isinstance(operation, RunSQL | RunPython) and not operation.reversible
    ]

    assert irreversible == []
