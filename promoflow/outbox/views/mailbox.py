"""The mailbox of the demonstration, and the messages that could not be delivered."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from promoflow import web
from promoflow.outbox import codes, mailbox, selectors, services
from promoflow.outbox.models import Message


def _only_in_the_demo() -> None:
    if not settings.DEMO:
        raise Http404


@require_safe
def index(request: web.SignedInRequest) -> HttpResponse:
    _only_in_the_demo()
    to = request.GET.get("to", "")
    found = mailbox.mails(settings.MAIL_FOLDER, to=to)
    context: dict[str, object] = {
        "page": Paginator(found, 50).get_page(request.GET.get("page")),
        "addresses": mailbox.addresses(settings.MAIL_FOLDER),
        "to": to,
        "codes": list(codes.codes()),
    }
    return web.respond(request, page="outbox/mailbox.html", fragment="outbox/_mails.html", context=context)


@login_not_required
@require_safe
def authenticators(request: HttpRequest) -> HttpResponse:
    """Also for somebody who is half signed in and is asked for the code just now."""
    _only_in_the_demo()
    return render(request, "outbox/codes.html", {"codes": list(codes.codes())})


@require_safe
def mail(request: web.SignedInRequest, key: str) -> HttpResponse:
    _only_in_the_demo()
    found = mailbox.find(settings.MAIL_FOLDER, key)
    if found is None:
        raise Http404
    return render(request, "outbox/mail.html", {"mail": found})


@require_safe
def undelivered(request: web.SignedInRequest) -> HttpResponse:
    """Given-up messages, for the managers of their stores."""
    found = selectors.undelivered(request.user)
    page = Paginator(found, 50).get_page(request.GET.get("page"))
    return render(request, "outbox/undelivered.html", {"page": page})


@require_POST
def try_again(request: web.SignedInRequest, pk: int) -> HttpResponse:
    message = get_object_or_404(Message, pk=pk)
    services.try_again(message, by=request.user, at=timezone.now())
    messages.success(request, _("The message is on its way again."))
    return web.redirect("undelivered")
