"""What an amendment cannot be of what it amends: less than was approved, or what Amazon does not change."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from promoflow.errors import Blocked
from promoflow.promotions.models import State
from promoflow.promotions.services import amending
from tests.promotions import lives
from tests.promotions.lives import FLOOR_LAMP, LAMP
from tests.promotions.test_review_pages import text_of

pytestmark = pytest.mark.django_db

DURING = lives.NOW + timedelta(days=2)
WIDER = {"asins": [LAMP, FLOOR_LAMP]}
BROUGHT_FORWARD = "its end was brought forward since"


@pytest.fixture
def _during(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: DURING)


def typed(**changed):
    """A coupon as its form sends it."""
    return {
        "revision": "1",
        "title": "Save on lamps",
        "asins": LAMP,
        "discount_type": "percent",
        "discount_value": "20",
        "starts_on": "2026-11-23",
        "ends_on": "2026-11-29",
        "budget": "500",
        "one_per_customer": "on",
        **changed,
    }


# --- What was shortened ---------------------------------------------------------------------------------


@pytest.fixture
def shortened(aurora, olivia, sam):
    """A coupon approved to November 29, whose last day is the 26th since."""
    live = lives.live(aurora, lives.coupon(LAMP, start=1, days=7), by=olivia, supervisor=sam)
    ends_at = datetime(2026, 11, 27, 8, tzinfo=UTC)
    return amending.shorten(reference=live.reference, by=olivia, at=DURING, ends_at=ends_at)


@pytest.mark.parametrize("changed", [{"ends_at": "2026-11-28T08:00:00Z"}, {"budget": "900.00"}, WIDER])
def test_an_amendment_that_ends_before_the_approved_end_is_not_submitted(shortened, olivia, changed):
    made = lives.amendment_of(shortened, changed, by=olivia, at=DURING)

    with pytest.raises(Blocked, match=f"until Sun 29 Nov 2026, and {BROUGHT_FORWARD}"):
        lives.submit(made, by=olivia, at=DURING)

    assert lives.again(made).state == State.DRAFT


@pytest.mark.parametrize("ends_at", ["2026-11-30T08:00:00Z", "2026-12-04T08:00:00Z"])
def test_one_that_ends_then_or_later_is_approved_and_takes_its_place(shortened, olivia, sam, ends_at):
    made = lives.amended(shortened, {"ends_at": ends_at}, by=olivia, supervisor=sam, at=DURING)

    lives.go_live(made, by=olivia, at=DURING)

    assert lives.again(made).state == State.LIVE
    assert lives.again(shortened).state == State.ENDED


@pytest.mark.usefixtures("_during")
def test_its_form_says_so_at_once_and_beside_the_end(client, shortened, olivia):
    client.force_login(olivia)
    address = client.post(reverse("request-amend", args=[shortened.reference])).url

    opened = text_of(client.get(address))
    refused = client.post(address, typed(ends_on="2026-11-28"))
    saved = client.post(address, typed(ends_on="2026-11-29"))

    assert BROUGHT_FORWARD in opened
    assert refused.status_code == 422
    [error] = refused.context["form"].errors["ends_on"]
    assert error.startswith(f"{shortened.reference} was approved until Sun 29 Nov 2026")
    assert saved.status_code == 303


@pytest.mark.usefixtures("_during")
def test_the_page_of_the_amendment_says_so_before_anybody_submits_it(client, shortened, olivia):
    made = lives.amendment_of(shortened, {"budget": "900.00"}, by=olivia, at=DURING)
    client.force_login(olivia)

    page = client.get(reverse("request", args=[made.reference]))

    assert BROUGHT_FORWARD in page.context["why_not_submit"]
