"""`manage.py test`: a database and a browser for the tests, then pytest."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from promoflow import fonts
from promoflow.machine import browser
from promoflow.machine.environment import ROOT
from promoflow.machine.folder import DEFAULT, DataFolder
from promoflow.machine.postgres import OWNER, Cluster
from promoflow.machine.processes import Processes, die_with_parent
from promoflow.machine.progress import Trouble, say, step

# Nothing in it outlives the run, so nothing is flushed to disk. The races need many connections.
_FAST_AND_FORGETFUL = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "1h",
    "max_connections": "200",
    "shared_buffers": "256MB",
}
# As on a server of that size, a million reservations and all that they touch stay in memory.
_ROOMY = {"shared_buffers": "2GB"}


def run(arguments: list[str]) -> int:
    """Run the tests named by pytest's own arguments, or all of them on all cores; pytest's exit code."""
    processes = Processes()
    with ExitStack() as stack:
        stack.enter_context(processes.ending_with_us())
        environment = {
            **_of_nobodys_deployment(),
            "PROMOFLOW_SECRET_KEY": "for-tests-alone-" + "0123456789" * 4,
            "PROMOFLOW_CHROMIUM": str(_chromium(arguments) or ""),
        }
        # Who rings for a worker there finds none: what is owed waits in the database, as after any lost call.
        environment.setdefault("CELERY_BROKER_URL", "memory://")
        if "DATABASE_URL" not in environment:
            environment["DATABASE_URL"] = _database(stack, processes)
        return _pytest(arguments or _everything(), environment)


def _of_nobodys_deployment() -> dict[str, str]:
    """The environment without anybody's settings; what the tests themselves ask for stays."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("PROMOFLOW_") or name in {"PROMOFLOW_BENCHMARKS", "PROMOFLOW_CRASHES"}
    }


def _everything() -> list[str]:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    # A worker that has run dry takes tests from one that has not: a few long ones decide how long all take.
    return ["--numprocesses", str(cores), "--dist", "worksteal"]


def _chromium(arguments: list[str]) -> Path | None:
    found = browser.find()
    if not _may_need_browser(arguments):
        return found
    if not fonts.has_chinese():
        browser.install_chinese()
    return found or browser.install()


def _may_need_browser(arguments: list[str]) -> bool:
    named = [
        (ROOT / argument.split("::")[0]).resolve() for argument in arguments if not argument.startswith("-")
    ]
    chosen = [path for path in named if path.exists()]
    browser_tests = ROOT / "tests" / "browser"
    return not chosen or any(
        path.is_relative_to(browser_tests) or browser_tests.is_relative_to(path) for path in chosen
    )


def _database(stack: ExitStack, processes: Processes) -> str:
    folder = stack.enter_context(_unused_folder())
    settings = _FAST_AND_FORGETFUL | (_ROOMY if "PROMOFLOW_BENCHMARKS" in os.environ else {})
    cluster = Cluster(folder.path, superuser=OWNER, settings=settings)
    with step("Starting a PostgreSQL for the tests"):
        try:
            cluster.create()
            cluster.start(processes, folder.path / "postgres.log")
        except Trouble:
            # It may be of another version, or of a machine that lost its power; nothing in it is missed.
            shutil.rmtree(cluster.data, ignore_errors=True)
            cluster.create()
            cluster.start(processes, folder.path / "postgres.log")
    return cluster.url(OWNER, "promoflow")


@contextmanager
def _unused_folder() -> Iterator[DataFolder]:
    """The cluster is kept from run to run; two runs at once each have their own."""
    for number in range(1, 10):
        folder = DataFolder(DEFAULT / "test" / str(number))
        if not folder.is_in_use():
            with folder.claimed():
                yield folder
            return
    raise Trouble(f"Nine test runs use {DEFAULT / 'test'} already.")


def _pytest(arguments: list[str], environment: dict[str, str]) -> int:
    """Run pytest in this terminal's foreground: a Ctrl-C reaches it directly, and we wait for its summary."""
    say()
    pytest = subprocess.Popen(
        [sys.executable, "-m", "pytest", *arguments],
        env=environment,
        cwd=ROOT,
        preexec_fn=die_with_parent(signal.SIGINT),
    )
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: pytest.send_signal(signal.SIGINT))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return pytest.wait()
