"""The check of families: a parent pulls in all its children, also those that it did not have when written."""

from collections.abc import Iterator

from promoflow.rulebook.case import Case
from promoflow.rulebook.findings import Finding, params


def family_grown(case: Case) -> Iterator[Finding]:
    """A chosen parent has children that this content does not name, so they were never checked."""
    joined = [
        product.asin
        for product in case.products.values()
        if product.parent in case.candidate.chosen and product.asin not in case.candidate.asins
    ]
    if joined:
        yield Finding(
            code="family-grown",
            severity="block",
            params=params(asins=" ".join(sorted(joined)), count=len(joined)),
        )
