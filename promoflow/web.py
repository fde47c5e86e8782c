"""Between use cases and HTTP: refusals become answers, and a view answers with a page or a fragment."""

from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, cast
from urllib.parse import urlencode, urlsplit, urlunsplit
from uuid import UUID

from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.messages.storage.base import BaseStorage
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render, resolve_url
from django.urls import is_valid_path, reverse
from django.utils.cache import patch_vary_headers
from django.utils.http import escape_leading_slashes, url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_htmx.middleware import HtmxDetails

from promoflow.errors import Blocked, NotAllowed, Refused, Stale, Taken, WrongState

if TYPE_CHECKING:
    from django.contrib.auth.models import _User

# What an address is marked with where somebody comes back to it from signing in, and had sent a form.
_UNSENT: Final = "unsent"


class SignedInRequest(HttpRequest):
    """What a view gets behind LoginRequiredMiddleware: somebody is signed in."""

    user: "_User"
    htmx: HtmxDetails


# What the refusal is called, its status, and what the person can do next.
ANSWERS = {
    NotAllowed: (
        gettext_lazy("You may not do this"),
        403,
        gettext_lazy("Nothing was changed. Somebody with the right role can do it."),
    ),
    # Before WrongState, of which it is a kind.
    Taken: (
        gettext_lazy("Somebody else is on this"),
        409,
        gettext_lazy("Nothing was changed, and what you typed is kept. Ask them, or take it over."),
    ),
    WrongState: (
        gettext_lazy("This is no longer possible"),
        409,
        gettext_lazy("Nothing was changed. Look at where the record stands now."),
    ),
    Stale: (
        gettext_lazy("This changed while you were reading"),
        409,
        gettext_lazy("Nothing was changed. Read the page again, then decide on what it says now."),
    ),
    Blocked: (
        gettext_lazy("The rules refuse this"),
        422,
        gettext_lazy("Nothing was changed. Each reason says what would have to be different."),
    ),
}

# A key is a bigint.
_LONGEST_NUMBER = 19


def once(request: HttpRequest) -> UUID | None:
    """The one-time key of the form that was sent, which `{% once %}` put there; None where it has none."""
    try:
        return UUID(request.POST.get("once", ""))
    except ValueError:
        return None


def number(text: str) -> int:
    """A number that a form or an address carries; 0 for what is none, or more than a key can be."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < _LONGEST_NUMBER else 0


def on_a_phone(request: HttpRequest) -> bool:
    """Whether the window is as narrow as a phone's, which narrow.js says in a cookie.

    Before any page has run it, browsers that say whether they are on a phone are believed.
    """
    said = request.COOKIES.get("narrow") or request.headers.get("Sec-CH-UA-Mobile")
    return said in ("yes", "?1")


def wants_fragment(request: HttpRequest) -> bool:
    """htmx asks for a part of the page; on going back in the history it asks for the whole."""
    htmx = cast(SignedInRequest, request).htmx
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def respond(
    request: HttpRequest, *, page: str, fragment: str, context: dict[str, object], status: int = 200
) -> HttpResponse:
    """The fragment for htmx, else the whole page; caches are told that the answers differ."""
    template = fragment if wants_fragment(request) else page
    response = render(request, template, context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


class SeeOther(HttpResponseRedirect):
    """A redirect after a deed: the next page is fetched with GET, and a reload does not repeat the deed."""

    status_code = 303


def redirect(to: object, *args: object, **kwargs: object) -> HttpResponse:
    """Leads to a page by its URL name, a model or an address; an htmx request leaves its page too."""
    return SeeOther(resolve_url(cast(str, to), *args, **kwargs))


def explain(request: HttpRequest, refusal: Refused) -> tuple[dict[str, object], int]:
    """What `_refused.html` says about a refusal, and its status."""
    title, status, advice = next(answer for kind, answer in ANSWERS.items() if isinstance(refusal, kind))
    context: dict[str, object] = {
        "title": title,
        "sentence": str(refusal),
        "advice": advice,
        "changes": [str(change) for change in getattr(refusal, "changes", ())],
        "findings": [str(finding) for finding in getattr(refusal, "findings", ())],
        "stale": isinstance(refusal, Stale),
        "back": _address_before(request),
    }
    return context, status


def refuse(request: HttpRequest, refusal: Refused) -> HttpResponse:
    """The refusal as a page of its own, or in the refusal area of the page that htmx asked from."""
    context, status = explain(request, refusal)
    response = respond(request, page="refused.html", fragment="_refused.html", context=context, status=status)
    if wants_fragment(request):
        response["HX-Retarget"] = "#refusal"
        response["HX-Reswap"] = "innerHTML"
    return response


def _address_before(request: HttpRequest) -> str:
    came_from = request.headers.get("HX-Current-URL") or request.headers.get("Referer", "")
    ours = url_has_allowed_host_and_scheme(came_from, {request.get_host()}, request.is_secure())
    return came_from if came_from and ours else reverse("desk")


class RefusalMiddleware:
    """Refusals of use cases become answers, and redirects of htmx requests move the whole page.

    Who opens an address that only takes what a form sends is led to the page above it; who sent a form to
    signing in, because their session had ended, is told that nothing came of it and gets their texts back, or
    where htmx sent it, keeps the page on which it was typed.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.method == "GET" and _UNSENT in request.GET and request.user.is_authenticated:
            return _say_unsent(request)
        response = self.get_response(request)
        if isinstance(response, HttpResponseNotAllowed) and request.method == "GET":
            response = _lead_back(request)
        if not isinstance(response, HttpResponseRedirect):
            return response
        part = wants_fragment(request)
        if part and request.method == "POST" and _leads_to_signing_in(response.url):
            return _keep_what_is_typed()
        response["Location"] = _by_way_of_signing_in(request, response.url)
        texts = _texts(request) if _leads_to_signing_in(response.url) else []
        if texts:
            context = {"texts": texts, "sign_in": response.url}
            return render(request, "unsent.html", context, status=HTTPStatus.UNAUTHORIZED)
        return _move_whole_page(response) if part else response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return refuse(request, exception) if isinstance(exception, Refused) else None


