"""A worker in a process of its own, `python -m tests.catalog.working work`; works when sent a line."""

import sys
import time

import django


def main(deed: str) -> None:
    django.setup()
    from django.utils import timezone

    from promoflow.catalog.services import imports, reading

    if deed == "slowly":
        _slow_down(reading)
    print("ready", flush=True)
    for _line in sys.stdin:
        imports.work(at=timezone.now())
        print("done", flush=True)


def _slow_down(reading: object) -> None:
    """Small chunks, and after each the word `staged` and a rest, in which the worker can be killed."""
    stage = reading._stage
    reading.CHUNK = 2

    def staged(*args: object) -> None:
        stage(*args)
        print("staged", flush=True)
        time.sleep(30)

    reading._stage = staged


if __name__ == "__main__":
    main(sys.argv[1])
