"""Brokers with a folder and a port of their own, which can be wiped: a folder, Redis, RabbitMQ."""

import os
import shutil
import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

_RABBITMQ = Path("/usr/lib/rabbitmq/bin")
_PATIENCE = 60


class Folder:
    """Celery's filesystem transport, as the desk sets it up itself."""

    url = "filesystem://localhost/"

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "broker"

    def start(self) -> None:
        """The desk makes its folders, where nothing is in their way."""
        self.folder.unlink(missing_ok=True)

    def wipe(self) -> None:
        """Everything in it, and the folders themselves."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def stop(self) -> None:
        """There is no process; a file where the folder was lets nothing be put or found there."""
        while not self.folder.is_file():
            self.wipe()
            # Whoever rings just now makes the folder anew.
            with suppress(FileExistsError):
                self.folder.touch(exist_ok=False)


class _Server(ABC):
    """A server whose memory and files are gone after a wipe."""

    name = ""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / self.name
        self.port = _free_port()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    @abstractmethod
    def command(self) -> list[str]: ...

    @property
    def environment(self) -> dict[str, str]:
        return dict(os.environ)

    def start(self) -> None:
        self.folder.mkdir(exist_ok=True)
        with (self.folder.parent / f"{self.name}.log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=self.folder,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        _wait_until(lambda: _answers(self.port))

    def wipe(self) -> None:
        """It dies with all it holds, and an empty one takes its place."""
        self.stop()
        shutil.rmtree(self.folder)
        self.start()

    def stop(self) -> None:
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None


class Redis(_Server):
    name = "redis"

    def __init__(self, folder: Path) -> None:
        pytest.importorskip("redis", reason="the broker is Redis, and its Python library is not installed")
        _skip_unless(shutil.which("redis-server"), "redis-server")
        super().__init__(folder)

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def command(self) -> list[str]:
        return [
            *("redis-server", "--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(self.folder)),
            *("--appendonly", "yes", "--maxmemory-policy", "noeviction"),
        ]


class RabbitMQ(_Server):
    name = "rabbitmq"

    def __init__(self, folder: Path) -> None:
        _skip_unless((_RABBITMQ / "rabbitmq-server").exists(), "rabbitmq-server")
        super().__init__(folder)
        self.between_nodes, self.names = _free_port(), _free_port()

    @property
    def url(self) -> str:
        return f"amqp://guest:guest@127.0.0.1:{self.port}//"

    @property
    def command(self) -> list[str]:
        return [str(_RABBITMQ / "rabbitmq-server")]

    @property
    def environment(self) -> dict[str, str]:
        """A node of its own, named by a port of its own, that finds nothing of the machine's."""
        return {
            **os.environ,
            "HOME": str(self.folder),
            "ERL_EPMD_PORT": str(self.names),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": f"crash{self.port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(self.between_nodes),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "data"),
            "RABBITMQ_LOG_BASE": str(self.folder / "logs"),
            "RABBITMQ_CONF_ENV_FILE": str(self.folder / "none"),
            "RABBITMQ_CONFIG_FILE": str(self.folder / "none"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "plugins"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 1:1",
        }

    def start(self) -> None:
        self.folder.mkdir(exist_ok=True)
        # Erlang would start a register of names that outlives it; this one ends with us.
        self.register = subprocess.Popen(
            ["epmd", "-port", str(self.names), "-address", "127.0.0.1"], stdin=subprocess.DEVNULL
        )
        super().start()

    def stop(self) -> None:
        super().stop()
        self.register.kill()
        self.register.wait()


BROKERS: dict[str, Callable[[Path], Folder | Redis | RabbitMQ]] = {
    "filesystem": Folder,
    "redis": Redis,
    "rabbitmq": RabbitMQ,
}


def _skip_unless(there: object, package: str) -> None:
    if not there:
        pytest.skip(f"no broker to crash: install Debian's package {package}, or name another one")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def _wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError("The broker did not answer.")
        time.sleep(0.05)
