"""How far the history is signed for, read from where the checkpointer keeps its notes."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from promoflow.audit import notes
from promoflow.audit.notes import Checkpoint
from promoflow.audit.places import Folder


@dataclass(frozen=True)
class Signed:
    """The newest checkpoint, as it is written, and when it was signed."""

    checkpoint: Checkpoint
    note: str
    at: datetime | None

    @property
    def size(self) -> int:
        return self.checkpoint.size


def newest(folder: Path) -> Signed | None:
    """None where nothing is signed yet, or where what lies there is not signed by the key beside it."""
    try:
        verifier = notes.verifier_of((folder / "key.pub").read_text("utf-8"))
        note = Folder(folder).newest()
        checkpoint = notes.read(note, verifier) if note else None
    except (OSError, ValueError):
        return None
    return Signed(checkpoint, note, _instant(checkpoint)) if checkpoint and note else None


def _instant(checkpoint: Checkpoint) -> datetime | None:
    """The checkpointer's own clock, in the note's further line."""
    try:
        return datetime.fromisoformat(checkpoint.more[0])
    except (IndexError, ValueError):
        return None
