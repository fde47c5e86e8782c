"""Adding people, letting them go, and joining the accounts of one human."""

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import DatabaseError
from django.utils import timezone

from accounts.models import User
from accounts.roles import MANAGER, OPERATOR, SUPERVISOR
from accounts.selectors import accounts_of_same_person, roles_of, same_person
from accounts.services import grants, people
from promoflow.audit import replaying
from promoflow.audit.models import PEOPLES, Entry
from promoflow.errors import NotAllowed, WrongState
from promoflow.outbox.models import Message
from tests import cast

NOW = timezone.now()
NEW = {"email": "Nina@Example.com", "name": "Nina", "language": "en", "time_zone": "Europe/Berlin"}


def last_entry():
    return Entry.objects.filter(PEOPLES).order_by("pk").last()


# --- Adding ---------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_the_history_hears_of_a_superuser_made_at_the_machine():
    call_command(
        "createsuperuser",
        email="root@example.com",
        name="Root",
        interactive=False,
        verbosity=0,
        skip_checks=True,
    )

    assert list(replaying.unexplained()) == []
    entry = last_entry()
    assert (entry.event, entry.actor_name, entry.subject) == ("person.added", "", "Root")
    assert entry.why == "manage.py createsuperuser"


@pytest.mark.django_db(transaction=True)
def test_a_superuser_of_whom_the_history_cannot_hear_is_not_made(monkeypatch):
    monkeypatch.setattr("promoflow.audit.services.record", _broken)

    with pytest.raises(DatabaseError):
        call_command("createsuperuser", email="root@example.com", name="Root", interactive=False, verbosity=0)

    assert not User.objects.exists()


def test_a_manager_adds_a_person_who_gets_a_link_by_mail(aurora, mia):
    nina = people.add(**NEW, by=mia, at=NOW)

    assert (nina.email, nina.has_usable_password()) == ("nina@example.com", False)
    assert roles_of(nina, aurora.pk) == set()
    assert (last_entry().event, last_entry().actor) == ("person.added", mia)
    message = Message.objects.get(recipient=nina)
    assert message.notice == "person_added"
    assert message.link.startswith("/sign-in/password/")


def test_a_second_account_of_one_human_is_added_as_such(aurora, mia, olivia):
    nina = people.add(**NEW, same_person_as=olivia, by=mia, at=NOW)

    assert same_person(nina, olivia)
    assert list(accounts_of_same_person(olivia)) == [nina]


def test_an_address_is_used_once_whatever_its_case(aurora, mia, olivia):
    with pytest.raises(ValidationError, match="already signs in"):
        people.add(**NEW | {"email": "OLIVIA@example.com"}, by=mia, at=NOW)


@pytest.mark.parametrize("who", ["olivia", "sam", "ada", "stranger"])
def test_only_a_manager_adds_people(request, aurora, who):
    with pytest.raises(NotAllowed, match="Only a manager"):
        people.add(**NEW, by=request.getfixturevalue(who), at=NOW)

    assert not User.objects.filter(name="Nina").exists()


def test_a_superuser_adds_the_first_people(root):
    assert people.add(**NEW, by=root, at=NOW).is_active


def test_without_its_entry_nobody_is_added(aurora, mia, monkeypatch):
    monkeypatch.setattr("promoflow.audit.services.record", _broken)

    with pytest.raises(DatabaseError):
        people.add(**NEW, by=mia, at=NOW)

    assert not User.objects.filter(name="Nina").exists()


# --- Links to set a password ----------------------------------------------------------------------------


def test_whoever_lost_the_link_gets_a_fresh_one(aurora, mia):
    nina = people.add(**NEW, by=mia, at=NOW)

    people.invite(user=nina, by=mia, at=timezone.now())

    assert Message.objects.filter(recipient=nina).count() == 2
    assert last_entry().event == "person.invited"


def test_whoever_has_a_password_gets_no_link_from_a_manager(aurora, mia, sam):
    with pytest.raises(WrongState, match="Sam has a password"):
        people.invite(user=sam, by=mia, at=NOW)


