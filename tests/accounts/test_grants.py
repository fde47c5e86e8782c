"""Granting and revoking: who may, what it changes, and what the history says."""

import threading

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from accounts import selectors
from accounts.roles import AUDITOR, MANAGER, OPERATOR, SUPERVISOR
from accounts.selectors import holds_role, lock_managers, roles_of, roles_on, stores_of
from accounts.services import grants, people
from promoflow.audit.models import PEOPLES, Entry
from promoflow.errors import NotAllowed, WrongState
from promoflow.reading import one_reading
from tests import cast

NOW = timezone.now()


def last_entry():
    return Entry.objects.filter(PEOPLES).order_by("pk").last()


def test_a_manager_grants_a_role_and_it_is_in_the_history(aurora, mia, stranger):
    grants.grant(to=stranger, store=aurora, role=OPERATOR, by=mia, at=NOW)

    assert roles_of(stranger, aurora.pk) == {OPERATOR}
    entry = last_entry()
    assert (entry.event, entry.actor, entry.subject, entry.store_id) == (
        "role.granted", mia, "Stranger", aurora.pk
    )  # fmt: skip
    assert entry.after == {"role": OPERATOR}


def test_a_manager_revokes_a_role_and_it_is_in_the_history(aurora, mia, sam):
    grants.revoke(from_=sam, store=aurora, role=SUPERVISOR, by=mia, at=NOW)

    assert roles_of(sam, aurora.pk) == set()
    assert not holds_role(sam, aurora.pk, SUPERVISOR)
    entry = last_entry()
    assert (entry.event, entry.actor, entry.subject, entry.before) == (
        "role.revoked", mia, "Sam", {"role": SUPERVISOR}
    )  # fmt: skip


def test_one_person_may_hold_several_roles(aurora, mia, olivia):
    grants.grant(to=olivia, store=aurora, role=AUDITOR, by=mia, at=NOW)

    assert roles_on(aurora.pk) == {mia.pk: {MANAGER}, olivia.pk: {OPERATOR, AUDITOR}}


@pytest.mark.parametrize("role", [OPERATOR, SUPERVISOR, AUDITOR, MANAGER])
def test_nobody_grants_a_role_to_themselves(aurora, mia, role):
    with pytest.raises(NotAllowed, match="Nobody grants a role to themselves"):
        grants.grant(to=mia, store=aurora, role=role, by=mia, at=NOW)

    entry = last_entry()
    assert (entry.event, entry.outcome, entry.actor) == ("role.grant_refused", "refused", mia)
    assert entry.after == {"role": role}


def test_nobody_grants_a_role_to_their_own_second_account(aurora, mia):
    double = cast.person("Double", person_id=mia.person_id)

    with pytest.raises(NotAllowed, match="Nobody grants a role to themselves"):
        grants.grant(to=double, store=aurora, role=SUPERVISOR, by=mia, at=NOW)

    assert roles_of(double, aurora.pk) == set()


def test_a_superuser_grants_nothing_to_themselves(aurora, root):
    with pytest.raises(NotAllowed, match="Nobody grants a role to themselves"):
        grants.grant(to=root, store=aurora, role=SUPERVISOR, by=root, at=NOW)


@pytest.mark.parametrize("who", ["olivia", "sam", "ada", "stranger"])
def test_only_a_manager_grants(request, aurora, oscar, who):
    by = request.getfixturevalue(who)

    with pytest.raises(NotAllowed, match="Only a manager of Aurora US"):
        grants.grant(to=oscar, store=aurora, role=SUPERVISOR, by=by, at=NOW)

    assert roles_of(oscar, aurora.pk) == {OPERATOR}


@pytest.mark.parametrize("who", ["olivia", "sam", "ada", "stranger"])
def test_only_a_manager_revokes(request, aurora, oscar, who):
    by = request.getfixturevalue(who)

    with pytest.raises(NotAllowed, match="Only a manager of Aurora US"):
        grants.revoke(from_=oscar, store=aurora, role=OPERATOR, by=by, at=NOW)

    assert last_entry().event == "role.revoke_refused"


def test_a_manager_of_another_store_grants_nothing_here(aurora, stranger):
    max_ = cast.person("Max")
    cast.store("Borealis DE", marketplace_id="A1PA6795UKMFR9", manager=max_)

    with pytest.raises(NotAllowed, match="Only a manager of Aurora US"):
        grants.grant(to=stranger, store=aurora, role=OPERATOR, by=max_, at=NOW)


def test_a_manager_who_was_removed_meanwhile_grants_nothing(aurora, mia, stranger):
    second = cast.grant(cast.person("Max"), aurora, MANAGER)
    cast.revoke(second, aurora, MANAGER)

    with pytest.raises(NotAllowed, match="Only a manager"):
        grants.grant(to=stranger, store=aurora, role=OPERATOR, by=second, at=NOW)


