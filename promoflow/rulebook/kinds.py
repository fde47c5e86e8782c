"""The kinds of promotion, what each one is made of, and on which layer of the price it works."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Layer = Literal["price", "addon"]

PERCENT = "percent"
MONEY = "money"
PRICE = "price"
FREE_ITEMS = "free_items"

COUPON = "coupon"
LIGHTNING_DEAL = "lightning_deal"
BEST_DEAL = "best_deal"
PRICE_DISCOUNT = "price_discount"
SOCIAL_CODE = "social_code"
PERCENTAGE_OFF = "percentage_off"
BUY_ONE_GET_ONE = "buy_one_get_one"

# What Amazon calls deals, and holds to rules of their own.
DEALS = (LIGHTNING_DEAL, BEST_DEAL)

# Every optional field of a request's content; a kind takes some of them.
FIELDS = (
    "claim_type",
    "claim_code",
    "combinability",
    "budget",
    "one_per_customer",
    "units_per_order",
    "max_redemptions",
    "committed_units",
    "buy_quantity",
    "get_quantity",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """What a kind is made of.

    The price layer sets the price that a shopper sees; the add-on layer is taken off at the checkout, on top
    of it. `whole_days` kinds start at midnight in the marketplace and people type their last day, inclusive.
    `number` never changes: reservations in the database are written with it.
    """

    code: str
    number: int
    layer: Layer
    discount_types: tuple[str, ...]
    fields: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    whole_days: bool = False


_IN_THE_TABLE = (
    Kind(
        code=COUPON,
        number=0,
        layer="addon",
        discount_types=(PERCENT, MONEY),
        fields=("budget", "one_per_customer"),
        required=("budget",),
        whole_days=True,
    ),
    Kind(
        code=LIGHTNING_DEAL,
        number=1,
        layer="price",
        discount_types=(PRICE, MONEY, PERCENT),
        fields=("committed_units",),
        required=("committed_units",),
    ),
    Kind(
        code=BEST_DEAL,
        number=2,
        layer="price",
        discount_types=(PRICE, MONEY, PERCENT),
        fields=("committed_units",),
        required=("committed_units",),
    ),
    Kind(
        code=PRICE_DISCOUNT,
        number=3,
        layer="price",
        discount_types=(PERCENT, MONEY, PRICE),
    ),
    Kind(
        code=SOCIAL_CODE,
        number=4,
        layer="addon",
        discount_types=(PERCENT,),
        fields=("claim_code", "one_per_customer"),
        required=("claim_code",),
    ),
    Kind(
        code=PERCENTAGE_OFF,
        number=5,
        layer="addon",
        discount_types=(PERCENT,),
        fields=(
            "claim_type",
            "claim_code",
            "combinability",
            "budget",
            "one_per_customer",
            "units_per_order",
            "max_redemptions",
        ),
        required=("claim_type",),
    ),
    Kind(
        code=BUY_ONE_GET_ONE,
        number=6,
        layer="addon",
        discount_types=(FREE_ITEMS,),
        fields=(
            "buy_quantity",
            "get_quantity",
            "claim_type",
            "claim_code",
            "combinability",
            "budget",
            "one_per_customer",
            "units_per_order",
            "max_redemptions",
        ),
        required=("buy_quantity", "get_quantity", "claim_type"),
    ),
)

KINDS: Mapping[str, Kind] = MappingProxyType({kind.code: kind for kind in _IN_THE_TABLE})


def runs_whole_days(code: str) -> bool:
    """A kind that is not known may run at any hour."""
    return code in KINDS and KINDS[code].whole_days
