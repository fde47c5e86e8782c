"""The Merkle tree over the history, as RFC 6962 has it: its root, and proofs that need only a few hashes.

A leaf is the row hash of a place in the chain. Nothing here knows where hashes are kept: whoever asks for a
proof hands over `subtree`, which gives the hash over the leaves from one place up to another.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import Final

Subtree = Callable[[int, int], bytes]
"""The hash over the leaves in [start, end), counted from nought; asked for nodes of the tree alone."""

EMPTY: Final = hashlib.sha256(b"").digest()


def leaf(row_hash: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + row_hash).digest()


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


class Range:
    """A tree that only grows, kept as the few hashes of its whole subtrees: from large to small."""

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[bytes] = []

    def add(self, row_hash: bytes) -> None:
        """The next leaf; two whole subtrees of one size become one of the next."""
        grown, carried = leaf(row_hash), self.size
        while carried & 1:
            grown = node(self._peaks.pop(), grown)
            carried >>= 1
        self._peaks.append(grown)
        self.size += 1

    @property
    def root(self) -> bytes:
        if not self._peaks:
            return EMPTY
        *others, found = self._peaks
        for peak in reversed(others):
            found = node(peak, found)
        return found


def subtree_of(leaves: Sequence[bytes]) -> Subtree:
    """Over leaf hashes that are all at hand."""

    def subtree(start: int, end: int) -> bytes:
        if end - start == 1:
            return leaves[start]
        middle = start + split(end - start)
        return node(subtree(start, middle), subtree(middle, end))

    return subtree


def inclusion(index: int, size: int, subtree: Subtree) -> list[bytes]:
    """What leads from the leaf at this place to the root of the first `size` leaves."""
    if not 0 <= index < size:
        raise ValueError(f"there is no leaf {index} in a tree of {size}")
    proof, start, end = [], 0, size
    while end - start > 1:
        middle = start + split(end - start)
        if index < middle:
            proof.append(subtree(middle, end))
            end = middle
        else:
            proof.append(subtree(start, middle))
            start = middle
    return proof[::-1]


def consistency(old: int, size: int, subtree: Subtree) -> list[bytes]:
    """What shows that the tree of `old` leaves is where the tree of `size` leaves began."""
    if not 0 < old <= size:
        raise ValueError(f"a tree of {old} is not where one of {size} began")
    proof, start, end, whole = [], 0, size, True
    while old != end:
        middle = start + split(end - start)
        if old <= middle:
            proof.append(subtree(middle, end))
            end = middle
        else:
            proof.append(subtree(start, middle))
            start, whole = middle, False
    # The old root itself is known to whoever asks; a part of it is not.
    return proof[::-1] if whole else [subtree(start, end), *proof[::-1]]


def includes(root: bytes, size: int, index: int, row_hash: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the proof leads from the row hash at this place to the root (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    found, place, last = leaf(row_hash), index, size - 1
    for sibling in proof:
        if last == 0:
            return False
        if place & 1 or place == last:
            found = node(sibling, found)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = node(found, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and found == root


def continues(old_root: bytes, old: int, root: bytes, size: int, proof: Sequence[bytes]) -> bool:
    """Whether the proof shows that the newer tree begins with the older one (RFC 9162, 2.1.4.2)."""
    if not 0 < old <= size:
        return False
    if old == size:
        return not proof and old_root == root
    place, last = old - 1, size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    hashes = iter(proof if place else [old_root, *proof])
    first = next(hashes, None)
    return first is not None and _climbs(first, old_root, root, (place, last), hashes)


def _climbs(first: bytes, old_root: bytes, root: bytes, at: tuple[int, int], hashes: Iterator[bytes]) -> bool:
    (place, last), older, newer = at, first, first
    for sibling in hashes:
        if last == 0:
            return False
        if place & 1 or place == last:
            older, newer = node(sibling, older), node(sibling, newer)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            newer = node(newer, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and older == old_root and newer == root


def split(size: int) -> int:
    """The largest power of two below the size."""
    return 1 << (size - 1).bit_length() - 1
