"""Windows, and reading a content."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from promoflow.rulebook import offers
from promoflow.rulebook.kinds import KINDS
from promoflow.rulebook.offers import Discount, Window
from tests.rulebook.making import ASIN, DAY, content, offer

HOUR = timedelta(hours=1)
TICK = timedelta(microseconds=1)


def test_touching_windows_do_not_overlap_and_one_microsecond_does():
    first, second = Window(DAY, DAY + HOUR), Window(DAY + HOUR, DAY + 2 * HOUR)

    assert not first.overlaps(second)
    assert Window(DAY, DAY + HOUR + TICK).overlaps(second)
    assert Window(DAY, DAY + HOUR + TICK).intersection(second) == Window(DAY + HOUR, DAY + HOUR + TICK)


def test_a_window_holds_its_start_and_not_its_end():
    window = Window(DAY, DAY + HOUR)

    assert DAY in window
    assert DAY + HOUR - TICK in window
    assert DAY + HOUR not in window
    assert DAY - TICK not in window


def test_an_empty_window_meets_nothing_not_even_itself():
    empty = Window(DAY, DAY)

    assert not empty
    assert not empty.overlaps(empty)
    assert not empty.overlaps(Window(DAY - HOUR, DAY + HOUR))
    assert not Window(DAY - HOUR, DAY + HOUR).overlaps(empty)
    assert DAY not in empty


def test_a_window_cannot_end_before_it_starts():
    with pytest.raises(ValueError, match=r"^a window cannot end before it starts$"):
        Window(DAY, DAY - TICK)


def test_a_window_needs_a_time_zone():
    with pytest.raises(ValueError, match=r"^a window needs instants with a time zone$"):
        Window(datetime(2026, 1, 1), datetime(2026, 1, 2, tzinfo=UTC))  # noqa: DTZ001


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_reads(kind):
    read = offers.read(content(kind), reference="PR-1001", state="live", stopped_at=DAY, amends="PR-7")

    assert (read.kind, read.reference, read.state, read.stopped_at) == (kind, "PR-1001", "live", DAY)
    assert read.asins == {ASIN}
    assert read.window.starts_at == DAY
    assert read.amends == "PR-7"


def test_amounts_and_terms_are_read():
    read = offers.read(content("percentage_off", claim_type="group", units_per_order=2, max_redemptions=9))

    assert read.discount == Discount("percent", Decimal("20.00"))
    assert (read.budget, read.units_per_order, read.max_redemptions) == (Decimal("500.00"), 2, 9)
    assert read.one_per_customer is True
    assert read.claim_type == "group"
    assert read.state == "draft"


def test_what_was_typed_is_told_from_what_is_covered():
    read = offers.read(content(asins=[ASIN], covered=[ASIN, "B000000002"], currency="JPY"))

    assert read.chosen == {ASIN}
    assert read.currency == "JPY"
    assert offers.read(content(currency=None)).currency == ""


def test_children_of_chosen_parents_are_covered():
    assert offers.read(content(covered=["B000000001", "B000000002"])).asins == {"B000000001", "B000000002"}
    assert offers.read(content(covered=None)).asins == {ASIN}


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"kind": None}, "kind"),
        ({"discount_type": None}, "discount_type"),
        ({"discount_value": None}, "^discount_value is missing$"),
        ({"discount_value": 20.0}, "discount_value"),
        ({"discount_value": "much"}, "discount_value"),
        ({"discount_value": "NaN"}, "discount_value"),
        ({"discount_value": "Infinity"}, "discount_value"),
        ({"starts_at": "tomorrow"}, "starts_at"),
        ({"starts_at": "2026-11-25T08:00:00"}, "starts_at"),
        ({"starts_at": None}, "starts_at"),
        ({"ends_at": "2026-11-25T08:00:00Z"}, "^ends_at must be after starts_at$"),
        ({"kind": 7}, "^kind is missing$"),
        ({"kind": ""}, "^kind is missing$"),
        ({"ends_at": "2026-11-24T08:00:00Z"}, "ends_at"),
    ],
)
def test_what_cannot_be_read_is_named(changes, named):
    with pytest.raises(ValueError, match=named):
        offers.read(content(**changes))


def test_an_empty_amount_is_none():
    assert offers.read(content(budget="")).budget is None


def test_instants_are_read_into_utc():
    read = offers.read(content(starts_at="2026-11-25T00:00:00-08:00"))

    assert read.window.starts_at == DAY
    assert read.window.starts_at.tzinfo == UTC


def test_an_offer_runs_until_somebody_stops_it():
    assert offer("coupon").running == Window(DAY, DAY + 24 * HOUR)
    assert offer("coupon", stopped_at=DAY + HOUR).running == Window(DAY, DAY + HOUR)
    assert offer("coupon", stopped_at=DAY + 30 * HOUR).running == Window(DAY, DAY + 24 * HOUR)
    assert not offer("coupon", stopped_at=DAY - HOUR).running
