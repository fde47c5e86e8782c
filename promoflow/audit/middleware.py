"""Where a request came from, for the history: the address and the browser."""

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase


@dataclass(frozen=True)
class Origin:
    address: str = ""
    user_agent: str = ""


NOWHERE: Final = Origin()
_origin: ContextVar[Origin] = ContextVar("origin", default=NOWHERE)


def origin() -> Origin:
    """Where the request being answered came from; empty outside of one, as in a task."""
    return _origin.get()


def _printable(text: str, most: int) -> str:
    return "".join(character for character in text if character.isprintable())[:most]


def _address(request: HttpRequest) -> str:
    """The sender's address.

    Only a deployment behind a proxy believes a header, and of it only the last address: that one is the
    proxy's word, the others may be the sender's.
    """
    if settings.SECURE_PROXY_SSL_HEADER:
        forwarded: str = request.META.get("HTTP_X_FORWARDED_FOR", "")
        if last := forwarded.rpartition(",")[2].strip():
            return last
    direct: str = request.META.get("REMOTE_ADDR", "")
    return direct


class OriginMiddleware:
    """Keeps the origin of the request at hand while it is answered."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        token = _origin.set(
            Origin(
                address=_printable(_address(request), 64),
                user_agent=_printable(request.headers.get("User-Agent", ""), 300),
            )
        )
        try:
            return self.get_response(request)
        finally:
            _origin.reset(token)