def test_a_deactivated_person_gets_no_link(aurora, mia, sam):
    people.deactivate(user=sam, by=mia, at=NOW)

    with pytest.raises(WrongState, match="reactivate the account first"):
        people.invite(user=sam, by=mia, at=NOW)


def test_only_a_manager_sends_a_link(aurora, mia, olivia):
    nina = people.add(**NEW, by=mia, at=NOW)

    with pytest.raises(NotAllowed):
        people.invite(user=nina, by=olivia, at=NOW)


def test_the_command_prints_a_link_where_there_is_no_mail_server(aurora, mia, capsys):
    people.add(**NEW, by=mia, at=NOW)

    call_command("invite", "nina@example.com")

    assert "/sign-in/password/" in capsys.readouterr().out
    assert last_entry().event == "person.invited"


def test_the_command_refuses_a_deactivated_person_and_an_unknown_one(aurora, mia, sam):
    people.deactivate(user=sam, by=mia, at=NOW)

    with pytest.raises(CommandError, match="Sam is deactivated"):
        call_command("invite", "sam@example.com")
    with pytest.raises(CommandError, match="Nobody signs in"):
        call_command("invite", "nobody@example.com")


# --- Deactivating and reactivating ----------------------------------------------------------------------


def test_a_manager_deactivates_somebody_of_the_store(aurora, mia, sam):
    people.deactivate(user=sam, by=mia, at=NOW)

    sam.refresh_from_db()
    assert (sam.is_active, sam.deactivated_by, sam.deactivated_at) == (False, mia, NOW)
    assert not sam.has_usable_password()
    assert roles_of(sam, aurora.pk) == set()
    assert last_entry().event == "person.deactivated"


def test_the_roles_come_back_with_the_account(aurora, mia, sam):
    people.deactivate(user=sam, by=mia, at=NOW)

    people.reactivate(user=sam, by=mia, at=NOW)

    sam.refresh_from_db()
    assert (sam.is_active, sam.deactivated_by, sam.deactivated_at) == (True, None, None)
    assert roles_of(sam, aurora.pk) == {SUPERVISOR}
    assert last_entry().event == "person.reactivated"
    assert Message.objects.get(recipient=sam).notice == "person_added"


def test_nobody_deactivates_themselves(aurora, mia):
    with pytest.raises(NotAllowed, match="Nobody deactivates their own account"):
        people.deactivate(user=mia, by=mia, at=NOW)


def test_the_last_manager_is_not_deactivated(aurora, mia, root):
    with pytest.raises(WrongState, match="Mia is the last manager of Aurora US"):
        people.deactivate(user=mia, by=root, at=NOW)


def test_who_can_do_something_about_the_last_manager_of_another_store_is_named(aurora, mia, sam, root):
    borealis = cast.store("Borealis DE", marketplace_id="A1PA6795UKMFR9", manager=sam)
    lasting = "by Sam, or by a superuser, whom whoever runs this desk makes with manage.py createsuperuser"

    with pytest.raises(WrongState, match=lasting):
        people.deactivate(user=sam, by=mia, at=NOW)

    grants.grant(to=mia, store=borealis, role=MANAGER, by=root, at=NOW)
    people.deactivate(user=sam, by=mia, at=NOW)
    assert not User.objects.get(pk=sam.pk).is_active


def test_a_manager_of_another_store_deactivates_nobody_here(aurora, sam):
    max_ = cast.person("Max")
    cast.store("Borealis DE", marketplace_id="A1PA6795UKMFR9", manager=max_)

    with pytest.raises(NotAllowed, match="Only a manager of a store of Sam"):
        people.deactivate(user=sam, by=max_, at=NOW)


def test_a_manager_does_not_deactivate_a_superuser(aurora, mia, root):
    with pytest.raises(NotAllowed, match="Only a superuser"):
        people.deactivate(user=root, by=mia, at=NOW)


@pytest.mark.parametrize("who", ["olivia", "sue", "ada", "stranger"])
def test_only_a_manager_deactivates(request, aurora, sam, who):
    with pytest.raises(NotAllowed):
        people.deactivate(user=sam, by=request.getfixturevalue(who), at=NOW)


