"""The whole body of a report, field by field, since a decision names its digest for ever."""

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from promoflow.rulebook import findings as found
from promoflow.rulebook import limits, stacking
from promoflow.rulebook import policy as policies
from promoflow.rulebook.case import Case
from promoflow.rulebook.conflicts import find_conflicts
from promoflow.rulebook.findings import Finding
from promoflow.rulebook.offers import Window
from tests.rulebook.making import ASIN, DAY, NOW, POLICY, WRITTEN, ZONE, but_the_usual, offer, product

OTHER = "B000000002"
FLOOR_70 = [product("100.00", "70")]
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

    body = found.report(Case.of(FULL, beside, listed, POLICY, NOW), ())

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
    assert finding.others == ("PR-1001",)
    assert finding.details == {"order": "before", "asins": ASIN, "count": "1", "days": "30"}


def found_on(code, candidate, *others, listed=None):
    findings = find_conflicts(candidate, others, listed or [product()], POLICY, NOW)
    return next(finding for finding in findings if finding.code == code)


def test_a_meeting_says_all_that_its_sentences_need():
    running = offer(
        "coupon",
        "$5.50",
        reference="PR-1001",
        state="ended",
        hours=(-24, 12),
        stopped_at=DAY - timedelta(hours=2),
    )

    finding = found_on("cooling-off", offer("social_code", "%10", state="draft"), running)

    assert finding.floor == Decimal("1.00")
    assert finding.details == {
        "kind": "social_code",
        "currency": "USD",
        "starts_at": "2026-11-25T08:00:00Z",
        "danger_starts_at": "2026-11-25T08:00:00Z",
        "danger_ends_at": "2026-11-26T08:00:00Z",
        "other_kind": "coupon",
        "other_state": "ended",
        "other_discount": "money",
        "other_label": "5.50",
        "other_starts_at": "2026-11-24T08:00:00Z",
        "other_ends_at": "2026-11-25T20:00:00Z",
        "other_stopped_at": "2026-11-25T06:00:00Z",
        "other_danger_starts_at": "2026-11-24T02:00:00Z",
        "other_danger_ends_at": "2026-11-25T20:00:00Z",
    }


def test_a_meeting_on_a_product_that_nobody_knows_has_neither_price_nor_currency():
    listed = [product(asin=OTHER)]

    finding = found_on(
        "kinds-forbidden", offer("social_code"), offer("coupon", reference="PR-1001"), listed=listed
    )

    assert (finding.price, finding.floor, finding.steps) == (None, None, ())
    assert "currency" not in finding.details


@pytest.mark.parametrize("state", ["approved", "in_review"])
def test_a_sum_says_what_it_is_the_sum_of(state):
    code = "below-floor" if state == "approved" else "review-below-floor"
    cut = offer("percentage_off", "%20", claim_type="none", reference="PR-1001", state=state)

    finding = found_on(
        code, offer("price_discount", "$20.50", state="draft"), cut, listed=[product("100", "70")]
    )

    assert finding.floor == 70
    assert finding.window is not None
    assert finding.details == {
        "kind": "price_discount",
        "currency": "USD",
        "discount": "money",
        "label": "20.50",
    }


def test_one_that_takes_nothing_off_a_free_product_is_not_blamed():
    """A deduction of nothing is no part of the sum."""
    nothing = offer("percentage_off", "%0.001", claim_type="none", reference="PR-1001")

    finding = found_on("below-floor", offer("price_discount", "%50"), nothing, listed=[product("100", "70")])

    assert finding.others == ()


def test_an_unknown_kind_is_named_as_it_was_typed():
    def told(**content):
        [problem] = limits.problems(content, policy=POLICY, zone=ZONE, now=NOW)
        return problem.field, problem.code, dict(problem.params)

    assert told(kind="outlet") == ("kind", "kind-unknown", {"kind": "outlet"})
    assert told() == ("kind", "kind-unknown", {"kind": ""})


@pytest.mark.parametrize("stopped_at", [None, DAY + timedelta(hours=1)])
@pytest.mark.parametrize("kind", ["coupon", "social_code"])
def test_a_danger_ends_after_an_instant_or_it_does_not(kind, stopped_at):
    one = offer(kind, stopped_at=stopped_at)
    ends_at = POLICY.danger_window(one).ends_at

    assert POLICY.danger_ends_after(one, ends_at) is False
    assert POLICY.danger_ends_after(one, ends_at - timedelta(microseconds=1)) is True


