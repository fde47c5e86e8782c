"""What the set-up tells the person who waits for it: each step, how long it took, and why it stopped."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Trouble(Exception):
    """The set-up cannot go on; its text says why and what to do."""


def say(text: str = "") -> None:
    print(text, flush=True)


@contextmanager
def step(title: str) -> Iterator[Callable[[str], None]]:
    """Show `title` while the work inside runs, then its time; the yielded function shows how far it is."""
    started = time.monotonic()
    _begin(title)

    def note(word: str) -> None:
        # Where nobody watches, a line that rewrites itself is noise.
        if sys.stdout.isatty():
            _begin(title, word)

    try:
        yield note
    except BaseException as error:
        interrupted = isinstance(error, KeyboardInterrupt)
        _end(title, f"{'stopped' if interrupted else 'failed'} after {time.monotonic() - started:.1f} s")
        raise
    _end(title, f"{time.monotonic() - started:.1f} s")


def _begin(title: str, word: str = "") -> None:
    rewind = "\r\033[K" if sys.stdout.isatty() else ""
    print(f"{rewind}  {title} ... {word}", end="", flush=True)


def _end(title: str, word: str) -> None:
    if sys.stdout.isatty():
        _begin(title, word)
        say()
    else:
        say(word)


def last_lines(text: str, count: int = 15) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines()[-count:])
