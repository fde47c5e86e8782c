"""Who submits again what came back finds the reasons that still answer the same warning."""

import pytest
from django.urls import reverse

from promoflow.catalog.models import Product
from promoflow.promotions import checker
from promoflow.promotions.pages import reasons
from promoflow.promotions.services import drafting
from tests.answers import flat_text_of
from tests.promotions import lives
from tests.promotions.lives import SET

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]

REASON = "Wanted by the brand until Friday."


@pytest.fixture
def doubtful(aurora, olivia, sam):
    """A draft with one warning: it adds up with an approved Price Discount."""
    lives.approved(aurora, lives.price_discount(SET, percent="10.00"), by=olivia, supervisor=sam)
    return lives.drafted(aurora, lives.coupon(SET), by=olivia)


def submit(request, *, by):
    found = checker.report_of(lives.again(request), at=lives.NOW)
    drafting.submit(
        reference=request.reference,
        revision=lives.again(request).newest.number,
        report=found.digest.hex(),
        reasons={warning.key: REASON for warning in found.warnings},
        by=by,
        at=lives.NOW,
    )


@pytest.fixture
def returned(doubtful, olivia, sam):
    submit(doubtful, by=olivia)
    lives.send_back(lives.again(doubtful), by=sam)
    return lives.again(doubtful)


def page_of(client, request, by):
    client.force_login(by)
    return flat_text_of(client.get(reverse("request-submit", args=[request.reference])))


def test_a_reason_is_there_again_while_its_warning_says_the_same(client, returned, olivia):
    page = page_of(client, returned, olivia)

    assert REASON in page
    assert "Given at the last submission. Change it if it no longer holds." in page


def test_another_title_changes_no_warning(client, returned, olivia):
    typed = {**drafting.typed_of(returned), "title": "Shorter"}
    drafting.edit(reference=returned.reference, revision=1, typed=typed, by=olivia, at=lives.NOW)

    assert REASON in page_of(client, returned, olivia)


def test_a_warning_that_says_something_else_by_now_is_explained_anew(client, returned, olivia):
    Product.objects.filter(asin=SET).update(price="130.00")

    page = page_of(client, returned, olivia)

    assert "Your reason" in page
    assert REASON not in page


def test_nobody_finds_a_reason_in_what_was_never_submitted(client, doubtful, olivia):
    assert "Given at the last submission" not in page_of(client, doubtful, olivia)


def test_of_two_submissions_the_last_one_counts(returned, olivia, sam):
    found = checker.report_of(returned, at=lives.NOW)
    again = {warning.key: "As said on the phone." for warning in found.warnings}
    drafting.submit(
        reference=returned.reference,
        revision=1,
        report=found.digest.hex(),
        reasons=again,
        by=olivia,
        at=lives.NOW,
    )
    lives.send_back(lives.again(returned), by=sam)

    request = lives.again(returned)
    assert reasons.given_before(request, checker.report_of(request, at=lives.NOW)) == again
