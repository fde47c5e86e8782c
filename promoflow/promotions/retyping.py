"""One of a request's ASINs typed anew by who approves it, so that a wrong product is noticed."""

import unicodedata
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from promoflow.errors import Blocked
from promoflow.promotions.content import decode
from promoflow.promotions.models import PromotionRequest

MISSING: Final = gettext_lazy("Type the ASIN of one of its products, so that a wrong product is noticed.")


def asks_to_retype(request: PromotionRequest) -> bool:
    """Whether the rules under which it was submitted ask for an ASIN."""
    return bool(request.route.get("retype_asin", False))


def as_asin(typed: str) -> str:
    """What was typed as an ASIN: its case, its width and spaces in it mean nothing."""
    return "".join(unicodedata.normalize("NFKC", typed).split()).upper()


def problem(request: PromotionRequest, typed: str) -> str:
    """What is wrong with the ASIN that was typed, or nothing."""
    asin = as_asin(typed)
    if not asin:
        return str(MISSING) if asks_to_retype(request) else ""
    if asin in decode(request.newest.body)["covered"]:
        return ""
    return _(
        "%(asin)s is none of its products. Read the ASIN from Seller Central or the product's page; "
        "if the request names another product, return it."
    ) % {"asin": asin[:20]}


def check(request: PromotionRequest, typed: str) -> None:
    if sentence := problem(request, typed):
        raise Blocked(sentence)
