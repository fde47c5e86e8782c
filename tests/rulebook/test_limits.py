"""What Amazon would refuse, on both sides of each limit."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from promoflow.rulebook import limits
from promoflow.rulebook.kinds import KINDS
from promoflow.rulebook.policy import Span
from tests.rulebook.making import ASIN, NOW, POLICY, ZONE, content


def problems(kind="coupon", *, now=NOW, zone=ZONE, **changes):
    found = limits.problems(content(kind, **changes), policy=POLICY, zone=zone, now=now)
    return {(problem.field, problem.code) for problem in found}


def days(number, start=datetime(2026, 11, 25, 8, tzinfo=UTC)):
    return (start + timedelta(days=number)).isoformat()


@pytest.mark.parametrize("kind", KINDS)
def test_a_good_content_has_no_problem(kind):
    assert problems(kind) == set()


def test_an_unknown_kind_is_the_only_problem():
    assert problems("outlet") == {("kind", "kind-unknown")}
    assert {problem.code for problem in limits.problems({}, policy=POLICY, zone=ZONE, now=NOW)} == {
        "kind-unknown"
    }


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_content_misses_what_its_kind_needs_and_breaks_nothing(kind):
    found = limits.problems({"kind": kind}, policy=POLICY, zone=ZONE, now=NOW)
    missing = {problem.field for problem in found if problem.code == "missing"}

    assert missing >= {"title", "asins", "starts_at", "ends_at", *KINDS[kind].required}


def test_a_problem_carries_what_its_sentence_needs():
    [problem] = limits.problems(content(discount_value="51"), policy=POLICY, zone=ZONE, now=NOW)

    assert (problem.field, problem.code) == ("discount_value", "percent-range")
    assert problem.params == {"least": "5", "most": "50", "kind": "coupon"}


@pytest.mark.parametrize(
    ("kind", "least", "most"),
    [
        ("coupon", "5", "50"),
        ("lightning_deal", "15", "100"),
        ("best_deal", "15", "100"),
        ("price_discount", "10", "80"),
        ("social_code", "5", "80"),
        ("percentage_off", "1", "50"),
    ],
)
def test_percentages_stay_in_range(kind, least, most):
    range_problem = {("discount_value", "percent-range")}

    assert problems(kind, discount_value=least) == set()
    assert problems(kind, discount_value=most) == set()
    assert problems(kind, discount_value=f"{int(least) - 1}.99") == range_problem
    assert problems(kind, discount_value=f"{most}.01") == range_problem


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("20.555", "percent-decimals"),
        ("20.55", None),
        ("0", "percent-range"),
        ("-5", "percent-range"),
        ("x", "not-a-number"),
    ],
)
def test_a_percentage_is_a_number_with_two_decimals(value, code):
    assert problems(discount_value=value) == ({("discount_value", code)} if code else set())


@pytest.mark.parametrize(
    ("value", "currency", "code"),
    [
        ("0.01", "USD", None),
        ("0", "USD", "not-positive"),
        ("-1", "USD", "not-positive"),
        ("1.005", "USD", "money-decimals"),
        ("500", "JPY", None),
        ("500.5", "JPY", "money-decimals"),
    ],
)
def test_money_off_is_an_amount_that_exists(value, currency, code):
    found = problems(discount_type="money", discount_value=value, currency=currency, budget="10000")

    assert found == ({("discount_value", code)} if code else set())


def test_a_deal_price_is_an_amount_that_exists():
    assert problems("lightning_deal", discount_type="price", discount_value="25.00") == set()
    assert problems("lightning_deal", discount_type="price", discount_value="0") == {
        ("discount_value", "not-positive")
    }


@pytest.mark.parametrize("kind", KINDS)
def test_a_discount_type_belongs_to_the_kind(kind):
    for discount_type in ("percent", "money", "price", "free_items"):
        value = None if discount_type == "free_items" else "20"
        found = problems(kind, discount_type=discount_type, discount_value=value)
        refused = ("discount_type", "not-for-this-kind") in found
        assert refused is (discount_type not in KINDS[kind].discount_types)


@pytest.mark.parametrize(
    ("currency", "least", "below"),
    [("USD", "100", "99.99"), ("GBP", "100", "99.99"), ("EUR", "100", "99.99"), ("JPY", "10000", "9999")],
)
def test_a_coupon_has_amazons_least_budget(currency, least, below):
    assert problems(currency=currency, budget=least) == set()
    assert problems(currency=currency, budget=below) == {("budget", "budget-too-small")}


def test_a_budget_is_an_amount_that_exists():
    assert problems(budget="100.001") == {("budget", "money-decimals")}
    assert problems(budget="0") == {("budget", "not-positive")}
    assert problems(budget="much") == {("budget", "not-a-number")}
    assert problems(budget=None) == {("budget", "missing")}


@pytest.mark.parametrize("kind", ["percentage_off", "buy_one_get_one"])
def test_manage_promotions_asks_for_a_budget_or_a_number_of_redemptions(kind):
    assert problems(kind, budget=None) == {("budget", "budget-or-redemptions")}
    assert problems(kind, budget=None, max_redemptions=100) == set()
    assert problems(kind, budget="1") == set()
    assert problems(kind, budget="0.99") == {("budget", "budget-too-small")}


@pytest.mark.parametrize(
    ("code", "wrong"),
    [
        ("35EARPHO", None),
        ("35EARPHONESX", None),
        ("35EARPH", "code-length"),
        ("EARPHONE35", "code-prefix"),
        ("E35ARPHONE", "code-prefix"),
        ("35EARPHONESXY", "code-length"),
        ("35EAR-PHONE", "code-characters"),
        ("35EAR PHONE", "code-characters"),
        (None, "missing"),
    ],
)
def test_a_social_code_has_8_to_12_letters_and_digits(code, wrong):
    assert problems("social_code", claim_code=code) == ({("claim_code", wrong)} if wrong else set())


def test_a_group_code_needs_its_code_and_no_code_needs_none():
    assert problems("percentage_off", claim_type="group", claim_code="SAVE20") == set()
    assert problems("percentage_off", claim_type="group") == {("claim_code", "group-without-code")}
    assert problems("percentage_off", claim_type="single_use") == set()
    assert problems("percentage_off", claim_code="SAVE20") == {("claim_code", "code-without-type")}


@pytest.mark.parametrize("kind", ["percentage_off", "buy_one_get_one"])
def test_a_group_code_may_be_as_short_as_one_character(kind):
    assert problems(kind, claim_type="group", claim_code="A") == set()


@pytest.mark.parametrize(("field", "value"), [("claim_type", "many"), ("combinability", "always")])
def test_choices_are_from_the_list(field, value):
    assert problems("percentage_off", **{field: value}) == {(field, "not-a-choice")}


@pytest.mark.parametrize("value", [0, -1, "3", True, 1.5])
def test_counts_are_whole_numbers_above_zero(value):
    assert problems("lightning_deal", committed_units=value) == {("committed_units", "not-a-count")}
    assert ("units_per_order", "not-a-count") in problems("percentage_off", units_per_order=value)


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        ("coupon", "claim_code", "SAVE2000"),
        ("lightning_deal", "budget", "500"),
        ("price_discount", "committed_units", 5),
        ("percentage_off", "buy_quantity", 1),
        ("social_code", "combinability", "exclusive"),
    ],
)
def test_fields_belong_to_the_kind(kind, field, value):
    assert problems(kind, **{field: value}) == {(field, "not-for-this-kind")}


@pytest.mark.parametrize("kind", KINDS)
def test_a_title_has_at_most_80_characters(kind):
    assert problems(kind, title="x") == set()
    assert problems(kind, title="x" * 80) == set()
    assert problems(kind, title="x" * 81) == {("title", "title-length")}
    assert problems(kind, title=None) == {("title", "missing")}


@pytest.mark.parametrize(
    ("title", "named"),
    [
        ("Save 20% on desk lamps", "20%"),
        ("20.00 % off lamps", "20.00 %"),
        ("Lampen: ２０％ Rabatt", "20%"),
        ("20,0% de réduction", "20,0%"),
        ("120% brighter lamps", None),
        ("20 lamps in one box", None),
        ("Lamps of 100 % cotton", None),
        ("Lamps under $20", None),
        ("20.000 % brighter", None),
    ],
)
def test_a_coupons_title_does_not_name_its_percentage(title, named):
    assert in_title(title) == ([("title-discount", named)] if named else [])


@pytest.mark.parametrize(
    ("title", "currency", "named"),
    [
        ("$5 off desk lamps", "USD", "$5"),
        ("Take 5.00$ off", "USD", "5.00$"),
        ("5 € auf Lampen", "EUR", "5 €"),
        ("5 lamps for the desk", "USD", None),
        ("5% brighter", "USD", None),
        ("$50 lamps", "USD", None),
    ],
)
def test_a_coupons_title_does_not_name_its_amount(title, currency, named):
    found = in_title(title, discount_type="money", discount_value="5.00", currency=currency)

    assert found == ([("title-discount", named)] if named else [])


def test_a_title_names_yen_as_they_are_written():
    terms = {"discount_type": "money", "discount_value": "500", "currency": "JPY", "budget": "10000"}

    assert in_title("デスクランプ500円オフ", **terms) == [("title-discount", "500円")]
    assert in_title("￥500オフ", **terms) == [("title-discount", "¥500")]


@pytest.mark.parametrize(
    ("title", "named"),
    [
        ("Black Friday lamps", "black friday"),
        ("BLACK  FRIDAY", "black friday"),
        ("Prime Day: lamps", "prime day"),
        ("Cyber Monday", "cyber monday"),
        ("Prime Big Deal Days", "prime big deal days"),
        ("プライムデー ランプ", "プライムデー"),
        ("プライム感謝祭のランプ", "プライム感謝祭"),
        ("ブラックフライデー", "ブラックフライデー"),
        ("サイバーマンデー", "サイバーマンデー"),
        ("Prime price on lamps", None),
    ],
)
def test_a_coupons_title_names_no_event_of_amazons(title, named):
    assert in_title(title) == ([("title-event", named)] if named else [])


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "coupon"])
def test_a_title_that_no_shopper_reads_may_say_what_it_likes(kind):
    assert problems(kind, title="Black Friday, 20% off") == set()


def test_a_title_is_judged_also_where_the_discount_cannot_be_read():
    assert ("title", "title-event") in problems(title="Prime Day", discount_value="much")
    assert problems(title="20% off", discount_value="much") == {("discount_value", "not-a-number")}


def in_title(title, **changes):
    found = limits.problems(content("coupon", title=title, **changes), policy=POLICY, zone=ZONE, now=NOW)
    return [(problem.code, problem.params["named"]) for problem in found]


@pytest.mark.parametrize(
    ("kind", "most"),
    [("coupon", 8000), ("percentage_off", 4000), ("social_code", 4000), ("buy_one_get_one", 4000)],
)
def test_so_many_products_may_be_chosen(kind, most):
    assert problems(kind, asins=[ASIN] * most) == set()
    assert problems(kind, asins=[ASIN] * (most + 1)) == {("asins", "too-many-chosen")}
    assert problems(kind, asins=[]) == {("asins", "missing")}


def test_a_coupons_parents_may_come_to_8000_children():
    assert problems(covered=[ASIN] * 8000) == set()
    assert problems(covered=[ASIN] * 8001) == {("asins", "too-many-covered")}


@pytest.mark.parametrize(
    ("kind", "hours", "fine"),
    [
        ("lightning_deal", 4, True),
        ("lightning_deal", 12, True),
        ("lightning_deal", 3.99, False),
        ("lightning_deal", 12.02, False),
        ("best_deal", 24, True),
        ("best_deal", 336, True),
        ("best_deal", 23, False),
        ("best_deal", 337, False),
        ("social_code", 720, True),
        ("social_code", 720.02, False),
        ("price_discount", 5000, True),
    ],
)
def test_a_promotion_lasts_as_long_as_amazon_lets_it(kind, hours, fine):
    found = problems(kind, starts_at=days(0), ends_at=days(hours / 24))

    assert found == (set() if fine else {("ends_at", "duration")})


def test_a_coupon_lasts_up_to_90_whole_days():
    assert problems(ends_at=days(1)) == set()
    assert problems(ends_at=days(90)) == set()
    assert problems(ends_at=days(91)) == {("ends_at", "duration")}


def test_a_day_with_25_hours_is_one_day():
    """From 8 August to 6 November is 90 days in Seattle, and an hour more, as clocks change on 1 November."""
    starts = datetime(2026, 8, 8, 7, tzinfo=UTC)
    ends = datetime(2026, 11, 6, 8, tzinfo=UTC)

    assert (
        problems(starts_at=starts.isoformat(), ends_at=ends.isoformat(), now=starts - timedelta(days=1))
        == set()
    )


@pytest.mark.parametrize(
    ("kind", "starts", "ends", "fine"),
    [
        ("lightning_deal", "2026-11-01T07:00Z", "2026-11-01T19:00Z", True),
        ("lightning_deal", "2026-11-01T07:00Z", "2026-11-01T20:00Z", False),
        ("lightning_deal", "2027-03-14T09:00Z", "2027-03-14T12:00Z", False),
        ("lightning_deal", "2027-03-14T09:00Z", "2027-03-14T13:00Z", True),
        ("best_deal", "2027-03-14T08:00Z", "2027-03-15T07:00Z", True),
        ("best_deal", "2026-11-01T07:00Z", "2026-11-15T08:00Z", True),
        ("social_code", "2026-10-15T07:00Z", "2026-11-14T08:00Z", True),
    ],
)
def test_hours_are_counted_as_they_pass_and_days_by_the_calendar(kind, starts, ends, fine):
    """Clocks change in Seattle on 1 November 2026 and on 14 March 2027."""
    now = datetime(2026, 10, 1, tzinfo=UTC)
    found = problems(kind, starts_at=starts, ends_at=ends, now=now)

    assert found == (set() if fine else {("ends_at", "duration")})


@pytest.mark.parametrize("ends", ["2026-11-25T08:00:00Z", "2026-11-24T08:00:00Z"])
def test_a_promotion_ends_after_it_starts(ends):
    assert problems("best_deal", ends_at=ends) == {("ends_at", "ends-before-start")}


@pytest.mark.parametrize(
    ("kind", "hours"), [("coupon", 6), ("best_deal", 25), ("social_code", 4), ("price_discount", 1)]
)
def test_amazon_needs_some_hours_before_the_start(kind, hours):
    last = datetime(2026, 11, 25, 8, tzinfo=UTC) - timedelta(hours=hours)

    assert problems(kind, now=last) == set()
    assert problems(kind, now=last + timedelta(microseconds=1)) == {("starts_at", "start-too-soon")}


@pytest.mark.parametrize(
    ("now", "start", "fine"),
    [
        ("2026-05-29T07:00Z", "2026-11-25T08:00Z", True),
        ("2026-05-30T06:59Z", "2026-11-25T08:00Z", True),
        ("2026-05-29T06:59Z", "2026-11-25T08:00Z", False),
        ("2026-11-28T08:00Z", "2027-05-27T07:00Z", True),
        ("2026-11-29T07:59Z", "2027-05-28T07:00Z", False),
    ],
)
def test_a_coupon_starts_within_180_days_of_the_calendar(now, start, fine):
    """Clocks change in between, so that 180 days there are an hour more or less than 180 times 24."""
    now, start = datetime.fromisoformat(now), datetime.fromisoformat(start)
    found = problems(now=now, starts_at=start.isoformat(), ends_at=days(1, start))

    assert found == (set() if fine else {("starts_at", "start-too-far")})


def test_only_a_coupon_is_bound_to_180_days():
    assert problems("best_deal", now=datetime(2025, 11, 25, tzinfo=UTC)) == set()


def test_a_coupon_runs_from_midnight_to_midnight_in_the_marketplace():
    assert problems(starts_at="2026-11-25T08:01:00Z") == {("starts_at", "not-midnight")}
    assert problems(ends_at="2026-11-28T09:00:00Z") == {("ends_at", "not-midnight")}
    assert ("starts_at", "not-midnight") in problems(zone="Europe/Paris")
    assert problems("social_code", starts_at="2026-11-25T08:01:00Z") == set()


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("starts_at", "soon", "not-an-instant"),
        ("ends_at", "2026-11-28", "not-an-instant"),
        ("starts_at", None, "missing"),
    ],
)
def test_instants_are_readable(field, value, code):
    assert problems(**{field: value}) == {(field, code)}


def whole(kind="coupon", *, now=NOW, parents=0, **changes):
    found = limits.problems(content(kind, **changes), policy=POLICY, zone=ZONE, now=now, parents=parents)
    return [(problem.field, problem.code, dict(problem.params)) for problem in found]


@pytest.mark.parametrize(
    ("kind", "changes", "problem"),
    [
        ("social_code", {"claim_code": None}, ("claim_code", "missing", {"kind": "social_code"})),
        ("coupon", {"discount_value": None}, ("discount_value", "missing", {"kind": "coupon"})),
        ("coupon", {"committed_units": 5}, ("committed_units", "not-for-this-kind", {"kind": "coupon"})),
        ("coupon", {"discount_type": "price"}, ("discount_type", "not-for-this-kind", {"kind": "coupon"})),
        (
            "coupon",
            {"title": "x" * 81},
            ("title", "title-length", {"least": "1", "most": "80", "length": "81"}),
        ),
        (
            "coupon",
            {"asins": [ASIN] * 8001},
            ("asins", "too-many-chosen", {"least": "1", "most": "8000", "count": "8001"}),
        ),
        (
            "coupon",
            {"covered": [ASIN] * 8001},
            ("asins", "too-many-covered", {"least": "1", "most": "8000", "count": "8001"}),
        ),
        ("coupon", {"parents": 201}, ("asins", "too-many-parents", {"most": "200", "count": "201"})),
        ("coupon", {"budget": "99.99"}, ("budget", "budget-too-small", {"least": "100", "currency": "USD"})),
        (
            "coupon",
            {"budget": "500.001"},
            ("budget", "money-decimals", {"currency": "USD", "unit": "0.01"}),
        ),
        (
            "coupon",
            {"budget": "10000.5", "currency": "JPY"},
            ("budget", "money-decimals", {"currency": "JPY", "unit": "1"}),
        ),
        (
            "social_code",
            {"claim_code": "25ABC"},
            ("claim_code", "code-length", {"least": "8", "most": "12", "length": "5"}),
        ),
        (
            "lightning_deal",
            {"ends_at": "2026-11-25T20:00:01Z", "starts_at": "2026-11-25T08:00:00Z"},
            None,
        ),
        (
            "lightning_deal",
            {"ends_at": "2026-11-25T20:01:00Z"},
            ("ends_at", "duration", {"kind": "lightning_deal", "least": "4", "most": "12"}),
        ),
        (
            "coupon",
            {"now": datetime(2026, 11, 25, 2, 0, 1, tzinfo=UTC)},
            ("starts_at", "start-too-soon", {"hours": "6", "kind": "coupon"}),
        ),
        (
            "coupon",
            {"now": datetime(2026, 5, 29, 6, tzinfo=UTC)},
            ("starts_at", "start-too-far", {"days": "180", "kind": "coupon"}),
        ),
        (
            "coupon",
            {"starts_at": "2026-11-25T09:00:00Z"},
            ("starts_at", "not-midnight", {"zone": ZONE}),
        ),
    ],
)
def test_a_problem_says_what_was_typed_and_what_amazon_takes(kind, changes, problem):
    assert whole(kind, **changes) == ([problem] if problem else [])


def test_so_many_parents_pull_others_in_and_no_more():
    assert whole(parents=200) == []
    assert whole("social_code", parents=4000) == []


def test_nothing_off_is_no_percentage_even_where_amazon_sets_no_least():
    assert whole("price_discount", discount_value="0")[0][:2] == ("discount_value", "percent-range")
    free = replace(POLICY.kinds["coupon"].limits, percent=Span(None, None))
    policy = replace(POLICY, kinds={**POLICY.kinds, "coupon": replace(POLICY.kinds["coupon"], limits=free)})

    found = limits.problems(content(discount_value="0"), policy=policy, zone=ZONE, now=NOW)

    assert [(problem.field, problem.code) for problem in found] == [("discount_value", "percent-range")]
