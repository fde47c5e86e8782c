"""Writing the history: with the change, or not at all."""

import ast
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.utils import timezone

from promoflow.audit import services as audit
from promoflow.audit.events import EVENTS
from promoflow.audit.middleware import OriginMiddleware
from promoflow.audit.models import Entry, Link, Mention
from promoflow.errors import NotAllowed
from tests import cast

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_an_entry_says_who_did_what_to_what(aurora, olivia):
    entry = audit.record(
        "store.changed",
        by=olivia,
        at=NOW,
        on=aurora,
        states=("draft", "in_review"),
        step=3,
        before={"name": "Aurora"},
        after={"name": "Aurora US"},
        why="renamed",
        asins=["B0AURORA02", "B0AURORA01", "B0AURORA02"],
        revision=b"r",
        report=b"c",
    )

    entry = Entry.objects.get(pk=entry.pk)
    assert (entry.actor, entry.actor_name, entry.actor_person) == (olivia, "Olivia", olivia.person_id)
    assert (entry.subject_type, entry.subject_id, entry.subject) == ("catalog.store", aurora.pk, "Aurora US")
    assert (entry.store_id, entry.store_name) == (aurora.pk, "Aurora US")
    assert (entry.state_before, entry.state_after, entry.step) == ("draft", "in_review", 3)
    assert (entry.before, entry.after, entry.why) == ({"name": "Aurora"}, {"name": "Aurora US"}, "renamed")
    assert entry.asins == ["B0AURORA01", "B0AURORA02"]
    assert (bytes(entry.revision_digest), bytes(entry.report_digest)) == (b"r", b"c")
    assert entry.outcome == "done"


def test_the_transaction_is_the_databases_word_whatever_the_writer_claims(aurora):
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text::bigint")
        [(txid,)] = cursor.fetchall()

    entry = audit.record("store.changed", by=None, at=NOW, on=aurora)
    forged = Entry.objects.create(at=NOW, event="store.changed", txid=1)

    assert entry.txid == txid
    assert Entry.objects.get(pk=forged.pk).txid == txid


def test_products_are_found_under_their_store(aurora):
    entry = audit.record("store.changed", by=None, at=NOW, on=aurora, asins=["B0AURORA01"])
    audit.record("person.sign_in_failed", by=None, at=NOW, on=None, asins=["B0AURORA01"])

    assert list(Mention.objects.values_list("store_id", "asin", "at", "entry_id")) == [
        (aurora.pk, "B0AURORA01", NOW, entry.pk)
    ]


def test_an_unknown_event_or_a_naive_instant_is_refused(aurora):
    with pytest.raises(ValueError, match=r"request\.aproved"):
        audit.record("request.aproved", by=None, at=NOW, on=aurora)
    with pytest.raises(ValueError, match="aware"):
        audit.record("store.changed", by=None, at=datetime(2026, 1, 1), on=aurora)  # noqa: DTZ001


