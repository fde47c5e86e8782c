#!/usr/bin/env python3
"""Checks an exported history against signed checkpoints, offline, with Python's standard library alone.

    python3 verifier.py export.jsonl[.gz] --key NAME+HASH+KEY --checkpoints FOLDER_OR_FILE ...
    python3 verifier.py receipt.json --key NAME+HASH+KEY
    python3 verifier.py consistency.json --key NAME+HASH+KEY --checkpoints THE_NOTE_THAT_YOU_KEPT

It shares no code with the desk: it recomputes the hash of every entry, the chain, the Merkle tree (RFC 6962)
and the Ed25519 signatures (RFC 8032) from what is written in the files, and names the first thing that is
wrong. Whoever doubts it can read it: it is meant to be read.
"""

import argparse
import base64
import gzip
import hashlib
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

ORIGIN = hashlib.sha256(b"promoflow history 1").digest()
FIELDS = [
    *("id", "at", "txid", "event", "outcome", "actor_id", "actor_name", "actor_person", "store_id"),
    *("store_name", "subject_type", "subject_id", "subject", "asins", "step", "state_before", "state_after"),
    *("before", "after", "why", "revision_digest", "report_digest", "address", "user_agent"),
]
BYTES = {"revision_digest", "report_digest"}


class Wrong(Exception):
    """What is wrong, in a sentence."""


class Checkpoint(NamedTuple):
    size: int
    root: bytes
    where: str
    log: str = ""
    more: tuple[str, ...] = ()


class Statement(NamedTuple):
    """What the first checkpoint of a log says of the log before it, which was closed."""

    log: str
    closed: Checkpoint
    kept: Checkpoint
    entry: int
    said: Mapping[str, str]


# --- An entry's hash ------------------------------------------------------------------------------------


def framed(value: Any) -> bytes:
    """Each field behind its length; what is missing has a frame of its own."""
    if value is None:
        return b"\xff\xff\xff\xff"
    if isinstance(value, list):
        body = b"".join(framed(part) for part in value)
    else:
        body = value if isinstance(value, bytes) else str(value).encode()
    return len(body).to_bytes(4, "big") + body


def row_hash(prev_hash: bytes, row: Mapping[str, Any]) -> bytes:
    try:
        values = [
            bytes.fromhex(row[field]) if field in BYTES and row[field] else row[field] for field in FIELDS
        ]
    except (TypeError, ValueError) as error:
        raise Wrong(f"Entry {row['id']} at place {row['seq']} was altered: a digest is none.") from error
    place = int(row["seq"]).to_bytes(8, "big") + framed(row["sealed"])
    return hashlib.sha256(b"\x01" + prev_hash + place + b"".join(map(framed, values))).digest()


# --- The tree -------------------------------------------------------------------------------------------


def leaf(data: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + data).digest()


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """Grows leaf by leaf and keeps the roots of its whole subtrees, from large to small."""

    def __init__(self) -> None:
        self.peaks: list[tuple[int, bytes]] = []

    def add(self, data: bytes) -> None:
        size, found = 1, leaf(data)
        while self.peaks and self.peaks[-1][0] == size:
            size, found = size * 2, node(self.peaks.pop()[1], found)
        self.peaks.append((size, found))

    def root(self) -> bytes:
        if not self.peaks:
            return hashlib.sha256(b"").digest()
        found = self.peaks[-1][1]
        for _size, peak in reversed(self.peaks[:-1]):
            found = node(peak, found)
        return found


def root_of_proof(index: int, size: int, data: bytes, proof: Sequence[bytes]) -> bytes:
    """The root to which the proof leads from the leaf at this place in a tree of so many."""
    if not 0 <= index < size:
        raise Wrong("The receipt's entry lies beyond its checkpoint.")
    rest = list(proof)

    def climb(index: int, size: int) -> bytes:
        if size == 1:
            return leaf(data)
        if not rest:
            raise Wrong("The receipt's proof is too short.")
        half = 1 << (size - 1).bit_length() - 1
        sibling = rest.pop()
        if index < half:
            return node(climb(index, half), sibling)
        return node(sibling, climb(index - half, size - half))

    found = climb(index, size)
    if rest:
        raise Wrong("The receipt's proof is too long.")
    return found


