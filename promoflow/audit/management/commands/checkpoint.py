"""Signs checkpoints of the history for as long as it runs: a process of its own, with a key of its own."""

import os
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, close_old_connections
from django.utils import timezone
from django.utils.translation import gettext as _

from promoflow.audit import notes
from promoflow.audit.places import Folder, Mailbox, Place
from promoflow.audit.services.checkpointing import Checkpointer, Inconsistent

_LOOKS_EVERY: Final = 5.0


class Command(BaseCommand):
    help = (
        "Signs, every minute or 500 entries, how long the history is and the root of its tree, and puts the "
        "checkpoints where PROMOFLOW_CHECKPOINT_FOLDER and PROMOFLOW_CHECKPOINT_MAIL say. Run it as an "
        "account that the web cannot become. It stops, and says why, where the history is not what it signed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="sign what is there, and end")
        parser.add_argument("--new-key", action="store_true", help="make a key where there is none, and end")

    def handle(self, *args: Any, once: bool, new_key: bool, **options: Any) -> None:
        if new_key:
            key = make_key(settings.CHECKPOINT_KEY)
            self.stdout.write(str(publish_key(key, settings.HISTORY_NAME, settings.CHECKPOINT_FOLDER)))
            return
        key = read_key(settings.CHECKPOINT_KEY)
        publish_key(key, settings.HISTORY_NAME, settings.CHECKPOINT_FOLDER)
        folder = Folder(settings.CHECKPOINT_FOLDER)
        places: list[Place] = [folder]
        if settings.CHECKPOINT_MAIL:
            places.append(Mailbox(settings.CHECKPOINT_MAIL))
        checkpointer = Checkpointer(key, settings.HISTORY_NAME, places)
        try:
            self._resume(checkpointer, folder.newest(), once=once)
            self._sign(checkpointer, once=once)
        except (Inconsistent, notes.Unsigned) as refusal:
            raise CommandError(_("No checkpoint is signed any more. %(why)s") % {"why": refusal}) from refusal

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

    def _sign(self, checkpointer: Checkpointer, *, once: bool) -> None:
        while True:
            try:
                if checkpointer.is_due(timezone.now()):
                    signed = checkpointer.sign(timezone.now())
                    self.stdout.write(f"Signed {signed.size} entries.")
                else:
                    checkpointer.put()
            except OperationalError as trouble:
                self._note(trouble)
            if once:
                return
            time.sleep(_LOOKS_EVERY)


def make_key(path: Path) -> Ed25519PrivateKey:
    """A new key in a file that only this account can read; never over an old one."""
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(pem)
    except FileExistsError as error:
        raise CommandError(
            _("%(path)s is there already. Who replaces a key begins a new log: docs/history.md says how.")
            % {"path": path}
        ) from error
    return key


def read_key(path: Path) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError) as error:
        raise CommandError(
            _("No key can be read at %(path)s. Make one with: manage.py checkpoint --new-key")
            % {"path": path}
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise CommandError(_("The key at %(path)s is not of Ed25519.") % {"path": path})
    return key


def publish_key(key: Ed25519PrivateKey, name: str, folder: Path) -> notes.Verifier:
    """The public half lies beside the checkpoints, for whoever checks them."""
    verifier = notes.verifier_for(name, key)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "key.pub").write_text(f"{verifier}\n", "utf-8")
    return verifier
