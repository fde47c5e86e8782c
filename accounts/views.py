"""The pages of people: one's own preferences, and for managers everybody's accounts."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus

from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import confirming, permissions
from accounts.forms import JoinForm, NameForm, PersonForm, PreferencesForm
from accounts.models import User
from accounts.permissions import why_not
from accounts.roles import ROLES, SUPERVISOR
from accounts.selectors import accounts_of_same_person, grants_of, store_names, stores_of
from accounts.services import people, removing, securing
from promoflow import web
from promoflow.audit import services as audit
from promoflow.errors import NotAllowed


@require_http_methods(["GET", "POST"])
def preferences(request: web.SignedInRequest) -> HttpResponse:
    me = request.user
    form = PreferencesForm(request.POST or None, initial={"language": me.language, "time_zone": me.time_zone})
    if request.method == "POST" and form.is_valid():
        me = people.change_preferences(by=me, at=timezone.now(), **form.cleaned_data)
        # It is read on the next page, which speaks the language that was chosen.
        with translation.override(me.language):
            messages.success(request, _("Your preferences are kept."))
        return web.redirect("preferences")
    context = {"form": form, "supervises": bool(stores_of(me, SUPERVISOR))}
    return render(request, "accounts/preferences.html", context, status=422 if form.is_bound else 200)


def _recorded(show: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The one look that is a deed: each of these codes stands in for the phone."""

    @wraps(show)
    def shown(request: web.SignedInRequest) -> HttpResponse:
        # allauth notes at the first look that there was one.
        with transaction.atomic():
            response = show(request)
            if response.status_code == HTTPStatus.OK:
                audit.record(
                    "person.recovery_codes_read", by=request.user, at=timezone.now(), on=request.user
                )
        return response

    return shown


