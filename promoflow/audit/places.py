"""Where checkpoints are kept: outside of the database, each place out of its administrator's hands."""

import logging
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from django.core.mail import EmailMessage

from promoflow.audit.notes import Checkpoint

log = logging.getLogger(__name__)


class Place(Protocol):
    """Keeps notes; putting one twice is putting it once."""

    def put(self, checkpoint: Checkpoint, note: str) -> None: ...


class Differs(Exception):
    """Another note for the same size is there already: somebody signed two histories."""


class Folder:
    """A file for each checkpoint, named by its size, written whole or not at all and never over another."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __str__(self) -> str:
        return str(self.path)

    def put(self, checkpoint: Checkpoint, note: str) -> None:
        self.path.mkdir(parents=True, exist_ok=True)
        file = self.path / f"{checkpoint.size:015}.note"
        unfinished = file.with_suffix(".part")
        with unfinished.open("w", encoding="utf-8") as written:
            written.write(note)
            written.flush()
            os.fsync(written.fileno())
        try:
            os.link(unfinished, file)
        except FileExistsError:
            if _root_of(file.read_text("utf-8")) != _root_of(note):
                raise Differs(f"{file} was signed for another root.") from None
        finally:
            unfinished.unlink()

    def newest(self) -> str | None:
        """The note of the greatest size."""
        files = [file for file in self.path.glob("*.note") if re.fullmatch(r"\d{15}", file.stem)]
        return max(files).read_text("utf-8") if files else None


class Mailbox:
    """Somebody's mail: what was received there cannot be called back."""

    def __init__(self, addresses: Sequence[str]) -> None:
        self.addresses = list(addresses)

    def __str__(self) -> str:
        return ", ".join(self.addresses)

    def put(self, checkpoint: Checkpoint, note: str) -> None:
        subject = f"Checkpoint {checkpoint.size} of {checkpoint.origin}"
        # The same for the same checkpoint: a mailbox knows the second copy by it.
        host = checkpoint.origin.partition("/")[0].partition(":")[0]
        number = f"<checkpoint-{checkpoint.size}-{checkpoint.root.hex()[:32]}@{host}>"
        headers = {"Message-ID": number, "Auto-Submitted": "auto-generated"}
        EmailMessage(subject, note, to=self.addresses, headers=headers).send()


def _root_of(note: str) -> list[str]:
    """What two notes of one size must agree in."""
    return note.split("\n")[:3]