def test_a_tail_after_the_end_is_danger_too():
    rules = POLICY.kinds["coupon"]
    longer = replace(POLICY, kinds={**POLICY.kinds, "coupon": replace(rules, hours_after=4)})
    coupon = offer("coupon")

    assert longer.danger_ends_after(coupon, DAY + timedelta(hours=27))
    assert not longer.danger_ends_after(coupon, DAY + timedelta(hours=28))


def whole(finding):
    [row] = found.to_data([finding])
    return {name: value for name, value in row.items() if value not in (None, [], "")}


def test_a_price_that_is_missing_names_the_product():
    assert whole(found_on("price-missing", offer("coupon"), listed=[product(None)])) == {
        "code": "price-missing",
        "severity": "block",
        "asin": ASIN,
        "params": {"title": "Earphones"},
    }


def test_another_currency_names_both():
    assert whole(found_on("currency-differs", offer("coupon", currency="EUR"))) == {
        "code": "currency-differs",
        "severity": "block",
        "asin": ASIN,
        "params": {"currency": "USD", "candidate_currency": "EUR"},
    }


def test_what_takes_nothing_off_says_of_which_price():
    assert whole(found_on("not-a-discount", offer("lightning_deal", "=100.00"))) == {
        "code": "not-a-discount",
        "severity": "block",
        "asin": ASIN,
        "price": "100.00",
        "params": {"currency": "USD", "discount": "price", "label": "=100.00"},
    }


def test_a_broken_floor_says_all_of_its_sum():
    cut = offer("percentage_off", "%20", claim_type="none", reference="PR-1001", hours=(6, 12))

    blocked = found_on("below-floor", offer("price_discount", "%20", state="draft"), cut, listed=FLOOR_70)

    assert whole(blocked) == {
        "code": "below-floor",
        "severity": "block",
        "asin": ASIN,
        "others": ["PR-1001"],
        "window": ["2026-11-25T14:00:00Z", "2026-11-25T20:00:00Z"],
        "price": "60.00",
        "floor": "70",
        "steps": [
            ["", "price", "", "100.00"],
            ["", "price_discount", "20 %", "-20.00"],
            ["PR-1001", "percentage_off", "20 %", "-20.00"],
        ],
        "params": {"kind": "price_discount", "currency": "USD", "discount": "percent", "label": "20 %"},
        "earliest_safe_start": "2026-11-25T20:00:00Z",
        "greatest_discount": "10",
        "let_go": ["PR-1001"],
    }


def test_a_floor_that_review_would_break_says_all_of_its_sum():
    cut = offer(
        "percentage_off", "%20", claim_type="none", reference="PR-1001", hours=(6, 12), state="in_review"
    )

    warned = found_on("review-below-floor", offer("price_discount", "%20"), cut, listed=FLOOR_70)

    assert whole(warned) == {
        "code": "review-below-floor",
        "severity": "warn",
        "asin": ASIN,
        "others": ["PR-1001"],
        "window": ["2026-11-25T14:00:00Z", "2026-11-25T20:00:00Z"],
        "price": "60.00",
        "floor": "70",
        "steps": [
            ["", "price", "", "100.00"],
            ["", "price_discount", "20 %", "-20.00"],
            ["PR-1001", "percentage_off", "20 %", "-20.00"],
        ],
        "params": {"kind": "price_discount", "currency": "USD", "discount": "percent", "label": "20 %"},
    }


def test_each_product_is_asked_by_itself_what_review_would_do_to_it():
    """The first breaks its floor by what is decided already, and hides nothing of the second."""
    both = frozenset({ASIN, OTHER})
    listed = [product("100.00", "85"), product("100.00", "76", asin=OTHER)]
    decided = offer("percentage_off", "%10", claim_type="none", reference="PR-1001")
    asked = offer("price_discount", "%15", reference="PR-1002", asins=both, state="in_review")

    findings = find_conflicts(
        offer("coupon", "%10", asins=both, state="draft"), [decided, asked], listed, POLICY, NOW
    )

    told = [(finding.code, finding.asin) for finding in findings if "below-floor" in finding.code]
    assert told == [("below-floor", ASIN), ("review-below-floor", OTHER)]


def test_a_block_of_its_own_making_has_no_safe_start():
    """By itself it breaks the floor, so no other start would help, whatever runs beside it."""
    cut = offer("percentage_off", "%5", claim_type="none", reference="PR-1001")

    blocked = found_on("below-floor", offer("price_discount", "%40", state="draft"), cut, listed=FLOOR_70)

    assert blocked.earliest_safe_start is None


