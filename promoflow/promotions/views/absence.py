"""Being away: who decides in one's place, from day to day."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts import selectors as people
from accounts.roles import MANAGER, SUPERVISOR
from promoflow import web
from promoflow.errors import Blocked, NotAllowed
from promoflow.promotions import absences
from promoflow.promotions.forms.absence import AbsenceForm
from promoflow.promotions.services import delegating


@require_http_methods(["GET", "POST"])
def page(request: web.SignedInRequest) -> HttpResponse:
    """One's own absences and those that one stands in for, and a form for the next."""
    if not people.stores_of(request.user, SUPERVISOR, MANAGER):
        raise NotAllowed(_("Only supervisors decide, and so only they name somebody to do it for them."))
    form = AbsenceForm(request.POST if request.method == "POST" else None, by=request.user)
    if request.method == "POST" and form.is_valid() and _name(request, form):
        return web.redirect("absence")
    context = {
        "form": form,
        "supervises": bool(form.stores),
        "delegations": absences.delegations_seen_by(request.user, timezone.now()),
    }
    return render(request, "promotions/absence.html", context, status=422 if form.is_bound else 200)


def _name(request: web.SignedInRequest, form: AbsenceForm) -> bool:
    try:
        delegation = delegating.name(**form.absence, by=request.user, at=timezone.now())
    except Blocked as refused:
        form.add_error("last_day", str(refused))
        return False
    done = _("%(name)s decides in your place from %(first)s to %(last)s, both days included.")
    days = {"first": date_format(delegation.first_day), "last": date_format(delegation.last_day)}
    messages.success(request, done % {"name": delegation.delegate.name, **days})
    return True


@require_POST
def end(request: web.SignedInRequest, pk: int) -> HttpResponse:
    delegation = get_object_or_404(absences.delegations_seen_by(request.user, timezone.now()), pk=pk)
    delegating.end(pk=delegation.pk, by=request.user, at=timezone.now())
    messages.success(
        request, _("Nobody decides in place of %(name)s now.") % {"name": delegation.absent.name}
    )
    return web.redirect("absence")
