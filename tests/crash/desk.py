"""The desk as the demonstration runs it, each process to be killed and started again."""

import http.client
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import psycopg

from promoflow.machine import demo
from promoflow.machine.environment import ROOT
from promoflow.machine.folder import DataFolder
from promoflow.machine.postgres import (
    APPLICATION,
    OWNER,
    Cluster,
    grant_application,
    prepare_database,
    prepare_roles,
)
from promoflow.machine.processes import Child, Processes, end_all_in

_DATABASE = "promoflow"
VICTIMS = ("web", "worker", "beat", "checkpointer")
# What the log says once the process does its work.
_SAYS = {"worker": b" ready.", "beat": b"beat: Starting"}
# The checkpointer says something when it has something to sign.
_SILENT = 3.0


class Desk:
    """Its database and its processes; `broker` carries the doorbells."""

    def __init__(self, folder: Path, broker: Any, *, control: str = "") -> None:
        self.folder, self.broker, self.control = DataFolder(folder), broker, control
        self.cluster = Cluster(folder / "database", superuser="postgres", settings={"max_connections": "120"})
        self.processes = Processes()
        self.children: dict[str, Child] = {}
        self.environment: dict[str, str] = {}
        self.own_deaths: list[str] = []
        self.outages: list[tuple[float, float]] = []
        self._spoke: dict[str, tuple[int, float]] = {}

    @contextmanager
    def running(self) -> Iterator["Desk"]:
        with ExitStack() as stack:
            stack.callback(self._end)
            listener = stack.enter_context(_listener())
            self.address = f"http://127.0.0.1:{listener.getsockname()[1]}"
            self._prepare_database()
            self.broker.start()
            stack.callback(self.broker.stop)
            self._fill()
            for name, child in zip(
                VICTIMS, demo._children(self.folder, self.environment, listener), strict=True
            ):
                self.children[name] = child
                self._start(name)
            while not all(self.is_up(name) for name in VICTIMS):
                time.sleep(0.1)
            yield self

    def _prepare_database(self) -> None:
        self.cluster.create()
        self.cluster.start(self.processes, self.folder.subfolder("logs") / "postgres.log")
        [self.postgres] = self.processes.children
        with psycopg.connect(self.cluster.url("postgres"), autocommit=True) as admin:
            prepare_roles(admin, self.cluster.passwords)
            prepare_database(admin, _DATABASE)
        with psycopg.connect(self.cluster.url(OWNER, _DATABASE)) as owner:
            grant_application(owner, owner=OWNER)
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("PROMOFLOW_")},
            "DATABASE_URL": self.cluster.url(APPLICATION, _DATABASE),
            "DATABASE_OWNER_URL": self.cluster.url(OWNER, _DATABASE),
            "DJANGO_SETTINGS_MODULE": "tests.crash.settings",
            "CELERY_BROKER_URL": self.broker.url,
            "CRASH_CONTROL": self.control,
            "PROMOFLOW_DEMO": "1",
            "PROMOFLOW_SECRET_KEY": self.folder.secret("secret-key"),
            "PROMOFLOW_SITE_URL": self.address,
            "PROMOFLOW_DATA_DIR": str(self.folder.path),
            "PROMOFLOW_HISTORY_NAME": "crash.example/history/1",
            "PROMOFLOW_CHECKPOINT_MAIL": "auditor@example.com",
        }

    def _fill(self) -> None:
        owner = {**self.environment, "DATABASE_URL": self.environment["DATABASE_OWNER_URL"]}
        self.manage("migrate", "--no-input", "--verbosity", "0", environment=owner)
        self.manage("checkpoint", "--new-key")

    def manage(self, *command: str, environment: dict[str, str] | None = None) -> str:
        return self.run(str(ROOT / "manage.py"), *command, environment=environment)

    def run(self, *command: str, environment: dict[str, str] | None = None) -> str:
        done = subprocess.run(
            [sys.executable, *command],
            env=environment or self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            cwd=ROOT,
        )
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
        return done.stdout

    def connect(self) -> "psycopg.Connection[Any]":
        """As somebody who may read everything."""
        return psycopg.connect(self.cluster.url("postgres", _DATABASE), connect_timeout=5)

    def has_signed_all(self) -> bool:
        """Whether the newest checkpoint covers the history's end."""
        with self.connect() as connection:
            [(end,)] = connection.execute("SELECT max(seq) FROM audit_link")
        return (self.folder.path / "checkpoints" / f"{end:015}.note").exists()

    # --- Killing ------------------------------------------------------------------------------------

    def tend(self) -> None:
        """Start again whatever died of itself, as a supervisor does."""
        for name, child in self.children.items():
            if not child.is_running():
                self.own_deaths.append(f"{name}: {child.ended_with()}")
                child.stop()
                self._start(name)

    def is_up(self, name: str) -> bool:
        """Whether it does its work: killing what only begins to run would show little."""
        child = self.children[name]
        if name == "web":
            return self._answers()
        spoke, started = self._spoke[name]
        if name == "checkpointer":
            return time.monotonic() - started > _SILENT
        with child.log.open("rb") as log:
            log.seek(spoke)
            return _SAYS[name] in log.read()

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection(self.address.removeprefix("http://"), timeout=1)
        try:
            connection.request("GET", "/sign-in/")
            return connection.getresponse().status < 500
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _start(self, name: str) -> None:
        child = self.children[name]
        spoke = child.log.stat().st_size if child.log.exists() else 0
        self._spoke[name] = spoke, time.monotonic()
        child.start()

    def kill(self, name: str) -> str:
        """kill -9 of all its processes, or of one of those that its first one looks after; which it was."""
        child = self.children[name]
        assert child.process is not None
        if name in ("web", "worker") and random.random() < 0.5:
            with suppress(psutil.Error, IndexError):
                random.choice(psutil.Process(child.process.pid).children()).kill()
                return f"one process of {name}"
        with suppress(ProcessLookupError):
            os.killpg(child.process.pid, signal.SIGKILL)
        child.process.wait()
        self._start(name)
        return name

    def crash_database(self) -> str:
        """PostgreSQL without a checkpoint: an immediate shutdown, or the death of each of its processes."""
        assert self.postgres.process is not None
        leader = psutil.Process(self.postgres.process.pid)
        how = random.choice(("SIGQUIT", "SIGKILL"))
        if how == "SIGQUIT":
            leader.send_signal(signal.SIGQUIT)
        else:
            for process in [leader, *leader.children(recursive=True)]:
                with suppress(psutil.Error):
                    process.kill()
        self.postgres.process.wait()
        time.sleep(random.uniform(0, 1))
        self._start_database()
        return f"PostgreSQL by {how}"

    def _start_database(self) -> None:
        end_all_in(self.cluster.data)
        (self.cluster.data / "postmaster.pid").unlink(missing_ok=True)
        self.postgres.start()
        assert self.cluster._answers(self.postgres), self.postgres.log.read_text(errors="replace")[-2000:]

    def fill_disk(self, seconds: float) -> None:
        """No room for one more page of the database, while the people work on."""
        filler = self.cluster.folder / "filler"
        with suppress(OSError), filler.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))
        self._wait_and_tend(seconds)
        filler.unlink()
        if not self.postgres.is_running():
            self.own_deaths.append(f"database: {self.postgres.ended_with()}")
            self._start_database()

    def do_without_broker(self, seconds: float) -> None:
        """Nobody rings and nobody hears, while the people work on."""
        began = time.monotonic()
        self.broker.stop()
        self._wait_and_tend(seconds)
        self.outages.append((began, time.monotonic()))
        self.broker.start()

    def _wait_and_tend(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.tend()
            time.sleep(0.2)

    def _end(self) -> None:
        for child in self.children.values():
            child.ask_to_stop()
        for child in self.children.values():
            child.stop()
        self.processes._end_all()


@contextmanager
def _listener() -> Iterator[socket.socket]:
    with demo._listen(random.randint(20_000, 30_000)) as listener:
        yield listener
