"""The pages of products: the list, what a product's page shows, and changing one."""

from functools import partial
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from accounts.permissions import why_not
from accounts.selectors import stores_of
from promoflow import web
from promoflow.catalog import selectors
from promoflow.catalog.forms import seeing
from promoflow.catalog.forms.products import ProductFilterForm, ProductForm, in_fields
from promoflow.catalog.models import Product, Sku, Store
from promoflow.catalog.permissions import check_can_change_products
from promoflow.catalog.services import products
from promoflow.errors import Blocked, Stale

PRODUCTS_ON_A_PAGE = 50
IMPORTS_ON_A_PRODUCT = 10


@require_safe
def index(request: web.SignedInRequest) -> HttpResponse:
    """The products of one's stores, found as one types."""
    visible = _stores(request.user)
    form = ProductFilterForm(request.GET)
    cast("forms.ModelChoiceField[Store]", form.fields["store"]).queryset = visible
    form.is_valid()
    found = _narrowed(visible, form.cleaned_data)
    page = Paginator(found.prefetch_related("skus"), PRODUCTS_ON_A_PAGE).get_page(request.GET.get("page"))
    asked = {name for name in form.fields if request.GET.get(name)}
    context = {
        "form": form,
        "page": page,
        "several_stores": len(visible) > 1,
        "narrowed": bool(asked),
        "empty_store": form.cleaned_data.get("store") if asked == {"store"} else None,
    }
    return web.respond(
        request, page="catalog/products.html", fragment="catalog/_products.html", context=context
    )


def _narrowed(visible: QuerySet[Store], wanted: dict[str, Any]) -> QuerySet[Product]:
    stores = [wanted["store"]] if wanted.get("store") else list(visible)
    variations = Product.objects.filter(parent=OuterRef("pk"))
    found = selectors.search(stores, wanted.get("q") or "").annotate(is_parent=Exists(variations))
    lacking = {"floor": Q(floor_price=None), "price": Q(price=None)}.get(wanted.get("lacking") or "")
    # A parent is not sold, its variations are: it lacks nothing.
    return found.filter(lacking, is_parent=False) if lacking else found


def product_context(request: web.SignedInRequest, store_id: int, asin: str) -> dict[str, Any]:
    """What the page of a product shows; promotions serves it, and adds what touches the product."""
    product = _product(request.user, store_id, asin)
    family = product.parent.children.all() if product.parent else product.children.all()
    return {
        "product": product,
        "store": product.store,
        "currency": product.store.marketplace.currency,
        "skus": product.skus.order_by("sku"),
        "was_listed": selectors.was_listed(product),
        "retired": Sku.RETIRED,
        "family": family.order_by("title", "asin"),
        "imports": selectors.imports_that_changed(product)[:IMPORTS_ON_A_PRODUCT],
        "why_not_change": why_not(check_can_change_products, request.user, product.store),
    }


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: web.SignedInRequest, store_id: int, asin: str) -> HttpResponse:
    product = _product(request.user, store_id, asin)
    check_can_change_products(request.user, product.store)
    form = _form(product, request.POST or None)
    status = 422 if form.is_bound else 200
    if form.is_valid():
        try:
            _change(request, form, product)
            return web.redirect("product", store_id, asin)
        except Blocked as refusal:
            form.add_error(None, str(refusal))
        except Stale as refusal:
            product, status = _product(request.user, store_id, asin), 409
            now = in_fields(products.Facts.of(product))
            form = seeing.over(partial(_form, product), request.POST, now, refusal)
    context = {"form": form, "product": product, "currency": product.store.marketplace.currency}
    return render(request, "catalog/product_change.html", context, status=status)


def _form(product: Product, data: QueryDict | None) -> ProductForm:
    return ProductForm(data, store=product.store, facts=products.Facts.of(product))


def _change(request: web.SignedInRequest, form: ProductForm, product: Product) -> None:
    changed = products.change(
        store=product.store,
        asin=product.asin,
        seen=form.seen,
        to=form.wanted,
        why=form.cleaned_data["why"],
        by=request.user,
        at=timezone.now(),
    )
    if changed:
        messages.success(request, _("%(asin)s is changed.") % {"asin": product.asin})


@require_POST
def retire_sku(request: web.SignedInRequest, store_id: int, asin: str) -> HttpResponse:
    product = _product(request.user, store_id, asin)
    sku = _sku(product, request.POST.get("sku", ""))
    products.retire_sku(store=product.store, asin=asin, sku=sku.sku, by=request.user, at=timezone.now())
    messages.success(request, _("The SKU %(sku)s no longer counts for the price.") % {"sku": sku})
    return web.redirect("product", store_id, asin)


def _sku(product: Product, named: str) -> Sku:
    """NUL is in no SKU, and the database refuses the question."""
    if "\0" in named:
        raise Http404
    return get_object_or_404(product.skus, sku=named)


def _product(user: User, store_id: int, asin: str) -> Product:
    """One that the person may not see does not exist for them."""
    visible = Product.objects.filter(store__in=_stores(user)).select_related("store", "parent")
    return get_object_or_404(visible, store=store_id, asin=asin)


def _stores(user: User) -> QuerySet[Store]:
    return Store.objects.filter(pk__in=stores_of(user))
