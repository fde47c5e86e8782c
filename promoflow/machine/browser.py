"""The Chromium that the browser tests drive: the machine's own, Playwright's, or one installed now."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from promoflow.machine.progress import last_lines, say, step
from promoflow.printing import NAMES

# The smallest of Debian's with both ways of writing, and what tells whether there is one.
_FONT = ("fontconfig", "fonts-wqy-microhei")


def find() -> Path | None:
    """A Chromium that is here and starts."""
    named = os.environ.get("PROMOFLOW_CHROMIUM", "")
    candidates = [named, *(shutil.which(name) or "" for name in NAMES), _of_playwright()]
    return next((Path(path) for path in candidates if path and _starts(path)), None)


def install() -> Path | None:
    """Fetch one, by Playwright or else, as root on Debian, by apt-get; None when neither could."""
    said = ""
    for name, commands in _attempts():
        with step(f"Installing Chromium for the browser tests, with {name}"):
            said = _run_all(commands)
        if found := find():
            return found
    say(
        f"  No Chromium could be installed; the last attempt said:\n{last_lines(said, 5)}\n"
        "  The browser tests are skipped. Install Chromium, or set PROMOFLOW_CHROMIUM to the path of one."
    )
    return None


def install_chinese() -> None:
    """Fetch a font with Chinese letters, for the tests that read such a PDF; they say so where none came."""
    if commands := _by_apt(*_FONT):
        with step("Installing a font with Chinese letters, with apt-get"):
            _run_all(commands)


def _attempts() -> list[tuple[str, list[list[str]]]]:
    attempts = [("Playwright", [[sys.executable, "-m", "playwright", "install", "chromium"]])]
    if commands := _by_apt("chromium"):
        attempts.append(("apt-get", commands))
    return attempts


def _by_apt(*packages: str) -> list[list[str]]:
    """How root installs them on Debian; nothing elsewhere, or for anybody else."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return []
    quietly = ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=120"]
    return [[*quietly, "update"], [*quietly, "install", "--yes", *packages]]


def _run_all(commands: list[list[str]]) -> str:
    said = ""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in commands:
        try:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=600,
                env=environment,
            )
        except subprocess.TimeoutExpired:
            return "It took longer than ten minutes."
        said = done.stdout + done.stderr
    return said


def _of_playwright() -> str:
    with sync_playwright() as playwright:
        return playwright.chromium.executable_path


def _starts(path: str) -> bool:
    try:
        return subprocess.run([path, "--version"], capture_output=True, timeout=30).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False
