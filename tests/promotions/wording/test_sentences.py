"""Findings and problems as sentences that a person reads."""

import inspect
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from promoflow.promotions.wording import finding_texts, problem_sentences, sentences, words
from promoflow.rulebook import conflicts as checks
from promoflow.rulebook import exposure, family, limits, meetings, nearby, prices, times
from promoflow.rulebook.conflicts import find_conflicts
from promoflow.rulebook.findings import Finding
from promoflow.rulebook.kinds import KINDS
from promoflow.rulebook.limits import Problem
from promoflow.rulebook.policy import Blackout
from tests.promotions.wording.saying import draft, live, said
from tests.rulebook.making import ASIN, DAY, NOW, POLICY, ZONE, content, offer, product

HOUR = timedelta(hours=1)


def test_a_forbidden_pair_names_the_other_its_days_the_price_and_the_way_out():
    assert said(draft("social_code", "%60"), live("coupon", "%20", hours=(0, 96))) == (
        "PR-1007 (coupon, 20 % off) runs on B000000001 from Nov 25 to Nov 28 (PST). These two kinds "
        "never meet (social code, coupon): together they would sell it for $4.00; its floor is "
        "$12.00.",
        "Start it on Nov 29, 00:00 (PST) or later, or leave B000000001 out. Or stop or withdraw PR-1007, "
        "which by itself is enough.",
    )


def test_a_pair_that_sells_for_nothing_says_so():
    sentence, _way_out = said(draft("social_code", "%60"), live("coupon", "%50"))

    assert "together they would give it away for $0.00; its floor is $12.00." in sentence


def test_a_pair_on_a_product_without_a_price_says_so():
    sentence, _way_out = said(draft("social_code"), live("coupon"), products=[product(None)])

    assert sentence.endswith("and without its price nobody can say what shoppers would pay.")


def test_a_stopped_code_names_its_tail_and_the_early_start_of_the_coupon():
    stopped = live(
        "social_code", "%30", state="ended", hours=(-96, 96), stopped_at=DAY - 9 * HOUR, reference="PR-1003"
    )

    assert said(draft("coupon", "%20"), stopped, code="cooling-off") == (
        "PR-1003 (social code, 30 % off) on B000000001 was stopped on Nov 24, 15:00 (PST), but "
        "shoppers may still redeem it until Nov 24, 19:00, and this one may start as early as Nov 24,"
        " 18:00. These two kinds never meet (coupon, social code): together they would sell it for "
        "$9.99; its floor is $12.00.",
        "Start it on Nov 26 (PST) or later, or leave B000000001 out.",
    )


def test_a_code_that_ends_too_close_before_a_coupon():
    sentence, _way_out = said(draft("coupon"), live("social_code", hours=(-24, -2)))

    assert sentence.startswith(
        "PR-1007 (social code, 10 % off) runs on B000000001 until Nov 24, 22:00 (PST), and this one "
        "may start as early as Nov 24, 18:00."
    )


def test_a_code_that_ends_too_close_before_a_coupon_that_may_start_early():
    sentence, way_out = said(draft("social_code", hours=(-24, -2)), live("coupon"))

    assert sentence.startswith(
        "PR-1007 (coupon, 10 % off) may start on B000000001 as early as Nov 24, 18:00 (PST), and this"
        " one is not surely over before Nov 24, 22:00."
    )
    assert way_out.startswith("Start it on Nov 26, 00:00 (PST) or later")


def test_a_doubtful_pair_asks_for_a_reason():
    assert said(draft("percentage_off"), live("coupon")) == (
        "PR-1007 (coupon, 10 % off) runs on B000000001 all day on Nov 25 (PST). These two kinds add up "
        "(percentage off, coupon): together they would sell it for $15.99; its floor is $12.00.",
        "Move it, leave B000000001 out, or give your reason why they may meet.",
    )


