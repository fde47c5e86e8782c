"""How pages show what stands at Amazon: alarms of the second look, and what runs on, may run or cools off."""

from functools import partial

from django import template
from django.utils import timezone

from accounts.permissions import why_not
from promoflow.promotions import permissions, selectors
from promoflow.promotions.models import PromotionRequest, State
from promoflow.promotions.pages import bulk_sheet, looks, safe_starts
from promoflow.promotions.pages.dossier import Dossier

register = template.Library()


@register.inclusion_tag("promotions/_store_alarms.html", takes_context=True)
def store_alarms(context: template.Context) -> dict[str, object]:
    """What alarms in the stores of whoever is signed in."""
    found = looks.alarms_for(context["user"], at=timezone.now())
    return {"watches": found[: looks.FEW], "more": len(found) - looks.FEW}


@register.inclusion_tag("promotions/_look_alarm.html")
def look_alarm(dossier: Dossier) -> dict[str, object]:
    """That the second look saw something else, until it is verified or stopped."""
    seen = looks.alarm_of(dossier.request, dossier.activation)
    return {"seen": seen, "promotion": dossier.request, "dossier": dossier}


@register.inclusion_tag("promotions/_comparison.html")
def comparison(dossier: Dossier) -> dict[str, object]:
    """Approved, first look and second look in columns, with their screenshots."""
    activation = dossier.activation
    return {
        "compared": looks.comparison(dossier.request, activation) if activation else None,
        "attachments": looks.attachments(dossier.request) if activation else [],
        "promotion": dossier.request,
        "dossier": dossier,
    }


@register.inclusion_tag("promotions/_downloads.html")
def downloads(promotion: PromotionRequest) -> dict[str, object]:
    """The products as files, so that nobody retypes them."""
    return {
        "promotion": promotion,
        "has_bulk_sheet": bulk_sheet.is_offered(promotion),
        "no_bulk_sheet": why_not(bulk_sheet.check_can_download, promotion),
    }


@register.inclusion_tag("promotions/_cooling.html")
def cooling(dossier: Dossier) -> dict[str, object]:
    """How long an ended promotion may still be redeemed, and what may start when on its products."""
    if dossier.stage != selectors.COOLING:
        return {}
    starts = safe_starts.of(dossier.request, policy=dossier.policy, at=dossier.at)
    return {"gone_by": dossier.danger.ends_at, "starts": starts, "dossier": dossier}


@register.inclusion_tag("promotions/_may_run.html")
def may_run(dossier: Dossier) -> dict[str, object]:
    """That it, or what it was before, may stand at Amazon unseen, and who may say that it does not."""
    if not dossier.may_run:
        return {}
    check = partial(permissions.check_can_clear, at=dossier.at)
    return {
        "promotion": dossier.request,
        "before": dossier.activation,
        "why_not": why_not(check, dossier.by, dossier.request),
    }


@register.inclusion_tag("promotions/_amendments.html")
def amendments(dossier: Dossier) -> dict[str, object]:
    """What it amends, what amends it or took its place, and how far it was shortened."""
    request = dossier.request
    succession = getattr(request, "succession", None)
    return {
        "promotion": request,
        "dossier": dossier,
        "changes": dossier.amended,
        "doubt": dossier.doubt,
        "succeeded": hasattr(request, "activation"),
        "successor": succession.amendment if succession else None,
        "open": selectors.open_amendments(request).first() if request.state == State.LIVE else None,
    }
