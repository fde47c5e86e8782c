"""Findings as data, the report of what was looked at, and its digest."""

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from promoflow.rulebook import findings as found
from promoflow.rulebook.case import Case
from promoflow.rulebook.conflicts import find_conflicts
from promoflow.rulebook.findings import Finding, Step
from promoflow.rulebook.offers import Window
from tests.rulebook.making import ASIN, DAY, NOW, POLICY, offer, product

LISTED = (product(),)

FULL = Finding(
    code="below-floor",
    severity="block",
    asin=ASIN,
    others=("PR-1001", "PR-1002"),
    window=Window(DAY, DAY + timedelta(microseconds=1)),
    price=Decimal("3.90"),
    floor=Decimal("12.00"),
    steps=(Step("", "price", "", Decimal("19.99")), Step("PR-1001", "coupon", "50 %", Decimal("-10.00"))),
    params=(("currency", "USD"), ("kind", "coupon")),
    earliest_safe_start=DAY,
    greatest_discount=Decimal(20),
)


def report(candidate, *others, products=LISTED, now=NOW):
    findings = find_conflicts(candidate, others, products, POLICY, now)
    return found.report(Case.of(candidate, others, products, POLICY, now), findings)


def test_a_key_names_the_code_the_product_and_the_others():
    assert FULL.key == "below-floor:B000000001:PR-1001,PR-1002"
    assert Finding(code="no-products", severity="block").key == "no-products::"


@pytest.mark.parametrize("finding", [FULL, Finding(code="no-products", severity="block")])
def test_a_finding_survives_json(finding):
    assert found.from_data(json.loads(json.dumps(found.to_data([finding])))) == (finding,)


def test_amounts_and_instants_are_text():
    [row] = found.to_data([FULL])

    assert (row["price"], row["greatest_discount"]) == ("3.90", "20")
    assert row["window"] == ["2026-11-25T08:00:00Z", "2026-11-25T08:00:00.000001Z"]
    assert row["steps"][1] == ["PR-1001", "coupon", "50 %", "-10.00"]


def test_parameters_have_one_order_and_no_holes():
    assert found.params(c=Decimal("1E+2"), a=None, b=1) == (("b", "1"), ("c", "100"))
    assert (
        found.as_text(datetime(2026, 11, 25, tzinfo=timezone(timedelta(hours=-8)))) == "2026-11-25T08:00:00Z"
    )


def test_the_digest_is_the_sha256_of_canonical_json():
    canonical = '{"a":null,"b":[1,"é"]}'.encode()

    assert found.digest({"b": [1, "é"], "a": None}) == hashlib.sha256(canonical).digest()


def test_the_same_inputs_give_the_same_digest():
    candidate, other = offer("coupon", state="in_review"), offer("social_code", reference="PR-1001")

    assert found.digest(report(candidate, other)) == found.digest(report(candidate, other))


def test_the_time_of_day_is_not_in_the_report():
    candidate, other = offer("coupon", state="in_review"), offer("social_code", reference="PR-1001")

    assert report(candidate, other) == report(candidate, other, now=NOW + timedelta(seconds=1))


def test_a_report_has_no_floats_and_says_what_was_looked_at():
    def leaves(node):
        children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else None
        if children is None:
            yield node
        else:
            for child in children:
                yield from leaves(child)

    body = report(
        offer("coupon", state="in_review", budget=Decimal(500)), offer("best_deal", reference="PR-1001")
    )

    assert {type(leaf) for leaf in leaves(body)} <= {str, int, bool, type(None)}
    assert body["policy"] == 1
    assert body["candidate"]["terms"]["budget"] == "500"
    assert [other["reference"] for other in body["others"]] == ["PR-1001"]
    assert [row["asin"] for row in body["products"]] == [ASIN]
    assert [row["code"] for row in body["findings"]] == [
        "kinds-forbidden",
        "budget-not-a-cap",
        "coupon-on-several-units",
        "unseen-prices",
    ]


@pytest.mark.parametrize(
    "other",
    [
        offer("coupon", reference="PR-1001", asins=frozenset({"B000000002"})),
        offer("coupon", reference="PR-1001", hours=(48, 72)),
    ],
)
def test_what_cannot_matter_leaves_the_digest_alone(other):
    candidate = offer("social_code", state="in_review")

    assert report(candidate, other) == report(candidate)
    assert report(candidate, products=(product(), product(asin="B000000002"))) == report(candidate)


@pytest.mark.parametrize(
    "change",
    [
        {"state": "live"},
        {"discount": offer("coupon", "%11").discount},
        {"window": Window(DAY, DAY + timedelta(hours=23))},
        {"stopped_at": DAY + timedelta(hours=1)},
        {"one_per_customer": True},
    ],
)
def test_what_could_matter_changes_the_digest(change):
    candidate, other = offer("social_code", state="in_review"), offer("coupon", reference="PR-1001")

    assert found.digest(report(candidate, replace(other, **change))) != found.digest(report(candidate, other))


@pytest.mark.parametrize(
    "changed", [product("99.99"), product(floor="2.00"), replace(product(), title="Speaker")]
)
def test_a_product_that_changed_changes_the_digest(changed):
    candidate = offer("coupon", state="in_review")

    assert found.digest(report(candidate, products=(changed,))) != found.digest(report(candidate))


def test_a_reused_code_on_another_product_is_in_the_report():
    candidate = offer("social_code", state="in_review", claim_code="SAVE20")
    elsewhere = offer(
        "social_code", reference="PR-1001", claim_code="SAVE2O", asins=frozenset({"B000000002"})
    )

    assert [other["reference"] for other in report(candidate, elsewhere)["others"]] == ["PR-1001"]


def test_instants_are_read_back_in_utc():
    [finding] = found.from_data(found.to_data([FULL]))

    assert finding.window.starts_at.tzinfo == UTC