@pytest.mark.parametrize(
    ("state", "ends"), [("ended", "was stopped on Nov 23, 15:00"), ("live", "ends early on Nov 23, 15:00")]
)
def test_clipped_copies_of_a_coupon_that_is_over_are_what_adds_up(state, ends):
    coupon = live("coupon", "%20", state=state, hours=(-96, 96), stopped_at=DAY - 33 * HOUR)
    on_top = "These two kinds add up (Price Discount, coupon): together they would sell it for $13.99;"
    free = "leave B000000001 out, or give your reason why they may meet."

    assert said(draft("price_discount"), coupon) == (
        f"PR-1007 (coupon, 20 % off) on B000000001 {ends} (PST), but shoppers may still redeem it until "
        f"Nov 29, 00:00, and this one may start as early as Nov 25, 00:00. {on_top} its floor is $12.00.",
        f"Start it on Nov 29, 00:00 (PST) or later, {free}",
    )
    in_the_way = live("price_discount", reference="PR-1008", hours=(96, 120))
    _sentence, way_out = said(draft("price_discount"), coupon, in_the_way)
    assert way_out == f"Start it on Nov 30, 00:00 (PST) or later, {free}"
    _sentence, way_out = said(draft("price_discount", state="approved"), coupon)
    assert way_out.startswith("Start it on Nov 29, 00:00 (PST)")
    _sentence, way_out = said(draft("price_discount", state="live"), coupon)
    assert way_out == f"Move it, {free}"


def test_two_in_review():
    sentence, way_out = said(draft("social_code"), live("coupon", state="in_review"), code="review-conflict")

    assert sentence.startswith(
        "PR-1007 (coupon, 10 % off) is also in review, for B000000001 all day on Nov 25 (PST)."
    )
    assert way_out == "Only one of the two can be approved: agree with its operator which."


def test_below_the_floor_alone_names_the_deepest_that_keeps_it():
    assert said(draft("coupon", "%50")) == (
        "By itself it would sell B000000001 for $9.99; its floor is $12.00.",
        "The deepest that keeps the floor is 39 % off; or leave B000000001 out.",
    )


def test_below_the_floor_together_names_the_others_and_from_when():
    cut = live("percentage_off", "%20", claim_type="none", hours=(2, 20))

    assert said(draft("price_discount", "%40"), cut, code="below-floor") == (
        "Together with PR-1007 it would sell B000000001 for $7.99 from Nov 25, 02:00 (PST) on; its"
        " floor is $12.00.",
        "The deepest that keeps the floor is 19 % off; or leave B000000001 out.",
    )


def test_below_the_floor_only_beside_others_names_a_start_too():
    cut = live("percentage_off", "%20", claim_type="none", hours=(2, 20))

    _sentence, way_out = said(draft("price_discount", "=15.00"), cut, code="below-floor")

    assert way_out == (
        "The deepest that keeps the floor is at $16.00; or start it on Nov 25, 20:00 (PST) or later. Or "
        "stop or withdraw PR-1007, which by itself is enough."
    )


def test_no_discount_keeps_the_floor():
    _sentence, way_out = said(draft("coupon", "%50"), products=[product("19.99", "19.50")])

    assert way_out == (
        "No discount that Amazon takes would keep the floor: leave B000000001 out, or have its floor "
        "price changed."
    )


def test_free_says_that_it_gives_the_product_away():
    sentence, _way_out = said(draft("social_code", "%100"))

    assert sentence == "By itself it would give B000000001 away for $0.00; its floor is $12.00."


def test_too_late_names_the_deadline_and_the_next_start():
    assert said(draft(), now=DAY - 2 * HOUR) == (
        "It was to be decided by Nov 24, 18:00 (PST): Amazon takes a change of this kind (coupon) no "
        "later than 6 hours before its start, Nov 25, 00:00.",
        "Start it on Nov 26 (PST) or later.",
    )


