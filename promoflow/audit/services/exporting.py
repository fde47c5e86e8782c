"""Handing the history over: the whole of it, and receipts for single entries, to be checked without us."""

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from promoflow.audit import chain, tree
from promoflow.audit.models import Link
from promoflow.audit.notes import Checkpoint
from promoflow.audit.selectors import plain_rows
from promoflow.audit.tiles import Missing, Tiles


def lines(*, name: str) -> Iterator[str]:
    """The history as lines of JSON: one that says what it is, then one for each place of the chain."""
    yield json.dumps({"promoflow": "history export 1", "origin": name}) + "\n"
    with transaction.atomic():
        for row in plain_rows(Link.objects.all()):
            yield json.dumps(plain(row), ensure_ascii=False) + "\n"


def plain(row: dict[str, Any]) -> dict[str, Any]:
    """A row's values as JSON has them: digests in hex, instants as microseconds since 1970."""
    return {name: _plain(value) for name, value in row.items()}


def _plain(value: Any) -> Any:
    match value:
        case bytes():
            return value.hex()
        case datetime():
            return chain.microseconds(value)
        case UUID():
            return str(value)
        case _:
            return value


def receipt(link: Link, *, checkpoint: Checkpoint, note: str, tiles: Tiles | None = None) -> dict[str, Any]:
    """An entry with its place, the proof that leads from it to the checkpoint's root, and the checkpoint.

    ValueError where the checkpoint is older than the entry, or was signed for another history than this.
    """
    with transaction.atomic():
        [row] = plain_rows(Link.objects.filter(pk=link.pk))
    index, size = link.pk - 1, checkpoint.size

    def proof_of(subtree: tree.Subtree) -> list[bytes] | None:
        proof = tree.inclusion(index, size, subtree)
        return proof if tree.includes(checkpoint.root, size, index, row["row_hash"], proof) else None

    return {
        "promoflow": "history receipt 1",
        "entry": plain(row),
        "proof": [part.hex() for part in _proved(proof_of, size, tiles)],
        "checkpoint": note,
    }


def consistency(
    older: int, *, checkpoint: Checkpoint, note: str, tiles: Tiles | None = None
) -> dict[str, Any]:
    """That the history of so many entries is where the checkpoint's began: for whoever kept an older one.

    ValueError where the checkpoint is older than that, or was signed for another history than this.
    """
    size = checkpoint.size
    roots: list[bytes] = []

    def proof_of(subtree: tree.Subtree) -> list[bytes] | None:
        proof = tree.consistency(older, size, subtree)
        roots[:] = [subtree(0, older)]
        return proof if tree.continues(roots[0], older, checkpoint.root, size, proof) else None

    proof = _proved(proof_of, size, tiles)
    return {
        "promoflow": "history consistency 1",
        "size": older,
        "root": base64.b64encode(roots[0]).decode(),
        "proof": [part.hex() for part in proof],
        "checkpoint": note,
    }


def _proved(
    proof_of: Callable[[tree.Subtree], list[bytes] | None], size: int, tiles: Tiles | None
) -> list[bytes]:
    """A proof that holds: out of a few tiles; where they are missing or wrong, out of all row hashes."""
    proof = None
    if tiles:
        with suppress(Missing):
            proof = proof_of(tiles.subtree(size))
    if proof is None:
        proof = proof_of(tree.subtree_of(_leaves(size)))
    if proof is None:
        raise ValueError("the history is not the one that the checkpoint was signed for")
    return proof


def _leaves(size: int) -> list[bytes]:
    hashes = Link.objects.filter(pk__lte=size).order_by("pk").values_list("row_hash", flat=True)
    leaves = [tree.leaf(bytes(row_hash)) for row_hash in hashes.iterator(chunk_size=50_000)]
    if len(leaves) < size:
        raise ValueError("the history is shorter than when the checkpoint was signed")
    return leaves
