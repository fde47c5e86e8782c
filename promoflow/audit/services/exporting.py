"""Handing the history over: the whole of it, and receipts for single entries, to be checked without us."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from promoflow.audit import chain, tree
from promoflow.audit.models import Link
from promoflow.audit.notes import Checkpoint
from promoflow.audit.selectors import plain_rows


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


def receipt(link: Link, *, checkpoint: Checkpoint, note: str) -> dict[str, Any]:
    """An entry with its place, the proof that leads from it to the checkpoint's root, and the checkpoint.

    ValueError where the checkpoint is older than the entry, or was signed for another history than this.
    """
    with transaction.atomic():
        [row] = plain_rows(Link.objects.filter(pk=link.pk))
    hashes = Link.objects.filter(pk__lte=checkpoint.size).order_by("pk").values_list("row_hash", flat=True)
    leaves = [tree.leaf(bytes(row_hash)) for row_hash in hashes.iterator(chunk_size=50_000)]
    proof = tree.inclusion(link.pk - 1, checkpoint.size, tree.subtree_of(leaves))
    if not tree.includes(checkpoint.root, checkpoint.size, link.pk - 1, row["row_hash"], proof):
        raise ValueError("the history is not the one that the checkpoint was signed for")
    return {
        "promoflow": "history receipt 1",
        "entry": plain({name: row[name] for name in (*_PLACE, *chain.FIELDS)}),
        "proof": [part.hex() for part in proof],
        "checkpoint": note,
    }


_PLACE: Final = ("seq", "sealed", "prev_hash", "row_hash")