def test_an_assumed_floor_lists_the_products():
    asins = frozenset({ASIN, "B000000002"})
    products = [product("20", None), product("30", None, asin="B000000002")]

    assert said(draft(asins=asins), products=products) == (
        "Nobody has set a floor price for B000000001, B000000002, so 50 % of the price is taken as "
        "the floor.",
        "Import their floor prices, or give your reason to rely on this share.",
    )


def test_a_blackout_names_its_days_and_its_reason():
    friday = Blackout(
        name="Black Friday",
        first_day=date(2026, 11, 25),
        last_day=date(2026, 11, 27),
        kinds=frozenset({"coupon"}),
        verdict="block",
        reason="Prices are set by hand.",
    )
    policy = replace(POLICY, blackouts=(friday,))

    assert said(draft(state="draft"), code="blackout", policy=policy, zone_of_rules=ZONE) == (
        "Black Friday: from Nov 25 to Nov 27 (PST) the policy keeps promotions of this kind (coupon) away, "
        "and this one may touch a sale from Nov 24, 18:00 on. Prices are set by hand.",
        "Start it on Nov 29 (PST) or later.",
    )
    warning = replace(policy, blackouts=(replace(friday, verdict="warn", reason=""),))
    sentence, way_out = said(draft(), code="blackout", policy=warning, zone_of_rules=ZONE)
    assert sentence.endswith("from Nov 24, 18:00 on.")
    assert way_out == "Move it, or give your reason why it may run then."
    _sentence, way_out = said(draft(state="live"), code="blackout", policy=policy, zone_of_rules=ZONE)
    assert way_out == "Stop it, or have a manager change the days."


def test_a_family_that_has_grown_names_who_joined():
    parent = draft(asins=frozenset({ASIN}), chosen=frozenset({ASIN}))
    late = replace(product(asin="B000000002"), parent=ASIN)

    assert said(parent, code="family-grown", products=[product(), late]) == (
        "A product of it has variations that came in later: B000000002. The promotion would cover them too, "
        "and nobody has checked them.",
        "Edit and save it: then it names them, and they are checked.",
    )


def test_small_steps_are_added_up():
    earlier = live("price_discount", "%30", hours=(-48, -24))

    listed = [product("20.00", "12.00")]
    assert said(draft("price_discount", "%25"), earlier, code="small-steps", products=listed) == (
        "Within 7 days this and PR-1007 take 55 % off B000000001 in all. Each of them stays below 50 %, "
        "from which on a promotion is looked at closely.",
        "Move it, make it smaller, or give your reason for another step.",
    )


@pytest.mark.parametrize(
    ("terms", "stock", "at_worst"),
    [
        ({"committed_units": 9000}, None, "its 9000 committed units with up to $2.00 off each: $18,000.00"),
        (
            {"max_redemptions": 3000, "units_per_order": 3},
            None,
            "9000 units, all that its redemptions take, with up to $2.00 off each: $18,000.00",
        ),
    ],
)
def test_what_costs_much_says_how_it_comes_to_that(terms, stock, at_worst):
    listed = replace(product("19.99", "12.00"), stock=stock)

    assert said(
        draft("percentage_off", claim_type="none", **terms), code="costs-much", products=[listed]
    ) == (
        "It may cost more than $10,000.00, above which the policy asks for a reason. At worst it sells "
        f"{at_worst} in all.",
        "Commit fewer units, cap redemptions and the units of an order, take less off, or give your reason.",
    )


@pytest.mark.parametrize(
    ("now", "in_stock"),
    [
        (DAY, "At worst it sells all 9000 units in stock, with up to $2.00 off each: $18,000.00 in all."),
        (
            NOW,
            "The 9000 units in stock by now would cost $18,000.00, with up to $2.00 off each. Restocked "
            "before it is over, it may sell more.",
        ),
    ],
)
def test_a_stock_is_the_end_only_of_what_is_over_soon(now, in_stock):
    listed = replace(product("19.99", "12.00"), stock=9000)
    endless = offer("percentage_off", claim_type="none")

    sentence, _way_out = said(endless, code="costs-much", products=[listed], now=now)

    assert (
        sentence == f"It may cost more than $10,000.00, above which the policy asks for a reason. {in_stock}"
    )


