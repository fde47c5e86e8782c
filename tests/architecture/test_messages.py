"""Every sentence of the desk in every language that a person can choose."""

import re
import shutil
import subprocess
import sys
from gettext import GNUTranslations
from pathlib import Path

import polib
import pytest
from django.conf import settings
from django.utils.translation import to_locale

LOCALES = [to_locale(code) for code, _ in settings.LANGUAGES if code != "en"]
FOLDER = settings.LOCALE_PATHS[0]
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w+\}")


def _catalog(locale: str) -> polib.POFile:
    return polib.pofile(str(FOLDER / locale / "LC_MESSAGES" / "django.po"))


@pytest.mark.parametrize("locale", LOCALES)
def test_nothing_is_left_untranslated(locale):
    catalog = _catalog(locale)

    assert len(catalog) > 1000
    assert [entry.msgid for entry in catalog.untranslated_entries() + catalog.fuzzy_entries()] == []


@pytest.mark.parametrize("locale", LOCALES)
def test_a_translation_names_only_what_the_original_names(locale):
    for entry in _catalog(locale):
        asked = set(PLACEHOLDER.findall(entry.msgid + entry.msgid_plural))
        given = set(PLACEHOLDER.findall(entry.msgstr or "".join(entry.msgstr_plural.values())))

        assert given <= asked, entry.msgid
        assert entry.msgid_plural or given == asked, entry.msgid


@pytest.mark.parametrize("locale", LOCALES)
def test_what_is_served_is_what_is_written(locale):
    """The compiled catalog is committed, since compiling it needs GNU gettext."""
    with (FOLDER / locale / "LC_MESSAGES" / "django.mo").open("rb") as compiled:
        served = GNUTranslations(compiled)

    for entry in _catalog(locale):
        if entry.msgid_plural:
            assert served.ngettext(entry.msgid, entry.msgid_plural, 5) == entry.msgstr_plural[0]
        elif entry.msgctxt:
            assert served.pgettext(entry.msgctxt, entry.msgid) == entry.msgstr
        else:
            assert served.gettext(entry.msgid) == entry.msgstr


@pytest.mark.skipif(not shutil.which("xgettext"), reason="GNU gettext is not on this machine")
def test_every_sentence_of_the_code_is_in_the_catalogs(tmp_path):
    tree = tmp_path / "tree"
    keep = shutil.ignore_patterns("__pycache__", "static", "vendor")
    for part in ("accounts", "promoflow", "templates"):
        shutil.copytree(settings.BASE_DIR / part, tree / part, ignore=keep)
    shutil.copy(settings.BASE_DIR / "manage.py", tree)
    before = {locale: _keys(FOLDER / locale / "LC_MESSAGES" / "django.po") for locale in LOCALES}

    command = [sys.executable, "-m", "django", "makemessages", "--all", "--no-location", "--no-obsolete"]
    subprocess.run(command, cwd=tree, check=True, capture_output=True)

    for locale in LOCALES:
        missing = _keys(tree / "promoflow" / "locale" / locale / "LC_MESSAGES" / "django.po") - before[locale]
        assert missing == set(), "run makemessages, translate, and compilemessages"


def _keys(path: Path) -> set[tuple[str | None, str]]:
    return {(entry.msgctxt, entry.msgid) for entry in polib.pofile(str(path)) if not entry.obsolete}
