"""`manage.py check --deploy` asks PostgreSQL what guards the history, and each answer that is wrong is named.

The catalog is broken for real, inside of a transaction that is rolled back: roles belong to the whole cluster,
and the other workers of this run must not see it. The check then speaks as the application's own role.
"""

import re
from contextlib import contextmanager

import pytest
from django.core.checks import run_checks
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import connection
from django.test import override_settings

from promoflow.audit.checks import guards, history_is_guarded, privileges, proof, server

pytestmark = pytest.mark.django_db

APP = "promoflow_app"
# The tests' own cluster forgets on purpose; a cluster as the demonstration makes it is asked below.
OF_THE_TESTS = {"history.E141", "history.E142", "history.E143"}
OF_THE_FILES = {"history.W150", "history.W151"}


@contextmanager
def _as(role):
    with connection.cursor() as cursor:
        cursor.execute(f"SET SESSION AUTHORIZATION {role}")
        yield
        cursor.execute("RESET SESSION AUTHORIZATION")


def _run(*statements):
    with connection.cursor() as cursor:
        # One test at a time changes the cluster's roles.
        cursor.execute("LOCK TABLE pg_authid IN SHARE ROW EXCLUSIVE MODE")
        for statement in statements:
            cursor.execute(statement)


def _found(role=APP):
    with _as(role):
        messages = history_is_guarded()
    return [message for message in messages if message.id not in OF_THE_TESTS | OF_THE_FILES]


def _said_after(*statements):
    """What is said now and was not before: one list that is out of date fails its own test alone."""
    before = _found()
    _run(*statements)
    return [message for message in _found() if message not in before]


def _said(message):
    return f"{message.id}: {message.msg}"


def test_a_migrated_database_has_nothing_to_be_said_about():
    assert [_said(message) for message in _found()] == []


def test_new_code_on_a_database_that_was_not_migrated_asks_for_that_alone():
    """Else what the next migration makes is said to be dropped by somebody, and people restore a backup."""
    said = _said_after(
        "DELETE FROM django_migrations WHERE app = 'promotions' AND name > '0028'",
        "ALTER TABLE promotions_reservation DROP CONSTRAINT only_what_was_let_go_may_run",
    )

    assert [message.id for message in said] == ["history.E126"]
    assert "the first of them promotions.0028_what_is_held_covers_the_window" in said[0].msg
    assert "manage.py migrate" in said[0].hint


def test_plain_check_deploy_runs_it():
    with _as(APP):
        ran = {message.id for message in run_checks(include_deployment_checks=True)}
        without = {message.id for message in run_checks()}

    assert ran >= OF_THE_TESTS
    assert not OF_THE_TESTS & without


def test_check_deploy_ends_with_an_error():
    _run("ALTER TABLE audit_entry DISABLE TRIGGER kept")

    with _as(APP), pytest.raises(SystemCheckError, match=r"The trigger kept on audit_entry is switched off"):
        call_command("check", deploy=True)


# --- The role -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "statement", "sentence"),
    [
        ("E102", "ALTER ROLE promoflow_app BYPASSRLS", "may pass by row security"),
        ("E103", "ALTER ROLE promoflow_app CREATEROLE", "may make roles"),
        ("E104", "ALTER ROLE promoflow_app CREATEDB", "may make databases"),
        ("E105", "ALTER ROLE promoflow_app REPLICATION", "may copy the whole cluster"),
        ("E106", "ALTER TABLE shared_cache OWNER TO promoflow_app", "owns table shared_cache"),
        ("E106", "ALTER FUNCTION audit_keep() OWNER TO promoflow_app", r"owns function audit_keep\(\)"),
        ("E106", "CREATE SCHEMA side AUTHORIZATION promoflow_app", "owns schema side"),
        ("E106", "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I OWNER TO promoflow_app', current_database()); END $$", "owns database"),
        ("E107", "GRANT pg_read_all_settings TO promoflow_app", "is a member of pg_read_all_settings"),
        ("E108", "GRANT CREATE ON SCHEMA public TO promoflow_app", "in the schema public"),
        ("E108", "GRANT CREATE ON SCHEMA public TO PUBLIC", "in the schema public"),
        ("E109", "DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO promoflow_app', current_database()); END $$", "may make schemas"),
        ("E112", "SET LOCAL session_replication_role = replica", "triggers are silent"),
        ("E113", "CREATE SCHEMA side; GRANT USAGE ON SCHEMA side TO promoflow_app; SET LOCAL search_path = side, public", "the schema side before public"),
        ("E110", "GRANT SET ON PARAMETER session_replication_role TO promoflow_app", "switches triggers off"),
    ],
)  # fmt: skip
def test_a_role_that_could_be_more_is_named(code, statement, sentence):
    found = [message for message in _said_after(statement) if message.id == f"history.{code}"]

    assert len(found) == 1
    assert re.search(sentence, found[0].msg)
    assert found[0].hint


