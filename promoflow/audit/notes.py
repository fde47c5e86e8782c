"""Signed checkpoints: how long the history is and the root of its tree, as C2SP writes them down.

https://c2sp.org/signed-note and https://c2sp.org/tlog-checkpoint. Whoever knows tools of the transparency
world can read, compare and witness them without us.
"""

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

_ED25519: Final = b"\x01"
_DASH: Final = "\u2014"


@dataclass(frozen=True)
class Checkpoint:
    """That the log of this origin had so many entries, and this root; `more` are further lines."""

    origin: str
    size: int
    root: bytes
    more: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """What is signed: each line ends in a newline, and an empty line divides it from the signatures."""
        lines = (self.origin, str(self.size), base64.b64encode(self.root).decode(), *self.more)
        return "".join(f"{line}\n" for line in lines)


@dataclass(frozen=True)
class Verifier:
    """A public key with its name; written `name+hash+key`, as C2SP writes it."""

    name: str
    public: bytes

    @property
    def key_hash(self) -> bytes:
        return hashlib.sha256(self.name.encode() + b"\n" + _ED25519 + self.public).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_hash.hex()}+{base64.b64encode(_ED25519 + self.public).decode()}"

    def has_signed(self, text: str, signature: bytes) -> bool:
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text.encode())
        except InvalidSignature:
            return False
        return True


class Unsigned(ValueError):
    """That it is no note, or none that the key has signed."""


def verifier_of(text: str) -> Verifier:
    """The public key in this text; ValueError where its parts do not belong together."""
    name, _plus, rest = text.strip().partition("+")
    key_hash, _plus, encoded = rest.partition("+")
    key = base64.b64decode(encoded, validate=True)
    if not name or len(key) != 33 or key[:1] != _ED25519:
        raise ValueError("a public key is written name+hash+key, and the key is of Ed25519")
    found = Verifier(name, key[1:])
    if found.key_hash.hex() != key_hash:
        raise ValueError("the public key does not have the hash that stands before it")
    return found


def verifier_for(name: str, key: Ed25519PrivateKey) -> Verifier:
    """The public half of a key under the name of its log."""
    if not re.fullmatch(r"[^\s+]+", name):
        raise ValueError("a log's name has neither spaces nor a plus sign")
    return Verifier(name, key.public_key().public_bytes_raw())


@dataclass(frozen=True)
class Signer:
    """A private key with the name that it signs under."""

    name: str
    key: Ed25519PrivateKey

    def line(self, text: str) -> str:
        verifier = verifier_for(self.name, self.key)
        signature = base64.b64encode(verifier.key_hash + self.key.sign(text.encode())).decode()
        return f"{_DASH} {self.name} {signature}\n"


def sign(checkpoint: Checkpoint, key: Ed25519PrivateKey, *, beside: Sequence[Signer] = ()) -> str:
    """The note: the checkpoint, an empty line, the signature under the origin's name, then the others'."""
    signers = (Signer(checkpoint.origin, key), *beside)
    return f"{checkpoint.text}\n" + "".join(signer.line(checkpoint.text) for signer in signers)


def read(note: str, verifier: Verifier) -> Checkpoint:
    """The checkpoint, which this key has signed; else Unsigned says what is missing."""
    text, divider, signatures = note.rpartition("\n\n")
    if not divider or not signatures.endswith("\n"):
        raise Unsigned("it is not a signed note")
    text += "\n"
    if not any(verifier.has_signed(text, signature) for signature in _by(verifier, signatures)):
        raise Unsigned(f"{verifier.name} has not signed it")
    return _checkpoint(text)


def claimed(note: str) -> Checkpoint:
    """What the note says, whoever wrote it; Unsigned where it is no checkpoint at all."""
    return _checkpoint(note.rpartition("\n\n")[0] + "\n")


def _by(verifier: Verifier, signatures: str) -> list[bytes]:
    """What this key claims to have signed; the signatures of others stand beside it."""
    found = []
    for line in signatures.splitlines():
        dash, _space, rest = line.partition(" ")
        name, _space, encoded = rest.partition(" ")
        if dash != _DASH or name != verifier.name:
            continue
        try:
            raw = base64.b64decode(encoded, validate=True)
        except ValueError:
            continue
        if raw[:4] == verifier.key_hash:
            found.append(raw[4:])
    return found


def _checkpoint(text: str) -> Checkpoint:
    origin, size, root, *more = text.removesuffix("\n").split("\n") + [""] * (3 - text.count("\n"))
    if not re.fullmatch(r"0|[1-9]\d{0,17}", size):
        raise Unsigned("the note names no size")
    try:
        decoded = base64.b64decode(root, validate=True)
    except ValueError as error:
        raise Unsigned("the note names no root") from error
    if len(decoded) != 32 or not origin:
        raise Unsigned("the note names no root")
    return Checkpoint(origin, int(size), decoded, tuple(more))
