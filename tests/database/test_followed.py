"""The database tells of every row of the workflow by itself, whoever changes it and however."""

import json
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction

from promoflow.audit import replaying
from promoflow.audit import services as audit
from promoflow.audit.followed import FOLLOWED, FOLLOWERS, NOT_FOLLOWED
from promoflow.audit.models import Entry
from promoflow.catalog.models import Product
from tests import cast
from tests.database.attacks import refused
from tests.promotions import lives

TABLES = """
SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace
"""
FOUND = """
SELECT relname, tgname, tgenabled::text, array_remove(string_to_array(encode(tgargs, 'escape'), '\\000'), NULL)
FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
WHERE tgfoid IN ('audit_tell_rows'::regproc, 'audit_never_truncated'::regproc)
"""
TELLING = ("told_of_changed", "told_of_gone", "told_of_new")


def rows(sql, *params):
    with connection.cursor() as cursor:
        cursor.execute(sql, params or None)
        return cursor.fetchall() if cursor.description else []


@pytest.fixture
def lamp(aurora):
    return Product.objects.get(store=aurora, asin=lives.LAMP)


def told(table=None):
    """What the database told, oldest first."""
    entries = Entry.objects.filter(event="rows.changed").order_by("pk")
    return list(entries.filter(subject_type=table) if table else entries)


def test_every_table_is_followed_or_says_why_it_is_not(db):
    tables = {table for (table,) in rows(TABLES)}

    assert tables == set(FOLLOWED) | set(NOT_FOLLOWED)
    assert not set(FOLLOWED) & set(NOT_FOLLOWED)


def test_every_followed_table_has_its_triggers_and_they_are_always_on(db):
    found = rows(FOUND)

    assert {(table, name) for table, name, _, _ in found} == {
        (table, name) for table in FOLLOWED for name in FOLLOWERS
    }
    assert {enabled for _, _, enabled, _ in found} == {"A"}


def test_the_triggers_leave_out_what_is_said_to_be_left_out(db):
    found = {(table, name): arguments for table, name, _, arguments in rows(FOUND) if name in TELLING}

    assert found == {
        (table, name): _arguments(it, name) for table, it in FOLLOWED.items() for name in TELLING
    }


def _arguments(it, name):
    unsaid = ["{" + ",".join(it.unsaid) + "}"] if it.unsaid and name == "told_of_changed" else []
    return [it.key, it.request, "{" + ",".join(it.left_out) + "}", it.readable, *unsaid, ""]


@pytest.mark.django_db(transaction=True)
def test_a_decision_is_told_by_the_database_beside_the_services_own_account(aurora, olivia, sam):
    request = lives.approved(aurora, by=olivia, supervisor=sam)
    entry = Entry.objects.get(event="request.approved")

    of_it = [fact for fact in told() if fact.txid == entry.txid]

    assert {fact.subject_type for fact in of_it} >= {
        "promotions_promotionrequest",
        "promotions_decision",
        "promotions_reservation",
    }
    [decided] = [fact for fact in of_it if fact.subject_type == "promotions_decision"]
    [[key, decision]] = decided.after.items()
    assert decided.subject == request.reference
    assert decision["verdict"] == "approve"
    assert decision["decided_by_id"] == sam.pk
    assert int(key) == request.decisions.get().pk
    assert audit.verify().trouble == ""


@pytest.mark.django_db(transaction=True)
def test_a_price_changed_behind_the_desks_back_is_told(aurora, lamp):
    rows("UPDATE catalog_product SET price = 1.50 WHERE id = %s", lamp.pk)

    fact = told("catalog_product")[-1]
    assert fact.before == {str(lamp.pk): {"price": float(lamp.price)}}
    assert fact.after == {str(lamp.pk): {"price": 1.5}}
    assert (fact.actor, fact.actor_name) == (None, connection.settings_dict["USER"])
    assert audit.verify().trouble == ""


@pytest.mark.django_db(transaction=True)
def test_it_names_who_ran_the_statement_not_the_owner_who_tells_of_it(aurora, lamp):
    rows("SET SESSION AUTHORIZATION promoflow_app")
    try:
        rows("UPDATE catalog_product SET price = 1.50 WHERE id = %s", lamp.pk)
    finally:
        rows("RESET SESSION AUTHORIZATION")

    assert told("catalog_product")[-1].actor_name == "promoflow_app"


@pytest.mark.django_db(transaction=True)
def test_instants_are_told_in_utc_whatever_the_session_speaks(aurora, olivia):
    """Else two sessions would tell one row in two ways, and the replay would find a difference."""
    rows("SET timezone = 'Asia/Shanghai'")
    try:
        lives.drafted(aurora, by=olivia)
    finally:
        rows("SET timezone = 'UTC'")

    changed = [row for fact in told("promotions_promotionrequest") for row in fact.after.values()]
    assert [row["created_at"][-6:] for row in changed if "created_at" in row] == ["+00:00"]


