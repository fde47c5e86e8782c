"""Amending what is live: more of it as a request of its own, less of it at once."""

from django.contrib import messages
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from promoflow import web
from promoflow.errors import Blocked
from promoflow.promotions import amendments, permissions
from promoflow.promotions.forms.running import ShortenForm
from promoflow.promotions.services import amending
from promoflow.promotions.views.requests import find
from promoflow.promotions.views.running import ask, dossier_for, typed


@require_POST
def amend(request: web.SignedInRequest, reference: str) -> HttpResponse:
    """Begins an amendment and opens its form; the live one runs on as it is."""
    promotion = find(request, reference)
    made = amending.amend(reference=promotion.reference, by=request.user, at=timezone.now())
    messages.success(
        request,
        _("%(reference)s amends %(amended)s. Change its end, its budget or its products, then submit it.")
        % {"reference": made.reference, "amended": promotion.reference},
    )
    return web.redirect("request-edit", made.reference)


@require_http_methods(["GET", "POST"])
def shorten(request: web.SignedInRequest, reference: str) -> HttpResponse:
    """An earlier end or a smaller budget, at once."""
    dossier = dossier_for(request, reference, permissions.check_can_shorten)
    is_locked = amendments.is_locked_coupon(dossier.request, policy=dossier.policy, at=dossier.at)
    form = ShortenForm(typed(request), content=dossier.content, zone=dossier.zone)
    if request.method != "POST" or not form.is_valid():
        return ask(request, dossier, form, "promotions/shorten.html", is_locked_coupon=is_locked)
    try:
        amending.shorten(
            reference=dossier.request.reference,
            by=request.user,
            at=timezone.now(),
            ends_at=form.cleaned_data["ends_at"],
            budget=form.cleaned_data["smaller_budget"],
            note=form.cleaned_data["note"],
        )
    except Blocked as refused:
        form.tell(refused)
        return ask(request, dossier, form, "promotions/shorten.html", is_locked_coupon=is_locked)
    done = _("%(reference)s is shortened here. Now set it so in Seller Central.")
    if is_locked:
        done = _(
            "%(reference)s is shortened here. Seller Central cannot shorten a live coupon: deactivate it "
            "there when its new end has come or its smaller budget is spent."
        )
    messages.warning(request, done % {"reference": dossier.request.reference})
    return web.redirect("request", dossier.request.reference)
