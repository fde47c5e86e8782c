"""The workflow's records: a request, its revisions, findings, decisions, comments, and what it holds."""

from promoflow.promotions.models.absence import Delegation
from promoflow.promotions.models.amending import Succession
from promoflow.promotions.models.discussing import Comment
from promoflow.promotions.models.looking import Attachment, Discrepancy, Look
from promoflow.promotions.models.queueing import Claim, SavedFilter
from promoflow.promotions.models.requests import (
    BEFORE_LIVE,
    NEVER_LIVE,
    OVER,
    STANDING,
    PromotionRequest,
    Revision,
    RevisionProduct,
    State,
)
from promoflow.promotions.models.review import DECIDING, ConflictReport, Decision, Verdict
from promoflow.promotions.models.running import Activation, Alarm, Cause, Recheck, Reservation

__all__ = [
    "BEFORE_LIVE",
    "DECIDING",
    "NEVER_LIVE",
    "OVER",
    "STANDING",
    "Activation",
    "Alarm",
    "Attachment",
    "Cause",
    "Claim",
    "Comment",
    "ConflictReport",
    "Decision",
    "Delegation",
    "Discrepancy",
    "Look",
    "PromotionRequest",
    "Recheck",
    "Reservation",
    "Revision",
    "RevisionProduct",
    "SavedFilter",
    "State",
    "Succession",
    "Verdict",
]