def _told(change: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """allauth's page of a change of the second step, which would tell of it after its transaction."""

    @wraps(change)
    def changed(request: web.SignedInRequest) -> HttpResponse:
        with securing.telling_of_two_step(request.user, at=timezone.now()):
            return change(request)

    return changed


activate_totp = _told(totp.activate_totp)
deactivate_totp = _told(totp.deactivate_totp)
generate_recovery_codes = _told(codes.generate_recovery_codes)
recovery_codes = _recorded(codes.view_recovery_codes)
recovery_codes_file = _recorded(codes.download_recovery_codes)


@require_http_methods(["GET", "POST"])
def add(request: web.SignedInRequest) -> HttpResponse:
    """Adds somebody; `?store=` leads back to the store that they are added for, to grant a role there."""
    permissions.check_can_add(request.user)
    form = PersonForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and (user := _added(request, form)):
        sentence = _("%(name)s is added and gets a link by mail to set a password. Now grant a role.")
        messages.success(request, sentence % {"name": user.called})
        if store := web.number(request.GET.get("store", "")):
            return web.redirect(reverse("store", args=[store], query={"person": user.pk}))
        return web.redirect("person", user.pk)
    return render(request, "accounts/person_new.html", {"form": form}, status=422 if form.is_bound else 200)


def _added(request: web.SignedInRequest, form: PersonForm) -> User | None:
    """Whose second account it may not be stands beside who was chosen."""
    try:
        return people.add(by=request.user, at=timezone.now(), **form.cleaned_data)
    except NotAllowed as refusal:
        advice = _("Nobody was added: ask one of them to add this account.")
        form.add_error("same_person_as", [str(refusal), advice])
        return None


@require_http_methods(["GET", "POST"])
def person(request: web.SignedInRequest, pk: int) -> HttpResponse:
    """An account: who it is, which roles it holds, and what may be done about it."""
    user = _visible(request.user, pk)
    form = NameForm(request.POST or None, instance=User(name=user.name))
    if request.method == "POST" and form.is_valid():
        people.rename(user=user, name=form.cleaned_data["name"], by=request.user, at=timezone.now())
        messages.success(request, _("The name is corrected; the history keeps the old one for what was."))
        return web.redirect("person", user.pk)
    context = {
        "person": user,
        "form": form,
        "stores": _roles_by_store(request.user, user),
        "sees_all": request.user == user or request.user.is_superuser,
        "same_person": accounts_of_same_person(user),
        "two_step": is_mfa_enabled(user),
        **_refusals(request.user, user),
    }
    return render(request, "accounts/person.html", context, status=422 if form.is_bound else 200)


@login_not_required
@require_safe
@never_cache
def here(request: HttpRequest, pk: int) -> HttpResponse:
    """What a page asks when its person types, or comes back to it: whether they are still signed in.

    Where they are, its forms get the token of now, which signing in anew in another tab has replaced.
    """
    return render(request, "accounts/_here.html", {"is_here": request.user.pk == pk})


@require_POST
def invite(request: web.SignedInRequest, pk: int) -> HttpResponse:
    user = _visible(request.user, pk)
    people.invite(user=user, by=request.user, at=timezone.now())
    return _done(request, user, _("%(name)s gets a fresh link by mail."))


@require_POST
def deactivate(request: web.SignedInRequest, pk: int) -> HttpResponse:
    user = _visible(request.user, pk)
    people.deactivate(user=user, by=request.user, at=timezone.now())
    return _done(request, user, _("%(name)s is deactivated and signed out everywhere."))


@require_POST
def reactivate(request: web.SignedInRequest, pk: int) -> HttpResponse:
    user = _visible(request.user, pk)
    people.reactivate(user=user, by=request.user, at=timezone.now())
    return _done(request, user, _("%(name)s is active again and gets a link by mail to set a password."))


@require_POST
def take_off_two_step(request: web.SignedInRequest, pk: int) -> HttpResponse:
    user = _visible(request.user, pk)
    people.take_off_two_step(user=user, by=request.user, at=timezone.now())
    return _done(request, user, _("%(name)s signs in with the password alone until they set it up again."))


@require_http_methods(["GET", "POST"])
def join(request: web.SignedInRequest, pk: int) -> HttpResponse:
    """Asks which account is the same human, on a page of its own: it cannot be undone."""
    user = _visible(request.user, pk)
    form = JoinForm(request.POST or None, user=user)
    if request.method == "POST" and form.is_valid():
        people.join(user=user, with_=form.cleaned_data["with_"], by=request.user, at=timezone.now())
        return _done(request, user, _("%(name)s and the other account are one person from now on."))
    permissions.check_can_join_somebody(request.user, user)
    context = {"person": user, "form": form}
    return render(request, "accounts/person_join.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
def remove_name(request: web.SignedInRequest, pk: int) -> HttpResponse:
    """Asks on a page of its own, with a code: it cannot be undone."""
    user = _visible(request.user, pk)
    confirmation = confirming.given(request) if request.method == "POST" else confirming.asked(request)
    why_not_remove = why_not(permissions.check_can_remove_name, request.user, user)
    if request.method == "POST" and (why_not_remove or not confirmation.is_wanted):
        user = removing.remove_name(
            user=user, by=request.user, at=timezone.now(), confirmed_at=confirmation.at
        )
        return _done(request, user, _("The name is removed from all pages: %(name)s stands in for it."))
    context = {"person": user, "confirmation": confirmation, "why_not": why_not_remove}
    status = 422 if request.method == "POST" else 200
    return render(request, "accounts/person_remove_name.html", context, status=status)


def _visible(viewer: User, pk: int) -> User:
    """Oneself, the people of one's stores, and for a manager everybody: accounts belong to no store."""
    user = get_object_or_404(User, pk=pk)
    ours = {store for store, _role in grants_of(user)} & stores_of(viewer)
    if user != viewer and not ours and why_not(permissions.check_can_add, viewer):
        raise Http404
    return user


def _roles_by_store(viewer: User, user: User) -> list[dict[str, object]]:
    """On the stores that the viewer has a role on: of any other not even the name is theirs to read."""
    held = grants_of(user)
    seen = permissions.stores_seen(viewer, {store for store, _role in held})
    return [
        {"pk": pk, "name": name, "roles": [role for role in ROLES.values() if (pk, role.code) in held]}
        for pk, name in store_names(seen).items()
    ]


def _refusals(by: User, user: User) -> dict[str, str]:
    """Why each deed of the page is not possible; nothing where it is."""
    return {
        "why_not_invite": why_not(permissions.check_can_invite, by, user),
        "why_not_rename": why_not(permissions.check_can_rename, by, user),
        "why_not_deactivate": why_not(permissions.check_can_deactivate, by, user),
        "why_not_reactivate": why_not(permissions.check_can_reactivate, by, user),
        "why_not_take_off_two_step": why_not(permissions.check_can_take_off_two_step, by, user),
        "why_not_join": why_not(permissions.check_can_join_somebody, by, user),
        "why_not_remove_name": why_not(permissions.check_can_remove_name, by, user),
    }


def _done(request: web.SignedInRequest, user: User, sentence: str) -> HttpResponse:
    messages.success(request, sentence % {"name": user.called})
    return web.redirect("person", user.pk)
