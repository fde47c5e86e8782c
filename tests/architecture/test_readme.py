"""What README promises is so: every setting, part and grant is in it, and requirements are pinned."""

import re

import pytest

from promoflow.machine.postgres import APPLICATION, APPLICATION_GRANTS, OWNER
from tests.architecture.sources import ROOT

README = (ROOT / "README.md").read_text()
SETTINGS = (ROOT / "promoflow" / "settings.py").read_text()
VARIABLES = sorted(set(re.findall(r'"((?:PROMOFLOW|DATABASE|CELERY)_[A-Z0-9_]+)"', SETTINGS)))
REQUIREMENTS = (ROOT / "requirements.txt").read_text()


@pytest.mark.parametrize("variable", [*VARIABLES, "DATABASE_OWNER_URL", "PROMOFLOW_CHROMIUM"])
def test_every_variable_is_explained(variable):
    suffix = variable.removeprefix("PROMOFLOW_MAIL")

    assert f"`{variable}`" in README or f"`{suffix}`" in README


@pytest.mark.parametrize(
    "part", [path.name for path in (ROOT / "promoflow").iterdir() if (path / "__init__.py").exists()]
)
def test_every_part_is_in_the_tree(part):
    assert re.search(rf"^      (\S+ )*{part}/", README, re.M) or part == "templatetags"


@pytest.mark.parametrize("grant", APPLICATION_GRANTS)
def test_the_roles_are_granted_what_the_demo_grants_them(grant):
    written = grant.format(database="promoflow", owner=OWNER, application=APPLICATION)

    assert f"{written};" in re.sub(r"\s+", " ", README)


def test_the_picture_is_there():
    for path in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", README):
        assert (ROOT / path).is_file()


def test_requirements_name_versions_and_hashes_and_no_address():
    blocks = re.split(r"\n(?=\S)", REQUIREMENTS.strip())

    assert "://" not in REQUIREMENTS
    assert len(blocks) > 50
    for block in blocks:
        assert re.match(r"[a-z0-9.-]+==\S+.*\\\n", block), block
        assert "--hash=sha256:" in block
