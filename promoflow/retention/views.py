"""The page that says what is kept."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from promoflow import web
from promoflow.audit.selectors import newest_of
from promoflow.retention.kept import KEPT


@require_safe
def index(request: web.SignedInRequest) -> HttpResponse:
    """For everybody who is signed in: it is about them."""
    cleared = newest_of("retention.cleared")
    return render(
        request,
        "retention/kept.html",
        {
            "kept": KEPT,
            "cleared": cleared,
            "gone": [(kept.what, cleared.after.get(kept.code)) for kept in KEPT] if cleared else [],
        },
    )
