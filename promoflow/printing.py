"""Paper: a page as a PDF by the machine's own Chromium, and what a printed page says in its margins.

The browser gets one file that holds all that the page needs. It runs no script, knows no network, sees
nothing of this process' environment, and is ended with all its children when it is done or takes too long.
"""

import os
import shutil
import signal
import subprocess
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path
from threading import BoundedSemaphore
from typing import Final

from django.conf import settings
from django.contrib.staticfiles import finders
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from promoflow.errors import WrongState

NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_LONGEST: Final = 15.0
# One takes a second of a core: a process of the web server makes one at a time, the others wait a little.
_TURN: Final = BoundedSemaphore(1)
_WAIT: Final = 5.0

# Before anything of the page: it may load nothing and run nothing, and its style stands in it.
_SEAL: Final = (
    '<!DOCTYPE html><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="'
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">"
)

_FLAGS: Final = (
    "--headless",
    "--disable-gpu",
    "--disable-extensions",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--no-default-browser-check",
    # Should the seal ever fail: no name is found, and no address is reached.
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--proxy-server=http://127.0.0.1:9",
    "--proxy-bypass-list=<-loopback>",
    "--no-pdf-header-footer",
)


def browser() -> Path | None:
    """The Chromium of this machine: the one that the settings name, else one on the path."""
    return _found(settings.CHROMIUM)


@cache
def _found(named: str) -> Path | None:
    candidates = [named] if named else [shutil.which(name) or "" for name in NAMES]
    return next((Path(path) for path in candidates if path and os.access(path, os.X_OK)), None)


def pdf(html: str) -> bytes:
    """The page as a PDF. WrongState where no browser is here, or where it does not get it done in time."""
    program = browser()
    if program is None:
        raise WrongState(no_browser())
    if not _TURN.acquire(timeout=_WAIT):
        raise WrongState(_("The desk is making other PDFs. Try again in a minute, or print the page itself."))
    try:
        with tempfile.TemporaryDirectory(prefix="promoflow-paper-", ignore_cleanup_errors=True) as folder:
            return _printed(program, html, Path(folder))
    finally:
        _TURN.release()


def no_browser() -> str:
    """What is said in place of the button."""
    return _(
        "This desk has no Chromium, so it cannot make the PDF itself. Print the page from any browser, or "
        "save it as a PDF there; it is made for paper."
    )


def _printed(program: Path, html: str, folder: Path) -> bytes:
    page, made = folder / "page.html", folder / "page.pdf"
    page.write_text(_SEAL + html, encoding="utf-8")
    command = [str(program), *_FLAGS, f"--user-data-dir={folder / 'profile'}", f"--print-to-pdf={made}"]
    if os.geteuid() == 0:
        # Chromium refuses to run as root with its sandbox; nothing in the page can run either way.
        command.append("--no-sandbox")
    _run([*command, page.as_uri()], folder)
    if not made.is_file():
        raise WrongState(
            _("Chromium could not make the PDF. Print the page itself, and tell whoever runs this.")
        )
    return made.read_bytes()


def _run(command: list[str], folder: Path) -> None:
    """In a group of its own, so that none of its children outlives it."""
    environment = {"PATH": os.defpath, "HOME": str(folder), "TMPDIR": str(folder)}
    browser = subprocess.Popen(  # noqa: S603
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        browser.wait(_LONGEST)
    except subprocess.TimeoutExpired as late:
        raise WrongState(
            _("Chromium took too long to make the PDF. Try again, or print the page itself.")
        ) from late
    finally:
        _end(browser)


def _end(browser: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(browser.pid, signal.SIGKILL)
    browser.wait()


def style(css: str, nonce: str = "") -> SafeString:
    """A style sheet for the head of a page; `nonce` is what the policy of this answer allows."""
    if "</" in css:
        raise ValueError("a style sheet that would end early")
    return format_html('<style nonce="{}">{}</style>', nonce, SafeString(css))


@cache
def sheets(*names: str) -> str:
    """The desk's own style sheets as one text."""
    return "\n".join(Path(str(finders.find(name))).read_text("utf-8") for name in names)


@cache
def icons() -> SafeString:
    """The icons as a part of the page, for one that can load nothing."""
    return SafeString(Path(str(finders.find("icons.svg"))).read_text("utf-8"))


def quoted(text: str) -> str:
    """The text as a string of CSS, whatever is in it: all but letters, digits and spaces by their number."""
    return '"' + "".join(_in_css(character) for character in text) + '"'


def _in_css(character: str) -> str:
    is_plain = character.isascii() and (character.isalnum() or character == " ")
    return character if is_plain else f"\\{ord(character):x} "
