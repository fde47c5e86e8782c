"""Promise 2 attacked with raw SQL by a superuser: what may not meet never holds one product."""

import pytest

from promoflow.promotions.models import Reservation
from promoflow.promotions.services import drafting
from tests.database.attacks import refused
from tests.promotions import lives

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_that_may_not_meet_never_hold_one_product(aurora, olivia, sam):
    held = lives.approved(aurora, lives.coupon(lives.LAMP), by=olivia, supervisor=sam)
    other = lives.approved(aurora, lives.social_code(lives.LAMP, start=20), by=olivia, supervisor=sam)
    danger = Reservation.objects.filter(request=held).first().danger

    refused(
        "no_two_held_that_may_not_meet",
        (
            "INSERT INTO promotions_reservation (request_id, revision_id, product_id, conflict_group, member, danger,"
            " held) SELECT request_id, revision_id, product_id, conflict_group, member, tstzrange(%s, %s), true"
            " FROM promotions_reservation WHERE request_id = %s",
            [danger.lower, danger.upper, other.pk],
        ),
    )


@pytest.mark.parametrize(
    "danger", ["'empty'", "tstzrange(now(), NULL)", "tstzrange(NULL, now())", "tstzrange(now(), now(), '[]')"]
)
def test_a_danger_window_is_bounded_and_not_empty(aurora, olivia, sam, danger):
    lives.approved(aurora, by=olivia, supervisor=sam)

    refused(
        "danger_is_a_bounded_half_open_window",
        "INSERT INTO promotions_reservation (request_id, revision_id, product_id, conflict_group, member, danger, held)"
        f" SELECT request_id, revision_id, product_id, 99, 99, {danger}, true FROM promotions_reservation",
    )


def test_an_approved_request_does_not_let_its_products_go(aurora, olivia, sam):
    lives.approved(aurora, by=olivia, supervisor=sam)

    refused("approved_holds_its_products", "UPDATE promotions_reservation SET held = false")


def test_a_released_product_is_not_taken_back(aurora, olivia, sam):
    request = lives.approved(aurora, by=olivia, supervisor=sam)
    drafting.withdraw(reference=request.reference, by=olivia, at=lives.NOW)

    refused("a_reservation_is_only_released", "UPDATE promotions_reservation SET held = true")


@pytest.mark.parametrize(
    "change",
    ["danger = tstzrange(now(), now() + interval '1 minute')", "conflict_group = conflict_group + 77"],
)
def test_a_reservation_is_never_moved(aurora, olivia, sam, change):
    lives.approved(aurora, by=olivia, supervisor=sam)

    refused("a_reservation_is_only_released", f"UPDATE promotions_reservation SET {change}")


def test_a_draft_holds_nothing(aurora, olivia):
    request = lives.drafted(aurora, by=olivia)
    product = aurora.products.get(asin=lives.LAMP)

    refused(
        "only_approved_ones_hold_products",
        (
            "INSERT INTO promotions_reservation (request_id, revision_id, product_id, conflict_group, member, danger,"
            " held) VALUES (%s, %s, %s, 1, 1, tstzrange(now(), now() + interval '1 day'), true)",
            [request.pk, request.current_id, product.pk],
        ),
    )
