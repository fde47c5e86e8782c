"""Settling the alarm of a request that the rules block by now."""

from django.contrib import messages
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts import confirming
from accounts.permissions import why_not
from promoflow import web
from promoflow.errors import Stale
from promoflow.promotions import permissions
from promoflow.promotions.forms.deciding import SettleForm
from promoflow.promotions.services import alarms
from promoflow.promotions.views.requests import find, show


@require_POST
def settle(request: web.SignedInRequest, reference: str) -> HttpResponse:
    """Say why what the rules block may stay as it is."""
    promotion = find(request, reference)
    form, confirmation = SettleForm(request.POST), confirming.given(request)
    incomplete = not form.is_valid() or confirmation.is_wanted
    # Who may not settle is refused by the service, which writes the attempt into the history.
    if incomplete and not why_not(permissions.check_can_settle, request.user, promotion):
        return show(request, promotion, settling=form, confirmation=confirmation, status=422)
    try:
        alarms.settle(
            reference=promotion.reference,
            by=request.user,
            at=timezone.now(),
            confirmed_at=confirmation.at,
            note=form.cleaned_data.get("note", ""),
            report=request.POST.get("report", ""),
        )
    except Stale as refused:
        return show(request, find(request, reference), settling=form, refused=refused)
    messages.success(
        request, _("The alarm of %(reference)s is settled.") % {"reference": promotion.reference}
    )
    return web.redirect("request", promotion.reference)
