"""Signing how far the history goes: by a process and a key of their own, never by the web.

It recomputes what it signs from the rows that it reads back, and refuses whatever does not continue what it
signed before: an altered entry, a history that was cut, rewritten, or restored to an earlier state.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import transaction
from django.utils.translation import gettext as _

from promoflow.audit import chain, notes
from promoflow.audit.models import Link
from promoflow.audit.notes import Checkpoint
from promoflow.audit.places import Place
from promoflow.audit.selectors import plain_rows
from promoflow.audit.services import Head, trouble_at
from promoflow.audit.tiles import Growing
from promoflow.audit.tree import Range

log = logging.getLogger(__name__)

# What is newer than the last checkpoint could be cut off unseen: a minute's work, or so many entries.
EVERY: Final = timedelta(seconds=60)
MOST_UNSIGNED: Final = 500


class Inconsistent(Exception):
    """Why it refuses to sign, in a sentence."""


class Checkpointer:
    """One log's signer: what it has read so far, and what it signed last.

    Its places are handed each note in their order; `tiles` are what proofs will be made of.
    """

    def __init__(
        self, key: Ed25519PrivateKey, name: str, places: Sequence[Place], tiles: Growing | None = None
    ) -> None:
        self.key, self.name, self.places, self.tiles = key, name, places, tiles
        self.signed: Checkpoint | None = None
        self.signed_at: datetime | None = None
        self._owed: list[tuple[Place, Checkpoint, str]] = []
        self._range, self._head = Range(), Head(0, chain.ORIGIN)

    def resume(self, note: str | None) -> None:
        """Go on from the last note that was signed with this key; all that it covers is read again."""
        if note is not None:
            self.signed = notes.read(note, notes.verifier_for(self.name, self.key))
        self.read()
        if self.signed and self.signed.size > self._head.seq:
            raise Inconsistent(
                _(
                    "The history is truncated: it ends at place %(end)s, and %(signed)s entries were signed "
                    "for, so %(missing)s are missing. Somebody cut it, or restored it from a backup."
                )
                % {
                    "end": self._head.seq,
                    "signed": self.signed.size,
                    "missing": self.signed.size - self._head.seq,
                }
            )
        if self.signed and note:
            self._write_tiles()
            # Whoever went before us may have been stopped before every place had it.
            self._hand_over(self.signed, note)

    def read(self) -> int:
        """Read what was added, and check that it follows; how many entries are not signed for yet."""
        with transaction.atomic():
            for row in plain_rows(Link.objects.filter(seq__gt=self._head.seq)):
                self._add(row)
        return self._head.seq - (self.signed.size if self.signed else 0)

    def _add(self, row: Mapping[str, Any]) -> None:
        if trouble := trouble_at(row, self._head):
            raise Inconsistent(trouble)
        self._head = Head(row["seq"], row["row_hash"])
        self._range.add(row["row_hash"])
        if self.tiles:
            self.tiles.add(row["row_hash"])
        if self.signed and self.signed.size == self._range.size and self.signed.root != self._range.root:
            raise Inconsistent(
                _("The first %(size)s entries are not those that were signed for: the history was rewritten.")
                % {"size": self.signed.size}
            )

    def is_due(self, at: datetime) -> bool:
        """Whether enough is new, or something new is old enough."""
        unsigned = self.read()
        waited = self.signed_at is None or at - self.signed_at >= EVERY
        return unsigned >= MOST_UNSIGNED or (unsigned > 0 and waited)

    def sign(self, at: datetime, *more: str, beside: Sequence[notes.Signer] = ()) -> Checkpoint:
        """Sign all that was read, and put it wherever checkpoints are kept.

        `more` are further lines of the note; others may sign `beside` this log's own key.
        """
        self._check_end()
        self._write_tiles()
        checkpoint = Checkpoint(self.name, self._range.size, self._range.root, (at.isoformat(), *more))
        note = notes.sign(checkpoint, self.key, beside=beside)
        self.signed, self.signed_at = checkpoint, at
        self._hand_over(checkpoint, note)
        return checkpoint

    def _hand_over(self, checkpoint: Checkpoint, note: str) -> None:
        self._owed += [(place, checkpoint, note) for place in self.places]
        self.put()

    def _check_end(self) -> None:
        """What was read last is still there: between two signatures somebody may have cut the end off."""
        if (
            self._head.seq
            and not Link.objects.filter(pk=self._head.seq, row_hash=self._head.row_hash).exists()
        ):
            raise Inconsistent(
                _("Place %(seq)s was read, and is gone or another one now: the history was rewritten.")
                % {"seq": self._head.seq}
            )

    def _write_tiles(self) -> None:
        """Before the note, so that whoever reads the note finds them; without them a proof takes longer."""
        try:
            if self.tiles:
                self.tiles.write()
        except OSError as trouble:
            log.warning("Tiles could not be written to %s: %s", self.tiles, trouble)

    def put(self) -> None:
        """Hand over what is owed; a place that fails is tried again with the next, and loses nothing."""
        left = []
        for place, checkpoint, note in self._owed:
            try:
                place.put(checkpoint, note)
            except OSError as trouble:
                log.warning("Checkpoint %s could not be put to %s: %s", checkpoint.size, place, trouble)
                left.append((place, checkpoint, note))
        self._owed = left
