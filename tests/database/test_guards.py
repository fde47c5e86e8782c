"""A desk whose guards do not stand says so before it is started or migrated."""

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from promoflow.promotions.guards import GUARDS, guards_stand

pytestmark = pytest.mark.django_db(transaction=True)


def test_they_stand_after_migrating():
    assert guards_stand(databases=["default"]) == []
    call_command("check", databases=["default"])


@pytest.mark.parametrize(("table", "trigger"), [guard[:2] for guard in GUARDS])
@pytest.mark.parametrize("how", ["DISABLE TRIGGER {}", "dropped"])
def test_each_that_falls_is_named(how, table, trigger):
    statement = (
        f"DROP TRIGGER {trigger} ON {table}"
        if how == "dropped"
        else f"ALTER TABLE {table} {how.format(trigger)}"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement)

    with pytest.raises(SystemCheckError, match=f"trigger {trigger} on {table} is missing or switched off"):
        call_command("check", databases=["default"])


@pytest.mark.parametrize("made_by", sorted({guard[2] for guard in GUARDS}))
def test_a_desk_from_before_a_guard_is_upgraded(made_by):
    numbers = sorted(name for app, name in MigrationLoader(None).disk_migrations if app == "promotions")
    [made] = [name for name in numbers if name.startswith(f"{made_by}_")]

    call_command("migrate", "promotions", numbers[numbers.index(made) - 1], skip_checks=False, verbosity=0)
    call_command("migrate", skip_checks=False, verbosity=0)

    call_command("check", databases=["default"])


def test_a_desk_without_the_workflow_has_no_guard_to_miss():
    call_command("migrate", "promotions", "zero", skip_checks=False, verbosity=0)

    assert guards_stand(databases=["default"]) == []
    call_command("migrate", skip_checks=False, verbosity=0)
