"""The browser of the tests: the one that is named, or none; and when one is needed at all."""

import sys

import pytest

from promoflow.machine import browser, testing


@pytest.fixture
def nowhere(monkeypatch):
    """A machine without a browser, which cannot install one either."""
    monkeypatch.delenv("PROMOFLOW_CHROMIUM", raising=False)
    monkeypatch.setattr(browser, "NAMES", ())
    monkeypatch.setattr(browser, "_of_playwright", lambda: "/nowhere/chromium")
    monkeypatch.setattr(browser, "_by_apt", lambda *packages: [["false", *packages]])
    monkeypatch.setattr(browser, "_attempts", lambda: [("a shop", [["false"], ["true"]])])


def test_a_browser_that_is_named_is_taken_if_it_starts(nowhere, monkeypatch):
    monkeypatch.setenv("PROMOFLOW_CHROMIUM", sys.executable)
    assert str(browser.find()) == sys.executable

    monkeypatch.setenv("PROMOFLOW_CHROMIUM", "/bin/false")
    assert browser.find() is None


def test_where_none_can_be_had_the_reason_is_said(nowhere, capsys):
    assert browser.install() is None

    said = capsys.readouterr().out
    assert "Installing Chromium for the browser tests, with a shop ... " in said
    assert "The browser tests are skipped" in said


@pytest.mark.parametrize(
    ("arguments", "needed"),
    [
        ([], True),
        (["-k", "name"], True),
        (["tests"], True),
        (["tests/browser/test_shell.py::test_a_page"], True),
        (["tests/rulebook", "-k", "name"], False),
        (["tests/rulebook", "tests/browser"], True),
    ],
)
def test_a_browser_is_installed_only_for_tests_that_may_need_it(arguments, needed):
    assert testing._may_need_browser(arguments) is needed


def test_a_font_that_cannot_be_had_stops_nothing(nowhere, capsys):
    browser.install_chinese()

    assert "Installing a font with Chinese letters, with apt-get ... " in capsys.readouterr().out