def roots_of_consistency(old: int, size: int, old_root: bytes, proof: Sequence[bytes]) -> tuple[bytes, bytes]:
    """The roots of the first `old` leaves and of all `size`, to which the proof leads."""
    if not 0 < old <= size:
        raise Wrong(f"A history of {size} entries does not go on from one of {old}.")
    rest = list(proof)

    def climb(old: int, size: int, whole: bool) -> tuple[bytes, bytes]:
        if old == size and whole:
            return old_root, old_root
        if not rest:
            raise Wrong("The proof is too short.")
        sibling = rest.pop()
        if old == size:
            return sibling, sibling
        half = 1 << (size - 1).bit_length() - 1
        if old <= half:
            older, newer = climb(old, half, whole)
            return older, node(newer, sibling)
        older, newer = climb(old - half, size - half, False)
        return node(sibling, older), node(sibling, newer)

    found = climb(old, size, True)
    if rest:
        raise Wrong("The proof is too long.")
    return found


# --- The signature (Ed25519, RFC 8032, section 5.1.7 and its Python of section 6) -----------------------

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
SQRT_MINUS_1 = pow(2, (P - 1) // 4, P)
Point = tuple[int, int, int, int]


def add(p: Point, q: Point) -> Point:
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def times(number: int, point: Point) -> Point:
    found: Point = (0, 1, 1, 0)
    while number:
        if number & 1:
            found = add(found, point)
        point, number = add(point, point), number >> 1
    return found


def equal(p: Point, q: Point) -> bool:
    return (p[0] * q[2] - q[0] * p[2]) % P == 0 and (p[1] * q[2] - q[1] * p[2]) % P == 0


def point_of(raw: bytes) -> Point | None:
    y = int.from_bytes(raw, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    if len(raw) != 32 or y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * SQRT_MINUS_1 % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return (x, y, 1, x * y % P)


_BASE_Y = 4 * pow(5, P - 2, P) % P
BASE = point_of(_BASE_Y.to_bytes(32, "little"))


def has_signed(public: bytes, text: bytes, signature: bytes) -> bool:
    key, start = point_of(public), point_of(signature[:32])
    scalar = int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or key is None or start is None or BASE is None or scalar >= L:
        return False
    challenge = int.from_bytes(hashlib.sha512(signature[:32] + public + text).digest(), "little") % L
    return equal(times(scalar, BASE), add(start, times(challenge, key)))


# --- Checkpoints: C2SP signed notes ---------------------------------------------------------------------


class Key(NamedTuple):
    name: str
    hash: bytes
    public: bytes


def read_key(text: str) -> Key:
    name, _plus, rest = text.strip().partition("+")
    try:
        raw = base64.b64decode(rest.partition("+")[2], validate=True)
    except ValueError as error:
        raise Wrong("The public key is damaged.") from error
    key_hash = hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4]
    if len(raw) != 33 or raw[:1] != b"\x01" or key_hash.hex() != rest.partition("+")[0]:
        raise Wrong("The public key is damaged: its name, its hash and its bytes do not belong together.")
    return Key(name, key_hash, raw[1:])


def read_note(note: str, key: Key, where: str) -> Checkpoint:
    text, divider, signatures = note.rpartition("\n\n")
    text += "\n"
    lines = text.split("\n")
    if not divider or len(lines) < 4 or not re.fullmatch(r"0|[1-9]\d{0,17}", lines[1]):
        raise Wrong(f"{where} is not a checkpoint.")
    if lines[0] != key.name:
        raise Wrong(f"{where} is of another log: {lines[0]}. Give that log's key, too, with --key.")
    if not any(has_signed(key.public, text.encode(), raw) for raw in _signatures(signatures, key)):
        raise Wrong(f"{where} is not signed by {key.name}.")
    return Checkpoint(int(lines[1]), base64.b64decode(lines[2]), where, lines[0], tuple(lines[3:-1]))


def _signatures(text: str, key: Key) -> Iterator[bytes]:
    for line in text.splitlines():
        found = re.fullmatch("\u2014 (\\S+) (\\S+)", line)
        if found and found[1] == key.name:
            raw = base64.b64decode(found[2])
            if raw[:4] == key.hash:
                yield raw[4:]


def read_notes(paths: Iterable[Path], keys: Sequence[Key]) -> list[Checkpoint]:
    """All notes in these files and folders, each signed by the key of its log."""
    files = [file for path in paths for file in (sorted(path.rglob("*.note")) if path.is_dir() else [path])]
    found = []
    for file in files:
        with reading(file):
            note = file.read_text("utf-8")
            key = next((key for key in keys if key.name == note.partition("\n")[0]), keys[0])
            found.append(read_note(note, key, file.name))
    return sorted(found)


# --- Logs that were closed, and go on under another name ------------------------------------------------


def read_statement(first: Checkpoint) -> Statement | None:
    said = dict(line.split(" ", 1) for line in first.more if " " in line)
    if "continues" not in said:
        return None
    try:
        where, older = f"the statement of {first.log}", said["continues"]
        closed, kept = (
            Checkpoint(int(size), base64.b64decode(root), where, older)
            for size, root in (said["closed"].split(), said["kept"].split())
        )
        return Statement(first.log, closed, kept, int(said["entry"]), said)
    except (KeyError, ValueError) as error:
        raise Wrong(f"{first.where} says that it goes on from another log, and not how.") from error


def read_closings(checkpoints: Sequence[Checkpoint]) -> dict[str, Statement]:
    """How each log was closed that others go on from; said by the first checkpoint of its successor."""
    closings: dict[str, Statement] = {}
    for first in {checkpoint.log: checkpoint for checkpoint in reversed(checkpoints)}.values():
        if statement := read_statement(first):
            if statement.closed.log in closings:
                raise Wrong(f"Two logs say that they go on from {statement.closed.log}: two histories.")
            closings[statement.closed.log] = statement
    return closings


def still_due(checkpoints: Sequence[Checkpoint], closings: Mapping[str, Statement]) -> list[Checkpoint]:
    """The checkpoints that the history must still come to; what a closed log lost was said and signed for."""

    def limit(log: str) -> int:
        closing = closings.get(log)
        return min(closing.kept.size, limit(closing.log)) if closing else sys.maxsize

    for checkpoint in checkpoints:
        closing = closings.get(checkpoint.log)
        if closing and checkpoint.size > closing.closed.size:
            raise Wrong(
                f"{checkpoint.where} was signed for {checkpoint.size} entries of {checkpoint.log}, which was "
                f"closed at {closing.closed.size}: it was grown again."
            )
    due = [*checkpoints, *(statement.kept for statement in closings.values())]
    return sorted(checkpoint for checkpoint in due if 0 < checkpoint.size <= limit(checkpoint.log))


# --- The whole ------------------------------------------------------------------------------------------


class History:
    """What was read of a history, entry by entry, and the checkpoints that it has yet to come to."""

    def __init__(self, checkpoints: Sequence[Checkpoint]) -> None:
        self.tree, self.previous, self.size = Tree(), ORIGIN, 0
        self.closings = read_closings(checkpoints)
        self.waiting = still_due(checkpoints, self.closings)
        due = {checkpoint.log for checkpoint in self.waiting}
        self.statements = {said.entry: said for said in self.closings.values() if said.log in due}
        self.signed = max((checkpoint.size for checkpoint in self.waiting), default=0)

    def add(self, row: Mapping[str, Any]) -> None:
        check_row(row, self.previous, self.size)
        self.previous, self.size = bytes.fromhex(row["row_hash"]), self.size + 1
        self.tree.add(self.previous)
        if self.size in self.statements:
            check_statement(row, self.statements[self.size])
        while self.waiting and self.waiting[0].size == self.size:
            _check_root(self.waiting.pop(0), self.tree.root())

    def end(self) -> int:
        """How many entries there are, where they reach every checkpoint."""
        if self.waiting:
            last = self.waiting[-1]
            raise Wrong(
                f"The history was cut off: it ends at place {self.size}, and {last.where} was signed when it "
                f"had {last.size} entries. {last.size - self.size} are missing."
            )
        return self.size


def check_history(rows: Iterable[Mapping[str, Any]], checkpoints: Sequence[Checkpoint]) -> int:
    """How many entries there are, all of them whole; Wrong names the first thing that is not."""
    history = History(checkpoints)
    for row in rows:
        history.add(row)
    return history.end()


def check_statement(row: Mapping[str, Any], statement: Statement) -> None:
    """The history itself tells of the closing, in the entry that the checkpoint names."""
    told = {**json.loads(row["after"]), "because": row["why"], "entry": str(row["seq"])}
    if row["event"] != "history.reopened" or not statement.said.items() <= told.items():
        raise Wrong(
            f"Entry {row['id']} at place {row['seq']} is not what {statement.log} says of the log before it."
        )


def check_row(row: Mapping[str, Any], previous: bytes, size: int) -> None:
    if row["seq"] != size + 1:
        raise Wrong(f"Place {size + 1} is missing: the next entry says that it is at place {row['seq']}.")
    if row["prev_hash"] != previous.hex():
        raise Wrong(
            f"Entry {row['id']} at place {row['seq']} does not follow the one before it: entries were "
            "reordered, inserted or replaced."
        )
    if row["row_hash"] != row_hash(previous, row).hex():
        raise Wrong(f"Entry {row['id']} at place {row['seq']} was altered: it does not have its hash.")


def _check_root(checkpoint: Checkpoint, root: bytes) -> None:
    if checkpoint.root != root:
        raise Wrong(
            f"The history was rewritten: its first {checkpoint.size} entries are not those that "
            f"{checkpoint.where} was signed for."
        )


def check_receipt(receipt: Mapping[str, Any], key: Key) -> str:
    """What the receipt proves, in a sentence; Wrong says why it proves nothing."""
    row = receipt["entry"]
    checkpoint = read_note(receipt["checkpoint"], key, "The receipt's checkpoint")
    found = row_hash(bytes.fromhex(row["prev_hash"]), row)
    if found.hex() != row["row_hash"]:
        raise Wrong(f"Entry {row['id']} was altered: it does not have its hash.")
    proof = [bytes.fromhex(part) for part in receipt["proof"]]
    if root_of_proof(row["seq"] - 1, checkpoint.size, found, proof) != checkpoint.root:
        raise Wrong(f"Entry {row['id']} is not in the history that the checkpoint was signed for.")
    return (
        f"Entry {row['id']} ({row['event']}, {row['subject']}) stands at place {row['seq']} of the history "
        f"of {key.name}, as it was when its {checkpoint.size} entries were signed for."
    )


def check_consistency(given: Mapping[str, Any], kept: Sequence[Checkpoint], key: Key) -> str:
    """What the proof shows of the checkpoint that was kept, in a sentence; Wrong says why it does not."""
    newer = read_note(given["checkpoint"], key, "The newer checkpoint")
    older = next((checkpoint for checkpoint in kept if checkpoint.size == given["size"]), None)
    if older is None:
        raise Wrong(
            f"The proof is about a checkpoint of {given['size']} entries; hand over the one that you kept "
            "yourself, with --checkpoints."
        )
    proof = [bytes.fromhex(part) for part in given["proof"]]
    if roots_of_consistency(older.size, newer.size, older.root, proof) != (older.root, newer.root):
        raise Wrong(
            f"The history was rewritten: the {newer.size} entries of the newer checkpoint do not begin with "
            f"the {older.size} of {older.where}."
        )
    return (
        f"The history of {key.name} only grew: its {newer.size} entries begin with the {older.size} that "
        f"{older.where} was signed for."
    )


def rows_of(lines: IO[str]) -> Iterator[dict[str, Any]]:
    head = json.loads(next(lines, "{}"))
    if not isinstance(head, dict) or head.get("promoflow") != "history export 1":
        raise Wrong("The file is not an export of a history.")
    for number, line in enumerate(lines, 2):
        try:
            row = json.loads(line)
            missing = {"seq", "sealed", "prev_hash", "row_hash", *FIELDS} - row.keys()
        except (ValueError, AttributeError) as error:
            raise Wrong(f"Line {number} of the export is damaged.") from error
        if missing:
            raise Wrong(f"Line {number} of the export lacks {', '.join(sorted(missing))}.")
        yield row


@contextmanager
def reading(file: Path) -> Iterator[None]:
    """Whatever trips over what stands in a file, or over its absence, says so of that file."""
    try:
        yield
    except Wrong:
        raise
    except FileNotFoundError as error:
        raise Wrong(f"{file} is not there.") from error
    except Exception as error:
        raise Wrong(f"{file} is damaged, or is not what it should be: it cannot be read.") from error


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Checks an export, a receipt or a proof of growth, offline.")
    parser.add_argument(
        "file", type=Path, help="an export (.jsonl or .jsonl.gz), or a receipt or proof (.json)"
    )
    parser.add_argument(
        "--key", required=True, action="append", help="a log's public key: NAME+HASH+KEY, or a file with it"
    )
    parser.add_argument("--checkpoints", type=Path, nargs="*", default=[], help="folders or files of notes")
    asked = parser.parse_args(arguments)
    try:
        keys = [read_key(key if "+" in key else key_in(Path(key))) for key in asked.key]
        checkpoints = read_notes(asked.checkpoints, keys)
        check = check_given if asked.file.suffix == ".json" else check_export
        with reading(asked.file):
            found = check(asked.file, checkpoints, keys)
    except Wrong as wrong:
        print(wrong)
        return 1
    print("\n".join(found))
    return 0


def key_in(file: Path) -> str:
    with reading(file):
        return file.read_text("utf-8")


def check_given(file: Path, checkpoints: Sequence[Checkpoint], keys: Sequence[Key]) -> list[str]:
    """A receipt, or a proof of growth: one file that the desk handed out."""
    given = json.loads(file.read_text("utf-8"))
    log = str(given["checkpoint"]).partition("\n")[0]
    key = next((key for key in keys if key.name == log), keys[0])
    if given.get("promoflow") == "history consistency 1":
        return [check_consistency(given, checkpoints, key)]
    return [check_receipt(given, key)]


def check_export(file: Path, checkpoints: Sequence[Checkpoint], keys: Sequence[Key]) -> list[str]:
    history = History(checkpoints)
    opener = gzip.open if file.suffix == ".gz" else open
    with opener(file, "rt", encoding="utf-8") as lines:
        for row in rows_of(lines):
            history.add(row)
    found = [
        f"The history is whole: {history.end()} entries, each in its place; {history.signed} of them under a "
        "signature."
    ]
    for older, closing in history.closings.items():
        found.append(
            f"{older} was closed with {closing.closed.size} entries, and goes on as {closing.log} with the "
            f"first {closing.kept.size} of them: {closing.closed.size - closing.kept.size} are lost. "
            f"{closing.said['by']} answers for it: {closing.said['because']}"
        )
    if not checkpoints:
        found.append("Without a checkpoint this proves nothing against whoever can rewrite the whole file.")
    return found


if __name__ == "__main__":
    sys.exit(main())
