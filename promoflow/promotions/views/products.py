"""The page of a product, with every promotion that touches it."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from promoflow import web
from promoflow.catalog.views.products import product_context
from promoflow.policies import selectors as policies
from promoflow.promotions import lines, selectors


@require_safe
def page(request: web.SignedInRequest, store_id: int, asin: str) -> HttpResponse:
    """The catalog's page, and what holds the product or asks for it, also through its family."""
    at = timezone.now()
    context = product_context(request, store_id, asin)
    touching = selectors.on_family(context["product"], at=at)
    context |= {
        "touching_template": "promotions/_touching.html",
        "touching": lines.of(touching, policies.current(), at),
    }
    return render(request, "catalog/product.html", context)
