"""The checkpointer's key: made once, readable by its account alone; its public half is for everybody."""

import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from django.utils.translation import gettext as _

from promoflow.audit import notes
from promoflow.audit.files import write_whole


class NoKey(Exception):
    """Why there is no key to sign with, in a sentence."""


def make(path: Path) -> Ed25519PrivateKey:
    """A new key in a file that only this account can read; never over an old one."""
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(pem)
    except FileExistsError as error:
        raise NoKey(
            _("%(path)s is there already. Who replaces a key begins a new log: docs/history.md says how.")
            % {"path": path}
        ) from error
    return key


def read(path: Path) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError) as error:
        raise NoKey(
            _("No key can be read at %(path)s. Make one with: manage.py checkpoint --new-key")
            % {"path": path}
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise NoKey(_("The key at %(path)s is not of Ed25519.") % {"path": path})
    return key


def publish(key: Ed25519PrivateKey, name: str, folder: Path) -> notes.Verifier:
    """Its public half, written into the folder unless it is there: a full disk still has it."""
    verifier = notes.verifier_for(name, key)
    file, content = folder / "key.pub", f"{verifier}\n".encode()
    if not file.is_file() or file.read_bytes() != content:
        write_whole(file, content)
    return verifier