def test_the_owners_role_is_nobody_elses():
    _run("CREATE ROLE promoflow_keeper", "ALTER TABLE audit_entry OWNER TO promoflow_keeper")
    _run("GRANT promoflow_keeper TO promoflow_app")

    assert any(
        message.id == "history.E107" and "promoflow_keeper and can act as it" in message.msg
        for message in _found()
    )


def test_a_superuser_is_told_that_no_guard_holds():
    found = [message.id for message in history_is_guarded()]

    assert "history.E101" in found
    assert not {"history.E106", "history.E120"} & set(found)


def test_another_role_than_the_migrations_know_is_named():
    _run("CREATE ROLE promoflow_stranger")

    found = _found("promoflow_stranger")

    assert "history.E111" in {message.id for message in found}
    assert "history.E121" in {message.id for message in found}


# --- What it may write ----------------------------------------------------------------------------------


@pytest.mark.parametrize("right", ["UPDATE", "DELETE", "TRUNCATE"])
@pytest.mark.parametrize(
    "table",
    [
        "audit_entry",
        "audit_link",
        "promotions_revision",
        "promotions_conflictreport",
        "promotions_decision",
        "policies_policyversion",
    ],
)
def test_a_right_to_rewrite_is_named(table, right):
    [message] = _said_after(f"GRANT {right} ON {table} TO promoflow_app")

    assert message.id == "history.E120"
    assert f"holds more on {table} than it needs: {right}." in message.msg
    assert f"REVOKE {right} ON {table} FROM PUBLIC, promoflow_app;" in message.hint


@pytest.mark.parametrize("to", ["promoflow_app", "PUBLIC"])
def test_a_right_on_one_column_is_named_whoever_it_was_given_to(to):
    [message] = _said_after(f"GRANT UPDATE (why) ON audit_entry TO {to}")

    assert "holds more on audit_entry than it needs: UPDATE (why)." in message.msg


def test_its_hint_takes_the_right_away():
    [message] = _said_after("GRANT DELETE, UPDATE (note) ON promotions_decision TO promoflow_app")

    _run(message.hint.removeprefix("As the owner: "))

    assert message not in _found()


def test_a_right_that_is_missing_is_named_with_what_gives_it_back():
    [message] = _said_after("REVOKE UPDATE (held) ON promotions_reservation FROM promoflow_app")
    assert message.id == "history.E121"

    _run(message.hint.removeprefix("As the owner: "))

    assert message not in _found()


def test_a_table_that_is_gone_is_named():
    said = _said_after("DROP TABLE promotions_savedfilter CASCADE")

    assert [_said(message) for message in said] == [
        "history.E122: The table promotions_savedfilter is missing."
    ]


def test_a_foreign_table_that_it_may_empty_is_named():
    said = _said_after(
        "CREATE TABLE somebody_elses (id int)", "GRANT TRUNCATE ON somebody_elses TO promoflow_app"
    )

    assert [message.id for message in said] == ["history.E123"]


def test_a_function_that_lends_power_is_named():
    [message] = _said_after("GRANT EXECUTE ON FUNCTION audit_seal() TO PUBLIC")

    assert message.id == "history.E124"
    assert "audit_seal()" in message.msg


def test_a_sequence_that_it_may_set_back_is_named():
    [message] = _said_after("GRANT UPDATE ON SEQUENCE audit_entry_id_seq TO promoflow_app")

    assert message.id == "history.E125"
    assert "may set back audit_entry_id_seq" in message.msg


def test_the_list_of_rights_is_what_a_migrated_database_gives():
    with connection.cursor() as cursor:
        held = privileges.held_by(cursor, APP)

    assert {table: set(rights) for table, rights in privileges.ALLOWED.items()} == held


# --- Triggers and constraints ---------------------------------------------------------------------------

TRIGGERS = [(table, name) for table, names in guards.GUARDS.items() for name in names]


@pytest.mark.parametrize(("table", "name"), TRIGGERS)
def test_each_trigger_that_is_off_or_gone_is_named(table, name):
    [off] = _said_after(f"ALTER TABLE {table} DISABLE TRIGGER {name}")
    assert _said(off) == f"history.E131: The trigger {name} on {table} is switched off."

    _run(off.hint.removeprefix("As the owner: ").partition(";")[0])
    assert off not in _found()

    [off] = _said_after(f"ALTER TABLE {table} ENABLE REPLICA TRIGGER {name}")
    assert off.id == "history.E131"

    [gone] = _said_after(f"DROP TRIGGER {name} ON {table}")
    assert gone.id == "history.E130"


