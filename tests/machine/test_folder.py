"""The data folder: one user at a time, its secrets kept, and nothing deleted that is not promoflow's."""

import stat
from pathlib import Path

import pytest

from promoflow import settings
from promoflow.machine.folder import DataFolder
from promoflow.machine.progress import Trouble


@pytest.fixture
def folder(tmp_path):
    return DataFolder(tmp_path / "data")


def test_a_folder_is_used_by_one_at_a_time(folder):
    with folder.claimed():
        folder.note_run({"address": "http://127.0.0.1:8000"})

        with pytest.raises(Trouble, match=r"already running at http://127\.0\.0\.1:8000"):
            DataFolder(folder.path).claimed().__enter__()
        assert folder.is_in_use()
    assert not folder.is_in_use()


def test_looking_whether_a_folder_is_used_does_not_make_it(folder):
    assert not folder.is_in_use()
    assert not folder.path.exists()


def test_a_folder_with_other_peoples_files_is_left_alone(tmp_path):
    thesis = tmp_path / "thesis.txt"
    thesis.write_text("ten years of work")

    with pytest.raises(Trouble, match="not promoflow's"):
        DataFolder(tmp_path).claimed().__enter__()

    assert list(tmp_path.iterdir()) == [thesis]


def test_a_folder_that_the_tests_used_first_is_promoflows(folder):
    (folder.path / "test" / "1").mkdir(parents=True)

    with folder.claimed():
        assert folder.is_in_use()


def test_a_reset_forgets_what_promoflow_kept_and_nothing_else(folder):
    with folder.claimed():
        folder.secret("secret-key")
        (folder.subfolder("files") / "upload.txt").write_text("rows")
        (folder.path / "notes.txt").write_text("mine")

        folder.reset()

        assert {path.name for path in folder.path.iterdir()} == {"promoflow.lock", "notes.txt"}


def test_a_reset_forgets_everything_that_the_settings_keep_there(folder):
    """A checkpoint or a key that stayed would refuse the next history as a rewriting of the last one."""
    kept = {
        value.relative_to(settings.DATA_DIR).parts[0]
        for value in vars(settings).values()
        if isinstance(value, Path) and settings.DATA_DIR in value.parents
    }
    assert kept >= {"checkpoints", "checkpointer"}
    with folder.claimed():
        for name in kept:
            (folder.subfolder(name) / "old").write_text("of the last history")

        removed = folder.reset()

        assert set(removed) == kept
        assert {path.name for path in folder.path.iterdir()} == {"promoflow.lock"}


def test_a_secret_stays_the_same_and_is_nobody_elses(folder):
    with folder.claimed():
        first, second = folder.secret("secret-key"), folder.secret("secret-key")

        assert first == second
        assert len(first) >= 50
        assert stat.S_IMODE((folder.path / "secret-key").stat().st_mode) == 0o600


def test_what_ran_is_remembered_only_after_a_run_that_was_killed(folder):
    with folder.claimed():
        folder.note_run({"processes": []})
    assert folder.last_run() == {}

    folder.note_run({"address": "http://127.0.0.1:8000"})
    assert folder.last_run() == {"address": "http://127.0.0.1:8000"}

    (folder.path / "run.json").write_text('{"addr')
    assert folder.last_run() == {}
