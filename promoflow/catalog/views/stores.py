"""The pages of stores: what they are, and who may do what on them."""

from functools import partial

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import User
from accounts.permissions import (
    check_can_add,
    check_can_manage,
    check_can_revoke,
    check_may_be_granted,
    why_not,
)
from accounts.roles import MANAGER, ROLES
from accounts.selectors import roles_of, roles_on, same_person, stores_of
from accounts.services import grants
from promoflow import web
from promoflow.catalog.forms import seeing
from promoflow.catalog.forms.stores import ChangeStoreForm, NewStoreForm, RoleForm
from promoflow.catalog.models import Store
from promoflow.catalog.permissions import check_can_add_store
from promoflow.catalog.services import stores
from promoflow.errors import Stale

PEOPLE_ON_A_PAGE = 50


@require_GET
def index(request: web.SignedInRequest) -> HttpResponse:
    """One's stores with one's roles on them, and for whoever manages people, everybody."""
    visible = _visible(request.user)
    why_not_people = why_not(check_can_add, request.user)
    everybody = User.objects.order_by("-is_active", "name", "pk")
    context = {
        "stores": [{"store": store, "roles": _names(roles_of(request.user, store.pk))} for store in visible],
        "why_not_people": why_not_people,
        "people": None
        if why_not_people
        else Paginator(everybody, PEOPLE_ON_A_PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "catalog/stores.html", context)


@require_http_methods(["GET", "POST"])
def add(request: web.SignedInRequest) -> HttpResponse:
    check_can_add_store(request.user)
    form = NewStoreForm(request.POST or None, by=request.user)
    if request.method == "POST" and form.is_valid():
        store = stores.add(by=request.user, at=timezone.now(), **form.cleaned_data)
        messages.success(request, _("%(store)s is added.") % {"store": store})
        return _to(request, store)
    return render(request, "catalog/store_new.html", {"form": form}, status=422 if form.is_bound else 200)


@require_GET
def detail(request: web.SignedInRequest, pk: int) -> HttpResponse:
    store = get_object_or_404(_visible(request.user), pk=pk)
    return _page(request, store, RoleForm(initial={"person": request.GET.get("person")}))


@require_http_methods(["GET", "POST"])
def change(request: web.SignedInRequest, pk: int) -> HttpResponse:
    store = get_object_or_404(_visible(request.user), pk=pk)
    check_can_manage(request.user, store)
    form = ChangeStoreForm(request.POST or None, store=store)
    status = 422 if form.is_bound else 200
    if form.is_valid():
        try:
            _change(request, form, store)
            return web.redirect("store", store.pk)
        except Stale as refusal:
            store, status = Store.objects.get(pk=pk), 409
            now = stores.Facts.of(store)._asdict()
            form = seeing.over(partial(ChangeStoreForm, store=store), request.POST, now, refusal)
    context = {"form": form, "store": store}
    return render(request, "catalog/store_change.html", context, status=status)


def _change(request: web.SignedInRequest, form: ChangeStoreForm, store: Store) -> None:
    store = stores.change(store=store, seen=form.seen, to=form.wanted, by=request.user, at=timezone.now())
    messages.success(request, _("%(store)s is changed.") % {"store": store})


@require_POST
def grant(request: web.SignedInRequest, pk: int) -> HttpResponse:
    store = get_object_or_404(_visible(request.user), pk=pk)
    form = RoleForm(request.POST)
    if not form.is_valid():
        return _page(request, store, form, status=422)
    person, role = form.cleaned_data["person"], form.cleaned_data["role"]
    grants.grant(to=person, store=store, role=role, by=request.user, at=timezone.now())
    return _done(request, store, person, role, _("%(name)s now holds the role %(role)s."))


@require_POST
def revoke(request: web.SignedInRequest, pk: int) -> HttpResponse:
    store = get_object_or_404(_visible(request.user), pk=pk)
    form = RoleForm(request.POST)
    if not form.is_valid():
        return _page(request, store, form, status=422)
    person, role = form.cleaned_data["person"], form.cleaned_data["role"]
    grants.revoke(from_=person, store=store, role=role, by=request.user, at=timezone.now())
    return _done(request, store, person, role, _("%(name)s no longer holds the role %(role)s."))


def _visible(user: User) -> QuerySet[Store]:
    """The stores on which one holds a role; the superuser, who names first managers, sees all of them."""
    return Store.objects.all() if user.is_superuser else Store.objects.filter(pk__in=stores_of(user))


def _page(request: web.SignedInRequest, store: Store, form: RoleForm, status: int = 200) -> HttpResponse:
    why_not_manage = why_not(check_can_manage, request.user, store)
    held = roles_on(store.pk)
    people = list(User.objects.filter(pk__in=held).order_by("-is_active", "name", "pk"))
    context = {
        "store": store,
        "roles": ROLES.values(),
        "rows": [
            {
                "person": person,
                "twins": [other for other in people if other != person and same_person(other, person)],
                **_buttons(request.user, person, store, held[person.pk]),
            }
            for person in people
        ],
        "form": form,
        "why_not_manage": why_not_manage,
        # The superuser, who also names managers, is none.
        "manages": MANAGER in held.get(request.user.pk, ()),
    }
    return render(request, "catalog/store.html", context, status=status)


def _buttons(by: User, person: User, store: Store, held: set[str]) -> dict[str, object]:
    """What a person holds, role by role, and why the button beside it would be refused."""
    why_not_grant = why_not(check_may_be_granted, by, person, store)
    last = why_not(check_can_revoke, by, person, store, MANAGER) if MANAGER in held else ""
    cells = [
        {
            "role": role,
            "held": role.code in held,
            "why_not": (last if role.code == MANAGER else "") if role.code in held else why_not_grant,
        }
        for role in ROLES.values()
    ]
    reasons = {str(cell["why_not"]) for cell in cells} - {""}
    return {"cells": cells, "reasons": sorted(reasons)}


def _done(request: web.SignedInRequest, store: Store, person: User, role: str, sentence: str) -> HttpResponse:
    messages.success(request, sentence % {"name": person.called, "role": ROLES[role].name})
    return _to(request, store)


def _to(request: web.SignedInRequest, store: Store) -> HttpResponse:
    """Its page; where one has no role on it by now, the list."""
    visible = _visible(request.user).filter(pk=store.pk).exists()
    return web.redirect(*(["store", store.pk] if visible else ["store-list"]))


def _names(roles: set[str]) -> list[str]:
    return [str(role.name) for role in ROLES.values() if role.code in roles]
