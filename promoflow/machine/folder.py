"""The data folder: everything that a promoflow of this machine's own keeps, and who is using it now."""

import fcntl
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from promoflow.machine.environment import ROOT
from promoflow.machine.progress import Trouble

DEFAULT = ROOT / ".promoflow"

_LOCK = "promoflow.lock"
_RUN = "run.json"
# What `--reset` forgets: what promoflow put there, and nothing that somebody else did. The checkpoints and
# the key that signs them go first: without the database they would only say that the next history is not the
# one they were signed for.
_CONTENTS = (
    "checkpoints",
    "checkpointer",
    "database",
    "broker",
    "files",
    "logs",
    "mail",
    "static",
    "beat",
    "story",
    "secret-key",
    _RUN,
)


class DataFolder:
    def __init__(self, path: Path) -> None:
        self.path = Path(os.path.abspath(path.expanduser()))

    @contextmanager
    def claimed(self) -> Iterator[None]:
        """Hold the folder until the process ends, however it ends: the kernel lets go of the lock."""
        self._make()
        with (self.path / _LOCK).open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Trouble(self._in_use()) from None
            try:
                yield
            finally:
                (self.path / _RUN).unlink(missing_ok=True)

    def is_in_use(self) -> bool:
        lock = self.path / _LOCK
        if not lock.exists():
            return False
        with lock.open("rb") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    def reset(self) -> tuple[str, ...]:
        """Remove all that promoflow put here; the names of what was removed."""
        found = tuple(name for name in _CONTENTS if (self.path / name).exists())
        for name in found:
            path = self.path / name
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
        return found

    def subfolder(self, name: str) -> Path:
        path = self.path / name
        path.mkdir(exist_ok=True)
        return path

    def secret(self, name: str) -> str:
        """A random secret, made at the first asking and readable by nobody else."""
        path = self.path / name
        if not path.exists():
            write_private(path, secrets.token_urlsafe(50))
        return path.read_text()

    def note_run(self, run: dict[str, Any]) -> None:
        write_private(self.path / _RUN, json.dumps(run, indent=1))

    def last_run(self) -> dict[str, Any]:
        """What the last `demo` here started; empty when it ended in order."""
        try:
            run: dict[str, Any] = json.loads((self.path / _RUN).read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            return {}
        return run

    def _make(self) -> None:
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            entries = {entry.name for entry in self.path.iterdir()}
            if entries and _LOCK not in entries and not entries <= {*_CONTENTS, "test"}:
                raise Trouble(
                    f"{self.path} holds files that are not promoflow's. Choose an empty folder, or one that "
                    "does not exist yet, with --data-dir."
                )
            (self.path / _LOCK).touch()
        except OSError as error:
            raise Trouble(
                f"{self.path} cannot be used: {error.strerror}. If it was made by another user (by root, "
                "perhaps), run this as that user, or choose another folder with --data-dir."
            ) from None

    def _in_use(self) -> str:
        address = self.last_run().get("address")
        where = f" at {address}" if address else ""
        return (
            f"promoflow is already running{where} with its data in {self.path}. Use that one, stop it with "
            "Ctrl-C in its own window, or choose another folder with --data-dir."
        )


def write_private(path: Path, text: str) -> None:
    """Write a file that only this user may read, whole or not at all."""
    unfinished = path.with_name(f"{path.name}.new")
    unfinished.unlink(missing_ok=True)
    with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
        handle.write(text)
    unfinished.replace(path)
