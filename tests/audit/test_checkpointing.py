"""Checkpoints are signed for what is there, and never for what does not continue the last one."""

import os
import re
from datetime import timedelta

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection, transaction

from promoflow.audit import notes
from promoflow.audit.models import Link
from promoflow.audit.places import Differs, Folder, Mailbox
from promoflow.audit.selectors import plain_rows
from promoflow.audit.services.checkpointing import MOST_UNSIGNED, Checkpointer, Inconsistent
from tests.architecture.sources import ROOT
from tests.audit import logs
from tests.unguarded import unguarded

pytestmark = pytest.mark.django_db(transaction=True)

VERIFIER = notes.verifier_for(logs.NAME, logs.KEY)


@pytest.fixture
def history(aurora, olivia):
    logs.write(aurora, olivia, 20)
    return aurora, olivia


def owner(*statements):
    """The database's owner, with the guards off."""
    with unguarded("audit_entry", "audit_link"), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def signed(*places):
    checkpointer = logs.signer(*places)
    checkpointer.sign(logs.NOW)
    return checkpointer


def test_a_checkpoint_is_signed_for_all_that_is_there(history):
    kept = logs.Kept()
    checkpoint = signed(kept).signed

    assert checkpoint.size == Link.objects.count()
    assert notes.read(kept.notes[0], VERIFIER) == checkpoint


def test_it_is_due_after_a_minute_or_five_hundred_entries(history):
    checkpointer = signed()
    assert not checkpointer.is_due(logs.NOW + timedelta(hours=1))

    logs.write(*history, 1)
    assert not checkpointer.is_due(logs.NOW + timedelta(seconds=59))
    assert checkpointer.is_due(logs.NOW + timedelta(seconds=60))

    logs.write(*history, MOST_UNSIGNED - 2)
    assert not checkpointer.is_due(logs.NOW + timedelta(seconds=1))
    logs.write(*history, 1)
    assert checkpointer.is_due(logs.NOW + timedelta(seconds=1))


def test_the_next_process_goes_on_from_the_last_note(history, tmp_path):
    folder = Folder(tmp_path)
    signed(folder)
    logs.write(*history, 5)

    following = Checkpointer(logs.KEY, logs.NAME, [folder])
    following.resume(folder.newest())

    assert following.is_due(logs.NOW)
    assert following.sign(logs.NOW).size == Link.objects.count()
    assert len(list(tmp_path.glob("*.note"))) == 2


@pytest.mark.parametrize(
    ("attack", "named"),
    [
        (
            "UPDATE audit_entry SET why = 'never' WHERE id = (SELECT entry_id FROM audit_link WHERE seq = 9)",
            "9",
        ),
        ("UPDATE audit_link SET row_hash = '\\x00' WHERE seq = 9", "9"),
        ("DELETE FROM audit_link WHERE seq = 9", "Place 9"),
        ("DELETE FROM audit_link WHERE seq > 9", "truncated"),
        ("DELETE FROM audit_link", "truncated"),
    ],
)
def test_it_refuses_to_go_on_with_another_history(history, tmp_path, attack, named):
    folder = Folder(tmp_path)
    signed(folder)
    owner(attack)

    following = Checkpointer(logs.KEY, logs.NAME, [folder])
    with pytest.raises(Inconsistent, match=named):
        following.resume(folder.newest())


def test_a_rewritten_history_with_every_hash_made_right_is_refused(history, tmp_path):
    folder = Folder(tmp_path)
    signed(folder)
    owner(
        "UPDATE audit_entry SET why = 'never' WHERE id = (SELECT entry_id FROM audit_link WHERE seq = 3)",
        """DO $$ DECLARE previous bytea := sha256('promoflow history 1'::bytea); l audit_link; e audit_entry;
        BEGIN FOR l IN SELECT * FROM audit_link ORDER BY seq LOOP
            SELECT * INTO e FROM audit_entry WHERE id = l.entry_id;
            UPDATE audit_link SET prev_hash = previous,
                row_hash = audit_row_hash(previous, l.seq, l.sealed, e) WHERE seq = l.seq
                RETURNING row_hash INTO previous;
        END LOOP; END $$""",
    )

    alone = logs.signer()
    assert alone.read() == Link.objects.count()
    following = Checkpointer(logs.KEY, logs.NAME, [folder])
    with pytest.raises(Inconsistent, match="rewritten"):
        following.resume(folder.newest())


