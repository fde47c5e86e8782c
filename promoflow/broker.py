"""Celery's broker of files as kombu makes it, and still there after whatever may happen to its folder.

kombu's own writes a message under the name by which others look for it before anything is in it, so that a
reader may find half a message, and reads a table of queues that a killed writer left empty at every start
anew; either ends the worker. It does not make the folders that it needs, and somebody may empty the data
folder. A message that cannot be read is let go: it was a doorbell, and what is owed stands in the database.
"""

from pathlib import Path
from queue import Empty
from time import time_ns
from typing import Any
from uuid import uuid4

from kombu.transport import filesystem
from kombu.utils.json import dumps, loads


class Channel(filesystem.Channel):
    """Messages and tables that are whole or not there, in folders that are made whenever they are missing."""

    @property
    def data_folder_in(self) -> str:
        return str(self._folder("data_folder_in"))

    @property
    def data_folder_out(self) -> str:
        return str(self._folder("data_folder_out"))

    @property
    def control_folder(self) -> Path:
        return self._folder("control_folder")

    def _folder(self, option: str) -> Path:
        folder = Path(self.transport_options[option])
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def get_table(self, exchange: str) -> list[Any]:
        try:
            return list(super().get_table(exchange))
        except ValueError:
            return []

    def _queue_bind(self, exchange: str, routing_key: Any, pattern: Any, queue: str) -> None:
        if not self.get_table(exchange):
            (self.control_folder / f"{exchange}.exchange").unlink(missing_ok=True)
        super()._queue_bind(exchange, routing_key, pattern, queue)

    # kombu's two parents of it call what is put by different names.
    def _put(self, queue: str, payload: Any, **_options: Any) -> None:  # type: ignore[override]
        folder = Path(self.data_folder_out)
        name = f"{time_ns()}_{uuid4()}.{queue}.msg"
        unfinished = folder / f"{name}.part"
        unfinished.write_bytes(dumps(payload).encode())
        unfinished.rename(folder / name)

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        """The oldest message; who renames the file first has it."""
        for file in sorted(Path(self.data_folder_in).glob(f"*.{queue}.msg")):
            mine = file.with_suffix(".mine")
            try:
                file.rename(mine)
                text = mine.read_bytes()
                mine.unlink()
                return loads(text.decode())
            except (FileNotFoundError, ValueError):
                continue
        raise Empty


class Transport(filesystem.Transport):
    Channel = Channel
    # kombu's own rests a whole second whenever both hands are full, and so takes two calls a second at most:
    # the clock's call then waits behind every doorbell of a busy hour.
    polling_interval = 0.1
