"""Saying that what left *approved* without having been marked live does not stand at Amazon."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from promoflow import web
from promoflow.promotions import permissions
from promoflow.promotions.forms.withdrawing import ClearForm
from promoflow.promotions.models import NEVER_LIVE
from promoflow.promotions.services import clearing
from promoflow.promotions.views.drafts import record_of


@require_http_methods(["GET", "HEAD", "POST"])
def clear(request: web.SignedInRequest, reference: str) -> HttpResponse:
    """Nobody is warned of it any more, after asking."""
    record, at = record_of(request.user, reference), timezone.now()
    form = ClearForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        clearing.clear(reference=record.reference, by=request.user, at=at, note=form.cleaned_data["note"])
        messages.success(
            request, _("Nobody is warned of %(reference)s any more.") % {"reference": record.reference}
        )
        return web.redirect("request", record.reference)
    permissions.check_can_clear(request.user, record, at=at)
    status = 422 if form.errors else 200
    context = {"record": record, "form": form, "before": record.state not in NEVER_LIVE}
    return render(request, "promotions/clear.html", context, status=status)
