"""Days that the policy keeps free of a kind, and deals that nobody can call back."""

import copy
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from promoflow.rulebook import policy as policies
from promoflow.rulebook.conflicts import find_conflicts
from promoflow.rulebook.kinds import KINDS
from promoflow.rulebook.offers import Window
from promoflow.rulebook.policy import Blackout
from tests.rulebook.making import DAY, NOW, POLICY, WRITTEN, ZONE, offer, product

HOUR = timedelta(hours=1)
TICK = timedelta(microseconds=1)

# DAY is midnight of 25 November in Seattle.
FRIDAY = Blackout(
    name="Black Friday",
    first_day=date(2026, 11, 27),
    last_day=date(2026, 11, 28),
    kinds=frozenset({"coupon", "social_code"}),
    verdict="block",
    reason="Prices are set by hand.",
)


def found(candidate, *blackouts, code="blackout", zone=ZONE):
    policy = replace(POLICY, blackouts=blackouts or (FRIDAY,))
    findings = find_conflicts(candidate, (), [product()], policy, NOW, zone=zone)
    return [finding for finding in findings if finding.code == code]


def test_a_kind_on_its_forbidden_days_blocks_and_names_the_first_safe_start():
    [finding] = found(offer("social_code", hours=(0, 96), state="draft"))

    assert finding.severity == "block"
    assert finding.window == Window(DAY + 48 * HOUR, DAY + 96 * HOUR)
    assert finding.earliest_safe_start == DAY + 96 * HOUR
    assert finding.details["name"] == "Black Friday"
    assert finding.details["reason"] == "Prices are set by hand."


def test_a_coupon_that_may_start_early_keeps_its_distance_too():
    [finding] = found(offer("coupon", hours=(96, 120), state="draft"))

    assert finding.window == Window(DAY + 90 * HOUR, DAY + 96 * HOUR)
    assert finding.earliest_safe_start == DAY + 120 * HOUR


@pytest.mark.parametrize(
    ("hours", "fires"), [((0, 48), False), ((96, 120), False), ((0, 48.001), True), ((95.999, 120), True)]
)
def test_touching_the_days_is_not_being_in_them(hours, fires):
    assert bool(found(offer("social_code", hours=hours))) is fires


@pytest.mark.parametrize("kind", KINDS)
def test_only_the_named_kinds_are_kept_away(kind):
    assert bool(found(offer(kind, hours=(48, 60)))) is (kind in FRIDAY.kinds)


def test_a_blackout_may_ask_for_a_reason_only():
    [finding] = found(offer("coupon", hours=(48, 72)), replace(FRIDAY, verdict="warn", reason=""))

    assert (finding.severity, finding.earliest_safe_start) == ("warn", None)
    assert "reason" not in finding.details


def test_the_safe_start_of_others_lies_behind_the_blackout_too():
    policy = replace(POLICY, blackouts=(FRIDAY,))
    code = offer("social_code", hours=(0, 30), reference="PR-1001")

    findings = find_conflicts(
        offer("social_code", hours=(0, 24), state="draft"), [code], [product()], policy, NOW, zone=ZONE
    )

    assert findings[0].code == "kinds-forbidden"
    assert findings[0].earliest_safe_start == DAY + 96 * HOUR


def test_the_days_are_the_marketplaces():
    assert FRIDAY.window("Asia/Tokyo") == Window(
        datetime(2026, 11, 26, 15, tzinfo=UTC), datetime(2026, 11, 28, 15, tzinfo=UTC)
    )
    assert found(offer("social_code", hours=(39, 40)), zone="Asia/Tokyo")
    assert not found(offer("social_code", hours=(39, 40)))


