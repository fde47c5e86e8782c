"""Forgetting the files of old screenshots; the row with the digest stays, as the history names it."""

from datetime import datetime

from django.core.files.storage import default_storage

from promoflow import stored
from promoflow.promotions.models import OVER, Attachment


def forget(*, before: datetime) -> int:
    """Delete the files after this transaction; says how many.

    Files are named by what they hold, so one that a later request attached as well stays.
    """
    passed = Attachment.objects.filter(added_at__lt=before, request__state__in=OVER)
    wanted = Attachment.objects.exclude(pk__in=passed.values("pk"))
    names = passed.exclude(file__in=wanted.values("file")).values_list("file", flat=True).distinct()
    there = [name for name in sorted(names) if default_storage.exists(name)]
    for name in there:
        stored.delete_after_this(name)
    return len(there)
