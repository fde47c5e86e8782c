"""The pages where people and managers choose how they and their stores are told."""

from typing import Any

from django.apps import apps
from django.contrib import messages
from django.db.models import Model
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from promoflow import web
from promoflow.outbox import selectors
from promoflow.outbox.forms import PersonalChannelForm, StoreChannelForm, TellingForm
from promoflow.outbox.models import Channel, Timed
from promoflow.outbox.notices import TOPICS
from promoflow.outbox.permissions import check_can_keep, check_can_manage_channels
from promoflow.outbox.services import channels, reading

# --- One's own ------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def telling(request: web.SignedInRequest) -> HttpResponse:
    """How the desk tells one: mail, hours, and one's own chats."""
    me = request.user
    preference = selectors.preference(me.pk)
    form = TellingForm(request.POST or None, initial={"mail": preference.mail, **_hours(preference)})
    if request.method == "POST" and form.is_valid():
        reading.prefer(by=me, at=timezone.now(), **form.cleaned_data)
        messages.success(request, _("Your choice is kept."))
        return web.redirect("telling")
    context = {"form": form, "channels": selectors.channels_of_person(me)}
    return render(request, "outbox/telling.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
def add_own(request: web.SignedInRequest) -> HttpResponse:
    form = PersonalChannelForm(request.POST or None, initial={"topics": list(TOPICS)})
    return _adding(request, form, None)


# --- A store's ------------------------------------------------------------------------------------------


@require_safe
def of_store(request: web.SignedInRequest, pk: int) -> HttpResponse:
    """Where else the store is told, and how that goes."""
    store = _managed(request, pk)
    context = {"store": store, "channels": selectors.channels_of_store(pk)}
    return render(request, "outbox/channels.html", context)


@require_http_methods(["GET", "POST"])
def add_to_store(request: web.SignedInRequest, pk: int) -> HttpResponse:
    store = _managed(request, pk)
    initial = {"topics": list(TOPICS), "language": request.user.language, "digest_hour": 9}
    return _adding(request, StoreChannelForm(request.POST or None, initial=initial), store)


def _managed(request: web.SignedInRequest, pk: int) -> Any:
    """Asked before the store is looked up, so that nobody learns which stores there are."""
    check_can_manage_channels(request.user, pk)
    return get_object_or_404(apps.get_model("catalog", "Store"), pk=pk)


def _adding(request: web.SignedInRequest, form: PersonalChannelForm, store: Model | None) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        channel = channels.add(store=store, by=request.user, at=timezone.now(), **form.cleaned_data)
        messages.success(request, _("%(channel)s is added. Send it a test message.") % {"channel": channel})
        return web.redirect("channel", channel.pk)
    context = {"form": form, "store": store}
    return render(request, "outbox/channel_new.html", context, status=422 if form.is_bound else 200)


# --- One channel ----------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def channel(request: web.SignedInRequest, pk: int) -> HttpResponse:
    """One channel: how it goes, what may be done about it, and its choices to change."""
    found = _kept(request, pk)
    chosen = {"name": found.name, "topics": found.topics}
    if found.store is not None:
        chosen |= {"language": found.language, **_hours(found)}
    form_of = StoreChannelForm if found.store is not None else PersonalChannelForm
    form = form_of(request.POST or None, initial=chosen, channel=found)
    if request.method == "POST" and form.is_valid():
        channels.change(channel=found, by=request.user, at=timezone.now(), **form.cleaned_data)
        return _done(request, found, _("%(channel)s is changed."))
    context = {"channel": found, "form": form, "store": found.store}
    return render(request, "outbox/channel.html", context, status=422 if form.is_bound else 200)


@require_POST
def test(request: web.SignedInRequest, pk: int) -> HttpResponse:
    found = _kept(request, pk)
    trouble = channels.try_out(channel=found, by=request.user, at=timezone.now())
    if trouble:
        messages.error(request, _("The test message did not arrive. %(trouble)s") % {"trouble": trouble})
        return web.redirect("channel", found.pk)
    return _done(request, found, _("%(service)s took the test message for %(channel)s: look for it there."))


@require_POST
def pause(request: web.SignedInRequest, pk: int) -> HttpResponse:
    found = channels.pause(channel=_kept(request, pk), by=request.user, at=timezone.now())
    return _done(request, found, _("%(channel)s is paused: nothing is written to it."))


@require_POST
def resume(request: web.SignedInRequest, pk: int) -> HttpResponse:
    found = channels.resume(channel=_kept(request, pk), by=request.user, at=timezone.now())
    return _done(request, found, _("%(channel)s is written to again."))


@require_POST
def remove(request: web.SignedInRequest, pk: int) -> HttpResponse:
    found = _kept(request, pk)
    channels.remove(channel=found, by=request.user, at=timezone.now())
    messages.success(request, _("%(channel)s is removed, and its address forgotten.") % {"channel": found})
    return web.redirect(*(["store-channels", found.store_id] if found.store_id else ["telling"]))


def _kept(request: web.SignedInRequest, pk: int) -> Channel:
    found = get_object_or_404(Channel.objects.select_related("store", "person"), pk=pk)
    check_can_keep(request.user, found)
    return found


def _hours(timed: Timed) -> dict[str, Any]:
    names = ("quiet_from", "quiet_until", "digest", "digest_hour")
    return {name: getattr(timed, name) for name in names}


def _done(request: web.SignedInRequest, channel: Channel, sentence: str) -> HttpResponse:
    messages.success(request, sentence % {"channel": channel, "service": channel.service})
    return web.redirect("channel", channel.pk)
