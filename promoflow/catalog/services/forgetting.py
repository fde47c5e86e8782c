"""Forgetting uploaded files and their lines, once their import is closed; what each changed stays."""

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from promoflow.catalog.models import Import, ImportLine, RefusedLine


def forget(*, before: datetime) -> int:
    """Delete the lines in this transaction and the files after it; says of how many imports."""
    lines = [Exists(rows.objects.filter(source=OuterRef("pk"))) for rows in (ImportLine, RefusedLine)]
    closed = Import.objects.exclude(status__in=Import.OPEN).filter(created_at__lt=before)
    passed = list(closed.annotate(has_lines=Q(lines[0]) | Q(lines[1])).order_by("pk"))
    files = [source for source in passed if source.file.storage.exists(source.file.name or "")]
    listed = [source for source in passed if source.has_lines]
    for rows in (ImportLine, RefusedLine):
        rows.objects.filter(source__in=listed).delete()
    for source in files:
        _delete_after_this(source)
    return len({source.pk for source in (*files, *listed)})


def _delete_after_this(source: Import) -> None:
    # No `partial`: Django tells of one that fails by its name, and would fail itself where there is none.
    transaction.on_commit(lambda: source.file.delete(save=False), robust=True)