def test_every_event_that_the_code_records_is_in_the_table():
    named = set()
    root = Path(__file__).parents[2]
    for path in [*root.glob("accounts/**/*.py"), *root.glob("promoflow/**/*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in {
                "record",
                "record_refused",
                "refusals",
            }:
                words = [*node.args[:1], *(k.value for k in node.keywords if k.arg == "event")]
                named |= {w.value for w in words if isinstance(w, ast.Constant) and isinstance(w.value, str)}

    assert named
    assert named <= EVENTS.keys()


def test_a_step_is_recorded_once(aurora):
    audit.record("store.changed", by=None, at=NOW, on=aurora, step=1)

    with pytest.raises(IntegrityError, match="each_step_is_recorded_once"):
        audit.record("store.changed", by=None, at=NOW, on=aurora, step=1)


def test_where_a_request_comes_from_is_kept(aurora, rf, settings):
    def view(request):
        return audit.record("store.changed", by=None, at=NOW, on=aurora)

    sent = {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": "6.6.6.6, 203.0.113.7"}
    request = rf.get("/", headers={"User-Agent": "Firefox\r\nX: " + "x" * 400}, **sent)

    direct = OriginMiddleware(view)(request)
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    proxied = OriginMiddleware(view)(request)
    outside = view(None)

    assert (direct.address, direct.user_agent[:10], len(direct.user_agent)) == ("10.0.0.1", "FirefoxX: ", 300)
    assert proxied.address == "203.0.113.7"
    assert (outside.address, outside.user_agent) == ("", "")


@pytest.mark.django_db(transaction=True)
def test_a_refused_attempt_is_recorded_though_its_transaction_rolls_back(aurora, olivia):
    def approve():
        with (
            audit.refusals("request.approve_refused", by=olivia, at=NOW, on=lambda: aurora, revision=b"r"),
            transaction.atomic(durable=True),
        ):
            audit.record("store.changed", by=olivia, at=NOW, on=aurora)
            raise NotAllowed("You wrote this request; another person decides.")

    with pytest.raises(NotAllowed):
        approve()

    entry = Entry.objects.get(outcome="refused")
    assert (entry.event, entry.actor, entry.subject_id) == ("request.approve_refused", olivia, aurora.pk)
    assert entry.why == "You wrote this request; another person decides."
    assert bytes(entry.revision_digest) == b"r"
    assert not Entry.objects.filter(event="store.changed").exists()
    assert audit.verify().trouble == ""


@pytest.mark.django_db(transaction=True)
def test_a_refusal_inside_a_transaction_is_a_mistake_that_shows(aurora):
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        audit.record_refused("request.approve_refused", by=None, at=NOW, on=aurora, sentence="no")


@pytest.mark.django_db(transaction=True)
def test_what_rolls_back_leaves_neither_entry_nor_gap(aurora):
    before = audit.verify().head.seq
    with transaction.atomic():
        audit.record("store.changed", by=None, at=NOW, on=aurora)
        transaction.set_rollback(True)
    audit.record("store.changed", by=None, at=NOW, on=aurora)

    assert audit.verify().head.seq == before + 1
    assert audit.verify().trouble == ""


@pytest.mark.django_db(transaction=True)
def test_the_chain_is_touched_by_the_commit_alone_so_that_nobody_waits_for_a_slow_transaction(aurora):
    with transaction.atomic():
        entry = audit.record("store.changed", by=None, at=NOW, on=aurora)
        assert not Link.objects.filter(entry=entry).exists()

    assert Link.objects.filter(entry=entry).exists()


@pytest.mark.django_db(transaction=True)
def test_without_its_entry_nothing_changes(aurora, monkeypatch):
    def broken(**fields):
        raise RuntimeError("no room in the history")

    @transaction.atomic
    def rename():
        type(aurora).objects.filter(pk=aurora.pk).update(name="Other")
        audit.record("store.changed", by=None, at=NOW, on=aurora)

    monkeypatch.setattr(Entry.objects, "create", broken)
    with pytest.raises(RuntimeError):
        rename()

    aurora.refresh_from_db()
    assert aurora.name == "Aurora US"


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_eight_writers_at_once_leave_one_chain_without_a_gap(aurora, olivia):
    before = Link.objects.count()

    def write():
        for number in range(25):
            with transaction.atomic():
                audit.record("store.changed", by=olivia, at=timezone.now(), on=aurora, asins=["B0AURORA01"])
                if number % 5 == 0:
                    audit.record("store.changed", by=None, at=timezone.now(), on=aurora)
        connections.close_all()

    writers = [threading.Thread(target=write) for _ in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    assert list(Link.objects.order_by("seq").values_list("seq", flat=True)) == list(
        range(1, before + 8 * 30 + 1)
    )
    sealed = list(Link.objects.order_by("seq").values_list("sealed", flat=True))
    assert sealed == sorted(sealed)
    assert audit.verify().trouble == ""


def test_a_backdated_entry_shows_when_it_was_really_written(aurora):
    entry = audit.record("store.changed", by=None, at=NOW - timedelta(days=4000), on=aurora)
    cast.committed()

    assert abs(timezone.now() - Link.objects.get(entry=entry).sealed) < timedelta(minutes=1)