@pytest.mark.django_db(transaction=True)
def test_a_bulk_statement_is_one_entry_for_a_thousand_rows(aurora):
    before = len(told("catalog_product"))
    Product.objects.bulk_create(
        Product(store=aurora, asin=f"B0BULK{n:04}", title="Lamp", price=Decimal("9.99")) for n in range(2500)
    )

    added = told("catalog_product")[before:]
    assert [len(fact.after) for fact in added] == [1000, 1000, 500]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("change", "facts"),
    [
        ("INSERT INTO auth_group VALUES (903, 'c')", [("903", {}, {"903": {"id": 903, "name": "c"}})]),
        (
            "INSERT INTO auth_group VALUES (903, 'c'), (904, 'd')",
            [("", {}, {"903": {"id": 903, "name": "c"}, "904": {"id": 904, "name": "d"}})],
        ),
        (
            "UPDATE auth_group SET name = 'z' WHERE id = 901",
            [("901", {"901": {"name": "a"}}, {"901": {"name": "z"}})],
        ),
        (
            "UPDATE auth_group SET name = name || '!' WHERE id > 900",
            [
                (
                    "",
                    {"901": {"name": "a"}, "902": {"name": "b"}},
                    {"901": {"name": "a!"}, "902": {"name": "b!"}},
                )
            ],
        ),
        (
            "ALTER TABLE auth_group DISABLE TRIGGER keeps_its_key;"
            "UPDATE auth_group SET id = 905 WHERE id = 901;"
            "SET CONSTRAINTS ALL IMMEDIATE;"
            "ALTER TABLE auth_group ENABLE ALWAYS TRIGGER keeps_its_key",
            [("", {"901": {"id": 901, "name": "a"}}, {"905": {"id": 905, "name": "a"}})],
        ),
        ("DELETE FROM auth_group WHERE id = 902", [("902", {"902": {"id": 902, "name": "b"}}, {})]),
        (
            "DELETE FROM auth_group WHERE id > 900",
            [("", {"901": {"id": 901, "name": "a"}, "902": {"id": 902, "name": "b"}}, {})],
        ),
    ],
)
def test_one_row_is_told_as_many_are(db, change, facts):
    rows("INSERT INTO auth_group VALUES (901, 'a'), (902, 'b')")
    before = len(told("auth_group"))

    rows(change)

    assert [(fact.subject, fact.before, fact.after) for fact in told("auth_group")[before:]] == facts


@pytest.mark.django_db(transaction=True)
def test_a_sessions_settings_do_not_change_what_is_told(aurora, olivia):
    lives.submitted(aurora, by=olivia)
    [first] = [row for fact in told("promotions_conflictreport") for row in fact.after.values()]

    with transaction.atomic():
        rows("SET LOCAL bytea_output = 'escape'")
        rows("SET LOCAL timezone = 'Asia/Shanghai'")
        rows("SET LOCAL datestyle = 'SQL, DMY'")
        rows(
            "INSERT INTO promotions_conflictreport (revision_id, policy_id, body, computed_at, computed_by_id)"
            " SELECT revision_id, policy_id, body, computed_at, computed_by_id"
            " FROM promotions_conflictreport WHERE id = %s",
            first["id"],
        )

    [again] = told("promotions_conflictreport")[-1].after.values()
    assert again == first | {"id": again["id"]}


@pytest.mark.django_db(transaction=True)
def test_a_statement_that_changes_nothing_is_not_told(aurora, lamp):
    before = len(told())
    rows("UPDATE catalog_product SET price = price")
    rows("UPDATE catalog_product SET price = 1 WHERE false")
    rows("UPDATE accounts_user SET last_login = now()")

    assert len(told()) == before


@pytest.mark.django_db(transaction=True)
def test_no_name_address_or_password_of_a_person_is_told(sam):
    rows(
        "UPDATE accounts_user SET name = 'Mallory', email = 'm@example.com', password = 'hunter2', language = 'fr'"
        " WHERE id = %s",
        sam.pk,
    )

    text = json.dumps([[fact.before, fact.after] for fact in told("accounts_user")])
    assert "Mallory" not in text
    assert "example" not in text
    assert "hunter2" not in text
    assert '"language": "fr"' in text