def test_what_is_cut_between_reading_and_signing_is_refused(history):
    checkpointer = logs.signer()
    owner("DELETE FROM audit_link WHERE seq = (SELECT max(seq) FROM audit_link)")

    with pytest.raises(Inconsistent, match="gone"):
        checkpointer.sign(logs.NOW)


def test_a_place_that_fails_is_made_up_for(history):
    class Broken(logs.Kept):
        works = False

        def put(self, checkpoint, note):
            if not self.works:
                raise OSError("no route")
            super().put(checkpoint, note)

    broken, kept = Broken(), logs.Kept()
    checkpointer = signed(broken, kept)
    assert (len(broken.notes), len(kept.notes)) == (0, 1)

    broken.works = True
    checkpointer.put()
    assert broken.notes == kept.notes


def test_a_note_is_never_written_over_another(tmp_path):
    folder = Folder(tmp_path)
    one, other = (notes.Checkpoint(logs.NAME, 7, root * 32) for root in (b"a", b"b"))
    folder.put(one, notes.sign(one, logs.KEY))
    folder.put(one, notes.sign(one, logs.KEY))

    with pytest.raises(Differs):
        folder.put(other, notes.sign(other, logs.KEY))
    assert notes.read(folder.newest(), VERIFIER) == one
    assert sorted(file.name for file in tmp_path.iterdir()) == ["000000000000007.note", "checkpoint"]


def test_the_newest_note_is_found_without_looking_through_all(tmp_path):
    folder = Folder(tmp_path)
    for size in (7, 900, 30):
        checkpoint = notes.Checkpoint(logs.NAME, size, bytes([size % 256]) * 32)
        folder.put(checkpoint, notes.sign(checkpoint, logs.KEY))

    assert folder.current() == (tmp_path / "checkpoint").read_text() == folder.newest()
    assert notes.read(folder.current(), VERIFIER).size == 900
    (tmp_path / "checkpoint").unlink()
    assert folder.current() == folder.newest()


def test_what_somebody_wrote_over_the_newest_note_is_made_good(history, tmp_path):
    folder = Folder(tmp_path)
    checkpointer = signed(folder)
    (tmp_path / "checkpoint").write_text("damaged")

    logs.write(*history, 1)
    checkpointer.read()
    checkpointer.sign(logs.NOW)

    assert notes.read(folder.current(), VERIFIER).size == Link.objects.count()


def test_the_mailbox_gets_the_note_to_read(history, mailoutbox):
    checkpoint = signed(Mailbox(["auditor@example.com"])).signed

    [mail] = mailoutbox
    assert mail.to == ["auditor@example.com"]
    assert notes.read(mail.body, VERIFIER) == checkpoint


def test_a_place_that_a_killed_signer_left_out_gets_the_note_from_the_next(history, tmp_path, mailoutbox):
    folder, mailbox = Folder(tmp_path), Mailbox(["auditor@example.com"])
    killed = signed(folder).signed

    following = logs.signer(folder, mailbox)
    following.resume(folder.newest())
    again = logs.signer(folder, mailbox)
    again.resume(folder.newest())

    assert [notes.read(mail.body, VERIFIER) for mail in mailoutbox] == [killed, killed]
    assert len({mail.extra_headers["Message-ID"] for mail in mailoutbox}) == 1


@pytest.fixture
def configured(settings, tmp_path):
    settings.HISTORY_NAME = logs.NAME
    settings.CHECKPOINT_KEY = tmp_path / "mine" / "key.pem"
    settings.CHECKPOINT_FOLDER = tmp_path / "checkpoints"
    settings.CHECKPOINT_MAIL = []
    settings.CHECKPOINT_S3 = ""
    return tmp_path


def test_the_command_makes_a_key_once_signs_and_says_so(history, configured, capsys):
    call_command("checkpoint", "--new-key")
    assert os.stat(configured / "mine" / "key.pem").st_mode & 0o777 == 0o600
    with pytest.raises(CommandError, match="there already"):
        call_command("checkpoint", "--new-key")

    call_command("checkpoint", "--once")

    assert f"Signed {Link.objects.count()} entries." in capsys.readouterr().out
    verifier = notes.verifier_of((configured / "checkpoints" / "key.pub").read_text())
    newest = Folder(configured / "checkpoints").newest()
    assert notes.read(newest, verifier).size == Link.objects.count()


