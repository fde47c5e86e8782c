"""`verify_history` holds the chain against everything that was signed for, and names what is wrong first."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management import CommandError, call_command
from django.db import connection

from promoflow.audit import notes
from promoflow.audit.models import Link
from promoflow.audit.places import Folder
from tests.audit import logs
from tests.unguarded import unguarded

pytestmark = pytest.mark.django_db(transaction=True)

# What somebody does who owns the database: one entry changed, and every hash from there on made right again.
CHANGE = "UPDATE audit_entry SET why = 'never' WHERE id = (SELECT entry_id FROM audit_link WHERE seq = {})"
REHASH = """
    DO $$ DECLARE previous bytea := sha256('promoflow history 1'::bytea); l audit_link; e audit_entry;
    BEGIN FOR l IN SELECT * FROM audit_link ORDER BY seq LOOP
        SELECT * INTO e FROM audit_entry WHERE id = l.entry_id;
        UPDATE audit_link SET prev_hash = previous,
            row_hash = audit_row_hash(previous, l.seq, l.sealed, e) WHERE seq = l.seq
            RETURNING row_hash INTO previous;
    END LOOP; END $$
"""


@pytest.fixture
def folder(settings, tmp_path, aurora, olivia):
    """Three checkpoints, ten entries apart."""
    settings.CHECKPOINT_FOLDER = tmp_path
    (tmp_path / "key.pub").write_text(logs.PUBLIC)
    checkpointer = logs.signer(Folder(tmp_path))
    for n in range(3):
        logs.write(aurora, olivia, 10, first=10 * n)
        checkpointer.read()
        checkpointer.sign(logs.NOW)
    return tmp_path


def owner(*statements):
    with unguarded("audit_entry", "audit_link"), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def sizes(folder):
    return [size for size, _note in Folder(folder).after(0)]


def refused():
    with pytest.raises(CommandError) as refusal:
        call_command("verify_history")
    return str(refusal.value)


def test_a_whole_history_agrees_with_every_checkpoint(folder, capsys):
    call_command("verify_history")

    said = capsys.readouterr().out
    assert f"{Link.objects.count()} entries, each in its place" in said
    assert f"all 3 checkpoints of {folder}, the newest of {sizes(folder)[-1]} entries" in said


def test_a_single_checkpoint_is_told_as_one(folder, capsys):
    for extra in sorted(folder.rglob("*.note"))[:-1]:
        extra.unlink()

    call_command("verify_history")

    assert f"agrees with the one checkpoint of {folder}" in capsys.readouterr().out


def test_an_altered_entry_is_named(folder):
    owner(CHANGE.format(9))

    entry = Link.objects.get(seq=9).entry_id
    assert refused() == (
        f"Entry {entry} at place 9 does not match its hash: it was altered.\n"
        "Up to place 8 the history is whole."
    )


def test_a_rewritten_history_is_said_to_be_and_between_which_places(folder, settings, tmp_path, capsys):
    first, second, _third = sizes(folder)
    owner(CHANGE.format(first + 3), REHASH)

    assert refused() == (
        f"The first {second} entries are not those that were signed for: one of places {first + 1} to "
        f"{second} was rewritten, and every hash made right again.\nUp to place {first} the history is whole."
    )
    # Without what lies outside of the database nothing can be seen.
    settings.CHECKPOINT_FOLDER = tmp_path / "nowhere"
    call_command("verify_history")
    assert "the chain alone is checked" in capsys.readouterr().err


def test_a_history_that_was_cut_names_what_is_missing(folder):
    end = sizes(folder)[-1]
    owner(f"DELETE FROM audit_link WHERE seq > {end - 4}")

    assert (
        f"truncated: it ends at place {end - 4}, and {end} entries were signed for, so 4 are missing"
        in refused()
    )


def test_a_checkpoint_by_another_key_is_named(folder):
    other = Ed25519PrivateKey.from_private_bytes(b"somebody else's key, 32 bytes!!!")
    checkpoint = notes.Checkpoint(logs.NAME, 25, b"r" * 32)
    (folder / "000000000000025.note").write_text(notes.sign(checkpoint, other))

    assert f"000000000000025.note: {logs.NAME} has not signed it" in refused()


def test_a_note_under_another_size_is_named(folder):
    first = min(folder.glob("*.note"))
    first.rename(folder / "000000000000005.note")

    assert "000000000000005.note: it is the note of another log, or of another size" in refused()