def test_a_deal_says_until_when_it_can_be_called_back():
    assert said(draft("best_deal"), code="no-way-back") == (
        "After Nov 23, 23:00 (PST) Amazon lets nobody cancel it any more: stopping it here then does not "
        "end it before Nov 26, 00:00.",
        "",
    )


def test_what_it_counts_with_is_the_lowest_price_of_its_products():
    asins = frozenset({ASIN, "B000000002"})
    products = [product("20", "1"), product("15.50", "1", asin="B000000002")]

    assert said(draft(asins=asins), code="unseen-prices", products=products) == (
        "It also comes off a Sale Price, a Business Price, an Outlet deal or a Subscribe & Save discount, "
        "which this desk does not know: it counts with prices of $15.50 and more.",
        "Look in Seller Central whether one of them runs then, and count from that price.",
    )


def test_a_deal_that_runs_says_since_when_it_cannot_be_called_back():
    amendment = replace(draft("best_deal", hours=(-24, 48)), decide_until=DAY + 48 * HOUR)
    too_late = (
        "Since Nov 22, 23:00 (PST) it can no longer be cancelled at Amazon: stopping it here does not end it "
        "before Nov 27, 00:00."
    )

    assert said(amendment, code="no-way-back", now=DAY) == (too_late, "")
    assert said(amendment, code="no-way-back", now=DAY - 48.99 * HOUR) == (too_late, "")
    sentence, _way_out = said(amendment, code="no-way-back", now=DAY - 49 * HOUR)
    assert sentence.startswith("After Nov 22, 23:00 (PST) Amazon lets nobody cancel it any more")


def test_a_reference_price_names_who_set_it_and_where():
    assert said(draft(), live("best_deal", hours=(-48, -24)), code="reference-price") == (
        "Within 30 days before this one PR-1007 sold B000000001 at a price that it does not go below. Amazon "
        "may not take it there: a deal lowers the price that later ones are held to.",
        "",
    )
    sentence, _way_out = said(draft("best_deal"), live("coupon", hours=(48, 72)), code="reference-price")
    assert sentence.startswith(
        "Within 30 days after this one PR-1007 will sell B000000001 at a price that does not go below its "
        "own."
    )


def test_a_list_is_cut_where_nobody_reads_on():
    asins = frozenset(f"B0000000{number}" for number in range(10, 40))

    sentence, _way_out = said(
        draft(asins=asins), products=[product("10", None, asin=asin) for asin in sorted(asins)]
    )

    assert sentence.startswith("Nobody has set a floor price for B000000010, B000000011, ")
    assert "B000000029 and 10 more, so 50 %" in sentence


def test_of_several_that_would_be_enough_one_is():
    others = [
        live("percentage_off", "%10", claim_type="none"),
        live("coupon", "%10", reference="PR-1008"),
    ]

    _sentence, way_out = said(draft("price_discount", "%25"), *others, code="below-floor")

    assert way_out.endswith("Or stop or withdraw one of PR-1007, PR-1008, which by itself is enough.")


def test_a_budget_is_money():
    sentence, way_out = said(draft(budget=Decimal(1500)))

    assert sentence.startswith(
        "The budget of $1,500.00 is no cap: Amazon takes the promotion off the site at 80 %"
    )
    assert way_out == ""


def test_yen_have_no_cents():
    sentence, _way_out = said(
        draft("coupon", "%50", currency="JPY"), products=[product("1999", "1200", currency="JPY")]
    )

    assert sentence == "By itself it would sell B000000001 for ¥999; its floor is ¥1,200."


def test_instants_are_in_the_zone_that_is_asked_for():
    sentence, _way_out = said(draft("social_code"), live("coupon"), zone="Asia/Shanghai")

    assert "from Nov 25, 16:00 to Nov 26, 16:00 (UTC+8)" in sentence


