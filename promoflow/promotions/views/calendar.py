"""The calendar of a store."""

from django.db.models import Exists, OuterRef
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts import selectors as people
from promoflow import web
from promoflow.catalog.models import Store
from promoflow.policies import selectors as policies
from promoflow.promotions.forms.filtering import CalendarForm
from promoflow.promotions.models import STANDING, PromotionRequest, State
from promoflow.promotions.pictures import calendar
from promoflow.promotions.pictures.bands import BROAD, SLIM


@require_safe
def first(request: web.SignedInRequest) -> HttpResponse:
    """The calendar of the first of the person's stores with something on it; without a role there is none."""
    on_it = PromotionRequest.objects.filter(store=OuterRef("pk"), state__in=[State.IN_REVIEW, *STANDING])
    stores = Store.objects.filter(pk__in=people.stores_of(request.user))
    store = stores.order_by(Exists(on_it).desc(), "name", "pk").first()
    if store is None:
        return render(request, "promotions/calendar_none.html")
    return web.redirect("store-calendar", store.pk)


@require_safe
def of_store(request: web.SignedInRequest, store_id: int) -> HttpResponse:
    """A week or a month of it, to whoever holds a role on the store."""
    at, stores = timezone.now(), Store.objects.filter(pk__in=people.stores_of(request.user))
    store, form = get_object_or_404(stores, pk=store_id), CalendarForm(request.GET)
    zone, length = store.marketplace.time_zone, form.asked_length
    view = calendar.period(request.GET, length, at=at, zone=zone)
    address = reverse("store-calendar", args=[store.pk])
    context: dict[str, object] = {
        "store": store,
        "stores": stores,
        "form": form,
        "title": calendar.title(view, length, zone),
        "moves": calendar.moves(view, length, request.GET, address, at=at, zone=zone),
        "calendar": calendar.read(
            store,
            policies.current(),
            view,
            form.wanted(),
            by_request=form.by_request,
            page=request.GET.get("page"),
            at=at,
            frame=SLIM if web.on_a_phone(request) else BROAD,
        ),
    }
    return web.respond(
        request, page="promotions/calendar.html", fragment="promotions/_calendar.html", context=context
    )
