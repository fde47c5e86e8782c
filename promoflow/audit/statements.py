"""What the first note of a log says of the log before it: where that one was closed, and what is left of it.

It stands in the note's further lines, and so under its signature. A new log begins where a backup was
restored, or where another key is to sign; its tree is still that of the whole chain: no entry's place moves.
"""

import base64
import re
from dataclasses import dataclass
from typing import Any, NamedTuple

from promoflow.audit.notes import Checkpoint

EVENT = "history.reopened"


class Point(NamedTuple):
    """How many entries, and the root of their tree."""

    size: int
    root: bytes

    def __str__(self) -> str:
        return f"{self.size} {base64.b64encode(self.root).decode()}"


@dataclass(frozen=True)
class Statement:
    older: str
    """The log that was closed."""
    closed: Point
    """What it had signed for last."""
    kept: Point
    """How much of that is still here: the new log begins with it."""
    key: str
    """The new log's public key."""
    by: str
    why: str

    @property
    def missing(self) -> int:
        return self.closed.size - self.kept.size

    @property
    def after(self) -> dict[str, Any]:
        """As the entry of the history says it."""
        return {
            "continues": self.older,
            "closed": str(self.closed),
            "kept": str(self.kept),
            "missing": self.missing,
            "key": self.key,
            "by": self.by,
        }

    def lines(self, entry: int) -> tuple[str, ...]:
        """As the note says it, with the place of its entry in the history."""
        return (
            f"continues {self.older}",
            f"closed {self.closed}",
            f"kept {self.kept}",
            f"entry {entry}",
            f"key {self.key}",
            f"by {self.by}",
            f"because {self.why}",
        )


def one_line(text: str) -> str:
    """Words as a line of a note holds them."""
    return " ".join(text.split())


def statement_in(checkpoint: Checkpoint) -> Statement | None:
    """What the checkpoint says of a log before it, if it does."""
    said = dict(line.split(" ", 1) for line in checkpoint.more if " " in line)
    try:
        return Statement(
            said["continues"],
            _point(said["closed"]),
            _point(said["kept"]),
            said["key"],
            said["by"],
            said["because"],
        )
    except (KeyError, ValueError):
        return None


def _point(text: str) -> Point:
    found = re.fullmatch(r"(\d{1,18}) (\S{44})", text)
    if found is None:
        raise ValueError(f"{text!r} is no point of a log")
    return Point(int(found[1]), base64.b64decode(found[2], validate=True))
