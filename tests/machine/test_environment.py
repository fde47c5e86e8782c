"""The environment: ready when it holds what requirements.txt names, made anew when it was cut short."""

import subprocess
import sys
from pathlib import Path

import pytest

from promoflow.machine import environment
from promoflow.machine.progress import Trouble


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A checkout of its own, which needs no library at all, set up."""
    root = tmp_path_factory.mktemp("checkout")
    venv = root / ".venv"
    places = {
        "ROOT": root,
        "VENV": venv,
        "PYTHON": venv / "bin" / "python",
        "REQUIREMENTS": root / "requirements.txt",
        "_INSTALLED": venv / ".promoflow-installed",
        "_INSTALLING": venv / ".promoflow-installing",
        "_PIP_LOG": venv / "pip.log",
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, path in places.items():
            patch.setattr(environment, name, path)
        places["REQUIREMENTS"].write_text("# nothing\n")
        environment.prepare()
        yield root


def test_an_environment_is_made_once_and_then_left_alone(checkout, capsys):
    assert environment.is_ready()

    environment.prepare()

    assert capsys.readouterr().out == ""


def test_an_interrupted_environment_is_made_anew(checkout, capsys):
    leftover = environment.VENV / "half-installed"
    leftover.touch()
    environment._INSTALLING.touch()
    assert not environment.is_ready()

    environment.prepare()

    assert environment.is_ready()
    assert not leftover.exists()
    assert "Making .venv" in capsys.readouterr().out


def test_other_requirements_are_installed_into_the_same_environment(checkout, capsys):
    environment.REQUIREMENTS.write_text("# nothing, said differently\n")
    assert not environment.is_ready()

    environment.prepare()

    assert environment.is_ready()
    assert "Making .venv" not in capsys.readouterr().out


def test_what_cannot_be_installed_is_said_with_pips_own_words(checkout):
    ready = environment.REQUIREMENTS.read_text()
    environment.REQUIREMENTS.write_text("no-such-library @ file:///nowhere.whl\n")

    with pytest.raises(Trouble, match=r"could not install requirements\.txt(.|\n)*nowhere"):
        environment.prepare()

    assert not environment.is_ready()
    environment.REQUIREMENTS.write_text(ready)
    environment.prepare()


def test_a_command_that_installs_nothing_says_what_is_missing(tmp_path, monkeypatch):
    monkeypatch.setattr(environment, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(environment, "PYTHON", tmp_path / ".venv" / "bin" / "python")
    monkeypatch.setattr(environment, "find_spec", lambda _name: None)

    with pytest.raises(Trouble, match=r"`python3 manage\.py demo` installs them"):
        environment.enter_if_made(["manage.py", "shell"])

    assert not environment.VENV.exists()


def test_the_set_up_can_be_imported_where_nothing_is_installed():
    program = "import promoflow.machine.environment, promoflow.machine.progress"

    bare = subprocess.run(
        [sys.executable, "-S", "-I", "-c", f"import sys; sys.path.append('.'); {program}"],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
    )

    assert bare.returncode == 0, bare.stderr
