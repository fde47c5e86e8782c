"""The chain's hash, recomputed from plain rows: what a verifier needs, and nothing of the application.

Migration audit.0002 computes the same in PostgreSQL. Every field is framed by its length, so that no two rows
share a form; a missing value has a frame of its own.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

Value = None | str | int | bytes | datetime | UUID | Sequence[str]

ORIGIN: Final = hashlib.sha256(b"promoflow history 1").digest()
"""What the first entry's hash builds on."""

FIELDS: Final = (
    "id", "at", "txid", "event", "outcome", "actor_id", "actor_name", "actor_person", "store_id",
    "store_name", "subject_type", "subject_id", "subject", "asins", "step", "state_before", "state_after",
    "before", "after", "why", "revision_digest", "report_digest", "address", "user_agent",
)  # fmt: skip
"""In the order in which they are hashed. `before` and `after` are JSON as PostgreSQL prints it."""

_MISSING: Final = b"\xff\xff\xff\xff"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def row_hash(prev_hash: bytes, seq: int, sealed: datetime, row: Mapping[str, Value]) -> bytes:
    """The hash of an entry at its place in the chain."""
    fields = b"".join(_framed(row[name]) for name in FIELDS)
    return hashlib.sha256(b"\x01" + prev_hash + seq.to_bytes(8, "big") + _framed(sealed) + fields).digest()


def _framed(value: Value) -> bytes:
    if value is None:
        return _MISSING
    body = _canonical(value)
    return len(body).to_bytes(4, "big") + body


def _canonical(value: str | int | bytes | datetime | UUID | Sequence[str]) -> bytes:
    match value:
        case str():
            return value.encode()
        case bytes():
            return value
        case int() | UUID():
            return str(value).encode()
        case datetime():
            return str((value - _EPOCH) // timedelta(microseconds=1)).encode()
        case _:
            return b"".join(_framed(part) for part in value)