def test_what_was_signed_stands_in_the_log_at_once(history, configured, tmp_path):
    call_command("checkpoint", "--new-key")

    with (tmp_path / "log").open("w") as log:
        call_command("checkpoint", "--once", stdout=log)
        assert "Signed" in (tmp_path / "log").read_text()


def test_the_command_stops_where_the_history_is_another_one(history, configured):
    call_command("checkpoint", "--new-key")
    call_command("checkpoint", "--once")
    owner("DELETE FROM audit_link WHERE seq > 9")

    with pytest.raises(CommandError, match=r"No checkpoint is signed any more.*truncated"):
        call_command("checkpoint", "--once")


def test_a_database_that_is_away_at_the_start_is_waited_for(history, configured, monkeypatch, capsys):
    call_command("checkpoint", "--new-key")
    resume, times = Checkpointer.resume, []

    def away_at_first(checkpointer, note):
        times.append(note)
        if len(times) == 1:
            raise OperationalError("the database system is starting up")
        resume(checkpointer, note)
        raise KeyboardInterrupt

    monkeypatch.setattr(Checkpointer, "resume", away_at_first)
    monkeypatch.setattr("time.sleep", lambda _seconds: None)

    with pytest.raises(KeyboardInterrupt):
        call_command("checkpoint")

    assert "starting up" in capsys.readouterr().err


def test_a_database_that_is_stopped_under_its_reader_is_away_in_djangos_words(history, database_url):
    def stopped():
        with transaction.atomic(), psycopg.connect(database_url, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid])
            list(plain_rows(Link.objects.all()))

    with pytest.raises(OperationalError):
        stopped()
    connection.close()

    assert signed(logs.Kept()).signed.size == Link.objects.count()


def test_a_folder_that_is_full_by_now_is_no_reason_not_to_start(history, configured):
    call_command("checkpoint", "--new-key")
    # Where it would write the file, nothing can be written.
    (configured / "checkpoints" / ".key.pub.part").mkdir()

    call_command("checkpoint", "--once")

    assert Folder(configured / "checkpoints").newest()


def test_a_folder_that_was_full_from_the_start_is_named(history, configured):
    (configured / "checkpoints").write_text("a file in its place")

    with pytest.raises(CommandError, match=r"cannot be written to .*/checkpoints: File exists\. Make room"):
        call_command("checkpoint", "--new-key")


def test_the_role_that_the_manual_makes_reads_all_that_is_signed(history, configured):
    [made] = re.findall(r"```sql\n(.*?)```", (ROOT / "docs" / "history.md").read_text(), re.S)
    call_command("checkpoint", "--new-key")
    with connection.cursor() as cursor:
        here = connection.ops.quote_name(connection.settings_dict["NAME"])
        cursor.execute(made.replace("DATABASE promoflow", f"DATABASE {here}"))
        cursor.execute("SET ROLE promoflow_reader")
        try:
            call_command("checkpoint", "--once")
        finally:
            cursor.execute("RESET ROLE; DROP OWNED BY promoflow_reader; DROP ROLE promoflow_reader")

    assert Folder(configured / "checkpoints").newest()


def test_without_a_key_the_command_says_how_to_make_one(configured):
    with pytest.raises(CommandError, match="--new-key"):
        call_command("checkpoint", "--once")


def test_one_place_is_said_to_be_too_few(history, configured, settings, capsys):
    call_command("checkpoint", "--new-key")
    call_command("checkpoint", "--once")
    assert "Checkpoints go to one place only" in capsys.readouterr().err

    settings.CHECKPOINT_MAIL = ["auditor@example.com"]
    call_command("checkpoint", "--once")
    assert capsys.readouterr().err == ""


def test_a_mailbox_that_was_away_gets_what_it_missed_from_the_next_process(
    history, configured, settings, mailoutbox
):
    call_command("checkpoint", "--new-key")
    settings.CHECKPOINT_MAIL = ["auditor@example.com"]
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    for n in range(2):
        logs.write(*history, 1, first=30 + n)
        call_command("checkpoint", "--once")
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"

    # Nothing is new, and it catches up all the same.
    call_command("checkpoint", "--once")
    call_command("checkpoint", "--once")

    sizes = [notes.read(mail.body, _published(configured)).size for mail in mailoutbox]
    assert sizes == [Link.objects.count() - 1, Link.objects.count()]


def _published(configured):
    return notes.verifier_of((configured / "checkpoints" / "key.pub").read_text())
