"""What if: promotions tried on a product; the address holds them all, and nothing is saved."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe
from django_htmx.http import replace_url

from accounts import selectors as people
from accounts.models import User
from accounts.roles import OPERATOR
from promoflow import web
from promoflow.catalog import selectors as catalog
from promoflow.catalog.models import Product
from promoflow.policies import selectors as policies
from promoflow.promotions import neighbours
from promoflow.promotions.forms import trying
from promoflow.promotions.forms.trying import GroundForm, TrialForm, Tried
from promoflow.promotions.pages import what_if
from promoflow.promotions.pictures import scale
from promoflow.rulebook.offers import Offer, with_children
from promoflow.rulebook.policy import Policy


@require_safe
def page(request: web.SignedInRequest, store_id: int, asin: str) -> HttpResponse:
    """The calculator: the whole page, the whole form after a deed of it, or only what typing changes."""
    product = _product(request.user, store_id, asin)
    deed = request.GET.get("do", "")
    context = _context(request, product, trying.read(request.GET).after(deed), deed)
    if not web.wants_fragment(request):
        if deed:
            return HttpResponseRedirect(context["address"])
        return render(request, "promotions/what_if.html", context)
    whole = request.htmx.target == "what-if"
    template = "promotions/_what_if.html" if whole else "promotions/_tried.html"
    response = render(request, template, context)
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return replace_url(response, context["address"])


def _product(user: User, store_id: int, asin: str) -> Product:
    """One that the person may not see does not exist for them."""
    visible = Product.objects.select_related("store").filter(store__in=people.stores_of(user))
    return get_object_or_404(visible, store=store_id, asin=asin)


def _context(request: web.SignedInRequest, product: Product, tried: Tried, deed: str) -> dict[str, Any]:
    at, policy = timezone.now(), policies.current()
    (listed,) = catalog.listed([product])
    ground = GroundForm(tried.ground, product=listed, floor=policy.floor_of(listed))
    ground.is_valid()
    rows = [
        TrialForm(row, letter=letter, product=product, policy=policy, at=at)
        for letter, row in zip(trying.LETTERS, tried.rows, strict=False)
    ]
    offers = [offer for form in rows if (offer := form.offer())]
    answer = what_if.ask(
        offers,
        [] if ground.beside == trying.ALONE else _others(product, offers, policy),
        product=ground.tried_on,
        policy=policy,
        at=at,
        zone=product.store.marketplace.time_zone,
        with_review=ground.beside == trying.ASKED,
        frame=scale.fitting(phone=web.on_a_phone(request)),
    )
    drafts = people.holds_role(request.user, product.store_id, OPERATOR)
    return {
        "product": product,
        "store": product.store,
        "currency": listed.currency,
        "zone": product.store.marketplace.time_zone,
        "ground": ground,
        "rows": rows,
        "is_full": len(rows) == len(trying.LETTERS),
        "answer": answer,
        "address": _address(product, tried.ground, rows),
        "drafts": _drafts(product, rows) if drafts else {},
        "focus": _focus(deed, rows),
    }


def _others(product: Product, offers: Sequence[Offer], policy: Policy) -> list[Offer]:
    """What is real and may touch a sale from the first of those tried on."""
    if not offers:
        return []
    first = min(offers, key=lambda offer: policy.danger_window(offer).starts_at)
    beside = neighbours.beside(product.store, [product], candidate=first, policy=policy)
    return with_children(beside, catalog.listed([product]))


def _address(product: Product, ground: dict[str, str], rows: Sequence[TrialForm]) -> str:
    """A link that tries the same again, for whoever it is sent to."""
    said = {f"{form.letter}-{name}": value for form in rows for name, value in form.said.items()}
    path = reverse("product-what-if", args=[product.store_id, product.asin])
    return f"{path}?{urlencode(ground | said)}"


def _drafts(product: Product, rows: Sequence[TrialForm]) -> dict[str, str]:
    """By letter, where each is drafted: the form of a new request, filled in."""
    fixed = {"store": product.store_id, "asins": product.asin}
    return {form.letter: f"{reverse('request-new')}?{urlencode(fixed | form.said)}" for form in rows}


def _focus(deed: str, rows: Sequence[TrialForm]) -> str:
    """Where the keyboard goes on after a deed: to the new one, to the changed one, else to the button."""
    verb, _space, what = deed.partition(" ")
    return {"add": rows[-1].letter if rows else "", "discount": what[:1], "remove": "add"}.get(verb, "")