def test_a_span_over_a_change_of_clocks_names_both():
    starts = datetime(2026, 10, 31, 7, tzinfo=UTC)

    assert words.zone_name(ZONE, starts, starts + 48 * HOUR) == "PDT/PST"


@pytest.mark.parametrize(
    ("starts", "ends", "said"),
    [
        ((2026, 11, 25), (2026, 11, 26), ("Nov 25", "Nov 25")),
        ((2026, 12, 31), (2027, 1, 1), ("Dec 31", "Dec 31")),
        ((2026, 12, 31), (2027, 1, 2), ("Dec 31, 2026", "Jan 1, 2027")),
        ((2027, 1, 20), (2028, 1, 21), ("Jan 20, 2027", "Jan 20, 2028")),
        ((2028, 1, 20), (2028, 1, 21), ("Jan 20, 2028", "Jan 20, 2028")),
        ((2027, 1, 20, 9), (2028, 1, 20, 9), ("Jan 20, 2027, 09:00", "Jan 20, 2028, 09:00")),
        ((2026, 11, 20, 9), (2026, 11, 20, 17), ("Nov 20, 09:00", "Nov 20, 17:00")),
    ],
)
def test_a_span_names_its_years_unless_both_ends_are_of_this_one(starts, ends, said):
    at = [datetime(*end, tzinfo=ZoneInfo(ZONE)) for end in (starts, ends)]

    assert words.span(*at, ZONE) == said


def test_a_zone_without_letters_is_named_by_its_distance():
    assert words.zone_name("Asia/Dubai", DAY) == "UTC+4"


def test_a_code_that_nobody_knows_stands_for_itself():
    assert sentences.sentence(Finding(code="moon-phase", severity="block"), zone=ZONE) == "moon-phase"
    assert sentences.way_out(Finding(code="moon-phase", severity="block"), zone=ZONE) == ""


def test_the_arithmetic_is_a_sum_that_a_person_can_follow():
    [finding] = [
        finding
        for finding in find_conflicts(
            draft("social_code", "%30"),
            [live("coupon", "%50"), live("lightning_deal", "=18", reference="PR-1008")],
            [product("19.99", "12.00")],
            POLICY,
            NOW,
        )
        if finding.code == "kinds-forbidden"
    ]

    assert [(line.role, line.text, line.amount) for line in sentences.arithmetic(finding, "USD")] == [
        ("price", "Price", "$19.99"),
        ("off", "PR-1008 (Lightning Deal, at $18.00)", "−$1.99"),
        ("off", "This request (social code, 30 % off)", "−$6.00"),
        ("off", "PR-1007 (coupon, 50 % off)", "−$10.00"),
        ("result", "Shoppers would pay", "$2.00"),
        ("floor", "Floor price", "$12.00"),
    ]


def test_a_finding_without_a_price_has_no_arithmetic():
    assert sentences.arithmetic(Finding(code="no-products", severity="block"), "USD") == []


@pytest.mark.parametrize(
    ("discount_type", "label", "text"),
    [
        ("percent", "12.5 %", "12.5 % off"),
        ("money", "10.00", "$10.00 off"),
        ("price", "=25.00", "at $25.00"),
        ("free_items", "2+1", "buy 2, get 1 free"),
    ],
)
def test_a_discount_in_words(discount_type, label, text):
    assert words.discount(discount_type, label, "USD") == text
    assert words.discount_of_label(label, "USD") == text


def test_every_kind_has_a_name():
    assert set(words.KIND_NAMES) == set(KINDS)


def codes_in(*modules):
    """Every finding code that the checks are written with."""
    source = "".join(inspect.getsource(module) for module in modules)
    return set(
        re.findall(r'code="([a-z-]+)"|_meeting\(\w+, "([a-z-]+)"|_too_soon\(case, "([a-z-]+)"', source)
    )


