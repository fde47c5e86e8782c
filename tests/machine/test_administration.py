"""Django's own commands: told of the database of the demonstration that runs, wherever its folder is."""

import pytest

from promoflow.machine import administration
from promoflow.machine.folder import DataFolder
from promoflow.machine.progress import Trouble


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """A data folder that is not the default one, named in an environment that names nothing else."""
    for name in ("DATABASE_URL", "PROMOFLOW_SECRET_KEY"):
        monkeypatch.delenv(name, raising=False)
    folder = DataFolder(tmp_path / "elsewhere")
    monkeypatch.setenv("PROMOFLOW_DATA_DIR", str(folder.path))
    return folder


def test_a_command_joins_the_demo_of_the_folder_that_the_environment_names(elsewhere):
    told = {"DATABASE_URL": "postgresql://the/demos", "PROMOFLOW_SECRET_KEY": "the demo's"}

    with elsewhere.claimed():
        elsewhere.note_run({"environment": told})

        assert administration._of_running_demo("shell") == told


def test_what_the_environment_says_is_not_replaced_by_the_demos(elsewhere, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://my/own")

    with elsewhere.claimed():
        elsewhere.note_run({"environment": {"DATABASE_URL": "the demo's", "PROMOFLOW_SECRET_KEY": "its"}})

        assert administration._of_running_demo("shell") == {"PROMOFLOW_SECRET_KEY": "its"}


def test_without_a_running_demo_the_refusal_names_the_folder_and_what_to_do(elsewhere):
    with pytest.raises(Trouble, match="`shell` needs DATABASE_URL and PROMOFLOW_SECRET_KEY") as refused:
        administration._of_running_demo("shell")

    assert str(elsewhere.path) in str(refused.value)
    assert "PROMOFLOW_DATA_DIR" in str(refused.value)
