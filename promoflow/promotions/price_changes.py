"""Which prices, floors and families changed under a request, as plain values that an alarm keeps."""

from collections.abc import Collection, Iterable, Iterator
from typing import Any, Final

from promoflow.catalog.models import Product
from promoflow.promotions.checker import Report
from promoflow.promotions.content import decode
from promoflow.promotions.models import ConflictReport
from promoflow.rulebook import findings
from promoflow.rulebook.findings import Finding

# An alarm names so many; the products' own pages tell the rest.
MOST: Final = 10

Change = dict[str, Any]
"""`what` changed of the product `asin`, from `before` to `after`; or how many `more` there are."""


def since(earlier: ConflictReport, now: Report, *, moved: Iterable[Product]) -> list[Change]:
    """What changed from the report that people last rested on, as far as what blocks is about it.

    `moved` are the products that came into a family or left one.
    """
    told = [*_of_amounts(earlier, now), *(_of_family(product) for product in moved)]
    concerned = set().union(*(products_of(finding) for finding in now.blocks))
    told = [change for change in told if change["asin"] in concerned] or told
    more = len(told) - MOST
    return [*told[:MOST], *([{"what": "more", "count": more}] if more > 0 else [])]


def named(changes: Iterable[Change], when: str) -> dict[str, Any]:
    """As the history tells it: what it was, or is, under the name of the product and of what changed."""
    return {f"{change['asin']} {change['what']}": change[when] for change in changes if "asin" in change}


def products_of(finding: Finding) -> Collection[str]:
    """The ASINs that a finding is about: one, or those of a family that it names."""
    return {finding.asin, *finding.details.get("asins", "").split()} - {""}


def _of_amounts(earlier: ConflictReport, now: Report) -> Iterator[Change]:
    known = {product.asin: product for product in findings.products_of(decode(earlier.body))}
    for product in now.products:
        if product.asin not in known:
            continue
        was = known[product.asin]
        for what, before, after in (("price", was.price, product.price), ("floor", was.floor, product.floor)):
            if before != after:
                yield _change(product.asin, what, before, after)


def _of_family(product: Product) -> Change:
    return _change(product.asin, "family", None, product.parent.asin if product.parent else None)


def _change(asin: str, what: str, before: object, after: object) -> Change:
    values = {"before": before, "after": after}
    return {"asin": asin, "what": what} | {
        name: None if value is None else str(value) for name, value in values.items()
    }
