"""Every way of tampering with the record is seen, counted, and what it takes to see it is shown."""

import copy
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import connection, transaction

from promoflow.audit import notes, tree, verifier
from promoflow.audit.models import Link
from promoflow.audit.places import Folder
from promoflow.audit.services.checkpointing import Checkpointer, Inconsistent
from tests.audit import logs
from tests.unguarded import unguarded

ROWS = 40
# Not hashed because it is where a row stands or what it hashes to; those are compared instead.
COLUMNS = [*logs.verifier.FIELDS, "seq", "sealed", "prev_hash", "row_hash"]


@pytest.fixture
def log(transactional_db, aurora, olivia):
    """A history of some hundred entries, signed every thirty, the last ten of which nobody has signed yet."""
    kept, checkpointer = logs.Kept(), logs.signer()
    checkpointer.places = [kept]
    for part in range(4):
        logs.write(aurora, olivia, 30, first=30 * part)
        checkpointer.read()
        checkpointer.sign(logs.NOW)
    logs.write(aurora, olivia, 10, first=200)
    rows, notes = logs.exported(), logs.read(kept.notes)
    assert logs.found_wrong(rows, notes) == ""
    return rows, notes


def changed_bytes(row):
    """The row with one byte of one column changed, for each byte of each column."""
    for column in COLUMNS:
        for value in _changed(column, row[column]):
            yield row | {column: value}


def _changed(column, value):
    if value is None:
        return [""]
    if isinstance(value, list):
        parts = [(place, text) for place, part in enumerate(value) for text in _flipped(part)]
        return [[*value, ""], *([*value[:place], text, *value[place + 1 :]] for place, text in parts)]
    if column in logs.verifier.BYTES or column.endswith("_hash"):
        return list(_flipped_hex(value))
    flipped = list(_flipped(str(value)))
    as_numbers = isinstance(value, int)
    return [None, *(int(text) if as_numbers and text.isdigit() else text for text in flipped)]


def _flipped(text):
    for place, character in enumerate(text):
        yield text[:place] + chr(ord(character) ^ 1) + text[place + 1 :]


def _flipped_hex(text):
    for place in range(0, len(text), 2):
        yield text[:place] + f"{int(text[place : place + 2], 16) ^ 1:02x}" + text[place + 2 :]


def is_seen(changed, place, rows):
    """By the row itself, or by the one after it, which no longer follows."""
    try:
        verifier.check_row(changed, bytes.fromhex(rows[place]["prev_hash"]), place)
        verifier.check_row(rows[place + 1], bytes.fromhex(changed["row_hash"]), place + 1)
    except verifier.Wrong:
        return True
    return False


def test_every_changed_byte_of_every_column_is_seen(log):
    rows, _notes = log
    tried = 0
    for place in range(ROWS):
        assert not is_seen(rows[place], place, rows)
        for changed in changed_bytes(rows[place]):
            assert is_seen(changed, place, rows), (place, changed)
            tried += 1
    print(f"\n{tried} changed bytes of {ROWS} rows, all of them seen")
    assert tried >= 13_000


def owners_attacks(rows, chance):
    """What somebody who owns the database does to what was signed, making every hash right again."""
    place, other = chance.sample(range(100), 2)
    deleted = [*rows[:place], *rows[place + 1 :]]
    edited = [*rows[:place], rows[place] | {"why": "never"}, *rows[place + 1 :]]
    swapped = list(rows)
    swapped[place], swapped[other] = rows[other], rows[place]
    inserted = [*rows[:place], rows[place] | {"id": 99_999, "why": "invented"}, *rows[place:]]
    return {"delete": deleted, "edit": edited, "swap": swapped, "insert": inserted}


@pytest.mark.parametrize("attack", ["delete", "edit", "swap", "insert"])
def test_a_history_rewritten_with_all_its_hashes_is_seen_by_its_checkpoints_alone(log, attack):
    rows, notes = log
    for seed in range(60):
        attacked = logs.rehashed(copy.deepcopy(owners_attacks(rows, logs.chance(seed))[attack]))
        assert "rewritten" in logs.found_wrong(attacked, notes)
        # Nothing else can see it: that is what checkpoints outside of the database are for.
        assert logs.found_wrong(attacked, ()) == ""


def test_a_cut_is_seen_up_to_the_last_checkpoint_and_what_is_newer_is_the_stated_window(log):
    rows, notes = log
    signed = notes[-1].size
    for cut in range(1, len(rows) - signed + 1):
        assert logs.found_wrong(rows[:-cut], notes) == ""
    for cut in range(len(rows) - signed + 1, len(rows) + 1):
        assert "cut off" in logs.found_wrong(rows[:-cut], notes)
        assert logs.found_wrong(rows[:-cut], ()) == ""


