"""Forgetting uploaded files and their lines, once their import is closed; what each changed stays."""

from datetime import datetime

from django.db.models import Exists, OuterRef, Q

from promoflow import stored
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
        stored.delete_after_this(str(source.file))
    return len({source.pk for source in (*files, *listed)})
