"""The picture of a product on a page: which product, over which days, and the ways to others."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from django.http import QueryDict

from promoflow.promotions.checker import Report, Sum
from promoflow.promotions.pictures import span, timeline
from promoflow.promotions.pictures.scale import WIDE, Frame
from promoflow.promotions.pictures.span import Move
from promoflow.promotions.pictures.timeline import Timeline
from promoflow.rulebook.findings import Finding
from promoflow.rulebook.offers import ListedProduct, Offer
from promoflow.rulebook.policy import Policy

PRODUCT = "product"
# So many products are offered beside the picture; any other one by its line in the table of prices.
_OFFERED = 6


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """A product that may be pictured instead."""

    product: ListedProduct
    blocks: int
    """How many findings stand against it."""
    is_chosen: bool
    address: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """A timeline with its product, and the ways to other days and other products."""

    timeline: Timeline
    product: ListedProduct
    moves: tuple[Move, ...]
    choices: tuple[Choice, ...] = ()
    not_offered: int = 0


def of_report(
    report: Report, query: QueryDict, address: str, *, at: datetime, zone: str, frame: Frame = WIDE
) -> Picture | None:
    """The product asked for, else the one with most trouble; None where none of them is sold."""
    products = by_trouble(report.products, report.candidate, findings=report.findings, sums=report.sums)
    if not products:
        return None
    product = asked(products, query)
    drawn = of_product(
        report.pictured,
        product,
        report.policy,
        query,
        address,
        at=at,
        zone=zone,
        candidate=report.candidate,
        frame=frame,
    )
    if drawn is None or len(products) == 1:
        return drawn
    offered = list(dict.fromkeys([*products[:_OFFERED], product]))
    blocks = Counter(finding.asin for finding in report.blocks)
    choices = tuple(
        Choice(
            product=one,
            blocks=blocks[one.asin],
            is_chosen=one is product,
            address=_choosing(query, address, one.asin),
        )
        for one in offered
    )
    return replace(drawn, choices=choices, not_offered=len(products) - len(offered))


def of_product(
    offers: Sequence[Offer],
    product: ListedProduct,
    policy: Policy,
    query: QueryDict,
    address: str,
    *,
    at: datetime,
    zone: str,
    candidate: Offer | None = None,
    frame: Frame = WIDE,
) -> Picture | None:
    """The product over the days asked for; None where nothing touches it."""
    view = span.asked(query, at=at, zone=zone)
    drawn = timeline.draw(
        offers, product, policy, at=at, zone=zone, candidate=candidate, view=view, frame=frame
    )
    if drawn is None:
        return None
    return Picture(
        timeline=drawn,
        product=product,
        moves=span.moves(drawn.view, query, address, at=at, zone=zone, is_asked=view is not None),
    )


def by_trouble(
    products: Iterable[ListedProduct],
    candidate: Offer,
    *,
    findings: Iterable[Finding],
    sums: Mapping[str, Sum],
) -> list[ListedProduct]:
    """What it is sold on: first where most stands against it, then what comes nearest to its floor."""
    blocks = Counter(finding.asin for finding in findings if finding.severity == "block")

    def trouble(product: ListedProduct) -> tuple[int, bool, Decimal, str]:
        total = sums.get(product.asin)
        return (-blocks[product.asin], total is None, total.room if total else Decimal(0), product.asin)

    return sorted((one for one in products if one.asin in candidate.asins), key=trouble)


def asked(products: Sequence[ListedProduct], query: QueryDict) -> ListedProduct:
    """The one that the address asks for, else the first."""
    return next((one for one in products if one.asin == query.get(PRODUCT)), products[0])


def _choosing(query: QueryDict, address: str, asin: str) -> str:
    changed = query.copy()
    changed[PRODUCT] = asin
    return f"{address}?{changed.urlencode()}"
