#!/usr/bin/env python3
"""The one entry: `demo` and `test` set the machine up and run; every other command is Django's."""

# So that an older Python, too, gets as far as being told that it is one.
from __future__ import annotations

import os
import sys


def main() -> int:
    if os.name != "posix" or sys.version_info < (3, 11):
        return _refuse("promoflow needs Linux or macOS (or Windows' WSL) and Python 3.11 or later.")
    from promoflow.machine.progress import Trouble

    try:
        return _run(sys.argv[1] if len(sys.argv) > 1 else "help", sys.argv[2:])
    except Trouble as trouble:
        return _refuse(str(trouble))
    except KeyboardInterrupt:
        return 130


def _run(command: str, arguments: list[str]) -> int:
    from promoflow.machine import environment

    if command not in {"demo", "test"}:
        environment.enter_if_made(sys.argv)
        from promoflow.machine import administration

        return administration.run(command, arguments)

    environment.prepare()
    if not environment.is_inside():
        environment.enter(sys.argv)
    if command == "demo":
        from promoflow.machine import demo

        return demo.run(arguments)
    from promoflow.machine import testing

    return testing.run(arguments)


def _refuse(sentence: str) -> int:
    print(f"\n{sentence}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
