"""While PostgreSQL is away: a page that needs neither it nor a session, and says what was done."""

import logging
import sys
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.views.decorators.csrf import requires_csrf_token
from django.views.defaults import server_error

log = logging.getLogger(__name__)

_SECONDS_TO_WAIT: Final = 30
# The connection broke; the server stops, starts, or lost its database; it takes no more connections. All else
# that it says with a code - of a lock, a deadlock, a full disk - it says while it is there.
_OF_BEING_AWAY: Final = ("08", "57P", "53300")
_READS: Final = ("GET", "HEAD", "OPTIONS")


class DatabaseAway:
    """Asks for the database before anything is done: where it is away, nothing was, and the page says so.

    It costs no question of its own: the first statement would look in the same way whether the connection
    still stands.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info == reverse("health"):
            # What watches the server hears in its own words what is away; a session that its browser has
            # would be looked up first.
            request.COOKIES.clear()
            return self.get_response(request)
        try:
            with connection.cursor():
                pass
        except (OperationalError, InterfaceError) as trouble:
            log.error("PostgreSQL is away, so nothing was done: %s", trouble)
            return _say_so(request, may_be_done=False)
        return self.get_response(request)


@requires_csrf_token
def failed(request: HttpRequest) -> HttpResponse:
    """The page of an error that nothing caught: that the database went away, or that the desk failed."""
    if _is_away(sys.exception()):
        return _say_so(request, may_be_done=request.method not in _READS)
    return server_error(request)


def _is_away(error: BaseException | None) -> bool:
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    # Where there is no connection there is no code either.
    code = getattr(error.__cause__, "sqlstate", None)
    return not code or code.startswith(_OF_BEING_AWAY)


def _say_so(request: HttpRequest, *, may_be_done: bool) -> HttpResponse:
    """`may_be_done`: the connection may have broken between the commit and its answer."""
    page = {
        "may_be_done": may_be_done,
        "sent": request.method not in _READS,
        "stays": "HX-Request" in request.headers,
    }
    # No context of a page: that of a reader is in the database.
    response = HttpResponse(render_to_string("503.html", page), status=HTTPStatus.SERVICE_UNAVAILABLE)
    response["Retry-After"] = str(_SECONDS_TO_WAIT)
    add_never_cache_headers(response)
    return response
