"""`manage.py demo`: promoflow running on this machine with a store to try it on, until Ctrl-C."""

import argparse
import http.client
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import psycopg

from promoflow.machine import browser
from promoflow.machine.environment import ROOT
from promoflow.machine.folder import DEFAULT, DataFolder
from promoflow.machine.postgres import (
    APPLICATION,
    OWNER,
    Cluster,
    grant_application,
    prepare_database,
    prepare_roles,
)
from promoflow.machine.processes import Child, Processes, end_leftovers
from promoflow.machine.progress import Trouble, last_lines, say, step

_DATABASE = "promoflow"
_PORTS_TRIED = 50
_PATIENCE = 60.0
# What another command needs to join a running demo.
_TOLD = ("DATABASE_", "CELERY_", "PROMOFLOW_")


def run(arguments: list[str]) -> int:
    options = _options(arguments)
    folder = DataFolder(options.data_dir)
    processes = Processes()
    try:
        with (
            folder.claimed(),
            _listen(options.port) as listener,
            processes.ending_with_us("Stopping everything"),
        ):
            _forget_last_run(folder, reset=options.reset)
            _start(folder, processes, listener)
            processes.watch(on_restart=lambda: _note(folder, processes))
    except KeyboardInterrupt:
        say(f"  Its data stays in {folder.path}.")
    return 0


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="manage.py demo",
        description="Run promoflow on this machine, with a store to try it on, until Ctrl-C.",
    )
    parser.add_argument("--port", type=int, default=8000, help="the port of its address (default: 8000)")
    parser.add_argument("--data-dir", type=Path, default=DEFAULT, help="where it keeps its data")
    parser.add_argument("--reset", action="store_true", help="forget what it kept, and start afresh")
    return parser.parse_args(arguments)


def _forget_last_run(folder: DataFolder, *, reset: bool) -> None:
    if left := end_leftovers(folder.last_run().get("processes", [])):
        say(f"  The last run was killed; ended what it left running: {', '.join(left)}.")
    if not reset:
        return
    if "DATABASE_URL" in os.environ:
        raise Trouble("--reset forgets the demo's own database only, and DATABASE_URL names another one.")
    with step(f"Forgetting what {folder.path} kept"):
        removed = folder.reset()
    if removed:
        say(f"  Removed: {', '.join(removed)}. A new history begins, with a key and checkpoints of its own.")


def _start(folder: DataFolder, processes: Processes, listener: socket.socket) -> None:
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("PROMOFLOW_")},
        **_databases(folder, processes),
        "DJANGO_SETTINGS_MODULE": "promoflow.settings",
        "PROMOFLOW_DEMO": "1",
        "PROMOFLOW_SECRET_KEY": folder.secret("secret-key"),
        "PROMOFLOW_SITE_URL": address,
        "PROMOFLOW_DATA_DIR": str(folder.path),
        # The port may be another one next time; the log stays the same.
        "PROMOFLOW_HISTORY_NAME": "promoflow.demo/history/1",
        # It makes the PDFs; without one the desk says so.
        "PROMOFLOW_CHROMIUM": str(browser.find() or ""),
    }
    sign_ins = _fill(folder, environment)
    with step("Starting the web server, the Celery worker, Celery beat and the checkpointer"):
        for child in _children(folder, environment, listener):
            processes.start(child)
        _wait_for(listener, processes)
    _note(folder, processes, address, environment)
    say(f"\npromoflow runs at {address}\n\n{sign_ins}\n")
    say(f"Its logs are in {folder.path / 'logs'}. Ctrl-C stops it.\n")


def _databases(folder: DataFolder, processes: Processes) -> dict[str, str]:
    """The addresses for the application and for the owner: the environment's, or those of our own server."""
    if "DATABASE_URL" in os.environ:
        url = os.environ["DATABASE_URL"]
        return {"DATABASE_URL": url, "DATABASE_OWNER_URL": os.environ.get("DATABASE_OWNER_URL", url)}
    cluster = Cluster(folder.path / "database", superuser="postgres", settings={"max_connections": "60"})
    cluster.create()
    with step("Starting PostgreSQL"):
        cluster.start(processes, folder.subfolder("logs") / "postgres.log")
        _note(folder, processes)
        with psycopg.connect(cluster.url("postgres"), autocommit=True) as admin:
            prepare_roles(admin, cluster.passwords)
            prepare_database(admin, _DATABASE)
        with psycopg.connect(cluster.url(OWNER, _DATABASE)) as owner:
            grant_application(owner, owner=OWNER)
    return {
        "DATABASE_URL": cluster.url(APPLICATION, _DATABASE),
        "DATABASE_OWNER_URL": cluster.url(OWNER, _DATABASE),
    }


