"""A name is removed with its entry, of somebody who has left, by another, and never comes back."""

import pytest
from django.db import connection
from django.utils import timezone

from accounts.services import people, removing
from tests import cast
from tests.database.attacks import refused

pytestmark = pytest.mark.django_db(transaction=True)

REMOVE = (
    "UPDATE accounts_user SET name = 'Former colleague ' || id,"
    " email = 'former-colleague-' || id || '@removed.invalid', name_removed_at = now(), name_removed_by_id = %s"
    " WHERE id = %s"
)
RECORD = (
    "INSERT INTO audit_entry (at, event, outcome, actor_id, actor_name, actor_person, store_name, subject_type,"
    " subject_id, subject, asins, state_before, state_after, before, after, why, address, user_agent)"
    " SELECT now(), 'person.name_removed', 'done', id, name, person_id, '', 'accounts.user', %s, '', '{}', '', '',"
    " '{}', '{}', '', '', '' FROM accounts_user WHERE id = %s"
)


@pytest.fixture
def gone(olivia, mia):
    return people.deactivate(user=olivia, by=mia, at=timezone.now())


@pytest.fixture
def removed(gone, mia):
    now = timezone.now()
    return removing.remove_name(user=gone, by=cast.two_step(mia), at=now, confirmed_at=now)


def test_not_without_its_entry(gone, mia):
    refused("no_name_is_removed_without_its_entry", (REMOVE, [mia.pk, gone.pk]))


def test_not_with_an_entry_of_somebody_else(gone, mia, sam):
    refused("no_name_is_removed_without_its_entry", (REMOVE, [mia.pk, gone.pk]), (RECORD, [gone.pk, sam.pk]))


def test_not_with_an_entry_of_an_earlier_transaction(gone, mia):
    with connection.cursor() as cursor:
        cursor.execute(RECORD, [gone.pk, mia.pk])

    refused("no_name_is_removed_without_its_entry", (REMOVE, [mia.pk, gone.pk]))


def test_not_with_an_entry_of_an_attempt_that_was_refused(gone, mia):
    attempt = RECORD.replace("'done'", "'refused'")

    refused("no_name_is_removed_without_its_entry", (REMOVE, [mia.pk, gone.pk]), (attempt, [gone.pk, mia.pk]))


def test_not_by_themselves(gone):
    refused(
        "no_name_is_removed_without_its_entry", (REMOVE, [gone.pk, gone.pk]), (RECORD, [gone.pk, gone.pk])
    )


def test_not_of_somebody_active(sam, mia):
    refused("a_removed_name_is_of_nobody_active", (REMOVE, [mia.pk, sam.pk]), (RECORD, [sam.pk, mia.pk]))


def test_not_for_another_name_than_the_stand_in(gone, mia):
    refused(
        "a_removed_name_is_a_stand_in",
        (
            "UPDATE accounts_user SET name = 'Sue', name_removed_at = now(), name_removed_by_id = %s WHERE id = %s",
            [mia.pk, gone.pk],
        ),
        (RECORD, [gone.pk, mia.pk]),
    )


def test_nobody_is_added_without_a_name(mia):
    refused(
        "no_name_is_removed_without_its_entry",
        (
            "INSERT INTO accounts_user (id, password, is_superuser, email, name, language, time_zone, person_id, is_staff,"
            " is_active, name_removed_at, name_removed_by_id)"
            " VALUES (990, '', false, 'former-colleague-990@removed.invalid', 'Former colleague 990', 'en', 'UTC',"
            " gen_random_uuid(), false, false, now(), %s)",
            [mia.pk],
        ),
    )


@pytest.mark.parametrize(
    "change",
    [
        "name_removed_at = NULL, name_removed_by_id = NULL, name = 'Olivia', email = 'olivia@example.com'",
        "name_removed_at = name_removed_at + interval '1 day'",
        "name_removed_by_id = id",
    ],
)
def test_it_never_comes_back(removed, change):
    refused(
        "a_removed_name_stays_removed", (f"UPDATE accounts_user SET {change} WHERE id = %s", [removed.pk])
    )


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("a_removed_name_is_a_stand_in", "name = 'Olivia'"),
        ("a_removed_name_is_a_stand_in", "email = 'olivia@example.com'"),
        (
            "a_removed_name_is_of_nobody_active",
            "is_active = true, deactivated_at = NULL, deactivated_by_id = NULL",
        ),
    ],
)
def test_the_account_stays_nobodys(removed, rule, change):
    refused(rule, (f"UPDATE accounts_user SET {change} WHERE id = %s", [removed.pk]))


def test_the_applications_role_removes_a_name(gone, mia):
    """Its few privileges are enough for that too."""
    now = timezone.now()
    manager = cast.two_step(mia)
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE promoflow_app")
    try:
        user = removing.remove_name(user=gone, by=manager, at=now, confirmed_at=now)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE")

    assert user.name == f"Former colleague {gone.pk}"
