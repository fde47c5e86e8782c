"""What a session brings to each page: until when it lasts, the reader's language and the reader's time."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from promoflow import web

_SIGNED_IN: Final = "signed_in_at"
_LAST_USE: Final = "last_use_at"
# Else looking at a page would write a row each time.
_NOTED_EVERY: Final = timedelta(minutes=1)


class SessionsEnd:
    """Signs out whoever signed in long ago, or did nothing for a while, and says so where they sign in.

    What a page asks by itself says that it is `Unattended`: a page left open does not keep a session.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        why = request.user.is_authenticated and _used(request)
        if why:
            logout(request)
            messages.info(request, why)
        return self.get_response(request)


def _used(request: HttpRequest) -> str:
    """Note that the session is in use, or say why it has ended. It begins with the page after signing in."""
    now, session = timezone.now().timestamp(), request.session
    lasted = timedelta(seconds=now - session.setdefault(_SIGNED_IN, now))
    idle = timedelta(seconds=now - session.setdefault(_LAST_USE, now))
    if lasted >= settings.SESSION_LASTS:
        return _(
            "You were signed out, because you signed in %(hours)s hours ago. Sign in again to go on."
        ) % {"hours": settings.SESSION_LASTS // timedelta(hours=1)}
    if idle >= settings.SESSION_IDLES:
        return _(
            "You were signed out, because nothing was done here for %(minutes)s minutes. "
            "Sign in again to go on."
        ) % {"minutes": settings.SESSION_IDLES // timedelta(minutes=1)}
    if idle >= _NOTED_EVERY and "Unattended" not in request.headers:
        session[_LAST_USE] = now
    return ""


class StrangersSendLittle:
    """Refuses what is large of whoever is not signed in, before anything reads it.

    To check a form Django first writes each file of it to disk, and no setting limits how large that is. What
    does not say how long it is, is read as empty.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        if web.number(request.headers.get("Content-Length", "")) > most and not request.user.is_authenticated:
            raise RequestDataTooBig
        return self.get_response(request)


class PreferencesMiddleware:
    """Activates a signed-in person's choices; for everybody else LocaleMiddleware has chosen.

    The browser remembers the language, for the pages that cannot ask who reads them.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.user.is_authenticated:
            timezone.deactivate()
            return self.get_response(request)
        language = request.user.language
        translation.activate(language)
        request.LANGUAGE_CODE = translation.get_language() or ""
        timezone.activate(ZoneInfo(request.user.time_zone))
        response = self.get_response(request)
        if request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME) != language:
            _remember(response, language)
        return response


def _remember(response: HttpResponseBase, language: str) -> None:
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite="Lax",
    )
