"""The page of a product, with every promotion that touches it."""

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from promoflow import web
from promoflow.catalog import selectors as catalog
from promoflow.catalog.views.products import product_context
from promoflow.policies import selectors as policies
from promoflow.promotions import neighbours, selectors
from promoflow.promotions.pages import lines
from promoflow.promotions.pictures import lanes, picture, scale
from promoflow.rulebook.offers import with_children


@require_safe
def page(request: web.SignedInRequest, store_id: int, asin: str) -> HttpResponse:
    """The catalog's page, and what touches the product, also through its family; for htmx, its picture."""
    at = timezone.now()
    context = product_context(request, store_id, asin)
    product, policy = context["product"], policies.current()
    touching = lines.of(selectors.on_family(product, at=at), policy, at)
    let_go = neighbours.let_go(product, at=at)
    (listed,) = catalog.listed([product])
    context |= {
        "touching_template": "promotions/_touching.html",
        "touching": touching,
        "let_go": [
            (offer, lanes.about(offer, listed.currency), policy.danger_window(offer)) for offer in let_go
        ],
        "pictured": picture.of_product(
            with_children([*(line.offer for line in touching), *let_go], [listed]),
            listed,
            policy,
            request.GET,
            reverse("product", args=[store_id, asin]),
            at=at,
            zone=product.store.marketplace.time_zone,
            frame=scale.fitting(phone=web.on_a_phone(request)),
        ),
    }
    return web.respond(
        request, page="catalog/product.html", fragment="promotions/_pictured.html", context=context
    )
