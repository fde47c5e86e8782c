"""Raw SQL, as a superuser of the database, against what it promises about people."""

import threading

import psycopg
import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, connection, transaction
from django.db.utils import ProgrammingError
from django.utils import timezone

from accounts.models import User
from accounts.roles import OPERATOR, SUPERVISOR, group_name
from accounts.selectors import lock_role
from accounts.services import people
from tests import cast


def sql(statement, *values):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else None


def holds(user, store, role):
    return sql("SELECT accounts_holds_role(%s, %s, %s)", user.pk, store.pk, role)[0][0]


# --- Nobody is deleted ----------------------------------------------------------------------------------


def test_an_account_cannot_be_deleted(stranger):
    with pytest.raises(IntegrityError, match="deactivated, never deleted"):
        sql("DELETE FROM accounts_user WHERE id = %s", stranger.pk)


def test_django_cannot_delete_one_either(stranger):
    with pytest.raises(IntegrityError, match="deactivated, never deleted"), transaction.atomic():
        stranger.delete()


def test_an_account_keeps_its_key(stranger):
    with pytest.raises(IntegrityError, match="keeps its key"):
        sql("UPDATE accounts_user SET id = 4711 WHERE id = %s", stranger.pk)


def test_the_application_has_no_right_to_delete_one(stranger):
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        sql("SET LOCAL ROLE promoflow_app")
        sql("DELETE FROM accounts_user WHERE id = %s", stranger.pk)


def test_the_application_has_no_right_to_empty_the_table(db):
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        sql("SET LOCAL ROLE promoflow_app")
        sql("TRUNCATE accounts_user CASCADE")


# --- One human stays one --------------------------------------------------------------------------------


def test_two_accounts_of_one_human_cannot_be_split(olivia, twin):
    with pytest.raises(IntegrityError, match="only be joined"):
        sql("UPDATE accounts_user SET person_id = gen_random_uuid() WHERE id = %s", twin.pk)


def test_one_of_two_accounts_cannot_leave_for_another_human(olivia, twin, sam):
    with pytest.raises(IntegrityError, match="join them all at once"):
        sql("UPDATE accounts_user SET person_id = %s WHERE id = %s", sam.person_id, twin.pk)


def test_a_whole_human_cannot_become_somebody_unknown(olivia, twin):
    with pytest.raises(IntegrityError, match="only be joined"):
        sql(
            "UPDATE accounts_user SET person_id = gen_random_uuid() WHERE person_id = %s",
            olivia.person_id,
        )


def test_two_humans_cannot_swap(sam, sue):
    with pytest.raises(IntegrityError, match="only be joined"):
        sql(
            "UPDATE accounts_user SET person_id = CASE WHEN id = %s THEN %s::uuid ELSE %s::uuid END"
            " WHERE id IN (%s, %s)",
            sam.pk, sue.person_id, sam.person_id, sam.pk, sue.pk,
        )  # fmt: skip


def test_a_join_cannot_be_taken_back_through_a_new_account(olivia, twin):
    """Somebody makes an account with a person_id of its own, and then moves the twin to it."""
    accomplice = cast.person("Accomplice")

    with pytest.raises(IntegrityError, match="join them all at once"):
        sql("UPDATE accounts_user SET person_id = %s WHERE id = %s", accomplice.person_id, twin.pk)


def test_a_whole_human_is_joined_with_another(olivia, twin, sam):
    sql("UPDATE accounts_user SET person_id = %s WHERE person_id = %s", sam.person_id, olivia.person_id)

    assert set(User.objects.filter(person_id=sam.person_id)) == {olivia, twin, sam}


@pytest.mark.django_db(transaction=True)
def test_two_joins_at_once_split_nobody(database_url):
    """Ann joins Bob while Bob joins Cem: whichever comes second is refused, else Ann would be left alone."""
    ann, bob, cem = (cast.person(name) for name in ("Ann", "Bob", "Cem"))
    join = "UPDATE accounts_user SET person_id = %s WHERE id = %s"
    outcome = []

    def second():
        with psycopg.connect(database_url) as other:
            try:
                other.execute(join, [cem.person_id, bob.pk])
                outcome.append("joined")
            except psycopg.errors.RestrictViolation:
                outcome.append("refused")

    with psycopg.connect(database_url) as first:
        first.execute(join, [bob.person_id, ann.pk])
        thread = threading.Thread(target=second)
        thread.start()
        thread.join(0.5)
        waited = thread.is_alive()
        first.commit()
    thread.join(10)

    assert waited
    assert outcome == ["refused"]
    assert len({user.person_id for user in User.objects.filter(pk__in=[ann.pk, bob.pk])}) == 1