def test_a_cut_of_one_to_two_thousand_is_seen(log):
    """A longer history of the same rows, hashed again, and signed every fifty entries up to its end."""
    short, _notes = log
    rows = logs.rehashed([dict(short[n % len(short)]) for n in range(2_150)])
    signed = checkpoints_of(rows, every=50)
    history, wrong = verifier.History(signed), {}
    for left, row in enumerate(rows):
        wrong[len(rows) - left] = trouble_at_the_end(history)
        history.add(row)

    assert trouble_at_the_end(history) == ""
    seen = [cut for cut in range(1, 2_001) if f"{cut} are missing" in wrong[cut]]
    print(f"\ncut off at the end: {len(seen)} of 2000 seen")
    assert len(seen) == 2_000
    # The same without checkpoints: a history that ends sooner is a history.
    assert all(logs.found_wrong(rows[:-cut], ()) == "" for cut in (1, 100, 2_000))


def checkpoints_of(rows, every):
    grown, found = tree.Range(), []
    for size, row in enumerate(rows, 1):
        grown.add(bytes.fromhex(row["row_hash"]))
        if size % every == 0:
            found.append(verifier.Checkpoint(size, grown.root, f"{size:015}.note", logs.NAME))
    return found


def trouble_at_the_end(history):
    try:
        history.end()
    except verifier.Wrong as wrong:
        return str(wrong)
    return ""


def test_checkpoints_by_sixty_other_keys_are_refused(log):
    _rows, signed = log
    key = verifier.read_key(logs.PUBLIC)
    checkpoint = notes.Checkpoint(logs.NAME, signed[-1].size, signed[-1].root)
    assert verifier.read_note(notes.sign(checkpoint, logs.KEY), key, "ours").size == signed[-1].size
    for seed in range(60):
        other = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
        with pytest.raises(verifier.Wrong, match="is not signed by"):
            verifier.read_note(notes.sign(checkpoint, other), key, "theirs")


@pytest.fixture
def signed_for(transactional_db, aurora, olivia, tmp_path):
    """A history that is signed for, every entry of it."""
    logs.write(aurora, olivia, 60)
    folder = Folder(tmp_path)
    logs.signer(folder).sign(logs.NOW)
    return folder


def refusal_after(folder, *statements):
    """What the next checkpointer says to what the owner of the database did; undone afterwards."""
    with transaction.atomic():
        with unguarded("audit_entry", "audit_link"), connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
        following = Checkpointer(logs.KEY, logs.NAME, [folder])
        try:
            following.resume(folder.newest())
            following.sign(logs.NOW + timedelta(hours=1))
        except Inconsistent as refusal:
            return str(refusal)
        finally:
            transaction.set_rollback(True)
    return ""


def test_the_checkpointer_refuses_after_a_hundred_corrupted_rows(signed_for):
    changes = (
        "why = why || ' '",
        "actor_name = 'Nobody'",
        "at = at + interval '1 microsecond'",
        "txid = txid + 1",
    )
    victim = "id = (SELECT entry_id FROM audit_link WHERE seq = {})"
    last = Link.objects.count()
    refused = 0
    for n in range(100):
        place, change = 1 + n * 7 % last, changes[n % len(changes)]
        said = refusal_after(signed_for, f"UPDATE audit_entry SET {change} WHERE {victim.format(place)}")
        refused += f"at place {place} does not match its hash" in said
    assert refused == 100
    assert len(list(signed_for.path.glob("*.note"))) == 1


def test_the_checkpointer_refuses_after_twenty_restores_to_an_older_state(signed_for):
    last = Link.objects.count()
    for lost in range(1, 21):
        said = refusal_after(
            signed_for,
            f"DELETE FROM audit_entry USING audit_link WHERE entry_id = id AND seq > {last - lost}",
            f"DELETE FROM audit_link WHERE seq > {last - lost}",
        )
        assert f"truncated: it ends at place {last - lost}" in said
        assert f"so {lost} are missing" in said


def test_a_history_that_was_cut_and_grew_again_is_seen(log):
    rows, notes = log
    for cut in range(20, 80):
        invented = [row | {"why": f"grown again {n}"} for n, row in enumerate(rows[-cut:])]
        grown = logs.rehashed(copy.deepcopy(rows[:-cut] + invented))
        assert "rewritten" in logs.found_wrong(grown, notes)
        assert logs.found_wrong(grown, ()) == ""


def test_a_cut_in_the_middle_is_named_with_its_place(log):
    rows, notes = log
    assert logs.found_wrong([*rows[:50], *rows[51:]], notes).startswith("Place 51 is missing")
    swapped = [*rows[:50], rows[51] | {"seq": 51}, rows[50] | {"seq": 52}, *rows[52:]]
    assert "at place 51 does not follow" in logs.found_wrong(swapped, notes)
    edited = [*rows[:50], rows[50] | {"why": "never"}, *rows[51:]]
    assert f"Entry {rows[50]['id']} at place 51 was altered" in logs.found_wrong(edited, notes)
