"""An approved coupon as Amazon's coupon bulk sheet expects it, so that nobody retypes its products."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from django.utils.translation import gettext as _

from promoflow import sheets
from promoflow.errors import WrongState
from promoflow.promotions.content import decode
from promoflow.promotions.models import STANDING, PromotionRequest
from promoflow.promotions.pages import checklist
from promoflow.rulebook import kinds

# Columns A to H as Amazon names them (domain.md, 4.8); those after H are not known to us.
HEADER: Final = (
    "ASIN list",
    "Discount type (money off or % off)",
    "Coupon discount '% Off' value",
    "Coupon discount money-off value",
    "Coupon title",
    "Coupon budget",
    "Coupon start date",
    "Coupon end date",
)


def check_can_download(request: PromotionRequest) -> None:
    """Only what somebody else approved is set up, and only coupons are set up by a sheet."""
    if request.newest.kind != kinds.COUPON:
        raise WrongState(
            _("Amazon's bulk sheet is for coupons. Copy the ASINs of %(reference)s instead.")
            % {"reference": request.reference}
        )
    if request.state not in STANDING:
        raise WrongState(
            _("%(reference)s is not approved: only what is approved or live is set up in Seller Central.")
            % {"reference": request.reference}
        )
    if request.amends is not None:
        raise WrongState(
            _(
                "%(reference)s amends %(amended)s, and Amazon's bulk sheet would create a second coupon "
                "beside it. Open the coupon of %(amended)s in Seller Central and change that one."
            )
            % {"reference": request.reference, "amended": request.amends.reference}
        )
    if len(checklist.asins(decode(request.newest.body))) > sheets.LONGEST_CELL:
        raise WrongState(
            _(
                "%(reference)s has more ASINs than a cell of Amazon's bulk sheet holds. Create the coupon in "
                "Seller Central itself and paste its ASINs there."
            )
            % {"reference": request.reference}
        )


def is_offered(request: PromotionRequest) -> bool:
    """Whether its page has the button: of a coupon that is to be set up, also where the sheet is refused."""
    return request.newest.kind == kinds.COUPON and request.state in STANDING


def row(content: Mapping[str, Any], *, zone: str) -> tuple[object, ...]:
    """The coupon's one line; days are those of the marketplace, the last one included."""
    percent = content["discount_type"] == kinds.PERCENT
    value = Decimal(content["discount_value"])
    return (
        checklist.asins(content),
        "Percentage Off" if percent else "Money Off",
        value if percent else None,
        None if percent else value,
        content["title"],
        Decimal(content["budget"]),
        checklist.day(content, "starts_at", zone=zone),
        checklist.day(content, "ends_at", zone=zone),
    )