def test_a_day_on_which_clocks_change_is_whole():
    sunday = replace(FRIDAY, first_day=date(2026, 11, 1), last_day=date(2026, 11, 1))

    window = sunday.window(ZONE)

    assert window.ends_at - window.starts_at == 25 * HOUR


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"last_day": "2026-11-26"}, "Black Friday ends before it begins"),
        ({"first_day": "Friday"}, "Black Friday has no first_day"),
        ({"last_day": None}, "Black Friday has no last_day"),
        ({"kinds": []}, "Black Friday is for kinds that do not exist"),
        ({"kinds": ["outlet"]}, "Black Friday is for kinds that do not exist"),
        ({"verdict": "may-meet"}, "verdict on the blackout Black Friday is neither"),
    ],
)
def test_a_blackout_that_makes_no_sense_is_named(changes, named):
    written = copy.deepcopy(WRITTEN)
    row = {
        "name": "Black Friday",
        "first_day": "2026-11-27",
        "last_day": "2026-11-28",
        "kinds": ["coupon"],
        "verdict": "block",
        "reason": "Prices are set by hand.",
    }
    written["blackouts"] = [row]
    assert policies.read(written).blackouts == (replace(FRIDAY, kinds=frozenset({"coupon"})),)

    written["blackouts"] = [row | changes]

    with pytest.raises(ValueError, match=named):
        policies.read(written)


def test_a_blackout_may_be_one_day_for_every_kind_without_a_reason():
    written = copy.deepcopy(WRITTEN)
    row = {"first_day": "2026-11-27", "last_day": "2026-11-27", "kinds": list(KINDS), "verdict": "warn"}
    written["blackouts"] = [row]

    [blackout] = policies.read(written).blackouts

    assert blackout == Blackout(
        name="",
        first_day=date(2026, 11, 27),
        last_day=date(2026, 11, 27),
        kinds=frozenset(KINDS),
        verdict="warn",
        reason="",
    )
    del row["kinds"]
    with pytest.raises(ValueError, match="is for kinds that do not exist"):
        policies.read(written)


@pytest.mark.parametrize("section", ["exposure", "splitting", "after_effects", "blackouts"])
def test_a_version_from_before_a_rule_has_no_such_rule(section):
    written = {name: rule for name, rule in WRITTEN.items() if name != section}

    policy = policies.read(written)

    silent = {
        "exposure": ("exposure_above", {}),
        "splitting": ("splitting", None),
        "after_effects": ("reference_price_days", 0),
        "blackouts": ("blackouts", ()),
    }
    name, value = silent[section]
    assert getattr(policy, name) == value


def test_a_version_from_before_parents_were_counted_counts_none():
    written = copy.deepcopy(WRITTEN)
    for rules in written["kinds"].values():
        del rules["limits"]["chosen_parents"]

    assert 10**6 in policies.read(written).kinds["coupon"].limits.chosen_parents


# --- No way back


@pytest.mark.parametrize("kind", KINDS)
def test_only_deals_cannot_be_called_back(kind):
    findings = found(offer(kind), code="no-way-back")

    assert [finding.severity for finding in findings] == ["note"] * (kind in ("lightning_deal", "best_deal"))


def test_a_deal_is_cancelled_25_hours_before_its_start_or_runs_to_its_end():
    [finding] = found(offer("best_deal"), code="no-way-back")

    assert finding.details["cancel_by"] == "2026-11-24T07:00:00Z"
    assert finding.details["danger_ends_at"] == "2026-11-26T08:00:00Z"
    assert POLICY.danger_window(offer("best_deal", stopped_at=DAY - 25 * HOUR + TICK))
    assert not POLICY.danger_window(offer("best_deal", stopped_at=DAY - 25 * HOUR))


@pytest.mark.parametrize(("moment", "over"), [(-25 * HOUR, False), (-25 * HOUR + TICK, True)])
def test_at_the_25th_hour_a_deal_can_still_be_called_back(moment, over):
    findings = find_conflicts(offer("best_deal"), (), [product()], POLICY, DAY + moment)
    [finding] = [finding for finding in findings if finding.code == "no-way-back"]

    assert ("has_passed" in finding.details) is over


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/Los_Angeles"])
def test_days_at_the_ends_of_the_calendar_reach_as_far_as_promotions_do(zone):
    blackout = Blackout(
        name="For good",
        first_day=date.min,
        last_day=date.max,
        kinds=frozenset({"coupon"}),
        verdict="block",
        reason="",
    )

    window = blackout.window(zone)

    assert (window.starts_at.year, window.ends_at.year) in [(1999, 2200), (2000, 2201)]
