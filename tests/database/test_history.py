"""Attacks on the history with raw SQL: refused, or seen afterwards."""

from datetime import UTC, datetime

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from promoflow.audit import services as audit
from promoflow.audit.models import Entry, Link
from tests.promotions import lives
from tests.unguarded import unguarded as unguarded_tables

LINK = (
    "INSERT INTO audit_link (seq, entry_id, sealed, prev_hash, row_hash)"
    " VALUES (99, %s, now(), '\\x01', '\\x02')"
)
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def run(sql, *params):
    with connection.cursor() as cursor:
        cursor.execute(sql, params or None)
        return cursor.fetchall() if cursor.description else None


@pytest.fixture
def history(transactional_db, aurora, olivia):
    """Ten committed entries on top of what making the store and its people left."""
    for number in range(10):
        audit.record(
            "store.changed",
            by=olivia,
            at=NOW,
            on=aurora,
            before={"n": number},
            after={"n": number + 1},
            asins=["B0AURORA01"],
            why="because",
            revision=b"\1\2",
            report=b"\3",
            step=number,
            states=("draft", "in_review"),
        )
    assert audit.verify().trouble == ""
    return list(Entry.objects.order_by("pk"))


@pytest.fixture
def unguarded(history):
    """The database's own superuser switches the guards off; nobody can stop that, so it has to show."""
    with unguarded_tables("audit_entry", "audit_link", "audit_mention"):
        yield history


@pytest.mark.parametrize("table", ["audit_entry", "audit_link", "audit_mention"])
@pytest.mark.parametrize(
    "attack", ["UPDATE {} SET at = at", "DELETE FROM {}", "DELETE FROM {} WHERE false", "TRUNCATE {} CASCADE"]
)
def test_nobody_changes_the_history_not_even_the_superuser(history, table, attack):
    attack = attack.replace("at = at", "sealed = sealed") if table == "audit_link" else attack

    with pytest.raises(DatabaseError, match=f" in {table} is refused: the history only grows"):
        run(attack.format(table))

    assert Entry.objects.count() == Link.objects.count() == len(history)


def test_an_entry_is_not_rewritten_by_a_conflicting_insert(history):
    with pytest.raises(DatabaseError, match="the history only grows"):
        run(
            "INSERT INTO audit_entry OVERRIDING SYSTEM VALUE SELECT * FROM audit_entry LIMIT 1"
            " ON CONFLICT (id) DO UPDATE SET why = 'forged'"
        )


def test_a_commit_reads_none_of_the_history_but_by_an_index(history, aurora, olivia):
    """Also in a session that planned it when there was nothing to read."""
    before = scans()
    for _ in range(5):
        audit.record("store.changed", by=olivia, at=NOW, on=aurora)

    assert scans() == before


def test_a_decision_reads_none_of_the_history_but_by_an_index(transactional_db, aurora, olivia, sam):
    requests = [lives.submitted(aurora, lives.coupon(start=start), by=olivia) for start in (30, 60, 90)]
    before = scans()
    for request in requests:
        lives.approve(request, by=sam)

    assert scans() == before


def scans():
    """How often the history was read from its beginning to its end."""
    run("SELECT pg_stat_force_next_flush()")
    return run(
        "SELECT relname, seq_scan FROM pg_stat_user_tables WHERE relname IN ('audit_entry', 'audit_link')"
    )


def test_only_the_commit_writes_links_and_mentions(history):
    entry = history[0].pk
    with pytest.raises(DatabaseError, match="the database writes it itself"):
        run(LINK, entry)
    with pytest.raises(DatabaseError, match="the database writes it itself"):
        run(
            "INSERT INTO audit_mention (store_id, asin, at, entry_id) VALUES (1, 'B0AURORA09', now(), %s)",
            entry,
        )


def test_an_entry_put_in_by_hand_is_chained_like_any_other(history):
    run(
        "INSERT INTO audit_entry (at, event, outcome, actor_name, store_name, subject_type, subject, asins,"
        " state_before, state_after, before, after, why, address, user_agent)"
        " VALUES (now(), 'by.hand', 'done', '', '', '', '', '{}', '', '', '{}', '{}', '', '', '')"
    )

    assert Link.objects.count() == len(history) + 1
    assert audit.verify().trouble == ""


