"""The cast holds the roles that the tests rely on."""

from accounts.roles import AUDITOR, MANAGER, OPERATOR, SUPERVISOR
from accounts.selectors import holds_role, lock_role, people_with_role, roles_of, same_person, stores_of


def test_each_of_the_cast_holds_their_role(aurora, olivia, oscar, sam, sue, twin, ada, mia, stranger, root):
    assert list(people_with_role(aurora.pk, OPERATOR)) == [olivia, oscar]
    assert list(people_with_role(aurora.pk, SUPERVISOR)) == [sam, sue, twin]
    assert list(people_with_role(aurora.pk, AUDITOR)) == [ada]
    assert list(people_with_role(aurora.pk, MANAGER)) == [mia]
    assert roles_of(stranger, aurora.pk) == roles_of(root, aurora.pk) == set()
    assert stores_of(mia) == stores_of(mia, MANAGER) == {aurora.pk}
    assert stores_of(mia, OPERATOR) == stores_of(root) == set()
    assert same_person(olivia, twin)
    assert not same_person(olivia, oscar)
    assert holds_role(sam, aurora.pk, SUPERVISOR)
    assert lock_role(sam, aurora.pk, SUPERVISOR)
    assert not lock_role(root, aurora.pk, SUPERVISOR)
    assert not lock_role(sam, aurora.pk, OPERATOR)
