"""Every finding, as a table: what fires it, what just does not, and the sentence that a person reads."""

import inspect
import re
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from promoflow.promotions.wording import sentences
from promoflow.rulebook import conflicts, exposure, family, meetings, nearby, prices, times
from promoflow.rulebook.conflicts import CHECKS, find_conflicts
from promoflow.rulebook.findings import Finding
from promoflow.rulebook.offers import Offer
from promoflow.rulebook.policy import Blackout
from tests.rulebook.making import ASIN, DAY, NOW, POLICY, ZONE, offer, product

HOUR = timedelta(hours=1)
TICK = timedelta(microseconds=1)
OTHER = "B000000002"
PAIR = frozenset({ASIN, OTHER})
DAYS = Blackout(
    name="Prime Day",
    first_day=date(2026, 11, 26),
    last_day=date(2026, 11, 26),
    kinds=frozenset({"social_code"}),
    verdict="block",
    reason="No codes beside it.",
)


def draft(kind: str = "coupon", off: str = "%10", **terms: Any) -> Offer:
    return offer(kind, off, **{"state": "draft", "one_per_customer": True, **terms})


def other(kind: str = "coupon", off: str = "%10", **terms: Any) -> Offer:
    return offer(kind, off, **{"reference": "PR-7", **terms})


def asked(candidate: Offer, *others: Offer, **more: Any) -> dict[str, Any]:
    return {"candidate": candidate, "others": others, **more}


@dataclass(frozen=True)
class Row:
    code: str
    severity: str
    fires: dict[str, Any]
    silent: dict[str, Any]
    sentence: str


LAMP = product("100.00", "60.00")
CUT = other("percentage_off", "%20", claim_type="none")

