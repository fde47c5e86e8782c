"""A restored backup, or another key: the old log is closed and a new one opens with a signed statement."""

import json
import shutil
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management import CommandError, call_command
from django.db import connection

from promoflow.audit import keys, notes, verifier
from promoflow.audit import services as audit
from promoflow.audit.models import Entry, Link
from promoflow.audit.places import Folder
from promoflow.audit.statements import EVENT, Point, statement_in
from tests.audit import logs
from tests.unguarded import unguarded

pytestmark = pytest.mark.django_db(transaction=True)
OLD, NEW = "desk.example/history/1", "desk.example/history/2"


@pytest.fixture
def desk(settings, tmp_path, aurora, olivia, ada):
    """A log that was signed for three times, with a copy of its folder as it is now."""
    settings.CHECKPOINT_MAIL, settings.CHECKPOINT_S3 = ["auditor@example.com"], ""
    use(settings, tmp_path, 1)
    call_command("checkpoint", "--new-key")
    for n in range(3):
        logs.write(aurora, olivia, 10, first=10 * n)
        call_command("checkpoint", "--once")
    return SimpleNamespace(
        settings=settings,
        path=tmp_path,
        old=tmp_path / "1",
        new=tmp_path / "2",
        sizes=[size for size, _note in Folder(tmp_path / "1").after(0)],
        write=lambda number, first: logs.write(aurora, olivia, number, first=first),
        ada=ada,
    )


def use(settings, path, number):
    settings.HISTORY_NAME = f"desk.example/history/{number}"
    settings.CHECKPOINT_FOLDER = path / str(number)
    settings.CHECKPOINT_KEY = path / "keys" / f"{number}.pem"


def restore(to):
    """The database as it was when the history had so many entries."""
    with unguarded("audit_entry", "audit_link"), connection.cursor() as cursor:
        cursor.execute("DELETE FROM audit_entry USING audit_link WHERE entry_id = id AND seq > %s", [to])
        cursor.execute("DELETE FROM audit_link WHERE seq > %s", [to])


def reopen(desk, number=2, **options):
    use(desk.settings, desk.path, number)
    said = {"signed_by": desk.ada.email, "because": "The disk failed.\n\nMonday's backup.", **options}
    call_command("checkpoint", continue_from=desk.path / str(number - 1), **said)
    return first_of(desk.path / str(number))


def first_of(folder):
    return notes.read(next(Folder(folder).after(0))[1], notes.verifier_of((folder / "key.pub").read_text()))


def public(desk, *numbers):
    return [verifier.read_key((desk.path / str(number) / "key.pub").read_text()) for number in numbers]


def verified(desk, *numbers, folders=None):
    """What the offline verifier says of an export, with these logs' keys and folders."""
    file = desk.path / "export.jsonl"
    call_command("export_history", str(file), verbosity=0)
    paths = folders or [desk.path / str(number) for number in numbers]
    ours = public(desk, *numbers)
    try:
        return verifier.check_export(file, verifier.read_notes(paths, ours), ours)
    except verifier.Wrong as wrong:
        return [str(wrong)]


def test_before_anything_is_done_both_verifiers_say_truncated(desk, capsys):
    restore(desk.sizes[1] + 4)

    assert "was cut off" in verified(desk, 1)[0]
    with pytest.raises(CommandError, match="truncated"):
        call_command("checkpoint", "--once")


def test_a_restored_backup_goes_on_as_a_new_log_that_says_exactly_what_is_lost(desk):
    root = audit_root(desk.sizes[1] + 4)
    restore(desk.sizes[1] + 4)

    first = reopen(desk)

    # Between two checkpoints too: the tiles of the old log prove how far it had been the same.
    statement = statement_in(first)
    assert statement.kept == Point(desk.sizes[1] + 4, root)
    assert statement.missing == desk.sizes[2] - desk.sizes[1] - 4
    assert (statement.older, statement.closed.size) == (OLD, desk.sizes[2])
    assert (statement.by, statement.why) == (desk.ada.name, "The disk failed. Monday's backup.")
    assert verified(desk, 1, 2) == [
        f"The history is whole: {first.size} entries, each in its place; {first.size} of them under a "
        "signature.",
        f"{OLD} was closed with {desk.sizes[2]} entries, and goes on as {NEW} with the first "
        f"{statement.kept.size} of them: {statement.missing} are lost. Ada answers for it: The disk failed. "
        "Monday's backup.",
    ]