def _fill(folder: DataFolder, environment: dict[str, str]) -> str:
    """Migrate as the owner, load the store as the application; what the loading says: the sign-ins."""
    with step("Bringing the database up to date"):
        owner = {**environment, "DATABASE_URL": environment["DATABASE_OWNER_URL"]}
        _manage(owner, "migrate", "--no-input", "--verbosity", "0")
    with step("Loading the demonstration store"):
        sign_ins = _manage(environment, "load_demo").strip()
    if not (folder.path / "checkpointer" / "key.pem").exists():
        _manage(environment, "checkpoint", "--new-key")
    return sign_ins


def _manage(environment: dict[str, str], *command: str) -> str:
    done = subprocess.run(
        [sys.executable, ROOT / "manage.py", *command],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    if done.returncode != 0:
        raise Trouble(f"`{' '.join(command)}` failed:\n{last_lines(done.stdout + done.stderr, 30)}")
    return done.stdout


def _children(folder: DataFolder, environment: dict[str, str], listener: socket.socket) -> list[Child]:
    for name in ("files", "mail", "static"):
        folder.subfolder(name)
    (folder.subfolder("broker") / "control").mkdir(exist_ok=True)
    python, logs, celery = sys.executable, folder.subfolder("logs"), "promoflow.celery"
    web = [
        *(python, "-m", "gunicorn", "promoflow.wsgi", "--bind", f"fd://{listener.fileno()}"),
        *("--workers", "2", "--threads", "4", "--timeout", "120", "--graceful-timeout", "5"),
        *("--no-control-socket", "--access-logfile", "-"),
    ]
    worker = [
        *(python, "-m", "celery", "-A", celery, "worker", "--concurrency", "2", "--loglevel", "INFO"),
        *("--without-gossip", "--without-mingle", "--without-heartbeat"),
    ]
    beat = [
        *(python, "-m", "celery", "-A", celery, "beat", "--loglevel", "INFO"),
        *("--pidfile=", "--schedule", str(folder.subfolder("beat") / "schedule")),
    ]

    def child(name: str, command: list[str], log: str, keep_open: tuple[int, ...] = ()) -> Child:
        return Child(name, command, logs / log, environment, keep_open=keep_open)

    return [
        child("The web server", web, "web.log", (listener.fileno(),)),
        child("The Celery worker", worker, "worker.log"),
        child("Celery beat", beat, "beat.log"),
        child("The checkpointer", [python, str(ROOT / "manage.py"), "checkpoint"], "checkpointer.log"),
    ]


def _listen(port: int) -> socket.socket:
    """Take the port, or the next free one, and hold it for the web server and its successors."""
    for candidate in range(port, min(port + _PORTS_TRIED, 65_536)):
        try:
            listener = socket.create_server(("127.0.0.1", candidate), backlog=256)
        except PermissionError:
            raise Trouble(
                f"Port {candidate} is reserved for root; choose one above 1023 with --port."
            ) from None
        except OSError:
            continue
        if candidate != port:
            say(f"  Port {port} is taken; taking {candidate}.")
        return listener
    raise Trouble(f"The ports from {port} on are all taken; choose another with --port.")


def _note(
    folder: DataFolder, processes: Processes, address: str = "", environment: dict[str, str] | None = None
) -> None:
    """Write down what runs: for the next start, if this one is killed, and for other commands until then."""
    run = folder.last_run()
    run["processes"] = processes.note()
    if environment:
        told = {name: value for name, value in environment.items() if name.startswith(_TOLD)}
        run |= {"address": address, "environment": told}
    folder.note_run(run)


def _wait_for(listener: socket.socket, processes: Processes) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not _answers(listener):
        _refuse_dead(processes)
        if time.monotonic() > deadline:
            raise Trouble(f"The web server did not answer within {_PATIENCE:.0f} s; its log says why.")
        time.sleep(0.1)


def _refuse_dead(processes: Processes) -> None:
    for child in processes.children:
        if not child.is_running():
            raise Trouble(child.obituary())


def _answers(listener: socket.socket) -> bool:
    host, port = listener.getsockname()
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status < 500
    except OSError:
        return False
    finally:
        connection.close()
