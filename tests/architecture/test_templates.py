"""Templates keep the content security policy and the difference between a page and a part."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
# What each would do, and how it looks. A script without src, or anything that runs from an attribute.
FORBIDDEN = {
    "an inline script": re.compile(r"<script(?![^>]*\ssrc=)(?![^>]*type=\"application/json\")", re.I),
    "an inline style sheet": re.compile(r"<style\b", re.I),
    "a style attribute": re.compile(r"\sstyle\s*=", re.I),
    "an event attribute": re.compile(r"\son[a-z]+\s*=\s*[\"']", re.I),
    "an htmx event attribute": re.compile(r"\shx-on[:a-z-]*\s*=", re.I),
    "a javascript address": re.compile(r"javascript:", re.I),
    "an evaluated htmx value": re.compile(
        r"hx-(vals|headers|vars)\s*=\s*[\"'](js|javascript):|hx-vars", re.I
    ),
    "a file from elsewhere": re.compile(r"<(script|link)[^>]*(src|href)=\"(https?:)?//", re.I),
    "text that is marked safe": re.compile(r"\|\s*safe\b|{%\s*autoescape off"),
}


def _named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _what_runs(source: str) -> list[str]:
    return [name for name, pattern in FORBIDDEN.items() if pattern.search(source)]


def test_there_are_templates():
    assert len(TEMPLATES) > 20


@pytest.mark.parametrize("path", TEMPLATES, ids=_named)
def test_a_template_brings_nothing_that_runs(path):
    assert _what_runs(path.read_text()) == []


@pytest.mark.parametrize("path", [path for path in TEMPLATES if path.name.startswith("_")], ids=_named)
def test_a_fragment_is_never_a_page(path):
    source = path.read_text()

    assert "{% extends" not in source
    assert "<html" not in source.lower()


@pytest.mark.parametrize("path", TEMPLATES, ids=_named)
def test_a_form_that_posts_carries_its_token(path):
    for form in re.findall(r"<form\b[^>]*method=\"post\".*?</form>", path.read_text(), re.S | re.I):
        assert "{% csrf_token %}" in form


@pytest.mark.parametrize("path", TEMPLATES, ids=_named)
def test_what_asks_by_itself_says_so(path):
    """Else a page left open would keep its session for as long as it lasts."""
    for tag in re.findall(r"<[^>]*hx-trigger=\"every [^>]*>", path.read_text()):
        assert """hx-headers='{"Unattended": "yes"}'""" in tag


@pytest.mark.parametrize("path", TEMPLATES, ids=_named)
def test_an_icon_that_is_named_exists(path):
    sprite = (ROOT / "promoflow/static/icons.svg").read_text()

    named = re.findall(r"{%\s*icon \"([\w-]+)\"", path.read_text())

    assert [name for name in named if f'id="{name}"' not in sprite] == []


@pytest.mark.parametrize(
    "source",
    [
        "<script>alert(1)</script>",
        "<SCRIPT nonce='x'>1</SCRIPT>",
        "<p style='color:red'>",
        "<style>p{}</style>",
        '<a onclick="x()">',
        '<a href="javascript:x()">',
        '<div hx-on:click="x()">',
        "<div hx-vals='js:{a: 1}'>",
        '<script src="https://cdn.example/x.js">',
        "{{ name|safe }}",
    ],
)
def test_the_scan_finds_what_would_run(source):
    assert _what_runs(source) != []


# Words between blocktranslate's tags are translated whole, with what stands between them.
_TRANSLATED = re.compile(r"{% blocktranslate.*?{% endblocktranslate %}", re.S)
_OWN_MARK = re.compile(r"(?:}}|%}|</a>)[,:](?:\s|<)|join:\", \"")


@pytest.mark.parametrize("path", TEMPLATES, ids=_named)
def test_a_comma_or_colon_between_two_values_is_the_readers(path):
    assert _OWN_MARK.findall(_TRANSLATED.sub("", path.read_text())) == []


def test_marks_between_two_values_are_found():
    for written in ("{{ who }}, {% instant at %}", "{{ file }}: {{ word }}", '{{ names|join:", " }}'):
        assert _OWN_MARK.search(written)
    assert not _OWN_MARK.search(
        _TRANSLATED.sub("", "{% blocktranslate %}by {{ name }}, {% endblocktranslate %}")
    )