TABLE = [
    Row(
        "unknown-kind",
        "block",
        asked(draft("outlet")),
        asked(draft("coupon")),
        "The kind outlet is not known here, so nothing about it can be checked.",
    ),
    Row(
        "no-products",
        "block",
        asked(draft(asins=frozenset())),
        asked(draft()),
        "No product is chosen, so nothing has been checked.",
    ),
    Row(
        "in-past",
        "block",
        asked(draft(), now=DAY),
        asked(draft(), now=DAY - TICK),
        "Its start, Nov 25, 00:00 (PST), has passed.",
    ),
    Row(
        "too-late",
        "block",
        asked(draft(), now=DAY - 6 * HOUR + TICK),
        asked(draft(), now=DAY - 6 * HOUR),
        "It was to be decided by Nov 24, 18:00 (PST): Amazon takes a change of this kind (coupon) no later "
        "than 6 hours before its start, Nov 25, 00:00.",
    ),
    Row(
        "blackout",
        "block",
        asked(draft("social_code", hours=(0, 24.001)), policy=replace(POLICY, blackouts=(DAYS,))),
        asked(draft("social_code", hours=(0, 24)), policy=replace(POLICY, blackouts=(DAYS,))),
        "Prime Day: from Nov 26 to Nov 26 (PST) the policy keeps promotions of this kind (social code) away, "
        "and this one may touch a sale from Nov 25, 00:00 on. No codes beside it.",
    ),
    Row(
        "family-grown",
        "block",
        asked(
            draft(chosen=frozenset({ASIN})),
            products=[LAMP, replace(product(asin=OTHER), parent=ASIN)],
        ),
        asked(
            draft(chosen=frozenset({ASIN}), asins=frozenset({ASIN, OTHER})),
            products=[LAMP, replace(product(asin=OTHER), parent=ASIN)],
        ),
        "A product of it has variations that came in later: B000000002. The promotion would cover them too, "
        "and nobody has checked them.",
    ),
    Row(
        "kinds-forbidden",
        "block",
        asked(draft("social_code", hours=(0, 24)), other("coupon", hours=(23.999, 48))),
        asked(draft("social_code", hours=(0, 24)), other("coupon", hours=(24, 48))),
        "PR-7 (coupon, 10 % off) runs on B000000001 from Nov 25, 23:59 to Nov 27, 00:00 (PST). These two "
        "kinds never meet (social code, coupon): together they would sell it for $80.00; its floor is "
        "$60.00.",
    ),
    Row(
        "cooling-off",
        "block",
        asked(draft(), other("social_code", hours=(-24, -5))),
        asked(draft(), other("social_code", hours=(-24, -6))),
        "PR-7 (social code, 10 % off) runs on B000000001 until Nov 24, 19:00 (PST), and this one may start "
        "as early as Nov 24, 18:00. These two kinds never meet (coupon, social code): together they would "
        "sell it for $80.00; its floor is $60.00.",
    ),
    Row(
        "code-reused",
        "block",
        asked(
            draft("social_code", claim_code="SAVEMORE10"),
            other("social_code", claim_code="SAVEMOREIO", asins=frozenset({OTHER})),
        ),
        asked(
            draft("social_code", claim_code="SAVEMORE10"),
            other("social_code", claim_code="SAVEMORE20", asins=frozenset({OTHER})),
        ),
        "PR-7 (social code) has the claim code SAVEMOREIO, which is the same to Amazon as SAVEMORE10.",
    ),
    Row(
        "product-unknown",
        "block",
        asked(draft(asins=frozenset({OTHER}))),
        asked(draft()),
        "B000000002 is not in this store's catalog, so nothing about it can be checked.",
    ),
    Row(
        "price-missing",
        "block",
        asked(draft(), products=[product(None)]),
        asked(draft(), products=[product("0.01")]),
        "B000000001 has no price, so nobody can say what shoppers would pay.",
    ),
    Row(
        "currency-differs",
        "block",
        asked(draft(currency="EUR")),
        asked(draft(currency="USD")),
        "B000000001 is priced in USD, but this promotion is in EUR.",
    ),
    Row(
        "not-a-discount",
        "block",
        asked(draft("lightning_deal", "=100")),
        asked(draft("lightning_deal", "=99.99")),
        "On B000000001 this takes nothing off: its price is $100.00, the promotion is at $100.00.",
    ),
    Row(
        "below-floor",
        "block",
        asked(draft("price_discount", "$20.01"), CUT),
        asked(draft("price_discount", "$20"), CUT),
        "Together with PR-7 it would sell B000000001 for $59.99 from Nov 25, 00:00 (PST) on; its floor is "
        "$60.00.",
    ),
    Row(
        "free",
        "block",
        asked(draft("price_discount", "%80"), CUT, products=[product("100", "0")]),
        asked(draft("price_discount", "$79.99"), CUT, products=[product("100", "0")]),
        "Together with PR-7 it would give B000000001 away for $0.00 from Nov 25, 00:00 (PST) on; its floor "
        "is $0.00.",
    ),
    Row(
        "kinds-doubtful",
        "warn",
        asked(draft("percentage_off", hours=(0, 24)), other("coupon", hours=(29.999, 54))),
        asked(draft("percentage_off", hours=(0, 24)), other("coupon", hours=(30, 54))),
        "PR-7 (coupon, 10 % off) runs on B000000001 from Nov 26, 05:59 to Nov 27, 06:00 (PST). These two "
        "kinds add up (percentage off, coupon): together they would sell it for $80.00; its floor is $60.00.",
    ),
    Row(
        "may-still-run",
        "warn",
        asked(draft("social_code", hours=(-0.001, 24)), other("coupon", state="may_run", hours=(-48, 0))),
        asked(draft("social_code"), other("coupon", state="may_run", hours=(-48, 0))),
        "PR-7 (coupon, 10 % off) was approved for B000000001 from Nov 23 to Nov 24 (PST), but it was "
        "withdrawn, edited or overtaken by time before anybody marked it live. If it was set up in Seller "
        "Central, it runs there until Nov 25, 00:00. These two kinds never meet (social code, coupon): "
        "together they would sell it for $80.00; its floor is $60.00.",
    ),
    Row(
        "review-conflict",
        "warn",
        asked(draft("social_code"), other("coupon", state="in_review")),
        asked(draft("social_code"), other("coupon", state="in_review", hours=(30, 54))),
        "PR-7 (coupon, 10 % off) is also in review, for B000000001 all day on Nov 25 (PST). These two kinds "
        "never meet (social code, coupon): together they would sell it for $80.00; its floor is $60.00.",
    ),
    Row(
        "review-below-floor",
        "warn",
        asked(draft("price_discount", "$20.01"), replace(CUT, state="in_review")),
        asked(draft("price_discount", "$20"), replace(CUT, state="in_review")),
        "If PR-7 is approved too, B000000001 would sell for $59.99 from Nov 25, 00:00 (PST) on; its floor is "
        "$60.00.",
    ),
    Row(
        "floor-assumed",
        "warn",
        asked(draft(), products=[product("100", None)]),
        asked(draft(), products=[product("100", "0")]),
        "Nobody has set a floor price for B000000001, so 50 % of the price is taken as the floor.",
    ),
    Row(
        "discount-outside-limits",
        "warn",
        asked(draft("coupon", "$4.99")),
        asked(draft("coupon", "$5")),
        "On B000000001 the discount comes to another share of the price than Amazon takes for this kind "
        "(coupon): at least 5 %, at most 50 %.",
    ),
    Row(
        "small-steps",
        "warn",
        asked(draft("price_discount", "%25"), other("price_discount", "%25", hours=(-24, 0))),
        asked(draft("price_discount", "%24.99"), other("price_discount", "%25", hours=(-24, 0))),
        "Within 7 days this and PR-7 take 50 % off B000000001 in all. Each of them stays below 50 %, from "
        "which on a promotion is looked at closely.",
    ),
    Row(
        "several-in-one-deal",
        "warn",
        asked(
            draft("lightning_deal", "%20", hours=(0, 6), asins=PAIR, chosen=PAIR),
            products=[LAMP, product(asin=OTHER)],
        ),
        asked(
            draft("lightning_deal", "%20", hours=(0, 6), asins=PAIR, chosen=PAIR),
            products=[LAMP, replace(product(asin=OTHER), parent=ASIN)],
        ),
        "Amazon makes a deal of one product with its variations. These are 2 products, of no one family "
        "here: B000000001, B000000002.",
    ),
    Row(
        "costs-much",
        "warn",
        asked(draft("best_deal", "%10", committed_units=1001)),
        asked(draft("best_deal", "%10", committed_units=1000)),
        "It may cost more than $10,000.00, above which the policy asks for a reason. At worst it sells its "
        "1001 committed units with up to $10.00 off each: $10,010.00 in all.",
    ),
    Row(
        "no-redemption-cap",
        "warn",
        asked(draft("social_code", one_per_customer=False), products=[replace(LAMP, stock=400)]),
        asked(draft("social_code", one_per_customer=True), products=[replace(LAMP, stock=400)]),
        "One buyer may redeem it again and again: it is neither limited to one per customer nor capped in "
        "all. The 400 units in stock by now would cost $4,000.00, with up to $10.00 off each. Restocked "
        "before it is over, it may sell more.",
    ),
    Row(
        "group-code-unlimited",
        "warn",
        asked(draft("percentage_off", claim_type="group")),
        asked(draft("percentage_off", claim_type="group", units_per_order=1)),
        "Whoever knows the group code may take any number of units in one order: no greatest number is set.",
    ),
    Row(
        "budget-not-a-cap",
        "note",
        asked(draft(budget=Decimal(500))),
        asked(draft(budget=None)),
        "The budget of $500.00 is no cap: Amazon takes the promotion off the site at 80 % of it, and honours "
        "what shoppers have clipped or applied by then.",
    ),
    Row(
        "coupon-on-several-units",
        "note",
        asked(draft(one_per_customer=False)),
        asked(draft(one_per_customer=True)),
        "It is not limited to one per customer, so it comes off up to five units of each order.",
    ),
    Row(
        "code-shared-with-influencers",
        "note",
        asked(draft("social_code")),
        asked(draft("percentage_off")),
        "Amazon shares a social code with influencers and associates by itself, and that cannot be changed "
        "later.",
    ),
    Row(
        "unseen-prices",
        "note",
        asked(draft("social_code")),
        asked(draft("price_discount")),
        "It also comes off a Sale Price, a Business Price, an Outlet deal or a Subscribe & Save discount, "
        "which this desk does not know: it counts with $100.00.",
    ),
    Row(
        "no-way-back",
        "note",
        asked(draft("lightning_deal", "%20", hours=(0, 6))),
        asked(draft("price_discount", "%20", hours=(0, 6))),
        "After Nov 23, 23:00 (PST) Amazon lets nobody cancel it any more: stopping it here then does not end "
        "it before Nov 25, 06:00.",
    ),
    Row(
        "reference-price",
        "note",
        asked(draft(off="%10"), other("best_deal", "%10", hours=(-48, -24))),
        asked(draft(off="%10.01"), other("best_deal", "%10", hours=(-48, -24))),
        "Within 30 days before this one PR-7 sold B000000001 at a price that it does not go below. Amazon "
        "may not take it there: a deal lowers the price that later ones are held to.",
    ),
]