def test_yen_are_taken_off_whole():
    listed = [product("999", "500", currency="JPY")]

    findings = find_conflicts(
        offer("coupon", "%10", currency="JPY", one_per_customer=True), [], listed, POLICY, NOW
    )

    assert but_the_usual(findings) == ()
    assert stacking.taken_off(offer("coupon", "%10"), listed[0]) == 100
    assert stacking.percent_off(offer("coupon", "$333"), listed[0]).quantize(Decimal("0.01")) == Decimal(
        "33.33"
    )


def test_joined_children_are_listed_one_by_one():
    parent = offer("coupon", asins=frozenset({ASIN}), chosen=frozenset({ASIN}))
    joined = [replace(product(asin=asin), parent=ASIN) for asin in ("B000000003", OTHER)]

    assert found_on("family-grown", parent, listed=[product(), *joined]).details == {
        "asins": "B000000002 B000000003",
        "count": "2",
    }


def test_products_held_to_a_price_are_listed_one_by_one():
    both = frozenset({ASIN, OTHER})
    deal = offer("best_deal", "%20", asins=both, reference="PR-1001")

    finding = found_on(
        "reference-price",
        offer("price_discount", "%10", asins=both, hours=(48, 72)),
        deal,
        listed=[product(), product(asin=OTHER)],
    )

    assert (finding.details["asins"], finding.details["count"]) == ("B000000001 B000000002", "2")


@pytest.mark.parametrize(
    ("code", "candidate", "state"),
    [("kinds-doubtful", "percentage_off", "approved"), ("review-conflict", "social_code", "in_review")],
)
def test_a_meeting_that_warns_names_the_time_they_share(code, candidate, state):
    coupon = offer("coupon", reference="PR-1001", state=state, hours=(12, 48))

    finding = found_on(code, offer(candidate, claim_type="none"), coupon)

    assert finding.window == Window(DAY + timedelta(hours=6), DAY + timedelta(hours=24))


def test_the_price_of_a_meeting_is_the_lowest_while_the_other_one_runs():
    """Before the coupon begins, a deeper cut runs: that is not the price of this meeting."""
    coupon = offer("coupon", "%10", reference="PR-1001", hours=(18, 24))
    cut = offer("price_discount", "%60", reference="PR-1002", hours=(0, 6))

    finding = found_on("kinds-forbidden", offer("social_code", "%10"), coupon, cut)

    assert finding.price == 80


def test_yen_are_rounded_whole_on_both_bases():
    listed = product("999", "1", currency="JPY")
    deal, coupon = offer("lightning_deal", "%10"), offer("coupon", "%10", reference="PR-1001")

    assert stacking.worst_price(listed, [deal, coupon]).price == 799
    assert stacking.price_on(listed, [deal, coupon], basis="promo").price == 809
    assert [segment.worst.price for segment in stacking.sweep(listed, [coupon], POLICY)] == [899]


@pytest.mark.parametrize(
    ("state", "told"), [("draft", "in_review"), ("in_review", "in_review"), ("approved", "approved")]
)
def test_a_draft_is_told_as_what_it_asks_to_become(state, told):
    candidate = replace(FULL, state=state)

    assert found.report(Case.of(candidate, [], [product()], POLICY, NOW), ())["candidate"]["state"] == told


def test_what_was_looked_at_is_read_back_as_it_was():
    others = [
        offer("price_discount", "=80.50", reference="PR-7"),
        replace(FULL, reference="PR-8", asins={ASIN}),
    ]
    listed = [product("100.00", "30.00"), product(None, None, asin=OTHER)]
    body = json.loads(found.canonical(found.report(Case.of(FULL, others, listed, POLICY, NOW), ())))

    # What was chosen belongs to the content, and no report tells of it.
    assert found.candidate_of(body) == replace(FULL, chosen=frozenset())
    assert found.others_of(body) == (others[0], replace(others[1], chosen=frozenset()))
    assert found.products_of(body) == tuple(listed)


def test_a_report_leaves_its_candidate_what_it_is():
    candidate = offer("coupon", "%20", state="draft", reference="")
    case = Case.of(candidate, [], FLOOR_70, POLICY, NOW)

    assert found.report(case, [])["candidate"]["state"] == "in_review"
    assert candidate.data["state"] == "draft"
    assert replace(candidate, state="approved").data["state"] == "approved"
