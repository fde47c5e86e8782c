"""A page reads once what several of its parts ask for, such as somebody's roles and the rules in force."""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import ParamSpec, TypeVar

from django.http import HttpRequest, HttpResponseBase

P = ParamSpec("P")
T = TypeVar("T")

_known: ContextVar[dict[Hashable, object] | None] = ContextVar("known", default=None)


@contextmanager
def one_reading() -> Iterator[None]:
    """Inside it each thing that is `read_once` is asked of the database once.

    Never around a deed, which has to ask at the moment at which it is done.
    """
    if _known.get() is not None:
        yield
        return
    token = _known.set({})
    try:
        yield
    finally:
        _known.reset(token)


def read_once(read: Callable[P, T]) -> Callable[P, T]:
    """For a function whose answer depends on its arguments alone, as long as nobody changes anything."""

    @wraps(read)
    def asked(*args: P.args, **kwargs: P.kwargs) -> T:
        known = _known.get()
        if known is None:
            return read(*args, **kwargs)
        key = (read, args, tuple(sorted(kwargs.items())))
        if key not in known:
            known[key] = read(*args, **kwargs)
        return known[key]  # type: ignore[return-value]

    return asked


class ReadingMiddleware:
    """An answer to GET is one reading: it changes nothing, and shows what stood when it began."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.method not in ("GET", "HEAD"):
            return self.get_response(request)
        with one_reading():
            return self.get_response(request)
