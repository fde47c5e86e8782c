"""The demonstration's mail: files that Django's file backend leaves in a folder, read back as messages."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Final

_BETWEEN_MAILS: Final = b"-" * 79 + b"\n"
_MOST_FILES: Final = 300


@dataclass(frozen=True)
class Mail:
    key: str
    to: str
    subject: str
    sent: datetime | None
    body: str


def mails(folder: Path, *, to: str = "") -> list[Mail]:
    """The newest mails first; with `to`, those to this address. Workers side by side write in any order."""
    oldest = datetime.min.replace(tzinfo=UTC)
    return sorted(_stored(folder, to), key=lambda mail: mail.sent or oldest, reverse=True)


def _stored(folder: Path, to: str) -> Iterator[Mail]:
    files = sorted(folder.glob("*.log"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    for path in files[:_MOST_FILES]:
        parts = path.read_bytes().split(_BETWEEN_MAILS)
        for number, part in reversed(list(enumerate(parts))):
            if part.strip():
                mail = _read(f"{path.stem}-{number}", part)
                if not to or mail.to == to:
                    yield mail


def find(folder: Path, key: str) -> Mail | None:
    """The mail of this key. The key is compared, never made into a path."""
    return next((mail for mail in mails(folder) if mail.key == key), None)


def addresses(folder: Path) -> list[str]:
    """To whom there is mail."""
    return sorted({mail.to for mail in mails(folder)[:_MOST_FILES]})


def _read(key: str, raw: bytes) -> Mail:
    message = message_from_bytes(raw, _class=EmailMessage, policy=policy.default)
    text = message.get_body(("plain", "html"))
    date = message["date"]
    return Mail(
        key=key,
        to=str(message["to"] or ""),
        subject=str(message["subject"] or ""),
        sent=date.datetime.astimezone(UTC) if date is not None and date.datetime else None,
        body=text.get_content() if text is not None else "",
    )
