"""How the history leads to what somebody saw as they decided, and names it."""

from django import template
from django.urls import reverse

from promoflow.audit.models import Change, Entry
from promoflow.promotions.models import DECIDING, Decision
from promoflow.promotions.pages import voiding
from promoflow.promotions.wording import sentences

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
def label(change: Change) -> str:
    """What is under this name: of a finding's key the finding, in the reader's language."""
    return sentences.name_of_key(change.name) if sentences.is_key(change.name) else change.label


@register.filter
def in_words(value: object) -> object:
    """A recorded value, with findings by their names in it."""
    match value:
        case str():
            return sentences.name_of_key(value) if sentences.is_key(value) else value
        case [*parts]:
            return [in_words(part) for part in parts]
        case _:
            return value


@register.filter
def why_void(decision: Decision) -> str:
    """What happened, where a decision counts no more."""
    return voiding.sentence(decision)
