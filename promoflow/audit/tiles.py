"""The tree's hashes in files, 256 to each: a proof reads a handful of them and not the whole history.

The layout is C2SP's tlog-tiles: tile/<level>/<number> holds the hashes of 256 whole tiles of the level below,
or of as many leaves, and tile/<level>/<number>.p/<width> as many as there are so far. It is derived from the
rows and proves nothing by itself: whoever takes a hash out of it compares the root that it leads to.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from promoflow.audit import tree
from promoflow.audit.files import write_whole

WIDTH: Final = 256
_HASH: Final = 32


class Missing(LookupError):
    """That a tile is not there, or is not whole."""


class Tiles:
    """The tiles in a folder, to be read; each once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._read: dict[tuple[int, int], Sequence[bytes]] = {}

    def subtree(self, size: int) -> tree.Subtree:
        """The hashes over leaves of the tree that has so many."""

        def subtree(start: int, end: int) -> bytes:
            width = end - start
            if width & (width - 1):
                middle = start + tree.split(width)
                return tree.node(subtree(start, middle), subtree(middle, end))
            return tree.subtree_of(self._stored(start, width, size))(0, self._hashes(width))

        return subtree

    def _hashes(self, width: int) -> int:
        """How many hashes of one tile a whole subtree of this width is made of."""
        return int(width // WIDTH ** _level(width))

    def _stored(self, start: int, width: int, size: int) -> Sequence[bytes]:
        level = _level(width)
        first = start // WIDTH**level
        number, place = divmod(first, WIDTH)
        return self._tile(level, number, size)[place : place + self._hashes(width)]

    def _tile(self, level: int, number: int, size: int) -> Sequence[bytes]:
        if (level, number) not in self._read:
            width = min(WIDTH, size // WIDTH**level - number * WIDTH)
            self._read[level, number] = _hashes_in(self.folder, level, number, width)
        return self._read[level, number]


class Growing:
    """The tiles of a tree that grows: kept at its right edge, and written when somebody signs for them.

    Not sooner: a history that turns out to be another one than was signed for must not take their place.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._edge: list[list[bytes]] = []
        self._full: list[int] = []
        self._unwritten: list[tuple[int, int, list[bytes]]] = []

    def __str__(self) -> str:
        return str(self.folder)

    def add(self, row_hash: bytes) -> None:
        self._add(0, tree.leaf(row_hash))

    def _add(self, level: int, found: bytes) -> None:
        if level == len(self._edge):
            self._edge.append([])
            self._full.append(0)
        edge = self._edge[level]
        edge.append(found)
        if len(edge) < WIDTH:
            return
        number = self._full[level]
        self._edge[level], self._full[level] = [], number + 1
        if not _is_written(self.folder, level, number, edge):
            self._unwritten.append((level, number, edge))
        self._add(level + 1, tree.subtree_of(edge)(0, WIDTH))

    def write(self) -> None:
        """Write what is whole and not written yet, and the right edge as it is now."""
        while self._unwritten:
            level, number, hashes = self._unwritten[0]
            write_whole(path_of(self.folder, level, number), b"".join(hashes))
            _forget_parts(self.folder, level, number)
            self._unwritten.pop(0)
        for level, edge in enumerate(self._edge):
            if edge and not _is_written(self.folder, level, self._full[level], edge):
                write_whole(path_of(self.folder, level, self._full[level], len(edge)), b"".join(edge))


def path_of(folder: Path, level: int, number: int, width: int = WIDTH) -> Path:
    """tile/0/x001/x234/067: the number in threes, all but the last with an x before them."""
    threes = [f"{number % 1000:03}"]
    while number := number // 1000:
        threes.insert(0, f"x{number % 1000:03}")
    whole = folder.joinpath("tile", str(level), *threes)
    return whole if width == WIDTH else whole.with_name(f"{whole.name}.p") / str(width)


def _level(width: int) -> int:
    return (width.bit_length() - 1) // 8


def _is_written(folder: Path, level: int, number: int, hashes: Sequence[bytes]) -> bool:
    try:
        return path_of(folder, level, number, len(hashes)).read_bytes() == b"".join(hashes)
    except OSError:
        return False


def _hashes_in(folder: Path, level: int, number: int, width: int) -> Sequence[bytes]:
    """The first so many hashes of a tile: from the whole one, or from that of this width."""
    for path in dict.fromkeys((path_of(folder, level, number), path_of(folder, level, number, width))):
        try:
            raw = path.read_bytes()
        except OSError:
            continue
        if len(raw) >= width * _HASH:
            return [raw[at : at + _HASH] for at in range(0, width * _HASH, _HASH)]
    raise Missing(f"tile {level}/{number} of width {width} is not in {folder}")


def _forget_parts(folder: Path, level: int, number: int) -> None:
    parts = path_of(folder, level, number, 1).parent
    for part in parts.glob("*"):
        part.unlink()
    if parts.is_dir():
        parts.rmdir()