def test_every_finding_code_has_its_sentence():
    found = {
        next(filter(None, code))
        for code in codes_in(checks, exposure, family, meetings, nearby, prices, times)
    }
    found |= {"below-floor", "free"}

    assert len(found) >= 26
    assert found <= {key.split()[0] for key in (*finding_texts.FOUND, *finding_texts.BESIDE)}
    assert set(finding_texts.NAMES) == found


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("kinds-doubtful:B000000001:PR-1007", "Two kinds that add up (B000000001, PR-1007)"),
        ("below-floor:B000000001:PR-7,PR-9", "Below the floor price (B000000001, PR-7, PR-9)"),
        ("no-redemption-cap::", "No cap on redemptions"),
        ("of-tomorrow:B000000001:", "of-tomorrow (B000000001)"),
        ("of-tomorrow", "of-tomorrow"),
    ],
)
def test_a_finding_of_which_only_the_key_was_kept_is_named(key, name):
    assert sentences.name_of_key(key) == name


def test_every_blocking_or_warning_finding_has_a_way_out():
    for code in (*finding_texts.FOUND, *finding_texts.BESIDE):
        finding = Finding(code=code.split()[0], severity="block", asin=ASIN, earliest_safe_start=DAY)
        assert sentences.way_out(finding, zone=ZONE)


PROBLEM_CODES = set(
    re.findall(r'_(?:problem|outside)\([^"]*?"[a-z_]+", "([a-z-]+)"', inspect.getsource(limits))
)


def test_every_problem_code_has_its_sentence():
    written = PROBLEM_CODES | set(
        re.findall(r'"(not-an?-[a-z]+|missing|not-[a-z-]+)"', inspect.getsource(limits))
    )

    assert len(written) >= 20
    assert written <= {key.split()[0] for key in problem_sentences._PROBLEMS}


@pytest.mark.parametrize(
    ("kind", "changes", "sentence"),
    [
        ("coupon", {"discount_value": "60"}, "Amazon takes from 5 % to 50 % for this kind (coupon)."),
        (
            "lightning_deal",
            {"discount_value": "10"},
            "Amazon takes at least 15 % for this kind (Lightning Deal).",
        ),
        ("coupon", {"budget": "50"}, "Amazon takes no budget below $100.00."),
        (
            "coupon",
            {"budget": "500.5", "currency": "JPY"},
            "An amount in JPY has no digits behind the point.",
        ),
        ("coupon", {"title": "x" * 81}, "Amazon takes at most 80 characters; this has 81."),
        ("coupon", {"budget": None}, "Amazon asks for a budget here (coupon)."),
        ("best_deal", {"committed_units": None}, "This is needed for a promotion of this kind (Best Deal)."),
        (
            "lightning_deal",
            {"ends_at": "2026-11-25T09:00:00Z"},
            "A promotion of this kind (Lightning Deal) lasts from 4 to 12 hours.",
        ),
        (
            "social_code",
            {"claim_code": "SHORT"},
            "Amazon takes codes of 8 to 12 characters; this has 5.",
        ),
        (
            "coupon",
            {"starts_at": "2026-11-25T09:00:00Z"},
            "It runs whole days: it starts and ends at midnight in America/Los_Angeles.",
        ),
    ],
)
def test_a_problem_says_what_amazon_would_take(kind, changes, sentence):
    found = limits.problems(content(kind, **changes), policy=POLICY, zone=ZONE, now=NOW)

    assert sentence in [problem_sentences.problem_sentence(problem) for problem in found]


def test_a_problem_that_nobody_knows_stands_for_itself():
    assert problem_sentences.problem_sentence(Problem("title", "too-loud", {})) == "too-loud"


@pytest.mark.parametrize("language", ["zh-hans", "zh-hant"])
def test_thousands_are_marked_in_chinese_too(language):
    with translation.override(language):
        assert words.money(Decimal("1234567.5"), "USD") == "$1,234,567.50"


def test_numbers_and_dates_follow_the_readers_language():
    with translation.override("de"):
        assert words.money(Decimal("1234.5"), "EUR") == "€1.234,50"
        assert words.percent(Decimal("12.5")) == "12,5 %"
