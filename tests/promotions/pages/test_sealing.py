"""The report that a page carries: only this desk can have written it, and it is worth words alone."""

import json
import zlib

import pytest
from django.core import signing
from django.utils.http import urlsafe_base64_encode

from promoflow.catalog.models import Product
from promoflow.promotions import checker
from promoflow.promotions.pages import sealing
from promoflow.promotions.pages.sealing import changes_since, seal
from tests.promotions import lives
from tests.promotions.lives import FLOOR_LAMP, LAMP

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(aurora, olivia):
    return lives.drafted(aurora, lives.coupon(LAMP), by=olivia)


def report_of(request):
    return checker.report_of(request, at=lives.NOW)


def test_a_seal_opens_to_what_has_changed(draft):
    seen = report_of(draft)
    Product.objects.filter(asin=LAMP).update(price="30.00")

    changes = changes_since(seal(seen), digest=seen.digest.hex(), now=report_of(draft))

    (product,) = changes.products
    assert (product.name, product.before["price"], product.after["price"]) == (LAMP, "19.99", "30.00")


def _forged(report):
    """What somebody without the key can make of it: the same, unsigned, with another price."""
    body = json.loads(report.encoded)
    body["products"][0]["price"] = "1.00"
    written = urlsafe_base64_encode(zlib.compress(json.dumps(body).encode()))
    return f".{written}:{':'.join(seal(report).split(':')[1:])}"


def _signed_for_something_else(report):
    return signing.dumps(report.body, salt="sessions", compress=True)


def _cut(report):
    return seal(report)[:-1]


def _nothing(_report):
    return ""


def _rubbish(_report):
    return "\0:é:\ufffd:" + "a" * 5000


@pytest.mark.parametrize("broken", [_forged, _signed_for_something_else, _cut, _nothing, _rubbish])
def test_what_this_desk_did_not_seal_says_nothing(draft, broken):
    seen = report_of(draft)

    assert changes_since(broken(seen), digest=seen.digest.hex(), now=seen) is None
    assert changes_since(seal(seen), digest=seen.digest.hex(), now=seen) is not None


def test_a_seal_of_another_report_than_the_digest_says_nothing(draft):
    seen = report_of(draft)
    Product.objects.filter(asin=LAMP).update(price="30.00")
    later = report_of(draft)

    assert changes_since(seal(seen), digest=later.digest.hex(), now=later) is None


def test_a_seal_of_another_request_says_nothing_even_with_its_own_digest(draft, aurora, olivia):
    other = report_of(lives.drafted(aurora, lives.coupon(FLOOR_LAMP), by=olivia))

    assert changes_since(seal(other), digest=other.digest.hex(), now=report_of(draft)) is None


def test_a_seal_of_a_page_from_before_reports_were_written_otherwise_says_nothing(draft, monkeypatch):
    seen = report_of(draft)
    sealed, digest = seal(seen), seen.digest.hex()
    monkeypatch.setattr("promoflow.rulebook.findings.SCHEMA", seen.body["schema"] + 1)

    assert changes_since(sealed, digest=digest, now=seen) is None


def test_a_report_too_long_for_a_page_is_left_out(draft, monkeypatch):
    whole = seal(report_of(draft))

    monkeypatch.setattr(sealing, "LONGEST", len(whole) - 1)

    assert whole
    assert seal(report_of(draft)) == ""
