"""The two incidents of F003, as the desk would have met them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from promoflow.rulebook import offers
from promoflow.rulebook.conflicts import find_conflicts
from promoflow.rulebook.offers import ListedProduct
from tests.rulebook.making import POLICY, ZONE, but_the_usual, content

HOUR = timedelta(hours=1)
RIGHT, WRONG = "B0EARPHON1", "B0SPEAKER2"
SPEAKER = ListedProduct(WRONG, "Speaker", Decimal("89.99"), Decimal("60.00"), "USD")


def coupon(discount_value="50.00", **changes):
    return content("coupon", asins=[WRONG], covered=[WRONG], discount_value=discount_value, **changes)


def social_code(discount_value="50.00", **changes):
    return content("social_code", asins=[WRONG], covered=[WRONG], discount_value=discount_value, **changes)


def test_the_social_code_on_the_wrong_product():
    """A code meant for the earphones was put on the speaker, which had a coupon: it sold at nothing."""
    running = offers.read(coupon(), reference="PR-1007", state="live")
    slip = offers.read(
        social_code(starts_at="2026-11-26T08:00:00Z", ends_at="2026-11-27T08:00:00Z"), state="draft"
    )

    findings = find_conflicts(slip, [running], [SPEAKER], POLICY, datetime(2026, 11, 25, 20, tzinfo=UTC))

    forbidden = findings[0]
    assert (forbidden.code, forbidden.severity) == ("kinds-forbidden", "block")
    assert (forbidden.asin, forbidden.others) == (WRONG, ("PR-1007",))
    assert forbidden.price == 0
    assert [(step.reference, step.kind, step.amount) for step in forbidden.steps] == [
        ("", "price", Decimal("89.99")),
        ("", "social_code", Decimal("-45.00")),
        ("PR-1007", "coupon", Decimal("-45.00")),
    ]
    assert forbidden.floor == 60
    assert forbidden.earliest_safe_start == running.window.ends_at


def test_the_coupon_set_less_than_four_hours_after_a_social_code_was_stopped():
    """The coupon was to start at midnight; it started early, while the code was not yet gone."""
    stopped_at = datetime(2026, 11, 24, 23, tzinfo=UTC)
    stopped = offers.read(
        social_code(starts_at="2026-11-20T08:00:00Z", ends_at="2026-11-30T08:00:00Z"),
        reference="PR-1003",
        state="ended",
        stopped_at=stopped_at,
    )
    set_too_soon = offers.read(coupon(), state="draft")

    findings = find_conflicts(set_too_soon, [stopped], [SPEAKER], POLICY, stopped_at + HOUR)

    cooling = findings[0]
    assert (cooling.code, cooling.severity) == ("cooling-off", "block")
    assert cooling.price == 0
    assert cooling.window.starts_at == set_too_soon.window.starts_at - 6 * HOUR
    assert cooling.window.ends_at == stopped_at + 4 * HOUR
    assert cooling.earliest_safe_start == stopped_at + 4 * HOUR + 6 * HOUR


def test_in_the_stores_zone_the_earliest_safe_start_of_the_coupon_is_a_midnight():
    stopped_at = datetime(2026, 11, 24, 23, tzinfo=UTC)
    stopped = offers.read(
        social_code(starts_at="2026-11-20T08:00:00Z"),
        reference="PR-1003",
        state="ended",
        stopped_at=stopped_at,
    )

    findings = find_conflicts(
        offers.read(coupon()), [stopped], [SPEAKER], POLICY, stopped_at + HOUR, zone=ZONE
    )

    assert findings[0].earliest_safe_start == datetime(2026, 11, 26, 8, tzinfo=UTC)


def test_a_day_later_the_coupon_meets_nothing():
    stopped = offers.read(
        social_code(starts_at="2026-11-20T08:00:00Z", discount_value="20.00"),
        reference="PR-1003",
        state="ended",
        stopped_at=datetime(2026, 11, 24, 23, tzinfo=UTC),
    )
    later = offers.read(
        coupon(starts_at="2026-11-26T08:00:00Z", ends_at="2026-11-29T08:00:00Z", discount_value="20.00")
    )

    findings = find_conflicts(later, [stopped], [SPEAKER], POLICY, datetime(2026, 11, 25, tzinfo=UTC))

    assert not [finding for finding in findings if finding.severity == "block"]


def test_on_the_right_product_the_code_is_fine():
    earphones = ListedProduct(RIGHT, "Earphones", Decimal("39.99"), Decimal("15.00"), "USD")
    running = offers.read(coupon(), reference="PR-1007", state="live")
    meant = offers.read(
        social_code(starts_at="2026-11-26T08:00:00Z", ends_at="2026-11-27T08:00:00Z") | {"covered": [RIGHT]}
    )

    findings = find_conflicts(meant, [running], [earphones], POLICY, datetime(2026, 11, 25, tzinfo=UTC))

    assert [finding.code for finding in but_the_usual(findings)] == ["code-shared-with-influencers"]
