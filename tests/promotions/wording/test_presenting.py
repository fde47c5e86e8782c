"""Findings, differences and refusals as people read them."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django import forms

from promoflow.errors import Blocked, Stale
from promoflow.promotions.content import Difference, differences
from promoflow.promotions.wording.presenting import (
    difference_lines,
    field_value,
    present,
    refusals_in_words,
    with_fields,
)
from promoflow.rulebook.findings import Finding, Step, params
from promoflow.rulebook.kinds import FIELDS
from promoflow.rulebook.offers import Window
from promoflow.templatetags.fields import FIELD_NAMES
from tests.promotions.lives import FLOOR_LAMP, LAMP, NOW, coupon, social_code

ZONE = "America/Los_Angeles"

BELOW = Finding(
    code="below-floor",
    severity="block",
    asin=LAMP,
    others=("PR-1",),
    window=Window(NOW, NOW + timedelta(days=1)),
    price=Decimal("4.00"),
    floor=Decimal("9.99"),
    steps=(
        Step("", "price", "", Decimal("19.99")),
        Step("PR-1", "coupon", "50 %", Decimal("-10.00")),
        Step("", "social_code", "30 %", Decimal("-5.99")),
    ),
    params=params(kind="social_code", currency="USD", discount="percent", label="30 %"),
)
REUSED = Finding(
    code="code-reused",
    severity="block",
    others=("PR-1", "PR-12"),
    params=params(other_kind="social_code", other_code="25<b>", claim_code="25LAMPSX"),
)


def lines(before, after):
    changes = differences(before, after)
    return [str(line) for line in difference_lines(changes, zone=ZONE, currency="USD", content=after)]


def test_every_field_of_a_content_has_a_name():
    assert {*coupon(), *social_code(), *FIELDS, "covered", "store", "currency"} <= set(FIELD_NAMES)


def test_differences_name_fields_and_values_in_words():
    before = coupon(LAMP, covered=[LAMP])
    after = coupon(LAMP, FLOOR_LAMP, percent="30.00", days=5, budget="1000.00", one_per_customer=False)
    after["covered"] = [LAMP, FLOOR_LAMP]

    assert lines(before, after) == [
        f"Products: added {FLOOR_LAMP}",
        "Budget: $500.00 → $1,000.00",
        "Discount: 20 % off → 30 % off",
        "End: Fri 4 Dec 2026 → Sun 6 Dec 2026",
        "One per customer: yes → no",
    ]


def test_a_time_is_told_in_the_marketplaces_zone():
    before, after = social_code(), social_code(days=4)

    assert lines(before, after) == ["End: Sat 5 Dec 2026, 00:00 PST → Sun 6 Dec 2026, 00:00 PST"]


def test_children_that_changed_alone_are_told():
    assert lines(coupon(covered=[LAMP]), coupon(covered=[FLOOR_LAMP])) == [
        f"Products with their variations: added {FLOOR_LAMP}; removed {LAMP}"
    ]


def test_a_discount_keeps_its_own_type_before_and_after():
    after = coupon(percent="3.00", discount_type="money")

    assert "Discount: 20 % off → $3.00 off" in lines(coupon(), after)
    assert "Type of discount: Percent off the price → Money off the price" in lines(coupon(), after)


def test_what_is_missing_is_a_dash():
    assert field_value("claim_code", None, zone=ZONE, currency="USD", content={}) == "–"


def test_a_finding_is_shown_with_its_sum_and_its_product():
    (shown,) = present([BELOW], zone=ZONE, titles={LAMP: "Aurora desk lamp"})

    assert shown.title == "Aurora desk lamp"
    assert shown.opened
    assert shown.price == "$4.00"
    assert [(line.role, line.amount) for line in shown.lines] == [
        ("price", "$19.99"),
        ("off", "−$10.00"),
        ("off", "−$5.99"),
        ("result", "$4.00"),
        ("floor", "$9.99"),
    ]


def test_only_the_first_sums_are_spelled_out_at_once():
    shown = present([REUSED, *[BELOW] * 5], zone=ZONE)

    assert [one.opened for one in shown] == [False, True, True, True, False, False]


def test_other_requests_are_links_and_nothing_in_a_sentence_is_markup():
    (shown,) = present([REUSED], zone=ZONE)

    assert '<a href="/requests/PR-1/">PR-1</a>' in shown.linked
    assert '<a href="/requests/PR-12/">PR-12</a>' in shown.linked
    assert "25&lt;b&gt;" in shown.linked


def test_a_finding_carries_the_field_that_answers_it():
    form = type("Reasons", (forms.Form,), {f"reason:{BELOW.key}": forms.CharField()})()

    below, reused = with_fields(present([BELOW, REUSED], zone=ZONE), form, "reason:")

    assert below.field.html_name == f"reason:{BELOW.key}"
    assert reused.field is None


def test_refusals_leave_in_words():
    changes = [Difference("discount_value", "20.00", "30.00")]

    with pytest.raises(Stale) as stale, refusals_in_words(zone=ZONE, currency="USD", content=coupon()):
        raise Stale("It changed.", changes=changes)
    with pytest.raises(Blocked) as blocked, refusals_in_words(zone=ZONE, currency="USD"):
        raise Blocked("No.", findings=[BELOW])

    assert [str(change) for change in stale.value.changes] == ["Discount: 20 % off → 30 % off"]
    assert "it would sell B0AURORA01 for $4.00" in str(blocked.value.findings[0])