def audit_root(size):
    from promoflow.audit.services.exporting import _leaves
    from promoflow.audit.tree import subtree_of

    return subtree_of(_leaves(size))(0, size)


def test_the_history_itself_tells_of_it(desk):
    restore(desk.sizes[1])
    first = reopen(desk)

    entry = Entry.objects.get(event=EVENT)
    assert (entry.actor, entry.why) == (desk.ada, "The disk failed. Monday's backup.")
    assert entry.link.seq == first.size == desk.sizes[1] + 1
    assert entry.after["missing"] == desk.sizes[2] - desk.sizes[1]
    assert entry.after["continues"] == OLD
    assert f"entry {first.size}" in first.more
    assert audit.verify().trouble == ""


def test_without_tiles_it_goes_back_to_the_last_checkpoint_that_is_here(desk):
    shutil.rmtree(desk.old / "tile")
    restore(desk.sizes[1] + 4)

    assert statement_in(reopen(desk)).kept.size == desk.sizes[1]


def test_a_desk_that_ran_on_after_the_restore_says_from_where_it_is_another(desk):
    restore(desk.sizes[0] + 3)
    desk.write(60, first=500)

    statement = statement_in(reopen(desk))

    assert statement.kept.size == desk.sizes[0]
    assert statement.missing == desk.sizes[2] - desk.sizes[0]
    assert verified(desk, 1, 2)[0].startswith("The history is whole")


def test_the_old_log_is_never_grown_again(desk):
    restore(desk.sizes[1])
    reopen(desk)
    use(desk.settings, desk.path, 1)

    with pytest.raises(CommandError, match=f"was closed, and {NEW} goes on from it"):
        call_command("checkpoint", "--once")

    # Who signs all the same, with the key that they kept, is found out by whoever checks.
    checkpoint = notes.Checkpoint(OLD, desk.sizes[2] + 1, b"r" * 32)
    Folder(desk.old).put(checkpoint, notes.sign(checkpoint, keys.read(desk.settings.CHECKPOINT_KEY)))
    assert "it was grown again" in verified(desk, 1, 2)[0]


def test_another_key_loses_nothing_and_the_old_one_vouches_for_it(desk):
    old_key = desk.settings.CHECKPOINT_KEY
    first = reopen(desk, because="The key is changed every year.", old_key=old_key)

    statement = statement_in(first)
    assert (statement.missing, statement.kept.size) == (0, desk.sizes[2])
    assert statement.key == (desk.new / "key.pub").read_text().strip() != (desk.old / "key.pub").read_text()
    [(_size, note)] = Folder(desk.new).after(0)
    assert notes.read(note, notes.verifier_of((desk.old / "key.pub").read_text())) == first
    assert "0 are lost" in verified(desk, 1, 2)[1]


def test_the_new_log_grows_and_can_be_closed_in_its_turn(desk):
    restore(desk.sizes[1] + 4)
    reopen(desk)
    desk.write(10, first=900)
    call_command("checkpoint", "--once")
    # The second backup is older than the first, so what the first log kept is lost in part as well.
    restore(desk.sizes[1] - 2)
    third = reopen(desk, 3)

    found = verified(desk, 1, 2, 3)
    assert found[0].startswith(f"The history is whole: {third.size} entries")
    assert len(found) == 3
    assert statement_in(third).kept.size == desk.sizes[1] - 2


def test_one_folder_may_hold_all_logs_but_each_needs_its_key(desk):
    restore(desk.sizes[1])
    reopen(desk)

    assert verified(desk, 1, 2, folders=[desk.path])[0].startswith("The history is whole")
    [found] = verified(desk, 2, folders=[desk.path])
    assert found.endswith(f"is of another log: {OLD}. Give that log's key, too, with --key.")


