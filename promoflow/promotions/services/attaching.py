"""Attaching: a screenshot is kept with the deed that it proves, and handed out only if it is unchanged."""

import hashlib
from datetime import datetime

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils.translation import gettext as _

from accounts.models import User
from promoflow.errors import WrongState
from promoflow.promotions.models import Attachment, Look, PromotionRequest
from promoflow.promotions.models.looking import ending_of
from promoflow.promotions.screenshots import Screenshot


def attach(
    screenshot: Screenshot | None, request: PromotionRequest, look: Look, *, by: User, at: datetime
) -> dict[str, str]:
    """Keep it in the transaction of its deed; hands back what the deed's entry in the history says of it.

    The file is named by its digest: one that a failed transaction leaves behind is the one that the next try
    finds.
    """
    if screenshot is None:
        return {}
    digest = screenshot.digest
    name = f"screenshots/{digest.hex()}.{ending_of(screenshot.media_type)}"
    if not default_storage.exists(name):
        name = default_storage.save(name, ContentFile(screenshot.body))
    Attachment.objects.create(
        request=request,
        step=request.step,
        look=look,
        file=name,
        digest=digest,
        media_type=screenshot.media_type,
        size=len(screenshot.body),
        added_at=at,
        added_by=by,
    )
    return {"screenshot": digest.hex()}


def read(attachment: Attachment) -> bytes:
    """The file, refused where it is gone or no longer what somebody attached."""
    try:
        with attachment.file.open("rb") as file:
            body: bytes = file.read()
    except OSError as error:
        raise WrongState(
            _(
                "The file of this screenshot is no longer there: it passed its span and was deleted, "
                "or it was lost. The history keeps its digest."
            )
        ) from error
    if hashlib.sha256(body).digest() != bytes(attachment.digest):
        raise WrongState(
            _("The file of this screenshot is no longer the one that was attached, so it is not shown.")
        )
    return body
