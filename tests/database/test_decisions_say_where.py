"""What a decision says of products and fields, attacked with raw SQL."""

import pytest

from tests.database.attacks import approval, refused
from tests.promotions import lives

pytestmark = pytest.mark.django_db(transaction=True)


def test_no_approval_names_a_product_that_the_revision_does_not_touch(aurora, olivia, sam):
    request = lives.submitted(aurora, lives.coupon(lives.LAMP), by=olivia)

    for asin in (lives.SET, "B0NOWHERE1", lives.LAMP.lower()):
        refused("the_retyped_asin_is_of_its_products", approval(request, sam.pk, retyped_asin=asin))


def test_the_retyped_asin_is_not_changed_afterwards(aurora, olivia, sam):
    request = lives.approved(aurora, by=olivia, supervisor=sam)

    refused(
        "a_decision_is_only_voided",
        ("UPDATE promotions_decision SET retyped_asin = %s WHERE request_id = %s", [lives.LAMP, request.pk]),
    )


def test_only_an_approval_retypes_an_asin(aurora, olivia, sam):
    request = lives.submitted(aurora, by=olivia)

    refused(
        "only_an_approval_retypes_an_asin",
        approval(request, sam.pk, verdict="reject", note="No.", retyped_asin=lives.LAMP),
    )


def test_only_a_return_points_to_fields(aurora, olivia, sam):
    request = lives.submitted(aurora, by=olivia)

    refused("only_a_return_points_to_fields", approval(request, sam.pk, fields=["title"]))


def test_a_return_points_to_no_field_that_there_is_not(aurora, olivia, sam):
    request = lives.submitted(aurora, by=olivia)

    refused(
        "a_return_points_to_fields_there_are",
        approval(request, sam.pk, verdict="return", note="Look.", fields=["title", "decided_by"]),
    )
