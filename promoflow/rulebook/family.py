"""The checks of families: a parent pulls in children of today, and a deal is of one family."""

from collections.abc import Iterator

from promoflow.rulebook import kinds
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


def several_in_one_deal(case: Case) -> Iterator[Finding]:
    """A deal is of one product with its variations (domain.md, section 1, S24); these have no one parent."""
    chosen = [case.products[asin] for asin in case.candidate.chosen if asin in case.products]
    heads = sorted({product.parent or product.asin for product in chosen})
    if case.candidate.kind in kinds.DEALS and len(heads) > 1:
        # The catalog may not know the parent of what Amazon takes for variations.
        yield Finding(
            code="several-in-one-deal",
            severity="warn",
            params=params(kind=case.candidate.kind, asins=" ".join(heads), count=len(heads)),
        )