def test_the_list_of_triggers_is_what_a_migrated_database_has():
    with connection.cursor() as cursor:
        cursor.execute(guards.STANDING)
        standing = cursor.fetchall()

    assert {(table, name) for table, name, _fires in standing} == set(TRIGGERS)
    assert {(table, name) for table, name, fires in standing if fires == "A"} == guards.ALWAYS


def test_a_trigger_that_is_to_fire_always_is_named_where_it_does_not():
    [message] = _said_after("ALTER TABLE audit_entry ENABLE TRIGGER kept")
    assert message.id == "history.E132"

    _run(message.hint.removeprefix("As the owner: "))

    assert message not in _found()


@pytest.mark.parametrize(
    ("table", "name"), [(table, name) for table, names in guards.CONSTRAINTS.items() for name in names]
)
def test_each_constraint_that_is_gone_is_named(table, name):
    index = name == "each_step_is_recorded_once"
    _run(f"DROP INDEX {name}" if index else f"ALTER TABLE {table} DROP CONSTRAINT {name} CASCADE")

    assert f"history.E133: The constraint {name} on {table} is missing: " + (
        "the database no longer holds to it."
    ) in [_said(message) for message in _found()]


def test_every_exclusion_is_in_the_list():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conrelid::regclass::text, conname FROM pg_constraint"
            " WHERE contype = 'x' AND connamespace = 'public'::regnamespace"
        )
        exclusions = cursor.fetchall()

    assert exclusions
    assert all(name in guards.CONSTRAINTS[table] for table, name in exclusions)


def test_a_constraint_that_was_never_proved_is_named():
    [message] = _said_after("ALTER TABLE promotions_decision ADD CONSTRAINT hasty CHECK (id > 0) NOT VALID")
    assert message.id == "history.E134"

    _run(message.hint.removeprefix("As the owner: "))

    assert message not in _found()


def test_foreign_keys_that_are_off_are_named():
    _run("ALTER TABLE promotions_decision DISABLE TRIGGER ALL")

    found = [_said(message) for message in _found()]

    assert any(said.startswith("history.E135: The foreign key decision_is_of_this_content") for said in found)


# --- The server, the places, the key --------------------------------------------------------------------


@pytest.mark.parametrize(("name", "code", "lost"), server._DURABLE)
def test_a_server_that_forgets_is_named(name, code, lost):
    with _as(APP):
        said = {message.id: message.msg for message in history_is_guarded()}

    assert said[code] == f"PostgreSQL runs with {name} off: {lost}."


@pytest.mark.django_db(transaction=True)
def test_a_database_that_cannot_be_asked_is_an_error_with_what_to_do(monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "NAME", "nowhere")
    connection.close()

    [message] = [message for message in history_is_guarded() if message.id.startswith("history.E")]

    assert message.id == "history.E100"
    assert "nothing says that it does" in message.msg
    assert 'database "nowhere" does not exist' in message.msg
    assert "DATABASE_URL" in message.hint


def test_a_server_that_is_too_old_is_named(monkeypatch):
    monkeypatch.setattr(server, "OLDEST", 990_000)

    [message] = [message for message in _found() if message.id == "history.E140"]

    assert "the promises are tested on 99 and later" in message.msg


def test_a_server_without_checksums_is_named():
    """Every cluster of ours has them and none can drop them, so another one's answer is put in the place."""
    [message] = server._unsummed(_Answering("off"))

    assert message.id == "history.W144"
    assert "pg_checksums --enable" in message.hint
    assert server._unsummed(_Answering("on")) == []


class _Answering:
    """A cursor to a server that answers every question with one word."""

    def __init__(self, word):
        self.word = word

    def execute(self, question):
        assert question == "SELECT current_setting('data_checksums')"

    def fetchone(self):
        return (self.word,)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"CHECKPOINT_MAIL": []}, {"history.W150"}),
        ({"CHECKPOINT_MAIL": ["auditor@example.com"]}, set()),
        ({"CHECKPOINT_MAIL": [], "CHECKPOINT_S3": "s3://bucket/notes"}, set()),
    ],
)
def test_one_place_for_checkpoints_is_too_few(tmp_path, settings, expected):
    with override_settings(CHECKPOINT_KEY=tmp_path / "none.pem", **settings):
        assert {message.id for message in proof.said()} == expected


def test_a_key_in_reach_of_this_account_is_named(tmp_path):
    key = tmp_path / "key.pem"
    key.write_text("secret")

    with override_settings(CHECKPOINT_KEY=key, CHECKPOINT_MAIL=["auditor@example.com"]):
        assert [message.id for message in proof.said()] == ["history.W151"]
