"""Where checkpoints are kept: outside of the database, each place out of its administrator's hands."""

import hashlib
import logging
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from django.core.mail import EmailMessage

from promoflow.audit import notes
from promoflow.audit.files import write_once, write_whole
from promoflow.audit.notes import Checkpoint

log = logging.getLogger(__name__)


class Place(Protocol):
    """Keeps notes; putting one twice is putting it once. OSError says that it cannot just now."""

    def put(self, checkpoint: Checkpoint, note: str) -> None: ...


class Differs(Exception):
    """Another note for the same size is there already: somebody signed two histories."""


class Folder:
    """A file for each checkpoint, named by its size, written whole or not at all and never over another.

    Beside them `checkpoint` is the newest, as C2SP's tlog-tiles has it: found without looking through all.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def __str__(self) -> str:
        return str(self.path)

    def put(self, checkpoint: Checkpoint, note: str) -> None:
        file = self.path / name_of(checkpoint.size)
        try:
            write_once(file, note.encode())
        except FileExistsError:
            _refuse_another(file.read_text("utf-8"), note, str(file))
        if file == self._files()[-1]:
            write_whole(self.path / "checkpoint", note.encode())

    def newest(self) -> str | None:
        """The note of the greatest size, whatever `checkpoint` says."""
        files = self._files()
        return files[-1].read_text("utf-8") if files else None

    def current(self) -> str | None:
        """What `checkpoint` says."""
        try:
            return (self.path / "checkpoint").read_text("utf-8")
        except FileNotFoundError:
            return self.newest()

    def after(self, size: int) -> Iterator[tuple[int, str]]:
        """The sizes and notes that are greater than this one, in their order."""
        for file in self._files():
            if int(file.stem) > size:
                yield int(file.stem), file.read_text("utf-8")

    @property
    def closed(self) -> Checkpoint | None:
        """The first checkpoint of the log that goes on from this one; none while this one grows."""
        try:
            return notes.claimed((self.path / "closed").read_text("utf-8"))
        except FileNotFoundError:
            return None

    def _files(self) -> list[Path]:
        return sorted(file for file in self.path.glob("*.note") if re.fullmatch(r"\d{15}", file.stem))


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


class Bucket:
    """Object storage that speaks S3, where a note is written once and, for so many days, cannot be removed.

    Credentials are found as boto3 finds them: in the environment, its own files, or the machine's role.
    """

    def __init__(self, url: str, *, endpoint: str | None = None, lock_days: int = 0) -> None:
        import boto3
        from botocore.config import Config

        parts = urlsplit(url)
        self.bucket, self.prefix = parts.netloc, parts.path.strip("/")
        self.lock = timedelta(days=lock_days)
        # It is asked again with the next checkpoint, so a place that is away must not hold up the signing.
        patience = Config(
            connect_timeout=5, read_timeout=15, retries={"total_max_attempts": 2, "mode": "standard"}
        )
        self._s3: Any = boto3.client("s3", endpoint_url=endpoint, config=patience)

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}"

    def key_of(self, checkpoint: Checkpoint) -> str:
        """Under the log's own name: two logs may share a bucket."""
        return "/".join(filter(None, (self.prefix, checkpoint.origin, name_of(checkpoint.size))))

    def put(self, checkpoint: Checkpoint, note: str) -> None:
        from botocore.exceptions import BotoCoreError, ClientError

        object_ = {"Bucket": self.bucket, "Key": self.key_of(checkpoint)}
        lock = (
            {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": datetime.now(UTC) + self.lock}
            if self.lock
            else {}
        )
        try:
            self._put_once(object_, note, lock)
        except (BotoCoreError, ClientError) as trouble:
            raise OSError(str(trouble)) from trouble

    def _put_once(self, object_: dict[str, str], note: str, lock: dict[str, Any]) -> None:
        from botocore.exceptions import ClientError

        try:
            self._s3.put_object(
                **object_,
                **lock,
                Body=note.encode(),
                ContentType="text/plain; charset=utf-8",
                IfNoneMatch="*",
            )
        except ClientError as refusal:
            if refusal.response["ResponseMetadata"]["HTTPStatusCode"] != 412:
                raise
            there = self._s3.get_object(**object_)["Body"].read().decode()
            _refuse_another(there, note, f"{self}: {object_['Key']}")


class Following:
    """A place that gets every note of the folder in turn, also those that it missed while it was away.

    How far it got is remembered in the folder, so that no crash forgets what it is owed. One that is new
    begins with the newest note.
    """

    def __init__(self, folder: Folder, place: Place) -> None:
        self.folder, self.place = folder, place
        self._mark = folder.path / f".given-to-{hashlib.sha256(str(place).encode()).hexdigest()[:16]}"
        self._got: int | None = None

    def __str__(self) -> str:
        return str(self.place)

    def put(self, checkpoint: Checkpoint, note: str) -> None:
        if self.catch_up() < checkpoint.size:
            raise OSError(f"{self.folder} has not got checkpoint {checkpoint.size} itself.")

    def catch_up(self) -> int:
        """Hand over what it has not got; the size of the last note that it has."""
        given = self._given()
        for size, note in self.folder.after(given):
            self.place.put(notes.claimed(note), note)
            given = self._remember(size)
        return given

    def _given(self) -> int:
        if self._got is not None:
            return self._got
        try:
            return int(self._mark.read_text())
        except FileNotFoundError:
            return self._remember(max(_size_of(self.folder.newest()) - 1, 0))

    def _remember(self, size: int) -> int:
        """A full folder is no trouble of the place, which would else get the note every few seconds."""
        self._got = size
        try:
            write_whole(self._mark, f"{size}\n".encode())
        except OSError as trouble:
            said = "That %s got as far as checkpoint %s could not be kept in %s: %s"
            log.warning(said, self.place, size, self.folder, trouble)
        return size


def name_of(size: int) -> str:
    """What the file of a checkpoint of this size is called."""
    return f"{size:015}.note"


def _size_of(note: str | None) -> int:
    return notes.claimed(note).size if note else 0


def _refuse_another(there: str, note: str, where: str) -> None:
    """What two notes of one size must agree in: the log, the size and the root."""
    if there.split("\n")[:3] != note.split("\n")[:3]:
        raise Differs(f"{where} was signed for another root.")
