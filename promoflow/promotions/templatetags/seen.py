"""How the history leads to what somebody saw as they decided."""

from django import template
from django.urls import reverse

from promoflow.audit.models import Entry
from promoflow.promotions.models import DECIDING, Decision
from promoflow.promotions.pages import voiding

register = template.Library()


@register.simple_tag
def seen_address(entry: Entry) -> str:
    """The page of the decision that this entry tells of; nothing where it tells of none."""
    if entry.event not in DECIDING:
        return ""
    decided = Decision.objects.filter(
        request=entry.subject_id, decided_at=entry.at, decided_by=entry.actor_id
    ).first()
    return reverse("request-decision", args=[entry.subject, decided.pk]) if decided else ""


@register.filter
def why_void(decision: Decision) -> str:
    """What happened, where a decision counts no more."""
    return voiding.sentence(decision)