def found(code: str, case: dict[str, Any]) -> list[Finding]:
    findings = find_conflicts(
        case["candidate"],
        case["others"],
        case.get("products", [LAMP]),
        case.get("policy", POLICY),
        case.get("now", NOW),
        zone=ZONE,
    )
    return [finding for finding in findings if finding.code == code]


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.code)
def test_it_fires_and_says_what_is_wrong(row):
    [finding] = found(row.code, row.fires)

    assert finding.severity == row.severity
    assert sentences.sentence(finding, zone=ZONE) == row.sentence


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.code)
def test_at_its_boundary_it_does_not(row):
    assert found(row.code, row.silent) == []


def test_no_finding_is_missing_from_the_table():
    modules = (conflicts, exposure, family, meetings, nearby, prices, times)
    source = "".join(inspect.getsource(module) for module in modules)
    written = set(
        re.findall(r'(?:code=|_meeting\(\w+, |_too_soon\(case, |else )"([a-z]+(?:-[a-z]+)*)"', source)
    )
    written |= {"below-floor"}
    severities = {"block", "warn", "note"}

    assert {row.code for row in TABLE} == written - severities


def test_every_check_finds_something_of_the_table():
    silent = {
        check.__name__
        for check in CHECKS
        if not any(f'"{row.code}"' in inspect.getsource(check) for row in TABLE)
    }

    # The one of the reference price writes its code in a function of its own.
    assert silent == {"reference_price"}
