"""A request for its auditor: the dossier on paper and as a PDF, and what somebody saw as they decided."""

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from promoflow import fonts, printing, web
from promoflow.audit.models import Link
from promoflow.files import as_file
from promoflow.promotions.pages import seen
from promoflow.promotions.pages.paper import Paper
from promoflow.promotions.pages.stood import Stood
from promoflow.promotions.pictures import scale
from promoflow.promotions.views.requests import PER_PAGE, find


@require_GET
def page(request: web.SignedInRequest, reference: str) -> HttpResponse:
    """Everything about one request, to be printed."""
    paper = _paper(request, reference)
    context = _context(paper) | {
        "style": printing.style(_margins(paper), str(request.csp_nonce)),  # type: ignore[attr-defined]
        "has_browser": printing.browser() is not None,
        "no_browser": printing.no_browser(),
        "has_chinese": fonts.has_chinese(),
    }
    return render(request, "promotions/dossier.html", context)


@require_GET
def pdf(request: web.SignedInRequest, reference: str) -> HttpResponse:
    """The same as one file. Looking changes nothing, so the history does not tell of it."""
    paper = _paper(request, reference)
    css = printing.sheets("desk.css", "paper.css") + _margins(paper)
    context = _context(paper) | {
        "style": printing.style(css),
        "icons": printing.icons(),
    }
    made = printing.pdf(render_to_string("promotions/dossier.html", context))
    response = HttpResponse(made, content_type="application/pdf")
    response["Cache-Control"] = "private, no-store"
    return as_file(response, f"{paper.request.reference}.pdf")


@require_GET
def decision(request: web.SignedInRequest, reference: str, pk: int) -> HttpResponse:
    """The content, the prices, the findings and the rules as they were in front of whoever decided."""
    promotion = find(request, reference)
    found = seen.of(promotion, pk)
    if found is None:
        raise Http404
    address = reverse("request-decision", args=[promotion.reference, pk])
    few = None if request.GET.get("products") == "all" else PER_PAGE
    return web.respond(
        request,
        page="promotions/decision.html",
        fragment="promotions/_pictured.html",
        context={
            "promotion": promotion,
            "seen": found,
            "shown_rows": found.rows[:few],
            "hidden_rows": len(found.rows[few:]) if few else 0,
            "pictured": found.pictured(
                request.GET, address, frame=scale.fitting(phone=web.on_a_phone(request))
            ),
        },
    )


@require_GET
def stood(request: web.SignedInRequest, reference: str, seq: int) -> HttpResponse:
    """The request as the history tells that it stood after a place of the chain."""
    promotion = find(request, reference)
    if not Link.objects.filter(pk=seq).exists():
        raise Http404
    found = Stood(promotion, seq)
    if not found.exists:
        raise Http404
    return render(request, "promotions/stood.html", {"promotion": promotion, "stood": found})


def _paper(request: web.SignedInRequest, reference: str) -> Paper:
    return Paper(find(request, reference), by=request.user, at=timezone.now())


def _context(paper: Paper) -> dict[str, object]:
    return {"paper": paper, "promotion": paper.request, "site": settings.SITE_URL}


def _margins(paper: Paper) -> str:
    """What stands on every page of paper: what it is, who printed it, how far the history was signed for."""
    head, foot, stamp = map(printing.quoted, (paper.head, paper.foot, paper.stamp))
    return (
        f"@page {{ size: {paper.size}; margin: 20mm 15mm 20mm; font: 7.5pt sans-serif; color: #4b5563;"
        f" @top-left {{ content: {head}; }}"
        ' @top-right { content: counter(page) " / " counter(pages); }'
        f" @bottom-left {{ content: {foot}; width: 45%; white-space: normal; }}"
        f" @bottom-right {{ content: {stamp}; width: 55%; white-space: normal; }} }}"
    )
