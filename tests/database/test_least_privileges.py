"""What the application's own database role can do: the flow, and nothing besides."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.db.utils import ProgrammingError

from accounts.roles import MANAGER, OPERATOR, SUPERVISOR, group_name
from accounts.selectors import holds_role
from accounts.services import grants, people
from promoflow.catalog.services import stores
from promoflow.policies.models import PolicyVersion
from promoflow.policies.services import drafting as policies
from promoflow.promotions.models import Alarm
from promoflow.promotions.services import alarms, drafting, running
from tests import cast
from tests.database.attacks import AS_THE_APPLICATION, refused
from tests.policies import drafts
from tests.promotions import lives

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    ("table", "privilege"),
    [
        (table, privilege)
        for table in (
            "promotions_promotionrequest",
            "promotions_revision",
            "promotions_revisionproduct",
            "promotions_conflictreport",
            "promotions_decision",
            "promotions_comment",
            "promotions_reservation",
            "promotions_activation",
            "promotions_alarm",
            "promotions_claim",
            "policies_policydraft",
            "policies_policyrevision",
            "policies_policyversion",
            "audit_entry",
            "audit_link",
        )
        for privilege in ("DELETE", "TRUNCATE", "UPDATE")
    ]
    + [
        (table, privilege)
        for table in ("outbox_channel", "outbox_preference")
        for privilege in ("DELETE", "TRUNCATE")
    ]
    + [("outbox_message", "TRUNCATE")],
)
def test_the_application_cannot_rewrite_what_is_kept(db, table, privilege):
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_table_privilege('promoflow_app', %s, %s)", [table, privilege])
        assert cursor.fetchone() == (False,)


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE auth_group SET name = 'store:1:supervisor' WHERE name = 'store:1:operator'",
        "UPDATE auth_permission SET codename = 'supervise_store' WHERE codename = 'operate_store'",
        "UPDATE catalog_storegrouppermission SET group_id = group_id + 1",
        "UPDATE accounts_user_groups SET group_id = group_id + 1",
        "INSERT INTO auth_group_permissions (group_id, permission_id) SELECT g.id, p.id FROM auth_group g, auth_permission p",
        "DELETE FROM catalog_storegrouppermission",
        "DELETE FROM auth_group",
        "DELETE FROM django_migrations",
        "UPDATE django_content_type SET model = 'product' WHERE model = 'store'",
        "DELETE FROM django_admin_log",
    ],
)
def test_the_application_turns_no_role_into_another(aurora, olivia, attack):
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE promoflow_app")
        try:
            with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
                cursor.execute(attack)
        finally:
            cursor.execute("RESET ROLE")


def _group(store, role):
    return Group.objects.get(name=group_name(store.pk, role)).pk


def _permitted(store, group, codename):
    return (
        "INSERT INTO catalog_storegrouppermission (content_object_id, group_id, permission_id)"
        " SELECT %s, %s, id FROM auth_permission WHERE codename = %s",
        [store.pk, group, codename],
    )


def _added(store, event="store.added"):
    """A forged entry, so that an attack is not merely refused for being unrecorded."""
    return (
        "INSERT INTO audit_entry (at, event, outcome, actor_name, store_name, subject_type, subject_id, subject, asins,"
        " state_before, state_after, before, after, why, address, user_agent)"
        " VALUES (now(), %s, 'done', 'Mallory', '', 'catalog.store', %s, '', '{}',"
        " '', '', '{}', '{}', '', '', '')",
        [event, store.pk],
    )


def test_the_application_swaps_no_groups(aurora, olivia, sam):
    """Foreign keys wait for COMMIT, and by then every key is there again."""
    operators, supervisors = _group(aurora, OPERATOR), _group(aurora, SUPERVISOR)

    refused(
        "it_keeps_its_key",
        AS_THE_APPLICATION,
        ("UPDATE auth_group SET id = -1 WHERE id = %s", [operators]),
        ("UPDATE auth_group SET id = %s WHERE id = %s", [operators, supervisors]),
        ("UPDATE auth_group SET id = %s WHERE id = -1", [supervisors]),
        _permitted(aurora, operators, "supervise_store"),
        _permitted(aurora, supervisors, "operate_store"),
        _added(aurora),
    )
    assert not holds_role(olivia, aurora.pk, SUPERVISOR)


@pytest.mark.parametrize("table", ["auth_group", "accounts_user_groups", "catalog_storegrouppermission"])
def test_what_makes_a_role_keeps_its_key(aurora, table):
    refused("it_keeps_its_key", AS_THE_APPLICATION, f"UPDATE {table} SET id = -id")


def test_a_store_keeps_its_key(aurora):
    """Its people would be those of another store."""
    refused("it_keeps_its_key", AS_THE_APPLICATION, "UPDATE catalog_store SET id = -id")


@pytest.mark.parametrize("table", ["auth_group", "accounts_user_groups", "catalog_storegrouppermission"])
def test_what_makes_a_role_is_still_locked(aurora, table):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(AS_THE_APPLICATION)
        for lock in ("UPDATE", "NO KEY UPDATE", "SHARE", "KEY SHARE"):
            cursor.execute(f"SELECT FROM {table} FOR {lock}")


@pytest.mark.parametrize("role", [OPERATOR, MANAGER])
def test_no_group_gets_the_permission_of_another(aurora, role):
    refused(
        "a_group_holds_its_own_role",
        AS_THE_APPLICATION,
        _permitted(aurora, _group(aurora, role), "supervise_store"),
        _added(aurora),
    )


def test_no_group_gets_a_permission_on_another_store(aurora):
    other = cast.store("Borealis", merchant_id="A2BOREALIS12345")

    refused(
        "a_group_holds_its_own_role",
        AS_THE_APPLICATION,
        _permitted(other, _group(aurora, SUPERVISOR), "supervise_store"),
        _added(other),
    )


def test_no_role_is_opened_later_than_its_store(aurora):
    group = _group(aurora, SUPERVISOR)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM catalog_storegrouppermission WHERE group_id = %s", [group])

    refused(
        "roles_are_opened_with_their_store", AS_THE_APPLICATION, _permitted(aurora, group, "supervise_store")
    )


def test_no_role_is_opened_with_another_store_or_another_deed(aurora):
    group, other = _group(aurora, SUPERVISOR), cast.store("Borealis", merchant_id="A2BOREALIS12345")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM catalog_storegrouppermission WHERE group_id = %s", [group])

    for entry in (_added(other), _added(aurora, "store.changed")):
        refused(
            "roles_are_opened_with_their_store",
            AS_THE_APPLICATION,
            _permitted(aurora, group, "supervise_store"),
            entry,
        )


def test_the_application_opens_a_store_and_hands_out_its_roles(mia, olivia):
    """Its few privileges are enough for that too."""
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE promoflow_app")
    try:
        store = stores.add(
            name="Aurora Canada",
            merchant_id="A2CANADA000",
            marketplace_id="A2EUQ1WTGCTBG2",
            manager=mia,
            by=cast.root(),
            at=lives.NOW,
        )
        grants.grant(to=olivia, store=store, role=OPERATOR, by=mia, at=lives.NOW)
        held = holds_role(olivia, store.pk, OPERATOR)
        grants.revoke(from_=olivia, store=store, role=OPERATOR, by=mia, at=lives.NOW)
        people.deactivate(user=olivia, by=mia, at=lives.NOW)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE")

    assert held
    assert not holds_role(olivia, store.pk, OPERATOR)


def test_the_application_owns_nothing(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner WHERE r.rolname = 'promoflow_app'"
        )
        assert cursor.fetchone() == (0,)


def test_the_application_publishes_rules_and_settles_what_they_alarm(aurora, mia, olivia, sam, sue):
    """Its few privileges are enough for that too."""
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE promoflow_app")
    try:
        request = lives.approved(aurora, lives.coupon(percent="10.00"), by=olivia, supervisor=sam)
        drafts.drafted({"pairs.coupon.coupon": "warn"}, by=mia)
        policies.discard(by=mia, at=lives.NOW)
        drafts.published({"floor.default_percent.value": 90}, manager=mia, publisher=sue)
        lives.approved(aurora, lives.price_discount(percent="10.00"), by=olivia, supervisor=sam)
        drafts.published({"pairs.coupon.price_discount": "block"}, manager=mia, publisher=sue)
        alarms.settle(
            reference=request.reference,
            by=sam,
            at=lives.NOW,
            confirmed_at=lives.NOW,
            note="It ends tomorrow.",
        )
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE")

    assert PolicyVersion.objects.count() == 3
    assert Alarm.objects.count() == 2


def test_the_application_takes_a_request_all_the_way(aurora, olivia, sam, sue):
    """Its few privileges are enough for the whole flow."""
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE promoflow_app")
    try:
        request = lives.live(aurora, by=olivia, supervisor=sam)
        lives.verify(request, by=sue)
        running.stop(reference=request.reference, by=sue, at=lives.NOW + timedelta(days=11))
        other = lives.approved(aurora, lives.coupon(lives.SET), by=olivia, supervisor=sam)
        drafting.edit(
            reference=other.reference,
            revision=1,
            typed=lives.coupon(lives.SET, percent="10.00"),
            by=olivia,
            at=lives.NOW,
        )
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE")

    assert lives.again(request).state == "ended"
    assert lives.again(other).state == "draft"
