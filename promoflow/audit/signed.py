"""How far the history is signed for, read from where the checkpointer keeps its notes."""

import base64
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from promoflow.audit import notes, tree
from promoflow.audit.models import Link
from promoflow.audit.notes import Checkpoint
from promoflow.audit.places import Folder, name_of
from promoflow.audit.tiles import Missing, Tiles

# A checkpoint comes every minute while something happens; after so long somebody ought to look.
LATE: Final = timedelta(minutes=5)


@dataclass(frozen=True)
class Signed:
    """The newest checkpoint, as it is written, when it was signed, and by which key."""

    checkpoint: Checkpoint
    note: str
    at: datetime | None
    key: str
    tiles: Tiles

    @property
    def size(self) -> int:
        return self.checkpoint.size

    @property
    def root(self) -> str:
        """As the note writes it."""
        return base64.b64encode(self.checkpoint.root).decode()


def newest(folder: Path) -> Signed | None:
    """None where nothing is signed yet, or where what lies there is not signed by the key beside it."""
    try:
        verifier = notes.verifier_of((folder / "key.pub").read_text("utf-8"))
        note = Folder(folder).current()
        checkpoint = notes.read(note, verifier) if note else None
    except (OSError, ValueError):
        return None
    if checkpoint is None or note is None:
        return None
    return Signed(checkpoint, note, _instant(checkpoint), str(verifier), Tiles(folder))


def everything(folder: Path) -> list[Checkpoint]:
    """All checkpoints in the folder; OSError where there is none, ValueError where one is not signed."""
    verifier = notes.verifier_of((folder / "key.pub").read_text("utf-8"))
    found = []
    for size, note in Folder(folder).after(0):
        try:
            checkpoint = notes.read(note, verifier)
        except notes.Unsigned as error:
            raise notes.Unsigned(f"{name_of(size)}: {error}") from error
        if (checkpoint.origin, checkpoint.size) != (verifier.name, size):
            raise notes.Unsigned(f"{name_of(size)}: it is the note of another log, or of another size")
        found.append(checkpoint)
    return found


@dataclass(frozen=True)
class Standing:
    """How the history stands to its newest checkpoint, looked up just now."""

    entries: int
    signed: Signed | None
    follows: bool
    """Whether the last entry that was signed for is the one that is there."""
    late: bool

    @property
    def unsigned(self) -> int:
        return max(self.entries - (self.signed.size if self.signed else 0), 0)

    @property
    def missing(self) -> int:
        return max((self.signed.size if self.signed else 0) - self.entries, 0)

    @property
    def is_well(self) -> bool:
        return self.signed is not None and self.follows and not self.missing and not self.late


def standing(signed: Signed | None, *, at: datetime) -> Standing:
    """Costs the same however long the history is: it looks at its end, and where the signature ends."""
    entries = Link.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    if signed is None:
        return Standing(entries, None, follows=True, late=False)
    late = entries > signed.size and (signed.at is None or at - signed.at > LATE)
    return Standing(entries, signed, follows=_follows(signed), late=late)


def _follows(signed: Signed) -> bool:
    """Where there are no tiles it stays with the count: `verify_history` reads all of it."""
    index, size = signed.size - 1, signed.size
    row_hash = Link.objects.filter(pk=size).values_list("row_hash", flat=True).first()
    if row_hash is None:
        return True
    try:
        proof = tree.inclusion(index, size, signed.tiles.subtree(size))
    except Missing:
        return True
    return tree.includes(signed.checkpoint.root, size, index, bytes(row_hash), proof)


def _instant(checkpoint: Checkpoint) -> datetime | None:
    """The checkpointer's own clock, in the note's further line."""
    try:
        return datetime.fromisoformat(checkpoint.more[0])
    except (IndexError, ValueError):
        return None
