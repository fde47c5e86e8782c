"""A way out is one that is still open: what runs is not edited, and a child does not stay out by itself."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from promoflow.rulebook.policy import Blackout
from tests.promotions.wording.saying import draft, live, said
from tests.rulebook.making import ASIN, DAY, POLICY, ZONE, product

RUNS = {"state": "live"}
AMENDS = {"state": "draft", "decide_until": DAY + timedelta(days=1)}
PARENT = "B000000009"
CHILD = [replace(product("19.99", "12.00"), parent=PARENT)]
FRIDAY = replace(
    POLICY,
    blackouts=(
        Blackout(
            name="Black Friday",
            first_day=date(2026, 11, 25),
            last_day=date(2026, 11, 25),
            kinds=frozenset({"coupon"}),
            verdict="block",
            reason="",
        ),
    ),
)


@pytest.mark.parametrize(
    ("code", "candidate", "others", "more", "way_out"),
    [
        (
            "kinds-forbidden",
            draft("coupon", **RUNS),
            [live("social_code")],
            {},
            "Stop it. Or stop or withdraw PR-1007, which by itself is enough.",
        ),
        (
            "kinds-forbidden",
            draft("social_code", **AMENDS),
            [live("coupon", state="live")],
            {"now": DAY},
            "Leave B000000001 out, or let it end sooner.",
        ),
        (
            "below-floor",
            draft("coupon", "%50", **RUNS),
            [],
            {},
            "Stop it, or have the price or the floor price of B000000001 corrected if that is what is wrong.",
        ),
        (
            "below-floor",
            draft("coupon", "%50", **AMENDS),
            [],
            {},
            "Leave B000000001 out, let it end sooner, or have the floor price changed if that is what is "
            "wrong.",
        ),
        ("price-missing", draft(**RUNS), [], {"products": [product(None)]}, "Import its price, or stop it."),
        (
            "price-missing",
            draft(**AMENDS),
            [],
            {"products": [product(None)]},
            "Import its price, or leave it out.",
        ),
        ("not-a-discount", draft("lightning_deal", "=19.99", **RUNS), [], {}, "Stop it."),
        (
            "code-reused",
            draft("social_code", claim_code="SAVEMORE20", **AMENDS),
            [live("percentage_off", claim_type="group", claim_code="SAVEMORE20")],
            {},
            "Let it end sooner.",
        ),
        (
            "blackout",
            draft(**RUNS),
            [],
            {"policy": FRIDAY, "zone_of_rules": ZONE},
            "Stop it, or have a manager change the days.",
        ),
        (
            "blackout",
            draft(**AMENDS),
            [],
            {"policy": FRIDAY, "zone_of_rules": ZONE},
            "Let it end sooner, or have a manager change the days.",
        ),
        (
            "family-grown",
            draft(chosen=frozenset({ASIN}), **RUNS),
            [],
            {"products": [product(), replace(product(asin="B000000002"), parent=ASIN)]},
            "Amend it so that it names them and they are checked, or stop it.",
        ),
        (
            "below-floor",
            draft("coupon", "%50", chosen=frozenset({PARENT})),
            [],
            {"products": CHILD},
            "The deepest that keeps the floor is 39 % off; or leave B000000001 out. B000000001 comes in with "
            "its parent: to leave it out, choose the variations one by one.",
        ),
        (
            "kinds-doubtful",
            draft("percentage_off", chosen=frozenset({PARENT})),
            [live("coupon")],
            {"products": CHILD},
            "Move it, leave B000000001 out, or give your reason why they may meet. B000000001 comes in with "
            "its parent: to leave it out, choose the variations one by one.",
        ),
        (
            "below-floor",
            draft("coupon", "%50", chosen=frozenset({PARENT, ASIN})),
            [],
            {"products": CHILD},
            "The deepest that keeps the floor is 39 % off; or leave B000000001 out.",
        ),
    ],
)
def test_a_way_out_is_one_that_is_still_open(code, candidate, others, more, way_out):
    assert said(candidate, *others, code=code, **more)[1] == way_out