def test_what_the_statement_says_is_checked_against_the_history(desk):
    restore(desk.sizes[1])
    first = reopen(desk)
    key = keys.read(desk.settings.CHECKPOINT_KEY)
    size, root = first.size, first.root
    kept = statement_in(first).kept

    def signed(*more):
        checkpoint = notes.Checkpoint(NEW, size, root, more)
        Folder(desk.new).path.joinpath(f"{size:015}.note").write_text(notes.sign(checkpoint, key))
        return verified(desk, 1, 2)[0]

    def changed(name, value):
        return [f"{name} {value}" if line.startswith(f"{name} ") else line for line in first.more]

    assert signed(*first.more).startswith("The history is whole")
    assert "is not what" in signed(*changed("because", "No reason."))
    assert "is not what" in signed(*changed("by", "Nobody"))
    assert "is not what" in signed(*changed("entry", size - 1))
    assert "was rewritten" in signed(*changed("kept", Point(kept.size, b"x" * 32)))
    assert "and not how" in signed(*changed("kept", "nothing"))
    assert "it was grown again" in signed(*changed("closed", Point(kept.size, kept.root)))
    # Without the statement the old checkpoints are what the history is held to.
    assert "was cut off" in signed(first.more[0])


def test_two_logs_that_go_on_from_one_are_two_histories(desk):
    restore(desk.sizes[1])
    first = reopen(desk)
    other = Ed25519PrivateKey.generate()
    checkpoint = notes.Checkpoint("desk.example/history/9", first.size, first.root, first.more)
    (desk.path / "9").mkdir()
    (desk.path / "9" / "key.pub").write_text(str(notes.verifier_for(checkpoint.origin, other)))
    Folder(desk.path / "9").put(checkpoint, notes.sign(checkpoint, other))

    assert "two histories" in verified(desk, 1, 2, 9)[0]


def test_who_was_stopped_on_the_way_does_it_again(desk, monkeypatch):
    restore(desk.sizes[1])
    put = Folder.put

    def full(*_arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(Folder, "put", full)
    with pytest.raises(KeyboardInterrupt):
        reopen(desk)
    monkeypatch.setattr(Folder, "put", put)
    desk.write(2, first=800)
    first = reopen(desk)
    (desk.old / "closed").unlink()
    again = reopen(desk)

    assert Entry.objects.filter(event=EVENT).count() == 1
    assert again == first
    assert (desk.old / "closed").exists()
    assert Link.objects.get(entry__event=EVENT).seq == first.size - 2
    assert verified(desk, 1, 2)[0].startswith("The history is whole")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"because": " \n "}, "Say why the log is closed"),
        ({"signed_by": "nobody@example.com"}, "Name with --signed-by"),
        ({"signed_by": ""}, "Name with --signed-by"),
    ],
)
def test_nobody_closes_a_log_without_a_reason_and_a_name(desk, options, sentence):
    with pytest.raises(CommandError, match=sentence):
        reopen(desk, **options)

    assert not Entry.objects.filter(event=EVENT).exists()
    assert not (desk.old / "closed").exists()


def test_the_new_log_has_a_name_and_a_folder_of_its_own(desk):
    use(desk.settings, desk.path, 1)
    said = {"signed_by": desk.ada.email, "because": "Because."}
    with pytest.raises(CommandError, match="needs another name"):
        call_command("checkpoint", continue_from=desk.old, **said)
    desk.settings.HISTORY_NAME = NEW
    with pytest.raises(CommandError, match="needs a folder of its own"):
        call_command("checkpoint", continue_from=desk.old, **said)
    with pytest.raises(CommandError, match="is not the folder of a log"):
        call_command("checkpoint", continue_from=desk.path / "nowhere", **said)


def test_a_log_is_closed_once(desk):
    restore(desk.sizes[1])
    reopen(desk)
    use(desk.settings, desk.path, 3)

    with pytest.raises(CommandError, match=f"was closed already: {NEW} goes on"):
        call_command("checkpoint", continue_from=desk.old, signed_by=desk.ada.email, because="Once more.")


def test_no_statement_heals_an_altered_entry(desk):
    with unguarded("audit_entry"), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE audit_entry SET why = 'never' WHERE id = (SELECT entry_id FROM audit_link WHERE seq=5)"
        )

    with pytest.raises(CommandError, match="at place 5 does not match its hash"):
        reopen(desk)
    assert not Entry.objects.filter(event=EVENT).exists()


def test_the_statement_is_in_the_export_as_it_is_in_the_note(desk):
    restore(desk.sizes[1])
    first = reopen(desk)
    [row] = [row for row in logs.exported() if row["event"] == EVENT]

    said = dict(line.split(" ", 1) for line in first.more[1:])
    assert (
        json.loads(row["after"]).items()
        >= {name: said[name] for name in ("continues", "closed", "kept")}.items()
    )
