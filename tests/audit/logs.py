"""A small history that is really written, really signed and really exported, for attacks on its copy."""

import json
import random
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from promoflow.audit import notes, verifier
from promoflow.audit import services as audit
from promoflow.audit.places import Folder
from promoflow.audit.services import exporting
from promoflow.audit.services.checkpointing import Checkpointer
from promoflow.audit.tiles import Growing

KEY = Ed25519PrivateKey.from_private_bytes(b"promoflow's test key, 32 bytes!!")
NAME = "desk.example/history/1"
PUBLIC = str(notes.verifier_for(NAME, KEY))
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


class Kept:
    """A place that remembers."""

    def __init__(self):
        self.notes = []

    def put(self, checkpoint, note):
        self.notes.append(note)


def write(store, person, number, first=0):
    """Entries of every shape: with and without a person, a store, products, digests, words in any script."""
    for n in range(first, first + number):
        audit.record(
            "store.changed",
            by=person if n % 5 else None,
            at=NOW + timedelta(seconds=n, microseconds=n),
            on=store if n % 7 else None,
            before={"price": f"{n}.00", "名": "台灯"},
            after={"price": f"{n}.50", "list": [n, None, True]},
            asins=[f"B0AURORA{n:02}", f"B1AURORA{n:02}"] if n % 3 else [],
            why="因为 it was too dear" if n % 2 else "",
            revision=bytes([n % 256]) * 32 if n % 4 else None,
            report=bytes([255 - n % 256]) * 32 if n % 6 else None,
            states=("draft", "in_review") if n % 3 else None,
        )


def signer(*places, tiles=None):
    checkpointer = Checkpointer(KEY, NAME, places, tiles)
    checkpointer.resume(None)
    return checkpointer


def sign_into(folder):
    """A folder as the checkpointer leaves it: the key, a note of all that is there, and the tiles."""
    (folder / "tile").mkdir(parents=True)
    (folder / "key.pub").write_text(PUBLIC)
    signer(Folder(folder), tiles=Growing(folder)).sign(datetime.now(UTC))
    return folder


def exported():
    _head, *lines = exporting.lines(name=NAME)
    return [json.loads(line) for line in lines]


def rehashed(rows):
    """What somebody makes of them who owns the database: every place, link and hash as it ought to be."""
    previous = verifier.ORIGIN
    for place, row in enumerate(rows, 1):
        row |= {"seq": place, "prev_hash": previous.hex()}
        previous = verifier.row_hash(previous, row)
        row["row_hash"] = previous.hex()
    return rows


def found_wrong(rows, checkpoints):
    """What the offline verifier says, or nothing."""
    try:
        verifier.check_history(rows, checkpoints)
    except verifier.Wrong as wrong:
        return str(wrong)
    return ""


def read(note_texts):
    key = verifier.read_key(PUBLIC)
    return sorted(verifier.read_note(text, key, f"note {n}") for n, text in enumerate(note_texts))


def chance(seed):
    return random.Random(seed)
