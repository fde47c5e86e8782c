"""A real Chromium on the desk; what it complains about fails the test."""

import os
import re
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from accounts.models import User
from tests import cast

_QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# Refusals are answers; that Chromium calls them failed loads is no complaint.
_REFUSED = re.compile(r"Failed to load resource: .* status of (403|409|422) ")

Browse = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser/" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium(chromium_path: str) -> Iterator[Browser]:
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright keeps an event loop in the thread of the tests, so Django takes their queries for
        # asynchronous ones. They are not: nothing else runs in this thread while a test queries.
        patch.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        browser = playwright.chromium.launch(executable_path=chromium_path, args=_QUIET)
        yield browser
        browser.close()


@pytest.fixture
def complaints() -> list[str]:
    """What the browser complained of: console errors, breaches of the content security policy, exceptions."""
    return []


@pytest.fixture
def browse(chromium: Browser, live_server: object, complaints: list[str]) -> Iterator[Browse]:
    """Opens a browser of its own for a person, or for nobody: a scripted desktop unless told otherwise."""
    contexts = []

    def open_browser(
        person: User | None = None,
        *,
        phone: bool = False,
        dark: bool = False,
        scripted: bool = True,
        confirmed_minutes_ago: float = 0,
    ) -> Page:
        context = chromium.new_context(
            base_url=str(live_server),
            viewport={"width": 390, "height": 844} if phone else {"width": 1440, "height": 900},
            has_touch=phone,
            java_script_enabled=scripted,
            color_scheme="dark" if dark else "light",
            locale="en-US",
            timezone_id="Asia/Shanghai",
            reduced_motion="reduce",
        )
        contexts.append(context)
        context.set_default_timeout(10_000)
        page = context.new_page()
        page.on("console", lambda message: _note(message, complaints))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        if person:
            sign_in_as(page, person, str(live_server), confirmed_minutes_ago)
        return page

    yield open_browser
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def page(browse: Browse) -> Page:
    """A desktop browser in which nobody is signed in."""
    return browse()


@pytest.fixture
def sign_in(live_server: object) -> Callable[[Page, User], None]:
    """Signs a person in at once, without the form."""
    return lambda page, person: sign_in_as(page, person, str(live_server))


def sign_in_as(page: Page, person: User, address: str, confirmed_minutes_ago: float = 0) -> None:
    client = cast.Client()
    client.force_login(person, backend=settings.AUTHENTICATION_BACKENDS[0])
    cast.confirmed(client, person, minutes_ago=confirmed_minutes_ago)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": address}])


def _note(message: ConsoleMessage, complaints: list[str]) -> None:
    if message.type == "error" and not _REFUSED.match(message.text):
        complaints.append(message.text)
