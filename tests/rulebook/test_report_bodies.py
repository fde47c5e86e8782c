"""The whole body of a report, field by field, since a decision names its digest for ever."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from promoflow.rulebook import findings as found
from promoflow.rulebook import policy as policies
from promoflow.rulebook.conflicts import find_conflicts
from promoflow.rulebook.findings import Finding
from tests.rulebook.making import ASIN, DAY, NOW, POLICY, WRITTEN, offer, product

OTHER = "B000000002"
FULL = offer(
    "buy_one_get_one",
    "free",
    state="in_review",
    asins=frozenset({OTHER, ASIN}),
    chosen=frozenset({ASIN}),
    claim_code="SAVEMORE10",
    claim_type="group",
    combinability="exclusive",
    budget=Decimal("500.00"),
    one_per_customer=False,
    units_per_order=3,
    max_redemptions=40,
    committed_units=50,
    buy_quantity=2,
    get_quantity=1,
    stopped_at=DAY + timedelta(hours=1),
)


def test_a_body_names_every_field_of_what_was_looked_at():
    beside = [offer("price_discount", "=80.50", reference=f"PR-{number}") for number in (1002, 1001)]
    listed = [product("100.00", "30.00", asin=OTHER), product("19.99", None), product(asin="B000000003")]

    body = found.report(FULL, beside, listed, POLICY, ())

    assert body == {
        "schema": 2,
        "policy": 1,
        "candidate": {
            "reference": "",
            "state": "in_review",
            "kind": "buy_one_get_one",
            "discount": ["free_items", None],
            "asins": [ASIN, OTHER],
            "window": ["2026-11-25T08:00:00Z", "2026-11-26T08:00:00Z"],
            "currency": "USD",
            "terms": {
                "claim_code": "SAVEMORE10",
                "claim_type": "group",
                "combinability": "exclusive",
                "budget": "500.00",
                "one_per_customer": False,
                "units_per_order": 3,
                "max_redemptions": 40,
                "committed_units": 50,
                "buy_quantity": 2,
                "get_quantity": 1,
                "stopped_at": "2026-11-25T09:00:00Z",
            },
        },
        "others": [
            {
                "reference": reference,
                "state": "approved",
                "kind": "price_discount",
                "discount": ["price", "80.50"],
                "asins": [ASIN],
                "window": ["2026-11-25T08:00:00Z", "2026-11-26T08:00:00Z"],
                "currency": "USD",
                "terms": {},
            }
            for reference in ("PR-1001", "PR-1002")
        ],
        "products": [
            {"asin": ASIN, "title": "Earphones", "price": "19.99", "floor": None, "currency": "USD"},
            {"asin": OTHER, "title": "Earphones", "price": "100.00", "floor": "30.00", "currency": "USD"},
        ],
        "findings": [],
    }


def test_a_number_that_json_does_not_have_is_no_report():
    with pytest.raises(ValueError, match="Out of range"):
        found.digest({"price": float("nan")})


def test_what_somebody_can_let_go_is_kept_and_old_rows_have_none():
    finding = Finding(code="below-floor", severity="block", let_go=("PR-1001",))
    [row] = found.to_data([finding])
    assert found.from_data([row]) == (finding,)

    del row["let_go"]

    assert found.from_data([row]) == (replace(finding, let_go=()),)


def test_reading_the_same_policy_again_gives_the_same_rules():
    again = policies.read(WRITTEN)

    assert again == POLICY
    assert again.groups == POLICY.groups
    assert again.conflict_groups("coupon") == POLICY.conflict_groups("coupon")


def test_a_reference_price_says_all_that_its_sentence_needs():
    deal = offer("best_deal", "%20", reference="PR-1001")

    findings = find_conflicts(
        offer("price_discount", "%10", hours=(48, 72)), [deal], [product()], POLICY, NOW
    )

    [finding] = [finding for finding in findings if finding.code == "reference-price"]
    assert finding.details == {
        "kind": "price_discount",
        "currency": "USD",
        "order": "before",
        "asins": ASIN,
        "count": "1",
        "days": "30",
        "other_kind": "best_deal",
        "other_discount": "percent",
        "other_label": "20 %",
        "other_starts_at": "2026-11-25T08:00:00Z",
        "other_ends_at": "2026-11-26T08:00:00Z",
    }
