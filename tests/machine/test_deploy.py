"""A server set up as README says, by the demonstration's own means: `check --deploy` finds nothing to say."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from promoflow.machine import demo
from promoflow.machine.environment import ROOT
from promoflow.machine.folder import DataFolder
from promoflow.machine.processes import Processes

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def server():
    """The environment of a server whose database the demonstration made, migrated by the owner."""
    processes = Processes()
    with (
        tempfile.TemporaryDirectory(prefix="promoflow ") as above,
        pytest.MonkeyPatch.context() as patch,
        processes.ending_with_us(),
    ):
        patch.delenv("DATABASE_URL")
        # Tests in a browser set it, and a server must not have it.
        patch.delenv("DJANGO_ALLOW_ASYNC_UNSAFE", raising=False)
        folder = DataFolder(Path(above) / "data")
        with folder.claimed():
            environment = {
                **os.environ,
                **demo._databases(folder, processes),
                "PROMOFLOW_SECRET_KEY": "a-servers-own-" + "0123456789abcdef" * 4,
                "PROMOFLOW_SITE_URL": "https://desk.example",
                "PROMOFLOW_HOSTS": "desk.example",
                "PROMOFLOW_HTTPS": "1",
                "PROMOFLOW_DATA_DIR": str(folder.path),
                "PROMOFLOW_CHECKPOINT_MAIL": "auditor@elsewhere.example",
            }
            assert _manage(environment, "migrate", "--verbosity", "0").returncode == 0
            yield environment


def _with_fonts(server, folder, listed):
    """The server with a browser, and with such fonts."""
    for name, body in (("fc-list", f"printf '{listed}'"), ("chromium", "exit 1")):
        (folder / name).write_text(f"#!/bin/sh\n{body}\n")
        (folder / name).chmod(0o755)
    path = os.pathsep.join([str(folder), os.environ["PATH"]])
    return {**server, "PATH": path, "PROMOFLOW_CHROMIUM": str(folder / "chromium")}


def _manage(environment, *command):
    return subprocess.run(
        [sys.executable, ROOT / "manage.py", *command],
        env=environment,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )


def test_it_has_nothing_to_say(server, tmp_path):
    checked = _manage(_with_fonts(server, tmp_path, "wqy-microhei.ttc:"), "check", "--deploy")

    assert (checked.returncode, checked.stdout) == (
        0,
        "System check identified no issues (0 silenced).\n",
    ), checked.stderr


def test_a_browser_without_chinese_letters_is_a_warning(server, tmp_path):
    checked = _manage(_with_fonts(server, tmp_path, ""), "check", "--deploy")

    assert checked.returncode == 0
    assert "machine.W200" in checked.stderr
    assert "fonts-noto-cjk" in checked.stderr
    assert "history." not in checked.stderr


def test_the_owner_in_the_applications_place_is_an_error(server):
    checked = _manage({**server, "DATABASE_URL": server["DATABASE_OWNER_URL"]}, "check", "--deploy")

    assert checked.returncode == 1
    for code in ("E106", "E108", "E109", "E111", "E120"):
        assert f"history.{code}" in checked.stderr


def test_a_database_out_of_reach_is_an_error(server):
    checked = _manage(
        {**server, "DATABASE_URL": "postgresql://nobody@127.0.0.1:9/nothing"}, "check", "--deploy"
    )

    assert checked.returncode == 1
    assert "history.E100" in checked.stderr