def _lead_back(request: HttpRequest) -> HttpResponseRedirect:
    """Signing in, and a reload, open the address that a form was sent to; browsers show 405 as broken."""
    _say_nothing_was_done(request)
    above = request.path.rstrip("/").rpartition("/")[0]
    while above and not is_valid_path(f"{above}/"):
        above = above.rpartition("/")[0]
    return SeeOther(f"{above}/")


def _say_unsent(request: HttpRequest) -> HttpResponseRedirect:
    """After signing in, once: the page itself follows without the mark."""
    _say_nothing_was_done(request)
    query = request.GET.copy()
    del query[_UNSENT]
    path = escape_leading_slashes(request.path)
    return SeeOther(f"{path}?{query.urlencode()}" if query else path)


def _say_nothing_was_done(request: HttpRequest) -> None:
    sentence = _(
        "Nothing was done by opening this address, nor by what you sent before you signed in. "
        "If you still want it, do it again from here."
    )
    waiting = cast(BaseStorage, messages.get_messages(request))
    # One address may lead on to another that would say so, too; one sentence is enough.
    if sentence not in [str(message) for message in waiting]:
        messages.warning(request, sentence)
    waiting.used = False


def _leads_to_signing_in(address: str) -> bool:
    return address.partition("?")[0] == reverse("account_login")


def _keep_what_is_typed() -> HttpResponse:
    """A page whose form htmx sends stays: it asks whether somebody is signed in, and says that nobody is."""
    response = HttpResponse(status=204, headers={"HX-Trigger": "signed-out"})
    patch_vary_headers(response, ["HX-Request"])
    return response


def _texts(request: HttpRequest) -> list[str]:
    """What a person has written in the form that they sent, to be copied; a choice is soon made anew.

    Words stand apart, or are Chinese; keys and what a page carries by itself are neither. Passwords may be.
    """
    pages_of_secrets = ("account_", "mfa_")
    if request.resolver_match is None or request.resolver_match.view_name.startswith(pages_of_secrets):
        return []
    values = (text for name, texts in request.POST.lists() if "password" not in name for text in texts)
    return [text for text in map(str.strip, values) if not text.isascii() or len(text.split()) > 1]


def _by_way_of_signing_in(request: HttpRequest, address: str) -> str:
    """An address that leads to signing in comes back to the page, not to a part of it that htmx asked for.

    What a form sent is not heard: the way back is marked, so that the page says so.
    """
    sign_in, _mark, query = address.partition("?")
    then = QueryDict(query).get(REDIRECT_FIELD_NAME)
    if not _leads_to_signing_in(address) or not then:
        return address
    back = then
    if wants_fragment(request):
        back = cast(SignedInRequest, request).htmx.current_url_abs_path or reverse("desk")
    if request.method == "POST":
        parts = urlsplit(back)
        back = urlunsplit(parts._replace(query=f"{parts.query}&{_UNSENT}=1".lstrip("&")))
    return address if back == then else f"{sign_in}?{urlencode({REDIRECT_FIELD_NAME: back})}"


def _move_whole_page(response: HttpResponseRedirect) -> HttpResponse:
    """htmx would follow a redirect in secret and put the page it finds into a part of this one."""
    moved = HttpResponse(status=204, headers={"HX-Redirect": response.url})
    moved.cookies = response.cookies
    patch_vary_headers(moved, ["HX-Request"])
    return moved
