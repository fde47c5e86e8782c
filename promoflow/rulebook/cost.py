"""What a promotion costs at worst: how many units can be sold with it, and what comes off them."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from promoflow.rulebook.case import Case

# Goods of one's own come by lorry, or by another number typed in Seller Central: what is over later than so
# long after the count may sell more than was counted.
_RESTOCKED_WITHIN: Final = timedelta(days=2)


@dataclass(frozen=True, kw_only=True, slots=True)
class Cost:
    """So many units with up to so much off each; `bound` says what ends it: the least of what is known.

    Where that is "restocked" nothing ends it: so much it may cost with what is in stock by now alone.
    """

    units: int
    each: Decimal
    amount: Decimal
    currency: str
    bound: Literal["committed", "redemptions", "stock", "restocked"]

    @property
    def is_the_end(self) -> bool:
        return self.bound != "restocked"


def at_worst(case: "Case") -> Cost | None:
    """The promotion's own discount on every unit that its caps and the stock let through.

    A budget is no cap (domain.md, section 1), so it bounds nothing here. None where nothing is known: no
    caps, and a product whose stock nobody knows.
    """
    stock = _by_stock(case)
    known = [cost for cost in (_by_commitment(case), _by_redemptions(case), stock) if cost]
    ends = [cost for cost in known if cost.is_the_end]
    return min(ends, key=lambda cost: cost.amount, default=stock)


def _by_commitment(case: "Case") -> Cost | None:
    """A deal ends when its committed units are sold."""
    return _by_units(case, case.candidate.committed_units, "committed")


def _by_redemptions(case: "Case") -> Cost | None:
    """A count of redemptions ends it only where the units of each order are counted too."""
    redemptions, units = case.candidate.max_redemptions, case.candidate.units_per_order
    return _by_units(case, redemptions * units if redemptions and units else None, "redemptions")


def _by_units(case: "Case", units: int | None, bound: Literal["committed", "redemptions"]) -> Cost | None:
    if not units or not case.priced:
        return None
    each = _greatest(case)
    return Cost(units=units, each=each, amount=each * units, currency=case.priced[0].currency, bound=bound)


def _by_stock(case: "Case") -> Cost | None:
    """What has sold out is restocked before anybody pays to promote it, so nobody knows its stock."""
    if not case.priced or not all(product.stock for product in case.priced):
        return None
    is_over_before = case.danger.ends_at - case.now <= _RESTOCKED_WITHIN
    stocks = [(product.stock or 0, case.taken_off(product)) for product in case.priced]
    return Cost(
        units=sum(stock for stock, _ in stocks),
        each=_greatest(case),
        amount=sum((stock * off for stock, off in stocks), Decimal(0)),
        currency=case.priced[0].currency,
        bound="stock" if is_over_before else "restocked",
    )


def _greatest(case: "Case") -> Decimal:
    return max(case.taken_off(product) for product in case.priced)