def test_a_deactivated_manager_grants_nothing(aurora, mia, stranger, root):
    second = cast.grant(cast.person("Max"), aurora, MANAGER)
    people.deactivate(user=second, by=mia, at=NOW)

    with pytest.raises(NotAllowed, match="Only a manager"):
        grants.grant(to=stranger, store=aurora, role=OPERATOR, by=second, at=NOW)


def test_a_deactivated_superuser_grants_nothing(aurora, stranger):
    former = cast.person("Former", is_superuser=True, is_active=False)

    with pytest.raises(NotAllowed, match="Only a manager"):
        grants.grant(to=stranger, store=aurora, role=OPERATOR, by=former, at=NOW)


def test_a_deactivated_person_is_granted_nothing(aurora, mia, stranger):
    people.deactivate(user=stranger, by=mia, at=NOW)

    with pytest.raises(WrongState, match="reactivate the account first"):
        grants.grant(to=stranger, store=aurora, role=OPERATOR, by=mia, at=NOW)


def test_a_role_is_granted_once(aurora, mia, olivia):
    with pytest.raises(WrongState, match="Olivia already holds the role Operator on Aurora US"):
        grants.grant(to=olivia, store=aurora, role=OPERATOR, by=mia, at=NOW)


def test_a_role_that_is_not_held_cannot_be_revoked(aurora, mia, olivia):
    with pytest.raises(WrongState, match="Olivia does not hold the role Supervisor"):
        grants.revoke(from_=olivia, store=aurora, role=SUPERVISOR, by=mia, at=NOW)


def test_the_last_manager_stays(aurora, mia, root):
    with pytest.raises(WrongState, match="Mia is the last manager of Aurora US"):
        grants.revoke(from_=mia, store=aurora, role=MANAGER, by=root, at=NOW)


def test_a_manager_may_step_back_when_there_is_another(aurora, mia):
    cast.grant(cast.person("Max"), aurora, MANAGER)

    grants.revoke(from_=mia, store=aurora, role=MANAGER, by=mia, at=NOW)

    assert stores_of(mia) == set()


def test_a_deactivated_second_manager_does_not_count(aurora, mia, root):
    second = cast.grant(cast.person("Max"), aurora, MANAGER)
    people.deactivate(user=second, by=mia, at=NOW)

    with pytest.raises(WrongState, match="last manager"):
        grants.revoke(from_=mia, store=aurora, role=MANAGER, by=root, at=NOW)


def test_without_its_entry_nothing_is_granted(aurora, mia, stranger, monkeypatch):
    monkeypatch.setattr("promoflow.audit.services.record", _broken)

    with pytest.raises(DatabaseError):
        grants.grant(to=stranger, store=aurora, role=OPERATOR, by=mia, at=NOW)

    assert roles_of(stranger, aurora.pk) == set()


def test_without_its_entry_nothing_is_revoked(aurora, mia, sam, monkeypatch):
    monkeypatch.setattr("promoflow.audit.services.record", _broken)

    with pytest.raises(DatabaseError):
        grants.revoke(from_=sam, store=aurora, role=SUPERVISOR, by=mia, at=NOW)

    assert roles_of(sam, aurora.pk) == {SUPERVISOR}


def _broken(*args, **kwargs):
    raise DatabaseError("the history is full")


@pytest.mark.django_db(transaction=True)
def test_two_superusers_cannot_take_the_last_two_managers_at_once(aurora, mia, root):
    """Each would see the other manager still there, if they did not take turns."""
    max_ = cast.grant(cast.person("Max"), aurora, MANAGER)
    second_root = cast.person("Groot", is_superuser=True)
    outcome = []

    def other():
        try:
            grants.revoke(from_=max_, store=aurora, role=MANAGER, by=second_root, at=NOW)
            outcome.append("revoked")
        except WrongState as refusal:
            outcome.append(str(refusal))
        finally:
            connection.close()

    thread = threading.Thread(target=other)
    with transaction.atomic():
        lock_managers(aurora.pk)
        mia.groups.clear()
        thread.start()
        thread.join(0.5)
        waited = thread.is_alive()
    thread.join(10)

    assert waited
    [sentence] = outcome
    assert sentence.startswith("Max is the last manager of Aurora US. Somebody else has to be made a manager")


def test_a_page_asks_for_each_role_once_and_a_deed_every_time(aurora, sam, django_assert_num_queries):
    with django_assert_num_queries(2), one_reading():
        for _ in range(3):
            assert selectors.lock_role(sam, aurora.pk, "supervisor")
            assert not selectors.lock_role(sam, aurora.pk, "operator")
    with django_assert_num_queries(3):
        for _ in range(3):
            selectors.lock_role(sam, aurora.pk, "supervisor")