# --- Who holds a role -----------------------------------------------------------------------------------


def test_the_database_knows_who_holds_a_role(aurora, sam, root, stranger):
    assert holds(sam, aurora, SUPERVISOR)
    assert not holds(sam, aurora, OPERATOR)
    assert not holds(root, aurora, SUPERVISOR)
    assert not holds(stranger, aurora, SUPERVISOR)
    assert not holds(sam, aurora, "owner")


def test_a_role_on_one_store_is_none_on_another(aurora, sam):
    second = cast.store("Borealis DE", marketplace_id="A1PA6795UKMFR9")

    assert not holds(sam, second, SUPERVISOR)


def test_a_deactivated_account_holds_nothing(aurora, sam, mia):
    sql(
        "UPDATE accounts_user SET is_active = false, deactivated_at = now(), deactivated_by_id = %s"
        " WHERE id = %s",
        mia.pk, sam.pk,
    )  # fmt: skip

    assert not holds(sam, aurora, SUPERVISOR)


def test_a_group_without_its_permission_gives_nothing(aurora, sam):
    sql(
        "DELETE FROM catalog_storegrouppermission WHERE group_id ="
        " (SELECT id FROM auth_group WHERE name = %s)",
        group_name(aurora.pk, SUPERVISOR),
    )

    assert not holds(sam, aurora, SUPERVISOR)
    assert not lock_role(sam, aurora.pk, SUPERVISOR)


def test_nobody_answers_with_a_temporary_table_of_their_own(aurora, stranger):
    sql("CREATE TEMP TABLE accounts_user_groups (user_id bigint, group_id int) ON COMMIT DROP")
    sql(
        "INSERT INTO accounts_user_groups SELECT %s, id FROM auth_group WHERE name = %s",
        stranger.pk,
        group_name(aurora.pk, SUPERVISOR),
    )

    assert not holds(stranger, aurora, SUPERVISOR)


def test_a_role_is_never_held_past_the_groups(aurora, stranger):
    with pytest.raises(IntegrityError, match="roles_are_held_through_groups"):
        sql(
            "INSERT INTO catalog_storeuserpermission (content_object_id, permission_id, user_id)"
            " SELECT %s, id, %s FROM auth_permission WHERE codename = 'supervise_store'",
            aurora.pk,
            stranger.pk,
        )


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "revoke",
    [
        "DELETE FROM accounts_user_groups WHERE user_id = %(user)s",
        "UPDATE accounts_user SET is_active = false, deactivated_at = now(), deactivated_by_id = id"
        " WHERE id = %(user)s",
        "DELETE FROM catalog_storegrouppermission WHERE group_id IN"
        " (SELECT group_id FROM accounts_user_groups WHERE user_id = %(user)s)",
    ],
    ids=["revoke", "deactivate", "permission"],
)
def test_a_revoke_waits_for_whoever_relies_on_the_role(aurora, sam, database_url, revoke):
    with psycopg.connect(database_url) as other:
        other.execute("SET lock_timeout = '300ms'")

        with transaction.atomic():
            assert lock_role(sam, aurora.pk, SUPERVISOR)
            with pytest.raises(psycopg.errors.LockNotAvailable):
                other.execute(revoke, {"user": sam.pk})

        other.rollback()
        other.execute(revoke, {"user": sam.pk})

    assert not lock_role_now(sam, aurora)


@pytest.mark.django_db(transaction=True)
def test_whoever_relies_on_a_role_waits_for_a_revoke_and_sees_it(aurora, sam, database_url):
    seen = []

    def decide():
        with psycopg.connect(database_url) as decider:
            query = "SELECT accounts_holds_role(%s, %s, 'supervisor')"
            seen.append(decider.execute(query, [sam.pk, aurora.pk]).fetchone()[0])

    with psycopg.connect(database_url) as revoker:
        revoker.execute("DELETE FROM accounts_user_groups WHERE user_id = %s", [sam.pk])
        thread = threading.Thread(target=decide)
        thread.start()
        thread.join(0.5)
        waited = thread.is_alive()
        revoker.commit()
    thread.join(10)

    assert waited
    assert seen == [False]


