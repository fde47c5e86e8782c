"""How many people approve: what the policy makes of the risk."""

import copy
from dataclasses import replace
from decimal import Decimal

import pytest

from promoflow.rulebook import policy as policies
from promoflow.rulebook.risk import Risk
from promoflow.rulebook.routing import Reason, Route, route_of
from tests.rulebook.making import POLICY, WRITTEN


def risk(percent="20", exposed="100", currency="USD"):
    money = None if exposed is None else Decimal(exposed)
    return Risk(worst_percent=Decimal(percent), exposed=money, currency=currency, warned=0)


def written(**routing):
    """The policy with these rules of routing; None takes a rule away."""
    body = copy.deepcopy(WRITTEN)
    for name, value in routing.items():
        if value is None:
            del body["routing"][name]
        else:
            body["routing"][name] = {"value": value}
    return policies.read(body)


def test_an_ordinary_risk_takes_one_supervisor():
    assert route_of(risk(), POLICY, products=1) == Route(
        approvals=1, role="supervisor", retype_asin=False, why=()
    )


@pytest.mark.parametrize(("percent", "approvals"), [("49.99", 1), ("50.00", 2), ("80", 2)])
def test_half_the_price_takes_two(percent, approvals):
    assert route_of(risk(percent), POLICY, products=1).approvals == approvals


@pytest.mark.parametrize(
    ("exposed", "currency", "approvals"),
    [
        ("25000.00", "USD", 1),
        ("25000.01", "USD", 2),
        ("3750000", "JPY", 1),
        ("3750001", "JPY", 2),
        ("25000.00", "EUR", 1),
        ("25000.01", "EUR", 2),
    ],
)
def test_much_money_takes_two_by_currency(exposed, currency, approvals):
    assert route_of(risk(exposed=exposed, currency=currency), POLICY, products=1).approvals == approvals


@pytest.mark.parametrize(("percent", "approvals"), [("20", 1), ("39.99", 1), ("40", 2)])
def test_what_nothing_ends_takes_two_only_where_it_is_deep(percent, approvals):
    assert route_of(risk(percent, exposed=None), POLICY, products=1).approvals == approvals


@pytest.mark.parametrize(
    ("percent", "in_stock", "why"),
    [("20", "25000.00", ()), ("20", "25000.01", ("exposed",)), ("45", "30000", ("unbounded", "exposed"))],
)
def test_much_in_stock_by_now_takes_two_though_it_ends_nothing(percent, in_stock, why):
    known = replace(risk(percent, exposed=None), in_stock=Decimal(in_stock))

    assert tuple(reason.code for reason in route_of(known, POLICY, products=1).why) == why


def test_every_reason_is_given_with_its_limit():
    assert route_of(risk("60", exposed="30000"), POLICY, products=1).why == (
        Reason(code="deep", limit=Decimal(50)),
        Reason(code="exposed", limit=Decimal(25000)),
    )


def test_what_nothing_ends_says_from_which_depth_on():
    assert route_of(risk("45", exposed=None), POLICY, products=1).why == (
        Reason(code="unbounded", limit=Decimal(40)),
    )


def test_a_route_is_frozen_as_it_stands():
    assert route_of(risk("60", exposed="30000"), POLICY, products=9).frozen() == {
        "approvals": 2,
        "role": "supervisor",
        "retype_asin": True,
        "why": [{"code": "deep", "limit": "50"}, {"code": "exposed", "limit": "25000"}],
    }


def test_a_house_may_leave_the_deepest_to_its_managers():
    policy = written(managers_from_percent=70)

    assert route_of(risk("69"), policy, products=1).role == "supervisor"
    assert route_of(risk("70"), policy, products=1).role == "manager"


def test_an_asin_is_typed_anew_from_so_many_products_on():
    assert not route_of(risk(), POLICY, products=4).retype_asin
    assert route_of(risk(), POLICY, products=5).retype_asin
    assert route_of(risk(), written(retype_from_products=0), products=1).retype_asin
    assert not route_of(risk(), written(retype_from_products=None), products=500).retype_asin


def test_always_two_is_a_policy_too():
    assert route_of(risk("0"), written(two_from_percent=0), products=1).approvals == 2


def test_a_version_from_before_asks_for_one_supervisor():
    body = {name: part for name, part in WRITTEN.items() if name != "routing"}

    assert route_of(risk("90", exposed=None), policies.read(body), products=500) == Route(
        approvals=1, role="supervisor", retype_asin=False
    )


def test_each_rule_may_be_left_out_and_then_asks_for_nothing():
    silent = written(two_from_percent=None, two_above=None, two_unbounded_from_percent=None)

    assert route_of(risk("90", exposed="9999999"), silent, products=1).approvals == 1
    assert route_of(risk("90", exposed=None), silent, products=1).approvals == 1


def test_a_share_above_a_hundred_is_no_policy():
    with pytest.raises(ValueError, match=r"routing\.two_from_percent"):
        written(two_from_percent=101)
