"""The chain's hash, recomputed from plain rows: what a verifier needs, and nothing of the application.

Migration audit.0002 computes the same in PostgreSQL. Every field is framed by its length, so that no two rows
share a form; a missing value has a frame of its own.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import Any, Final, cast
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
    fields = b"".join(map(_framed, _VALUES(row)))
    return hashlib.sha256(b"\x01" + prev_hash + seq.to_bytes(8, "big") + _framed(sealed) + fields).digest()


def _framed(value: Value) -> bytes:
    if value is None:
        return _MISSING
    canonical = _CANONICAL.get(type(value))
    body = canonical(value) if canonical else b"".join(map(_framed, cast(Sequence[str], value)))
    return len(body).to_bytes(4, "big") + body


def microseconds(instant: datetime) -> int:
    """Since 1970: how instants are hashed, and written where there is no database."""
    since = instant - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def instant_of(microseconds: int) -> datetime:
    """The instant so many microseconds after 1970 began."""
    return _EPOCH + timedelta(microseconds=microseconds)


_VALUES: Final = itemgetter(*FIELDS)
# By its type, because a verifier asks for millions of them; what is not here is a list of texts.
_CANONICAL: Final[Mapping[type, Callable[[Any], bytes]]] = {
    str: str.encode,
    bytes: bytes,
    int: lambda number: str(number).encode(),
    UUID: lambda key: str(key).encode(),
    datetime: lambda instant: str(microseconds(instant)).encode(),
}
