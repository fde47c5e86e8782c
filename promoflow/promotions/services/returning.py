"""Returning several requests with one note; each is a decision of its own; no other verdict is given so."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from promoflow.errors import Refused
from promoflow.promotions import selectors
from promoflow.promotions.models import PromotionRequest
from promoflow.promotions.services import review


@dataclass(frozen=True)
class Outcome:
    """What came of one of them: returned, or the sentence that refused it."""

    reference: str
    refusal: str = ""


def return_several(
    *,
    seen: Mapping[str, str],
    note: str,
    by: User,
    at: datetime,
    confirmed_at: datetime | None,
    opened_at: datetime | None = None,
) -> list[Outcome]:
    """Return each as it was seen (reference -> digest of its revision), in a transaction of its own."""
    said = {"note": note, "at": at, "confirmed_at": confirmed_at, "opened_at": opened_at}
    return [_outcome(reference, by, revision=revision, **said) for reference, revision in seen.items()]


def _outcome(reference: str, by: User, **said: Any) -> Outcome:
    try:
        request = selectors.at_hand(reference, by)
        review.send_back(reference=request.reference, by=by, **said)
    except PromotionRequest.DoesNotExist:
        return Outcome(reference, _("No store of yours has such a request."))
    except Refused as refused:
        return Outcome(reference, str(refused))
    return Outcome(reference)
