"""The project's own Python environment, `.venv`: made once, brought up to date when requirements.txt changes.

It runs before anything is installed, so it and what it imports need the standard library alone.
"""

import fcntl
import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

from promoflow.machine.progress import Trouble, last_lines, say, step

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
REQUIREMENTS = ROOT / "requirements.txt"

_INSTALLED = VENV / ".promoflow-installed"
_INSTALLING = VENV / ".promoflow-installing"
_PIP_LOG = VENV / "pip.log"


def prepare() -> None:
    """Make `.venv` hold exactly what requirements.txt names; instant when it already does."""
    with _alone():
        if is_ready():
            return
        if _INSTALLING.exists() or not _has_pip():
            _make()
        with step("Installing the libraries, each checked against its hash") as note:
            _install(note)


def is_ready() -> bool:
    return PYTHON.exists() and not _INSTALLING.exists() and _stamp() == _wanted()


def is_inside() -> bool:
    return VENV.exists() and Path(sys.prefix).samefile(VENV)


def enter(arguments: list[str]) -> NoReturn:
    """Run the same command again, with the interpreter of `.venv`."""
    sys.stdout.flush()
    os.execv(PYTHON, [str(PYTHON), *arguments])


def enter_if_made(arguments: list[str]) -> None:
    """Use `.venv` for a command that installs nothing; say what is missing when there is nothing to use."""
    if is_inside():
        return
    if PYTHON.exists():
        if not is_ready():
            print(
                "requirements.txt has changed since .venv was set up, or setting it up was interrupted; "
                "`python3 manage.py test` brings it up to date.",
                file=sys.stderr,
            )
        enter(arguments)
    if find_spec("django") is None:
        raise Trouble(
            "The libraries are not installed. `python3 manage.py demo` installs them into .venv and shows "
            "promoflow running; `python3 manage.py test` installs them and runs the tests. On a server, "
            "install requirements.txt as README.md says under 'On a server'."
        )


@contextmanager
def _alone() -> Iterator[None]:
    """Two commands started at once in a fresh checkout must not install into the same folder."""
    with REQUIREMENTS.open("rb") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("  Another promoflow command is setting .venv up; waiting for it.")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _stamp() -> str:
    return _INSTALLED.read_text() if _INSTALLED.exists() else ""


def _wanted() -> str:
    return hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()


def _has_pip() -> bool:
    """Whether `.venv` holds an interpreter that is new enough, runs (its base may be gone) and has pip."""
    probe = "import sys, pip; sys.exit(sys.version_info < (3, 11))"
    return PYTHON.exists() and subprocess.run([PYTHON, "-c", probe], capture_output=True).returncode == 0


def _make() -> None:
    base: str = getattr(sys, "_base_executable", sys.executable)
    with step("Making .venv, the Python environment of this checkout"):
        made = subprocess.run([base, "-m", "venv", "--clear", VENV], capture_output=True, text=True)
        if made.returncode != 0:
            raise Trouble(
                f"Python could not make {VENV}:\n{last_lines(made.stdout + made.stderr)}\n"
                "On Debian and Ubuntu that module is a package of its own: `apt-get install python3-venv`."
            )


def _install(note: Callable[[str], None]) -> None:
    _INSTALLING.touch()
    collected = 0
    with (
        _PIP_LOG.open("w", buffering=1) as log,
        _pip("install", "--require-hashes", "-r", str(REQUIREMENTS)) as pip,
    ):
        for line in pip.stdout or ():
            log.write(line)
            collected += line.startswith("Collecting ")
            note("unpacking" if line.startswith("Installing ") else f"{collected} fetched")
    if pip.returncode != 0:
        raise Trouble(
            f"pip could not install requirements.txt; the whole of what it said is in {_PIP_LOG}:\n"
            f"{last_lines(_PIP_LOG.read_text())}\nIf the network was the reason, run the same command again."
        )
    _INSTALLED.write_text(_wanted())
    _INSTALLING.unlink()


def _pip(*arguments: str) -> subprocess.Popen[str]:
    options = ("--disable-pip-version-check", "--no-input", "--progress-bar=off")
    return subprocess.Popen(
        [PYTHON, "-m", "pip", *arguments, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
