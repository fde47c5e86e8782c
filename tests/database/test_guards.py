"""A desk whose guards do not stand says so before it is started or migrated."""

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import connection

from promoflow.promotions.guards import GUARDS, guards_stand

pytestmark = pytest.mark.django_db(transaction=True)


def test_they_stand_after_migrating():
    assert guards_stand(databases=["default"]) == []
    call_command("check", databases=["default"])


@pytest.mark.parametrize(("table", "trigger"), GUARDS)
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
