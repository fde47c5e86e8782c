"""Imports go downwards only, as pyproject.toml's contracts say, and some modules need no library at all."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT, imported, modules, named

# The rules are for anyone to read and rerun, the chain for a stranger to verify, and the set-up runs where
# nothing is installed yet.
STANDARD_LIBRARY_ALONE = {
    "promoflow/rulebook/": "promoflow.rulebook",
    "promoflow/audit/chain.py": "promoflow.audit.chain",
    "promoflow/__init__.py": "promoflow",
    "promoflow/machine/__init__.py": "promoflow.machine",
    "promoflow/machine/progress.py": "promoflow.machine.progress",
    "promoflow/machine/environment.py": "promoflow.machine.progress",
}


def test_every_import_contract_is_kept():
    # In a process of its own: it silences every logger that there is by then.
    command = [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo"]
    linted = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert linted.returncode == 0, linted.stdout


@pytest.mark.parametrize("beginning", STANDARD_LIBRARY_ALONE)
def test_some_modules_import_the_standard_library_alone(beginning):
    paths = [path for path in modules() if named(path).startswith(beginning)]
    allowed = STANDARD_LIBRARY_ALONE[beginning]

    foreign = {
        name
        for path in paths
        for name in imported(path)
        if name.partition(".")[0] not in sys.stdlib_module_names
        and name != allowed
        and not name.startswith(f"{allowed}.")
    }

    assert paths
    assert not foreign