@pytest.mark.django_db(transaction=True)
def test_canonical_json_is_told_as_the_text_that_was_approved(aurora, olivia):
    request = lives.submitted(aurora, by=olivia)

    [fact] = told("promotions_revision")
    [revision] = fact.after.values()
    assert revision["body"].encode() == bytes(request.newest.body)
    assert revision["digest"] == "\\x" + bytes(request.newest.digest).hex()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("accounts_user", "password", "'the attacker''s'"),
        ("accounts_user", "email", "'attacker' || id || '@example.com'"),
        ("accounts_user", "name", "'Somebody else'"),
        ("mfa_authenticator", "data", "'{\"secret\": \"the attacker''s\"}'"),
    ],
)
def test_what_is_put_in_the_place_of_a_secret_is_told_without_it(mia, sam, sue, table, column, value):
    cast.two_step(mia)
    before = len(told(table))
    rows(f"UPDATE {table} SET {column} = {value} WHERE id = (SELECT min(id) FROM {table})")
    rows(f"UPDATE {table} SET {column} = {value} WHERE id > (SELECT min(id) FROM {table})")

    one, others = told(table)[before:]
    for fact in (one, others):
        assert [*fact.before.values()] == [{}] * len(fact.after)
        assert [*fact.after.values()] == [{column: "changed"}] * len(fact.after)
    assert (len(one.after), len(others.after) > 1) == (1, True)
    assert replaying.unexplained()[-1].tables == [table]
    assert list(replaying.mismatches()) == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("table", "column"), [("accounts_user", "last_login"), ("mfa_authenticator", "last_used_at")]
)
def test_what_each_sign_in_changes_is_not_told(sam, sue, table, column):
    before = len(told(table))

    rows(f"UPDATE {table} SET {column} = now()")
    rows(f"UPDATE {table} SET {column} = now() WHERE id = (SELECT max(id) FROM {table})")

    assert len(told(table)) == before


@pytest.mark.django_db(transaction=True)
def test_a_row_that_gets_another_key_shows_no_secret(sam):
    rows("UPDATE mfa_authenticator SET id = id + 1000, data = '{}'")

    [fact] = told("mfa_authenticator")[-1:]
    [was], [is_now] = fact.before.values(), fact.after.values()
    assert {"data", "last_used_at"}.isdisjoint(was.keys() | is_now.keys())


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("table", FOLLOWED)
def test_a_followed_table_is_never_truncated(db, table):
    with pytest.raises(DatabaseError, match=r"refused|never (changes|deleted)"):
        rows(f"TRUNCATE {table} CASCADE")


@pytest.mark.django_db(transaction=True)
def test_replication_roles_do_not_silence_the_database(aurora, lamp):
    before = len(told("catalog_product"))
    rows("SET session_replication_role = replica")
    rows("UPDATE catalog_product SET floor_price = 1")
    rows("SET session_replication_role = DEFAULT")

    assert len(told("catalog_product")) > before
    assert audit.verify().trouble == ""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("table", ["audit_entry", "audit_link"])
def test_a_table_of_the_session_does_not_catch_what_is_told(aurora, lamp, table):
    before = len(told("catalog_product"))

    with transaction.atomic():
        rows("SET LOCAL ROLE promoflow_app")
        rows(f"CREATE TEMP TABLE {table} (LIKE public.{table} INCLUDING ALL)")
        rows(f"GRANT ALL ON pg_temp.{table} TO PUBLIC")
        rows("UPDATE catalog_product SET price = 1.50 WHERE id = %s", lamp.pk)
    rows(f"DROP TABLE pg_temp.{table}")

    assert len(told("catalog_product")) == before + 1
    assert told("catalog_product")[-1].link.seq == rows("SELECT max(seq) FROM audit_link")[0][0]


@pytest.mark.django_db(transaction=True)
def test_the_application_cannot_speak_as_the_database(aurora):
    refused(
        "only_the_database_tells_of_rows",
        "SET LOCAL ROLE promoflow_app",
        "INSERT INTO audit_entry (at, event, outcome, actor_name, store_name, subject_type, subject, asins,"
        " state_before, state_after, before, after, why, address, user_agent)"
        " VALUES (now(), 'rows.changed', 'done', 'promoflow_app', '', 'catalog_product', '1', '{}', '', '',"
        " '{}', '{\"1\": {}}', '', '', '')",
    )


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("attack", "answer"),
    [
        ("SELECT audit_follow('catalog_sku', 'id', '', '{}', '')", "denied for function audit_follow"),
        ("SELECT audit_unfollow('catalog_product')", "denied for function audit_unfollow"),
        (
            "CREATE TRIGGER mine AFTER INSERT ON catalog_sku EXECUTE FUNCTION audit_tell_rows()",
            "denied for table catalog_sku",
        ),
        # A table of its own session it may make, and would forge the database's word with it.
        (
            "CREATE TEMP TABLE catalog_product (id integer, price numeric);"
            " CREATE TRIGGER mine AFTER INSERT ON pg_temp.catalog_product REFERENCING NEW TABLE AS added"
            " EXECUTE FUNCTION audit_tell_rows('id', '', '{}', '')",
            "denied for function audit_tell_rows",
        ),
    ],
)
def test_the_application_neither_follows_nor_stops_following(aurora, attack, answer):
    with pytest.raises(DatabaseError, match=answer), transaction.atomic():
        rows("SET LOCAL ROLE promoflow_app")
        rows(attack)


def test_a_service_never_writes_what_the_database_tells(aurora, olivia):
    with pytest.raises(ValueError, match=r"rows\.changed"):
        audit.record("rows.changed", by=olivia, at=lives.NOW, on=aurora)
