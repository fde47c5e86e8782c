"""Why a decision counts no more, by what happened at the instant at which it was voided."""

from datetime import datetime

from django.utils.translation import gettext as _

from promoflow.promotions.models import Decision, Verdict


def sentence(decision: Decision) -> str:
    """The beginning of a line that ends with when it was; nothing where it counts."""
    if decision.voided_at is None:
        return ""
    name = {"name": decision.voided_by}
    match _verdict_that_voided(decision, decision.voided_at):
        case Verdict.RETURN:
            return _("void: %(name)s returned it,") % name
        case Verdict.REJECT:
            return _("void: %(name)s rejected it,") % name
        case Verdict.APPROVE:
            return _("void: it counted no more as %(name)s approved,") % name
    if _is_of_older_content(decision, decision.voided_at):
        return _("void: %(name)s changed the content,") % name
    return _("void: %(name)s could no longer decide on it,") % {"name": decision.decided_by}


def _verdict_that_voided(decision: Decision, at: datetime) -> str | None:
    """Of the decision by the same person at the same instant, where it is one that voided this one."""
    later = Decision.objects.filter(request=decision.request_id, pk__gt=decision.pk)
    deed = later.filter(decided_at=at, decided_by=decision.voided_by_id).order_by("pk")
    return deed.values_list("verdict", flat=True).first()


def _is_of_older_content(decision: Decision, at: datetime) -> bool:
    edits = decision.request.revisions.filter(number__gt=decision.revision.number)
    return edits.filter(edited_at=at, edited_by=decision.voided_by_id).exists()