def lock_role_now(user, store):
    with transaction.atomic():
        return lock_role(user, store.pk, SUPERVISOR)


# --- Power and its entry --------------------------------------------------------------------------------


GRANT = "INSERT INTO accounts_user_groups (user_id, group_id) SELECT %s, id FROM auth_group WHERE name = %s"


@pytest.mark.django_db(transaction=True)
def test_nobody_slips_into_a_role(aurora, stranger):
    with pytest.raises(IntegrityError, match=r"without an entry role\.granted"):
        sql(GRANT, stranger.pk, group_name(aurora.pk, SUPERVISOR))

    assert not holds(stranger, aurora, SUPERVISOR)


@pytest.mark.django_db(transaction=True)
def test_djangos_own_groups_field_slips_nobody_in_either(aurora, stranger):
    with pytest.raises(IntegrityError, match=r"without an entry role\.granted"):
        stranger.groups.add(Group.objects.get(name=group_name(aurora.pk, SUPERVISOR)))


@pytest.mark.django_db(transaction=True)
def test_a_membership_is_not_moved_to_another_role_or_person(aurora, olivia, stranger):
    for change in (
        "UPDATE accounts_user_groups SET group_id = (SELECT id FROM auth_group WHERE name LIKE '%%:supervisor')",
        f"UPDATE accounts_user_groups SET user_id = {stranger.pk} WHERE user_id = {olivia.pk}",
    ):
        with pytest.raises(IntegrityError, match=r"without an entry role\.granted"):
            sql(change)


@pytest.mark.django_db(transaction=True)
def test_the_entry_of_an_earlier_grant_covers_no_later_one(aurora, sam):
    cast.revoke(sam, aurora, SUPERVISOR)

    with pytest.raises(IntegrityError, match=r"without an entry role\.granted"):
        sql(GRANT, sam.pk, group_name(aurora.pk, SUPERVISOR))


@pytest.mark.django_db(transaction=True)
def test_nobody_comes_back_in_silence(aurora, mia, sam):
    people.deactivate(user=sam, by=mia, at=timezone.now())

    with pytest.raises(IntegrityError, match=r"without an entry person\.reactivated"):
        sql(
            "UPDATE accounts_user SET is_active = true, deactivated_at = NULL, deactivated_by_id = NULL"
            " WHERE id = %s",
            sam.pk,
        )


@pytest.mark.django_db(transaction=True)
def test_what_the_services_do_commits(aurora, mia, sam):
    people.deactivate(user=sam, by=mia, at=timezone.now())
    people.reactivate(user=sam, by=mia, at=timezone.now())
    cast.grant(sam, aurora, OPERATOR)

    assert holds(sam, aurora, SUPERVISOR)
    assert holds(sam, aurora, OPERATOR)


# --- What a row must say --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("is_active = false, deactivated_at = now()", "deactivation_has_its_person"),
        ("deactivated_by_id = id", "deactivation_has_its_person"),
        ("name = ''", "everybody_has_a_name"),
        ("email = upper(email)", "e_mail_is_in_lower_case"),
        ("email = 'mia@example.com'", "accounts_user_email"),
    ],
)
def test_a_row_that_makes_no_sense_is_refused(stranger, mia, change, constraint):
    with pytest.raises(IntegrityError, match=constraint):
        sql(f"UPDATE accounts_user SET {change} WHERE id = %s", stranger.pk)


def test_the_application_itself_can_do_its_work(aurora, sam):
    """The rights that are taken away are not missing where they are needed."""
    with transaction.atomic():
        sql("SET LOCAL ROLE promoflow_app")

        assert lock_role(sam, aurora.pk, SUPERVISOR)
        sql("UPDATE accounts_user SET language = 'zh-hans' WHERE id = %s", sam.pk)
        sql("INSERT INTO shared_cache VALUES ('k', 'v', now())")
        sql("DELETE FROM shared_cache")
        sql("RESET ROLE")
