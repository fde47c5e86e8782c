"""A real PostgreSQL goes away: pages say so, nothing is done by halves, and once it is back all goes on."""

import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
import pytest
from django.db import close_old_connections, connection
from django.test import Client
from django.urls import reverse

from accounts.models import User
from promoflow.machine.environment import ROOT
from promoflow.machine.postgres import OWNER, Cluster, grant_application, prepare_database, prepare_roles
from promoflow.machine.processes import Processes
from promoflow.settings import _database
from tests import cast

pytestmark = [pytest.mark.long, pytest.mark.django_db(transaction=True)]

NOTHING_WAS_SAVED = "Nothing was done and nothing was saved."
WHOLE_OR_NOT_AT_ALL = "That was either done whole or not at all."
HTMX = {"HX-Request": "true"}


class Server:
    """A PostgreSQL of the test's own, which it may stop; Django's connection leads to it."""

    def __init__(self, folder, processes):
        self.folder, self.processes = folder, processes
        self.cluster = Cluster(folder / "database", superuser="postgres", settings={"max_connections": "10"})

    def prepare(self):
        self.cluster.create()
        self.start()
        with psycopg.connect(self.cluster.url("postgres"), autocommit=True) as admin:
            prepare_roles(admin, self.cluster.passwords)
            prepare_database(admin, "promoflow")
        with psycopg.connect(self.cluster.url(OWNER, "promoflow")) as owner:
            grant_application(owner, owner=OWNER)
        subprocess.run(
            [sys.executable, ROOT / "manage.py", "migrate", "--verbosity", "0"],
            env={**os.environ, "DATABASE_URL": self.url, "DATABASE_OWNER_URL": self.url},
            cwd=ROOT,
            check=True,
        )

    @property
    def url(self):
        return self.cluster.url("postgres", "promoflow")

    def start(self):
        self.cluster.start(self.processes, self.folder / "postgres.log")

    def stop(self):
        self.processes.children.pop().stop()


class Browser(Client):
    """Shown the page of a failure; before each request its connection is looked after as on a server."""

    def __init__(self):
        super().__init__(raise_request_exception=False)

    def request(self, **request):
        close_old_connections()
        return super().request(**request)


@pytest.fixture(scope="module")
def own_server():
    processes = Processes()
    with tempfile.TemporaryDirectory(prefix="promoflow ") as folder, processes.ending_with_us():
        server = Server(Path(folder), processes)
        server.prepare()
        yield server


@pytest.fixture
def server(own_server, transactional_db, monkeypatch):
    """It runs, and the desk works on it."""
    connection.close()

    def lead_there():
        for name, value in _database(own_server.url).items():
            monkeypatch.setitem(connection.settings_dict, name, value)

    lead_there()
    own_server.lead_there = lead_there
    yield own_server
    connection.close()
    if not own_server.processes.children:
        own_server.start()


@pytest.fixture
def olivia(server):
    """In place of the cast's, who is in another database."""
    return User.objects.filter(name="Olivia").first() or cast.person("Olivia")


@pytest.fixture
def browser(olivia):
    """Somebody signed in."""
    browser = Browser()
    browser.force_login(olivia, backend="allauth.account.auth_backends.AuthenticationBackend")
    return browser


def come_back(server):
    server.start()
    server.lead_there()


def is_away(response):
    return (
        response.status_code == 503 and int(response["Retry-After"]) > 0 and "data-failure" in response.text
    )


@pytest.mark.parametrize("page", ["desk", "review-queue", "preferences", "account_login"])
def test_every_page_says_that_the_database_is_away_and_that_nothing_was_saved(server, browser, page):
    server.stop()

    for one in (browser, Browser()):
        response = one.get(reverse(page))
        assert is_away(response)
        assert NOTHING_WAS_SAVED in response.text
        assert "reload this page" in response.text
        assert "no-store" in response["Cache-Control"]


def test_with_the_connection_of_the_request_before_it_says_so_too(server, browser):
    assert browser.get(reverse("preferences")).status_code == 200
    server.stop()

    assert is_away(browser.get(reverse("preferences")))


def test_what_is_sent_meanwhile_is_not_done_and_can_be_sent_again(server, browser, olivia):
    before, saved = olivia.time_zone, {"language": "en", "time_zone": "Asia/Tokyo"}
    server.stop()
    sent = browser.post(reverse("preferences"), saved)
    come_back(server)

    assert is_away(sent)
    assert "your browser asks whether to send again" in sent.text
    olivia.refresh_from_db()
    assert olivia.time_zone == before
    assert browser.post(reverse("preferences"), saved).status_code == 303


def test_a_page_whose_form_htmx_sends_keeps_what_is_typed(server, browser):
    server.stop()

    response = browser.post(reverse("request-check"), {"title": "Lamps"}, headers=HTMX)

    assert is_away(response)
    assert "what you typed is still on this page" in response.text


@pytest.mark.parametrize(("asked", "shown"), [("zh-CN", "zh-hans"), ("zh-TW", "zh-hant"), ("en", "en")])
def test_it_is_said_in_the_language_of_who_asks(server, asked, shown):
    server.stop()

    response = Browser().get(reverse("desk"), headers={"Accept-Language": asked})

    assert f'lang="{shown}"' in response.text


def test_too_many_connections_are_a_database_that_is_away(server, browser):
    with ExitStack() as crowd:
        connection.close()
        # Three of the ten are kept for superusers, and we are one.
        for _one in range(10):
            crowd.enter_context(psycopg.connect(server.url))
        response = browser.get(reverse("desk"))

    assert is_away(response)
    assert NOTHING_WAS_SAVED in response.text


def test_what_watches_the_server_is_answered_with_and_without_a_session(server, browser):
    server.stop()

    for one in (browser, Browser()):
        response = one.get(reverse("health"))
        assert (response.status_code, response.json()) == (503, {"database_answers": False})


# --- Away in the middle of something --------------------------------------------------------------------


@contextmanager
def going_away_before(server, statement):
    """The server stops as soon as such a statement is on its way to it."""

    def stop(execute, sql, params, many, context):
        if sql.startswith(statement) and server.processes.children:
            server.stop()
        return execute(sql, params, many, context)

    with connection.execute_wrapper(stop):
        yield


def test_a_deed_that_loses_its_database_is_not_done_by_halves_and_is_not_said_to_be_undone(
    server, browser, olivia
):
    before = olivia.time_zone
    with going_away_before(server, "UPDATE"):
        response = browser.post(reverse("preferences"), {"language": "en", "time_zone": "Asia/Seoul"})
    come_back(server)

    assert is_away(response)
    assert WHOLE_OR_NOT_AT_ALL in response.text
    assert NOTHING_WAS_SAVED not in response.text
    olivia.refresh_from_db()
    assert olivia.time_zone == before


def test_a_page_that_loses_its_database_while_it_is_made_has_done_nothing(server, browser):
    with going_away_before(server, "SELECT"):
        response = browser.get(reverse("desk"))

    assert is_away(response)
    assert NOTHING_WAS_SAVED in response.text


def test_a_database_that_is_there_and_makes_somebody_wait_is_not_away(server, browser):
    with psycopg.connect(server.url) as other, connection.cursor() as cursor:
        other.execute("LOCK TABLE django_session IN ACCESS EXCLUSIVE MODE")
        cursor.execute("SET lock_timeout = '200ms'")
        response = browser.get(reverse("desk"))

    assert response.status_code == 500
    assert "The desk failed" in response.text
