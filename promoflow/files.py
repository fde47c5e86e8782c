"""Answers that leave the desk as files."""

from typing import TypeVar

from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header

Response = TypeVar("Response", bound=HttpResponseBase)


def as_file(response: Response, name: str, *, shown: bool = False) -> Response:
    """The answer as a file of this name: to be kept, or `shown` in the browser."""
    response["Content-Disposition"] = content_disposition_header(not shown, name) or ""
    return response
