"""Every command but `demo` and `test`: Django's own, told of a running demo's database."""

import os
import sys
from pathlib import Path

from promoflow.machine import folder
from promoflow.machine.progress import Trouble

_NEEDS = ("DATABASE_URL", "PROMOFLOW_SECRET_KEY")


def run(command: str, arguments: list[str]) -> int:
    """Run Django's `command` against the database of the environment, or else of the demo that runs here."""
    if command == "help" and not arguments:
        print("promoflow's own commands: `demo` shows it running on this machine, `test` runs its tests.\n")
    if any(name not in os.environ for name in _NEEDS):
        os.environ.update(_of_running_demo(command))
    if command == "migrate" and "DATABASE_OWNER_URL" in os.environ:
        os.environ["DATABASE_URL"] = os.environ["DATABASE_OWNER_URL"]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "promoflow.settings")

    from django.core.management import execute_from_command_line

    execute_from_command_line([sys.argv[0], command, *arguments])
    return 0


def _of_running_demo(command: str) -> dict[str, str]:
    demo = folder.DataFolder(Path(os.environ.get("PROMOFLOW_DATA_DIR", folder.DEFAULT)))
    environment: dict[str, str] = demo.last_run().get("environment", {}) if demo.is_in_use() else {}
    missing = [name for name in _NEEDS if name not in os.environ and name not in environment]
    if missing:
        raise Trouble(
            f"`{command}` needs {' and '.join(missing)} in the environment, and no demo is running in "
            f"{demo.path} that it could ask. Start one with `python3 manage.py demo` in another window, "
            "name the folder of a running one with PROMOFLOW_DATA_DIR, or set them: README.md lists every "
            "setting under 'On a server'."
        )
    return {name: value for name, value in environment.items() if name not in os.environ}
