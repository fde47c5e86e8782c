"""The reasons of an earlier submission, for the warnings that say to the letter what they said then."""

from promoflow.audit import naming
from promoflow.audit import selectors as history
from promoflow.promotions.changes import compare
from promoflow.promotions.checker import Report
from promoflow.promotions.content import decode
from promoflow.promotions.models import ConflictReport, PromotionRequest
from promoflow.rulebook import findings


def given_before(request: PromotionRequest, found: Report) -> dict[str, str]:
    """By the key of the warning; whoever submits it again may keep or change them."""
    if not found.warnings:
        return {}
    submissions = history.timeline(request).filter(event="request.submitted")
    last = next(iter(naming.shown(submissions.order_by("-pk")[:1])), None)
    if last is None:
        return {}
    seen = decode(
        ConflictReport.objects.filter(revision__request=request, digest=last.report_digest).latest("pk").body
    )
    if seen["schema"] != findings.SCHEMA:
        return {}
    same = compare(seen, found.body).untouched
    return {key: str(text) for key, text in last.after.items() if key in same}
