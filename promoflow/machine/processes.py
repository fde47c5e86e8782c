"""The processes that `demo` and `test` start: each watched, and none left behind, however the parent ends."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from promoflow.machine.progress import Trouble, last_lines, say, step

# A process that keeps dying is not cured by starting it again: the fifth death in a minute stops everything.
DEATHS_ALLOWED = 4
DEATHS_WITHIN = 60.0

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


@dataclass
class Child:
    """A program, how it is asked to stop, and how long it may take."""

    name: str
    command: Sequence[str | Path]
    log: Path
    environment: dict[str, str]
    stop_signal: signal.Signals = signal.SIGTERM
    patience: float = 10.0
    identity: tuple[int, int] | None = None
    keep_open: tuple[int, ...] = ()
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    asked: bool = False
    deaths: list[float] = field(default_factory=list)

    def start(self) -> None:
        user, group = self.identity or (None, None)
        self.asked = False
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self.environment,
                user=user,
                group=group,
                extra_groups=None if self.identity is None else [],
                pass_fds=self.keep_open,
                # Its own session: the terminal's Ctrl-C reaches the parent alone, which stops them in order.
                start_new_session=True,
                preexec_fn=die_with_parent(self.stop_signal),
            )

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def ask_to_stop(self) -> None:
        # The leader alone: a Celery worker tells its own children, and would mourn them otherwise. And once:
        # a second signal means haste to some programs.
        if self.process and not self.asked:
            self.asked = True
            self.process.send_signal(self.stop_signal)

    def stop(self) -> None:
        """Ask, wait, then kill what is left of its whole group."""
        if self.process is None:
            return
        self.ask_to_stop()
        try:
            self.process.wait(self.patience)
        except subprocess.TimeoutExpired:
            say(f"  {self.name} did not stop within {self.patience:.0f} s; killed.")
        _signal_group(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def ended_with(self) -> str:
        code = self.process.poll() if self.process else None
        return f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"

    def obituary(self) -> str:
        said = last_lines(self.log.read_text(errors="replace"))
        return f"{self.name} ended with {self.ended_with()}. The end of its log, {self.log}:\n{said}"


class Processes:
    """The running children, oldest first; they end youngest first."""

    def __init__(self) -> None:
        self.children: list[Child] = []

    @contextmanager
    def ending_with_us(self, farewell: str = "") -> Iterator[None]:
        """Ctrl-C, `kill` and a closed terminal all unwind to here, and here everything stops."""
        previous = {number: signal.signal(number, _interrupt) for number in _ENDINGS}
        try:
            yield
        finally:
            for number in _ENDINGS:
                signal.signal(number, signal.SIG_IGN)
            with step(farewell) if farewell else nullcontext():
                self._end_all()
            for number, handler in previous.items():
                signal.signal(number, handler)

    def _end_all(self) -> None:
        """All at once, but the first last: the others may need the database until they are gone."""
        for child in reversed(self.children[1:]):
            child.ask_to_stop()
        for child in reversed(self.children):
            child.stop()

    def start(self, child: Child) -> None:
        if child.log.exists():
            child.log.replace(child.log.with_suffix(".log.1"))
        child.start()
        self.children.append(child)

    def note(self) -> list[dict[str, Any]]:
        """Who runs, precisely enough for the next start to tell them from strangers with the same number."""
        return [
            {
                "name": child.name,
                "pid": child.process.pid,
                "created": psutil.Process(child.process.pid).create_time(),
            }
            for child in self.children
            if child.process and child.is_running()
        ]

    def watch(self, on_restart: Callable[[], None]) -> None:
        """Start again whatever dies, waiting a little longer each time; ends only by an exception."""
        while True:
            for child in self.children:
                if not child.is_running():
                    self._start_again(child)
                    on_restart()
            time.sleep(0.5)

    def _start_again(self, child: Child) -> None:
        now = time.monotonic()
        child.deaths = [death for death in child.deaths if now - death < DEATHS_WITHIN] + [now]
        if len(child.deaths) > DEATHS_ALLOWED:
            raise Trouble(
                f"{len(child.deaths)} deaths within a minute, so everything was stopped. {child.obituary()}"
            )
        pause = 2.0 ** (len(child.deaths) - 1)
        say(f"{child.name} ended with {child.ended_with()}; starting again in {pause:.0f} s. See {child.log}")
        child.stop()
        time.sleep(pause)
        child.start()


def end_leftovers(noted: list[dict[str, Any]]) -> list[str]:
    """End what an earlier run left behind when it was killed; the names of what was still there."""
    found = {entry["name"]: _group_of(entry["pid"], entry["created"]) for entry in noted}
    _end([process for members in found.values() for process in members])
    return [name for name, members in found.items() if members]


def end_all_in(folder: Path) -> None:
    """End every process that works in `folder`."""
    _end([process for process in _living() if _works_in(process, folder.resolve())])


def _end(processes: list[psutil.Process]) -> None:
    for process in processes:
        _quietly(process.terminate)
    _gone, alive = psutil.wait_procs(processes, timeout=10)
    for process in alive:
        _quietly(process.kill)
    psutil.wait_procs(alive, timeout=5)


def _living() -> Iterator[psutil.Process]:
    """All but zombies: in a container whose first process is no init, the dead are never buried."""
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.status() != psutil.STATUS_ZOMBIE:
                yield process


def _works_in(process: psutil.Process, folder: Path) -> bool:
    try:
        return Path(process.cwd()) == folder
    except (psutil.Error, OSError):
        return False


def _group_of(leader: int, created: float) -> list[psutil.Process]:
    """The members of the process group that `leader` led; none when that number now is another process."""
    try:
        if abs(psutil.Process(leader).create_time() - created) > 1:
            return []
    except psutil.NoSuchProcess:
        pass
    return [process for process in _living() if _group(process) == leader]


def _group(process: psutil.Process) -> int | None:
    try:
        return os.getpgid(process.pid)
    except ProcessLookupError:
        return None


def _quietly(act: Callable[[], object]) -> None:
    with suppress(psutil.NoSuchProcess):
        act()


def _signal_group(leader: int, number: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(leader, number)


def die_with_parent(number: signal.Signals) -> Callable[[], None] | None:
    """What the child does before its program starts: ask Linux for `number` when the parent is gone.

    It runs after the change of user, which would clear the request. Elsewhere the next start cleans up.
    """
    if _LIBC is None:
        return None
    libc, parent = _LIBC, os.getpid()

    def ask() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(number))
        if os.getppid() != parent:
            os._exit(1)

    return ask


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


_ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
