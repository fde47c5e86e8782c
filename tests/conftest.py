"""The databases of the tests: one migrated template, and a copy of it for each worker.

Migrating takes seconds and copying takes 30 ms (measured with fsync off), so the template is made once and
kept until a migration, a model or a data file changes; `--create-db` makes it anew at once. An ordinary
test runs in a transaction that is rolled back. A test that commits -
`@pytest.mark.django_db(transaction=True)`, `live_server` - leaves rows that nothing may delete: the history
refuses TRUNCATE, also to a superuser. So its worker throws the whole database away and takes a new copy:
what migrations put there is back, and whatever the test did to tables or triggers is undone. Nothing of
that needs a back door in a trigger. Before it goes, the history is replayed: whatever a test did, the tables
must be exactly what the history tells.

The tests connect as a superuser, who is the owner too; `SET ROLE promoflow_app` makes one the application.
`DATABASE_URL` names the worker's own copy, so that processes started by a test find it.
"""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.test import TransactionTestCase, override_settings
from hypothesis import settings as hypothesis_settings
from psycopg import sql

from promoflow import fonts
from promoflow.audit import replaying
from promoflow.machine import postgres
from tests import unguarded

pytest_plugins = ["tests.fixtures", "tests.outbox.webhooks"]

# A busy machine is no counterexample.
hypothesis_settings.register_profile("desk", deadline=None)
hypothesis_settings.load_profile("desk")

_ROOT = Path(__file__).resolve().parent.parent
_WHAT_MIGRATING_READS = (
    "migrations/*.py",
    "models.py",
    "models/*.py",
    "roles.py",
    "apps.py",
    "*.json",
    "*.csv",
)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin each worker's share with the long tests: what begins last decides when all of them end."""
    workers = getattr(config, "workerinput", {}).get("workercount", 1)
    long = [item for item in items if item.get_closest_marker("long")]
    rest = [item for item in items if not item.get_closest_marker("long")]
    share = len(items) // workers
    ordered: list[pytest.Item] = []
    for worker in range(workers):
        first = long[worker::workers]
        ordered += [*first, *rest[: share - len(first)]]
        del rest[: share - len(first)]
    items[:] = ordered + rest


@pytest.fixture(scope="session")
def django_db_setup(
    request: pytest.FixtureRequest,
    django_test_environment: None,
    django_db_blocker: Any,
    worker_id: str,
    testrun_uid: str,
) -> Iterator[None]:
    """Stands in for pytest-django's fixture of this name."""
    copies = _Copies(os.environ["DATABASE_URL"], worker_id)
    key = _migrations_key() + (testrun_uid if request.config.getvalue("create_db") else "")
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        copies.ensure_template(key)
        copies.renew()
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _test: _compare_and_renew(copies))
        patch.setenv("DATABASE_URL", copies.url)
        yield
        copies.close()


@pytest.fixture(scope="session", autouse=True)
def _settings_of_the_tests(
    django_test_environment: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """Files stay in a folder of the run, static ones are served uncollected, passwords are hashed fast."""
    folder = tmp_path_factory.mktemp("data")
    static = folder / "static"
    static.mkdir()
    storages = {
        "default": {**settings.STORAGES["default"], "OPTIONS": {"location": str(folder / "files")}},
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    hashers = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    places = {"DATA_DIR": folder, "MAIL_FOLDER": folder / "mail", "STATIC_ROOT": static}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PROMOFLOW_DATA_DIR", str(folder))
        with override_settings(
            **places, STORAGES=storages, WHITENOISE_USE_FINDERS=True, PASSWORD_HASHERS=hashers
        ):
            yield


@pytest.fixture
def database_url(django_db_setup: None) -> str:
    """The address of this worker's database, for processes and connections of a test's own."""
    return os.environ["DATABASE_URL"]


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The browser that `manage.py test` found; the tests that need one are skipped where there is none."""
    path = os.environ.get("PROMOFLOW_CHROMIUM", "")
    if not path:
        pytest.skip("no Chromium: `python3 manage.py test` looks for one, and says why when it finds none")
    return path


@pytest.fixture(scope="session")
def chinese_font() -> None:
    """A machine that can draw Chinese; `manage.py test` sees to it where it may."""
    if not fonts.has_chinese():
        pytest.skip("no font with Chinese letters: install one, such as Debian's fonts-wqy-microhei")


class _Copies:
    """The migrated template, and this worker's copy of it."""

    def __init__(self, url: str, worker_id: str) -> None:
        name = urlsplit(url).path.lstrip("/")
        self.template = f"test_{name}_template"
        self.copy = f"test_{name}_{worker_id}"
        self.url = _named(url, self.copy)
        self.template_url = _named(url, self.template)
        self.server = psycopg.connect(_named(url, "postgres"), autocommit=True)

    def ensure_template(self, key: str) -> None:
        with self._alone():
            if self._key_of_template() == key:
                return
            self._drop(self.template)
            postgres.ensure_role(self.server, postgres.APPLICATION)
            self.server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(self.template)))
            with psycopg.connect(self.template_url) as connection:
                postgres.grant_application(connection, owner=connection.info.user)
            _point_django_at(self.template)
            call_command("migrate", verbosity=0, interactive=False)
            connections.close_all()
            with psycopg.connect(self.template_url, autocommit=True) as connection:
                connection.execute("VACUUM (ANALYZE, FREEZE)")
            comment = sql.SQL("COMMENT ON DATABASE {} IS {}")
            self.server.execute(comment.format(sql.Identifier(self.template), sql.Literal(key)))

    def renew(self) -> None:
        """Throw the copy away, whoever is connected to it, and take a new one."""
        connections.close_all()
        self._drop(self.copy)
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY {}")
        self.server.execute(
            create.format(
                sql.Identifier(self.copy), sql.Identifier(self.template), sql.Identifier("file_copy")
            )
        )
        _point_django_at(self.copy)

    def close(self) -> None:
        connections.close_all()
        self._drop(self.copy)
        self.server.close()

    def _drop(self, database: str) -> None:
        self.server.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database))
        )

    def _key_of_template(self) -> str | None:
        row = self.server.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s",
            [self.template],
        ).fetchone()
        return row[0] if row else None

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Workers start together: the first makes the template, the others wait for it."""
        self.server.execute("SELECT pg_advisory_lock(hashtext(%s))", [self.template])
        try:
            yield
        finally:
            self.server.execute("SELECT pg_advisory_unlock(hashtext(%s))", [self.template])


def _compare_and_renew(copies: _Copies) -> None:
    """What a test committed is what the history tells, unless the test itself switched the guards off."""
    tampered = unguarded.forget_tampering() or connections["default"].in_atomic_block
    found = [] if tampered else [str(mismatch) for mismatch in replaying.mismatches(at_once=100)]
    copies.renew()
    assert found == [], "the tables are not what the history tells"


def _named(url: str, database: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


def _point_django_at(database: str) -> None:
    settings.DATABASES["default"]["NAME"] = database
    connections["default"].settings_dict["NAME"] = database


def _migrations_key() -> str:
    """A digest of all that decides what a freshly migrated database holds."""
    digest = hashlib.sha256((_ROOT / "requirements.txt").read_bytes())
    for pattern in _WHAT_MIGRATING_READS:
        for part in ("accounts", "promoflow"):
            for path in sorted((_ROOT / part).rglob(pattern)):
                digest.update(path.read_bytes())
    return digest.hexdigest()