def test_a_type_of_the_session_does_not_claim_another_transaction(history):
    with transaction.atomic():
        run("SET LOCAL ROLE promoflow_app")
        run("CREATE DOMAIN pg_temp.text AS pg_catalog.varchar(1)")
        run("SET LOCAL search_path = pg_temp, public, pg_catalog")
        run(
            "INSERT INTO audit_entry (at, event, outcome, actor_name, store_name, subject_type, subject, asins,"
            " state_before, state_after, before, after, why, address, user_agent, txid)"
            " VALUES (now(), 'by.hand', 'done', '', '', '', '', '{}'::pg_catalog.varchar[], '', '', '{}', '{}',"
            " '', '', '', 0)"
        )
        [(now,)] = run("SELECT pg_catalog.pg_current_xact_id()")
    run("DROP DOMAIN pg_temp.text")

    assert Entry.objects.latest("pk").txid == int(now)
    assert audit.verify().trouble == ""


FOLLOWS_THE_SESSION = """
SELECT p.oid::regprocedure::text FROM pg_proc p
WHERE pronamespace = 'public'::regnamespace AND prosqlbody IS NULL
    AND 'search_path=pg_catalog, public, pg_temp' <> ALL (coalesce(proconfig, '{}'))
    AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = p.oid AND deptype = 'e')
"""


def test_no_function_reads_its_names_where_a_session_says(db):
    """It says itself where, or it was read once, when it was made."""
    assert run(FOLLOWS_THE_SESSION) == []


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE audit_entry SET why = ''",
        "DELETE FROM audit_entry",
        "TRUNCATE audit_entry CASCADE",
        LINK % 1,
        "UPDATE audit_link SET seq = seq",
        "DELETE FROM audit_link",
        "TRUNCATE audit_link",
        "INSERT INTO audit_mention (store_id, asin, at, entry_id) VALUES (1, 'B0AURORA09', now(), 1)",
        "DELETE FROM audit_mention",
        "ALTER TABLE audit_entry DISABLE TRIGGER ALL",
        "DROP TRIGGER kept ON audit_entry",
        "SET session_replication_role = replica",
        "CREATE TRIGGER mine AFTER INSERT ON audit_mention FOR EACH ROW EXECUTE FUNCTION audit_seal()",
    ],
)
def test_the_application_may_not_even_try(history, attack):
    with pytest.raises(DatabaseError, match=r"permission denied|must be owner"):
        run(f"BEGIN; SET LOCAL ROLE promoflow_app; {attack}")
    run("ROLLBACK")


def test_the_application_adds_entries_and_reads_them(history, aurora, olivia):
    with transaction.atomic():
        run("SET LOCAL ROLE promoflow_app")
        entry = audit.record("store.changed", by=olivia, at=NOW, on=aurora, asins=["B0AURORA02"])

    assert Link.objects.get(entry=entry).seq == len(history) + 1
    assert entry.mentions.count() == 1
    assert audit.verify().trouble == ""


ALTERATIONS = {
    "at": "at + interval '1 microsecond'",
    "txid": "txid + 1",
    "event": "'store.added'",
    "outcome": "'refused'",
    "actor_id": "NULL",
    "actor_name": "actor_name || ' '",
    "actor_person": "gen_random_uuid()",
    "store_id": "store_id + 1",
    "store_name": "upper(store_name)",
    "subject_type": "'catalog.product'",
    "subject_id": "NULL",
    "subject": "'PR-1042'",
    "asins": "asins || '{B0AURORA02}'",
    "step": "NULL",
    "state_before": "'approved'",
    "state_after": "'live'",
    "before": "'{\"n\": 77}'",
    "after": "after || '{\"m\": null}'",
    "why": "''",
    "revision_digest": "set_byte(revision_digest, 0, get_byte(revision_digest, 0) # 1)",
    "report_digest": "NULL",
    "address": "'10.0.0.1'",
    "user_agent": "'curl'",
}


@pytest.mark.parametrize("column", ALTERATIONS)
def test_an_altered_entry_is_named(unguarded, column):
    victim = unguarded[-4]
    place = victim.link.seq
    run("ALTER TABLE audit_entry DROP CONSTRAINT an_actor_is_a_human")
    run(f"UPDATE audit_entry SET {column} = {ALTERATIONS[column]} WHERE id = %s", victim.pk)

    verdict = audit.verify()

    assert verdict.trouble == f"Entry {victim.pk} at place {place} does not match its hash: it was altered."
    assert verdict.head.seq == place - 1


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("sealed = sealed + interval '1 microsecond'", "does not match its hash"),
        ("row_hash = set_byte(row_hash, 31, get_byte(row_hash, 31) # 1)", "does not match its hash"),
        ("prev_hash = set_byte(prev_hash, 0, get_byte(prev_hash, 0) # 1)", "does not follow"),
    ],
)
def test_an_altered_link_is_named(unguarded, change, says):
    victim = unguarded[-4]
    run(f"UPDATE audit_link SET {change} WHERE entry_id = %s", victim.pk)

    assert f"Entry {victim.pk} at place {victim.link.seq}" in audit.verify().trouble
    assert says in audit.verify().trouble


