"""Files that a power cut leaves whole, or does not leave at all."""

import os
from pathlib import Path


def write_whole(path: Path, content: bytes) -> None:
    """Write the file, in place of an older one."""
    os.replace(_unfinished(path, content), path)
    _keep_name(path)


def write_once(path: Path, content: bytes) -> None:
    """Write the file; FileExistsError where there is one already, which is left as it is."""
    unfinished = _unfinished(path, content)
    try:
        os.link(unfinished, path)
    finally:
        unfinished.unlink()
    _keep_name(path)


def _unfinished(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.part")
    with unfinished.open("wb") as written:
        written.write(content)
        written.flush()
        os.fsync(written.fileno())
    return unfinished


def _keep_name(path: Path) -> None:
    """The name too is on the disk: a file that was written may still be in no folder after a power cut."""
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
