"""Every way of tampering with the record is seen, and what it takes to see it is shown.

A sample; PROMOFLOW_BENCHMARKS=1 changes every byte of every column.
"""

import copy
import os

import pytest

from tests.audit import logs

FULL = "PROMOFLOW_BENCHMARKS" in os.environ
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


def test_every_changed_byte_of_every_column_is_seen(log):
    rows, _notes = log
    tried = 0
    for place in range(ROWS):
        for n, changed in enumerate(changed_bytes(rows[place])):
            if FULL or (n + place) % 11 == 0:
                attacked = [*rows[:place], changed, *rows[place + 1 :]]
                assert logs.found_wrong(attacked[: place + 2], ()), (place, changed)
                tried += 1
    print(f"\n{tried} changed bytes of {ROWS} rows, all of them seen")
    assert tried >= (13_000 if FULL else 1_000)


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
