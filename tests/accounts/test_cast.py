"""The cast holds the roles that the tests rely on."""

import pytest
from django.db import connection, transaction

from accounts.roles import AUDITOR, MANAGER, OPERATOR, SUPERVISOR
from accounts.selectors import holds_role, lock_role, people_with_role, roles_of, same_person, stores_of


def test_each_of_the_cast_holds_their_role(aurora, olivia, oscar, sam, sue, twin, ada, mia, stranger, root):
    assert people_with_role(aurora.pk, OPERATOR) == [olivia, oscar]
    assert people_with_role(aurora.pk, SUPERVISOR) == [sam, sue, twin]
    assert people_with_role(aurora.pk, AUDITOR) == [ada]
    assert people_with_role(aurora.pk, MANAGER) == [mia]
    assert roles_of(stranger, aurora.pk) == roles_of(root, aurora.pk) == set()
    assert stores_of(mia) == stores_of(mia, MANAGER) == {aurora.pk}
    assert stores_of(mia, OPERATOR) == stores_of(root) == set()
    assert same_person(olivia, twin)
    assert not same_person(olivia, oscar)
    assert holds_role(sam, aurora.pk, SUPERVISOR)
    assert lock_role(sam, aurora.pk, SUPERVISOR)
    assert not lock_role(root, aurora.pk, SUPERVISOR)
    assert not lock_role(sam, aurora.pk, OPERATOR)


def lockers_of_grants(person):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT max(xmax::text::bigint) FROM accounts_user_groups WHERE user_id = %s", [person.pk]
        )
        return cursor.fetchone()[0]


@pytest.mark.django_db(transaction=True)
def test_a_deed_locks_the_grant_that_it_rests_on_and_a_page_does_not(aurora, sam):
    assert lock_role(sam, aurora.pk, SUPERVISOR)
    assert lockers_of_grants(sam) == 0

    with transaction.atomic():
        assert lock_role(sam, aurora.pk, SUPERVISOR)
    assert lockers_of_grants(sam) > 0
