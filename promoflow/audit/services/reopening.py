"""Closing a log and opening the next: after a backup was restored, or where another key is to sign.

The old log is never grown again. What of it is still here is found out, not claimed; who closed it and why
becomes an entry of the history, and stands in the first note of the new log.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import transaction
from django.utils.translation import gettext as _

from promoflow.audit import chain, notes, services, signed, tree
from promoflow.audit.files import write_whole
from promoflow.audit.models import Entry, Link
from promoflow.audit.notes import Checkpoint
from promoflow.audit.places import Folder, Place
from promoflow.audit.selectors import plain_rows
from promoflow.audit.services import Head, Person, trouble_at
from promoflow.audit.services.checkpointing import Checkpointer, Inconsistent
from promoflow.audit.statements import EVENT, Point, Statement, one_line, statement_in
from promoflow.audit.tiles import Growing, Missing, Tiles


class Cannot(Exception):
    """Why no new log can be opened, in a sentence."""


class Log:
    """The log that is to be closed, as its folder shows it."""

    def __init__(self, path: Path) -> None:
        self.folder = Folder(path)
        try:
            self.signed = signed.everything(path)
        except (OSError, ValueError) as error:
            raise Cannot(
                _("%(folder)s is not the folder of a log: %(why)s") % {"folder": path, "why": error}
            ) from error
        if not self.signed:
            raise Cannot(_("No checkpoint lies in %(folder)s: there is no log to close.") % {"folder": path})

    @property
    def last(self) -> Checkpoint:
        return self.signed[-1]

    def kept(self) -> Point:
        """How much of what it signed for the history still begins with."""
        roots = {checkpoint.size: checkpoint.root for checkpoint in self.signed}
        grown, head, kept, same = tree.Range(), Head(0, chain.ORIGIN), Point(0, tree.EMPTY), True
        with transaction.atomic():
            for row in plain_rows(Link.objects.filter(seq__lte=self.last.size)):
                if trouble := trouble_at(row, head):
                    raise Inconsistent(trouble)
                head = Head(row["seq"], row["row_hash"])
                grown.add(row["row_hash"])
                if same and grown.size in roots:
                    same = grown.root == roots[grown.size]
                    kept = Point(grown.size, grown.root) if same else kept
        end = Point(grown.size, grown.root)
        return end if same and self._began_with(end) else kept

    def _began_with(self, end: Point) -> bool:
        """Whether its tiles prove that it had exactly these entries first, also between two checkpoints."""
        if end.size == 0:
            return False
        try:
            subtree = Tiles(self.folder.path).subtree(self.last.size)
            proof = tree.consistency(end.size, self.last.size, subtree)
        except Missing:
            return False
        return tree.continues(end.root, end.size, self.last.root, self.last.size, proof)


def reopen(
    log: Log,
    *,
    signer: notes.Signer,
    folder: Folder,
    places: Sequence[Place],
    by: Person,
    at: datetime,
    why: str,
    old_key: Ed25519PrivateKey | None = None,
) -> Checkpoint:
    """Close the log and sign the first checkpoint of the next, with the statement in it.

    Whoever is stopped on the way does it again: what is done already is not done twice.

    The old key, where it is at hand and still one's own, vouches for the new one by signing beside it.
    """
    _check_can_reopen(log, signer, folder, why)
    first = _begun(log, folder, signer)
    if first is None:
        statement, entry = _recorded(log, signer, by=by, at=at, why=why)
        checkpointer = Checkpointer(signer.key, signer.name, places, Growing(folder.path))
        checkpointer.resume(None)
        beside = [notes.Signer(log.last.origin, old_key)] if old_key else []
        first = checkpointer.sign(at, *statement.lines(entry), beside=beside)
    write_whole(log.folder.path / "closed", next(note for _size, note in folder.after(0)).encode())
    return first


def _check_can_reopen(log: Log, signer: notes.Signer, folder: Folder, why: str) -> None:
    if not one_line(why):
        raise Cannot(_("Say why the log is closed: it stands in the history for good."))
    if signer.name == log.last.origin:
        raise Cannot(
            _("The new log needs another name than %(name)s: give PROMOFLOW_HISTORY_NAME the next number.")
            % {"name": signer.name}
        )
    if folder.path.resolve() == log.folder.path.resolve():
        raise Cannot(_("The new log needs a folder of its own: set PROMOFLOW_CHECKPOINT_FOLDER."))
    closed = log.folder.closed
    if closed and closed.origin != signer.name:
        raise Cannot(
            _("%(name)s was closed already: %(next)s goes on from it.")
            % {"name": log.last.origin, "next": closed.origin}
        )


def _begun(log: Log, folder: Folder, signer: notes.Signer) -> Checkpoint | None:
    """The new log's first checkpoint, where an earlier attempt got as far as that."""
    note = next((note for _size, note in folder.after(0)), None)
    if note is None:
        return None
    first = notes.read(note, notes.verifier_for(signer.name, signer.key))
    statement = statement_in(first)
    if statement is None or statement.older != log.last.origin:
        raise Cannot(
            _("A log has begun in %(folder)s already. The next one needs a folder that is empty.")
            % {"folder": folder}
        )
    return first


def _recorded(log: Log, signer: notes.Signer, *, by: Person, at: datetime, why: str) -> tuple[Statement, int]:
    """The statement as the history holds it, with its place there: written now, or by an earlier attempt."""
    key = str(notes.verifier_for(signer.name, signer.key))
    earlier = Entry.objects.filter(event=EVENT, after__key=key, after__continues=log.last.origin).first()
    if earlier is None:
        last = Point(log.last.size, log.last.root)
        statement = Statement(log.last.origin, last, log.kept(), key, one_line(by.name), one_line(why))
        with transaction.atomic(durable=True):
            earlier = services.record(EVENT, by=by, at=at, on=None, after=statement.after, why=statement.why)
    else:
        statement = _statement_of(earlier)
    return statement, Link.objects.get(entry_id=earlier.pk).seq


def _statement_of(entry: Entry) -> Statement:
    said: dict[str, Any] = entry.after
    found = statement_in(
        Checkpoint("", 0, b"", (*(f"{name} {value}" for name, value in said.items()), f"because {entry.why}"))
    )
    if found is None:
        raise Cannot(_("Entry %(entry)s is no statement of a log.") % {"entry": entry.pk})
    return found
