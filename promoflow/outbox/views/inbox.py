"""The inbox: all that one was told, what is unread first. Only a POST marks anything as read."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from promoflow import web
from promoflow.outbox import selectors
from promoflow.outbox.models import Message
from promoflow.outbox.services import reading

ON_A_PAGE = 50


@require_safe
def index(request: web.SignedInRequest) -> HttpResponse:
    page = Paginator(selectors.inbox(request.user), ON_A_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "newest": max((message.pk for message in page), default=0)}
    return render(request, "outbox/inbox.html", context)


@require_POST
def open_(request: web.SignedInRequest, pk: int) -> HttpResponse:
    """Marks it as read and leads to what it is about."""
    message = get_object_or_404(Message, pk=pk)
    reading.read(message, by=request.user, at=timezone.now())
    secret = message.meaning.opens_account
    return web.redirect(reverse("inbox") if secret or not message.link else message.link)


@require_POST
def read(request: web.SignedInRequest, pk: int) -> HttpResponse:
    message = get_object_or_404(Message, pk=pk)
    reading.read(message, by=request.user, at=timezone.now())
    return web.redirect("inbox")


@require_POST
def read_all(request: web.SignedInRequest) -> HttpResponse:
    known = web.number(request.POST.get("newest", ""))
    number = reading.read_all(by=request.user, newest=known, at=timezone.now())
    said = ngettext("%(n)d message is marked as read.", "%(n)d messages are marked as read.", number)
    messages.success(request, said % {"n": number})
    return web.redirect("inbox")