def test_a_removed_entry_is_named(unguarded):
    victim = unguarded[-4]
    run("DELETE FROM audit_entry WHERE id = %s", victim.pk)

    assert audit.verify().trouble.startswith(f"Place {victim.link.seq} of the chain is missing")


def test_a_removed_link_is_named_also_the_last_one(unguarded):
    middle, last = unguarded[-4].link, unguarded[-1].link
    run("DELETE FROM audit_link WHERE seq = %s", last.seq)
    assert audit.verify().trouble.startswith(f"Entry {last.entry_id} has no place in the chain")

    run("DELETE FROM audit_link WHERE seq = %s", middle.seq)
    assert audit.verify().trouble.startswith(f"Place {middle.seq} of the chain is missing")


def test_reordered_entries_are_named(unguarded):
    one, two = unguarded[-4].link, unguarded[-3].link
    run("UPDATE audit_link SET entry_id = -entry_id WHERE seq = %s", one.seq)
    run("UPDATE audit_link SET entry_id = %s WHERE seq = %s", one.entry_id, two.seq)
    run("UPDATE audit_link SET entry_id = %s WHERE seq = %s", two.entry_id, one.seq)

    assert f"Entry {two.entry_id} at place {one.seq} does not match its hash" in audit.verify().trouble


def test_places_swapped_with_their_hashes_are_named(unguarded):
    one, two = unguarded[-4].link.seq, unguarded[-3].link.seq
    run("UPDATE audit_link SET seq = -seq WHERE seq IN (%s, %s)", one, two)
    run("UPDATE audit_link SET seq = CASE -seq WHEN %s THEN %s ELSE %s END WHERE seq < 0", one, two, one)

    assert f"at place {one} does not follow the place before it" in audit.verify().trouble


def test_an_entry_slipped_past_the_chain_is_named(unguarded):
    run(
        "INSERT INTO audit_entry (at, txid, event, outcome, actor_name, store_name, subject_type, subject,"
        " asins, state_before, state_after, before, after, why, address, user_agent)"
        " VALUES (now(), 1, 'by.hand', 'done', '', '', '', '', '{}', '', '', '{}', '{}', '', '', '')"
    )

    assert "has no place in the chain" in audit.verify().trouble


def test_a_cut_off_end_is_seen_by_whoever_noted_the_head(unguarded):
    known = audit.verify().head
    last = unguarded[-1]
    run("DELETE FROM audit_link WHERE entry_id = %s", last.pk)
    run("DELETE FROM audit_mention WHERE entry_id = %s", last.pk)
    run("DELETE FROM audit_entry WHERE id = %s", last.pk)

    assert audit.verify().trouble == ""  # A chain alone cannot see it.
    assert "its end was cut off" in audit.verify(known=known).trouble


def test_a_rewritten_chain_is_seen_by_whoever_noted_the_head(unguarded):
    known = audit.verify().head
    run("UPDATE audit_entry SET why = 'forged' WHERE id = %s", unguarded[-1].pk)
    run(
        "UPDATE audit_link l SET row_hash = audit_row_hash(l.prev_hash, l.seq, l.sealed, e)"
        " FROM audit_entry e WHERE e.id = l.entry_id AND e.id = %s",
        unguarded[-1].pk,
    )

    assert audit.verify().trouble == ""
    assert "the history was rewritten" in audit.verify(known=known).trouble


def test_the_command_prints_the_head_and_fails_on_a_broken_chain(unguarded, capsys):
    call_command("verify_history")
    whole = capsys.readouterr().out
    head = whole.rpartition("Head: ")[2].strip()
    call_command("verify_history", f"--known={head}")
    capsys.readouterr()

    run("UPDATE audit_entry SET why = 'forged' WHERE id = %s", unguarded[2].pk)

    assert f"{len(unguarded)} entries, each in its place" in whole
    with pytest.raises(CommandError, match=f"Entry {unguarded[2].pk} at place {unguarded[2].link.seq}"):
        call_command("verify_history")


def test_a_person_in_the_history_cannot_be_deleted(history, olivia):
    run("ALTER TABLE accounts_user DISABLE TRIGGER USER")  # The guard of the accounts themselves.
    run("DELETE FROM accounts_user_groups WHERE user_id = %s", olivia.pk)

    with pytest.raises(DatabaseError, match=r"violates foreign key constraint .* on table .audit_entry."):
        run("DELETE FROM accounts_user WHERE id = %s", olivia.pk)