def test_nobody_is_deactivated_twice(aurora, mia, sam):
    people.deactivate(user=sam, by=mia, at=NOW)

    with pytest.raises(WrongState, match="deactivated already"):
        people.deactivate(user=sam, by=mia, at=NOW)


def test_the_roles_of_a_store_one_does_not_manage_are_not_given_back(aurora, mia, sam):
    """One manager may stop somebody everywhere; giving all of it back takes the managers of all."""
    borealis = cast.store("Borealis DE", marketplace_id="A1PA6795UKMFR9", manager=cast.person("Max"))
    cast.grant(sam, borealis, OPERATOR)
    people.deactivate(user=sam, by=mia, at=NOW)

    with pytest.raises(NotAllowed, match="Only a manager of every store of Sam"):
        people.reactivate(user=sam, by=mia, at=NOW)


def test_nobody_reactivates_their_own_second_account(aurora, mia, root):
    double = cast.grant(cast.person("Double", person_id=mia.person_id), aurora, SUPERVISOR)
    people.deactivate(user=double, by=mia, at=NOW)

    with pytest.raises(NotAllowed, match="Nobody reactivates an account of their own"):
        people.reactivate(user=double, by=mia, at=NOW)


def test_nobody_is_reactivated_who_is_active(aurora, mia, sam):
    with pytest.raises(WrongState, match="active already"):
        people.reactivate(user=sam, by=mia, at=NOW)


# --- One human ------------------------------------------------------------------------------------------


def test_joining_makes_all_accounts_one_person(aurora, mia, olivia, twin, sam):
    people.join(user=olivia, with_=sam, by=mia, at=NOW)

    for user in (olivia, twin, sam):
        user.refresh_from_db()
    assert same_person(olivia, sam)
    assert same_person(twin, sam)
    entry = last_entry()
    assert (entry.event, entry.subject) == ("person.merged", "Olivia")
    assert entry.before["accounts"] == ["olivia@example.com", "twin@example.com"]
    assert entry.after["with"] == "sam@example.com"


def test_one_human_is_not_joined_again(aurora, mia, olivia, twin):
    with pytest.raises(WrongState, match="one human already"):
        people.join(user=olivia, with_=twin, by=mia, at=NOW)


@pytest.mark.parametrize("who", ["oscar", "sue", "ada", "stranger"])
def test_only_a_manager_joins(request, aurora, olivia, sam, who):
    with pytest.raises(NotAllowed, match="Only a manager of every store of Olivia, Sam"):
        people.join(user=olivia, with_=sam, by=request.getfixturevalue(who), at=NOW)


def test_a_manager_of_one_of_two_stores_does_not_join(aurora, mia, olivia):
    other = cast.person("Max")
    cast.store("Borealis DE", marketplace_id="A1PA6795UKMFR9", manager=other)

    with pytest.raises(NotAllowed):
        people.join(user=olivia, with_=other, by=mia, at=NOW)


@pytest.fixture
def mal(aurora):
    """Manager of another store alone."""
    mal = cast.person("Mal")
    cast.store("Borealis DE", marketplace_id="A1PA6795UKMFR9", manager=mal)
    return mal


def test_a_manager_of_another_store_adds_no_second_account_of_somebody(mal, olivia):
    with pytest.raises(NotAllowed, match="Only a manager of every store of Olivia"):
        people.add(**NEW, same_person_as=olivia, by=mal, at=NOW)

    assert not User.objects.filter(name="Nina").exists()


def test_through_an_account_without_roles_nobody_joins_those_that_have_some(mal, olivia, sam):
    behind_olivia = cast.person("Zed", person_id=olivia.person_id)
    behind_sam = cast.person("Zoe", person_id=sam.person_id)

    with pytest.raises(NotAllowed, match="Only a manager of every store of Zed, Zoe"):
        people.join(user=behind_olivia, with_=behind_sam, by=mal, at=NOW)

    olivia.refresh_from_db()
    assert not same_person(olivia, sam)


