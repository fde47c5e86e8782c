"""What an answer of the desk says."""

import re
from html import unescape


def text_of(response):
    return response.content.decode()


def flat_text_of(response):
    """On one line, with every letter as itself."""
    return unescape(re.sub(r"\s+", " ", text_of(response)))
