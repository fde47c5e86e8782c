"""The same inputs give the same report to the byte, however it is worked out."""

import hashlib

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoflow.catalog import selectors as catalog
from promoflow.catalog.models import Sku
from promoflow.promotions import checker
from promoflow.rulebook import findings
from tests.benchmarks.shelves import Shelves
from tests.promotions import lives

# Of the reports below, under the rules as they are: change it with the rules, and never with their code.
DIGEST = "faa4a386ad1dc2c68edc9516e9bd601dccaed184ba686e363e1ac3826041b759"

KINDS = (lives.coupon, lives.social_code, lives.price_discount)


def make_families(store, asins):
    """Parents without a price, products without a floor, and stock, here and there."""
    listed = {asin: store.products.get(asin=asin) for asin in asins[:120]}
    for n, product in enumerate(listed.values()):
        if n % 10 == 0:
            product.price = None
        elif n % 2:
            product.parent = listed[asins[n - n % 10]]
        elif n % 4 == 0:
            product.floor_price = None
        product.save()
    Sku.objects.bulk_create(
        Sku(store=store, product=product, sku=f"SKU-{n}", quantity=n * 7, status="Active")
        for n, product in enumerate(listed.values())
        if n % 3
    )


@pytest.mark.django_db(transaction=True)
def test_the_same_inputs_give_the_same_reports(aurora, olivia):
    shelves = Shelves(aurora, olivia)
    shelves.fill(8_000)
    make_families(aurora, shelves.asins)

    found, digest = set(), hashlib.sha256()
    for seed in range(30):
        asins = shelves.some(1 + seed * 4, seed) + shelves.asins[:120:10]
        typed = KINDS[seed % 3](*asins, percent=f"{20 + seed}.00", start=seed * 3, days=1 + seed % 12)
        content = {
            "version": 1,
            "currency": "USD",
            "covered": list(catalog.products_of(aurora, asins, parents=asins)),
            **typed,
        }
        report = checker.report_on(aurora, content, at=lives.NOW)
        found |= {finding.code for finding in report.findings}
        digest.update(report.encoded)

    assert found >= {"kinds-forbidden", "cooling-off", "kinds-doubtful", "below-floor"}
    assert found >= {"review-conflict", "review-below-floor"}
    assert digest.hexdigest() == DIGEST


texts = st.text(st.characters(exclude_categories=["Cs"]))
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts,
    lambda inner: st.lists(inner) | st.dictionaries(texts, inner),
)


@given(st.dictionaries(texts, values))
def test_the_faster_writer_writes_the_bytes_of_the_standard_library(body):
    """So that whoever checks a digest in years needs no library of ours."""
    assert orjson.dumps(body, option=orjson.OPT_SORT_KEYS) == findings.canonical(body)