def test_an_account_without_roles_is_its_owners_managers_to_change(mal, mia, olivia):
    behind_olivia = cast.two_step(cast.person("Zed", person_id=olivia.person_id))

    with pytest.raises(NotAllowed, match="Only a manager of every store of Zed"):
        people.take_off_two_step(user=behind_olivia, by=mal, at=NOW)
    with pytest.raises(NotAllowed, match="Only a manager of every store of Zed"):
        people.rename(user=behind_olivia, name="Sam", by=mal, at=NOW)

    people.take_off_two_step(user=behind_olivia, by=mia, at=NOW)


# --- A superuser ----------------------------------------------------------------------------------------

CHANGES = {
    "renamed": lambda root, other, by: people.rename(user=root, name="Olivia", by=by, at=NOW),
    "without two steps": lambda root, other, by: people.take_off_two_step(user=root, by=by, at=NOW),
    "joined": lambda root, other, by: people.join(user=root, with_=other, by=by, at=NOW),
    "joined with": lambda root, other, by: people.join(user=other, with_=root, by=by, at=NOW),
    "given a second account": lambda root, other, by: people.add(**NEW, same_person_as=root, by=by, at=NOW),
    "reactivated": lambda root, other, by: people.reactivate(user=root, by=by, at=NOW),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_superuser_is_a_superusers_to_change(change, aurora, mia, olivia, root):
    cast.two_step(root)
    if change == "reactivated":
        people.deactivate(user=root, by=cast.person("Groot", is_superuser=True), at=NOW)

    with pytest.raises(NotAllowed, match="Only a superuser may change the account of a superuser"):
        CHANGES[change](root, olivia, mia)

    CHANGES[change](root, olivia, cast.person("Boot", is_superuser=True))


def test_so_is_another_account_of_theirs(aurora, mia, root):
    behind_root = cast.person("Zed", person_id=root.person_id)

    with pytest.raises(NotAllowed, match="Only a superuser"):
        people.rename(user=behind_root, name="Sam", by=mia, at=NOW)


# --- Names and preferences ------------------------------------------------------------------------------


def test_everybody_chooses_their_language_and_time_zone(stranger):
    people.change_preferences(by=stranger, language="zh-hans", time_zone="Asia/Tokyo", at=NOW)

    stranger.refresh_from_db()
    assert (stranger.language, stranger.time_zone) == ("zh-hans", "Asia/Tokyo")
    entry = last_entry()
    assert entry.event == "person.preferences_changed"
    assert entry.before == {"language": "en", "time_zone": "Asia/Shanghai"}


def test_an_unknown_language_is_refused(stranger):
    with pytest.raises(ValidationError):
        people.change_preferences(by=stranger, language="tlh", time_zone="Asia/Tokyo", at=NOW)


def test_a_manager_corrects_a_name(aurora, mia, sam):
    people.rename(user=sam, name="Samuel", by=mia, at=NOW)

    sam.refresh_from_db()
    assert sam.name == "Samuel"
    assert (last_entry().before, last_entry().after) == ({"name": "Sam"}, {"name": "Samuel"})


def test_nobody_renames_themselves(aurora, mia):
    with pytest.raises(NotAllowed, match="Nobody renames themselves"):
        people.rename(user=mia, name="Sam", by=mia, at=NOW)


def test_two_step_verification_is_taken_off_for_somebody_else_only(aurora, mia, olivia):
    with pytest.raises(WrongState, match="no two-step verification"):
        people.take_off_two_step(user=olivia, by=mia, at=NOW)
    with pytest.raises(NotAllowed, match="with a code"):
        people.take_off_two_step(user=mia, by=mia, at=NOW)


def test_a_change_of_roles_after_a_join_meets_the_one_person_rule(aurora, mia, olivia):
    people.join(user=olivia, with_=mia, by=cast.grant(cast.person("Max"), aurora, MANAGER), at=NOW)

    with pytest.raises(NotAllowed, match="Nobody grants a role to themselves"):
        grants.grant(to=olivia, store=aurora, role=SUPERVISOR, by=mia, at=NOW)


def _broken(*args, **kwargs):
    raise DatabaseError("the history is full")
