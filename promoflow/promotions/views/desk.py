"""My desk: what waits for this person, and what runs."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from promoflow import web
from promoflow.promotions.pages.agenda import Agenda


@require_GET
def desk(request: web.SignedInRequest) -> HttpResponse:
    """Mine to finish, to decide and to verify; what is live, ends or cools off; and what is late."""
    context = {"agenda": Agenda(request.user, at=timezone.now())}
    return render(request, "promotions/desk.html", context)
