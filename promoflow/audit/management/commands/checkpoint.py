"""Signs checkpoints of the history for as long as it runs: a process of its own, with a key of its own."""

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, close_old_connections
from django.utils import timezone
from django.utils.translation import gettext as _

from promoflow.audit import keys, notes
from promoflow.audit.places import Bucket, Differs, Folder, Following, Mailbox, Place
from promoflow.audit.services import reopening
from promoflow.audit.services.checkpointing import Checkpointer, Inconsistent
from promoflow.audit.tiles import Growing

_LOOKS_EVERY: Final = 5.0


class Command(BaseCommand):
    help = (
        "Signs, every minute or 500 entries, how long the history is and the root of its tree, and puts the "
        "checkpoints where PROMOFLOW_CHECKPOINT_FOLDER, _MAIL and _S3 say. Run it as an account that the web "
        "cannot become. It stops, and says why, where the history is not what it signed. With "
        "--continue-from it closes a log and opens the next (docs/history.md)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="sign what is there, and end")
        parser.add_argument("--new-key", action="store_true", help="make a key where there is none, and end")
        reopen = parser.add_argument_group("after a restored backup, or for another key")
        reopen.add_argument("--continue-from", type=Path, metavar="FOLDER", help="the log to close, and end")
        reopen.add_argument("--signed-by", metavar="EMAIL", help="the person who answers for it")
        reopen.add_argument("--because", default="", metavar="TEXT", help="why; it stays in the history")
        reopen.add_argument(
            "--old-key", type=Path, metavar="FILE", help="vouches for the new key, if at hand"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["new_key"]:
                keys.make(settings.CHECKPOINT_KEY)
                self.stdout.write(str(self._publish()))
            elif options["continue_from"]:
                self._continue(**options)
            else:
                self._run(once=options["once"])
        except (keys.NoKey, reopening.Cannot) as trouble:
            raise CommandError(str(trouble)) from trouble
        except (Inconsistent, notes.Unsigned, Differs) as refusal:
            raise CommandError(_("No checkpoint is signed any more. %(why)s") % {"why": refusal}) from refusal

    def _publish(self) -> notes.Verifier:
        """The public half lies beside the checkpoints, for whoever checks them."""
        key, folder = keys.read(settings.CHECKPOINT_KEY), settings.CHECKPOINT_FOLDER
        try:
            return keys.publish(key, settings.HISTORY_NAME, folder)
        except OSError as trouble:
            raise CommandError(
                _(
                    "The key's public half cannot be written to %(folder)s: %(why)s. Make room there, or let "
                    "this account write there, and start it again."
                )
                % {"folder": folder, "why": trouble.strerror}
            ) from trouble

    def _run(self, *, once: bool) -> None:
        self._publish()
        folder, places = configured_places()
        _check_is_open(folder)
        if len(places) < 2:
            self.stderr.write(
                _(
                    "Checkpoints go to one place only, %(place)s. Whoever can write there and owns the "
                    "database can rewrite the history: name a second place, PROMOFLOW_CHECKPOINT_MAIL or "
                    "PROMOFLOW_CHECKPOINT_S3 (docs/history.md)."
                )
                % {"place": folder}
            )
        key = keys.read(settings.CHECKPOINT_KEY)
        checkpointer = Checkpointer(key, settings.HISTORY_NAME, places, Growing(folder.path))
        self._resume(checkpointer, folder.newest(), once=once)
        self._sign(checkpointer, folder, once=once)

    def _resume(self, checkpointer: Checkpointer, note: str | None, *, once: bool) -> None:
        while True:
            try:
                return checkpointer.resume(note)
            except OperationalError as trouble:
                if once:
                    raise
                self._note(trouble)
                time.sleep(_LOOKS_EVERY)

    def _note(self, trouble: OperationalError) -> None:
        """The database is away; nothing can be added meanwhile either."""
        self.stderr.write(str(trouble))
        close_old_connections()

    def _sign(self, checkpointer: Checkpointer, folder: Folder, *, once: bool) -> None:
        while True:
            try:
                if checkpointer.is_due(timezone.now()):
                    signed = checkpointer.sign(timezone.now())
                    self.stdout.write(f"Signed {signed.size} entries.")
                    # A log that is a file would show it hours later, below what came after it.
                    self.stdout.flush()
                else:
                    checkpointer.put()
            except OperationalError as trouble:
                self._note(trouble)
            if once:
                return
            time.sleep(_LOOKS_EVERY)
            _check_is_open(folder)

    def _continue(
        self, *, continue_from: Path, signed_by: str, because: str, old_key: Path, **_options: Any
    ) -> None:
        log = reopening.Log(continue_from)
        person = get_user_model().objects.filter(email__iexact=signed_by or "", is_active=True).first()
        if person is None:
            raise CommandError(
                _("Name with --signed-by the e-mail address of the person of this desk who answers for it.")
            )
        if not settings.CHECKPOINT_KEY.exists():
            keys.make(settings.CHECKPOINT_KEY)
        signer = notes.Signer(settings.HISTORY_NAME, keys.read(settings.CHECKPOINT_KEY))
        folder, places = configured_places()
        first = reopening.reopen(
            log,
            signer=signer,
            folder=folder,
            places=places,
            by=person,
            at=timezone.now(),
            why=because,
            old_key=keys.read(old_key) if old_key else None,
        )
        self._publish()
        self.stdout.write(
            _("%(old)s is closed. %(new)s goes on from it, with a first checkpoint of %(size)s entries:")
            % {"old": log.last.origin, "new": first.origin, "size": first.size}
        )
        self.stdout.write("\n".join(first.more[1:]))


def configured_places() -> tuple[Folder, list[Place]]:
    """The folder, and every place that follows it."""
    folder = Folder(settings.CHECKPOINT_FOLDER)
    others: list[Place] = []
    if settings.CHECKPOINT_MAIL:
        others.append(Mailbox(settings.CHECKPOINT_MAIL))
    if settings.CHECKPOINT_S3:
        others.append(
            Bucket(
                settings.CHECKPOINT_S3,
                endpoint=settings.CHECKPOINT_S3_ENDPOINT,
                lock_days=settings.CHECKPOINT_S3_LOCK_DAYS,
            )
        )
    return folder, [folder, *(Following(folder, place) for place in others)]


def _check_is_open(folder: Folder) -> None:
    if closed := folder.closed:
        raise Inconsistent(
            _("This log was closed, and %(next)s goes on from it: it is never grown again.")
            % {"next": closed.origin}
        )
