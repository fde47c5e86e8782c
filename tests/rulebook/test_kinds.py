"""The table of kinds."""

import pytest

from promoflow.rulebook import kinds
from promoflow.rulebook.kinds import KINDS


def test_the_seven_kinds_are_known():
    assert set(KINDS) == {
        "coupon",
        "lightning_deal",
        "best_deal",
        "price_discount",
        "social_code",
        "percentage_off",
        "buy_one_get_one",
    }


def test_numbers_are_what_reservations_in_the_database_were_written_with():
    assert {code: kind.number for code, kind in KINDS.items()} == {
        "coupon": 0,
        "lightning_deal": 1,
        "best_deal": 2,
        "price_discount": 3,
        "social_code": 4,
        "percentage_off": 5,
        "buy_one_get_one": 6,
    }


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.code)
def test_a_kind_is_made_of_known_fields(kind):
    assert set(kind.fields) <= set(kinds.FIELDS)
    assert set(kind.required) <= set(kind.fields)
    assert kind.discount_types


def test_deals_and_price_discounts_set_the_price_and_the_rest_comes_off_it():
    on_the_price = {code for code, kind in KINDS.items() if kind.layer == "price"}

    assert on_the_price == {"lightning_deal", "best_deal", "price_discount"}


def test_only_coupons_run_whole_days():
    assert [code for code, kind in KINDS.items() if kind.whole_days] == ["coupon"]


def test_the_table_cannot_be_changed():
    with pytest.raises(TypeError):
        KINDS["coupon"] = None
