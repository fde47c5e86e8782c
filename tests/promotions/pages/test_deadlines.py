"""What the page of a request counts down to, and when what is over came to its end."""

from datetime import timedelta

import pytest
from django.urls import reverse

from promoflow.policies import selectors as policies
from promoflow.promotions import selectors
from promoflow.promotions.models import PromotionRequest, State
from promoflow.promotions.pages.dossier import Dossier
from promoflow.promotions.pages.lines import Line
from promoflow.promotions.services import running
from tests.promotions import lives
from tests.promotions.lives import LAMP

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
BEFORE = lives.NOW + timedelta(days=7)
"""Three days before the coupon of these tests starts."""


@pytest.fixture
def stopped_in_time(aurora, olivia, sam):
    """A coupon that was stopped days before it would have started: it never touches a sale."""
    request = lives.live(aurora, lives.coupon(LAMP, start=10, days=5), by=olivia, supervisor=sam)
    running.stop(reference=request.reference, by=sam, at=BEFORE)
    return lives.again(request)


def told(request, by, at):
    deadlines = Dossier(lives.again(request), by=by, at=at).deadlines
    return {deadline.label: deadline.at for deadline in deadlines}


def test_what_was_stopped_before_its_start_does_not_cool_off(stopped_in_time, sam):
    """Its page, its line and the lists say the same of it."""
    at = BEFORE + HOUR
    listed = selectors.with_stage(PromotionRequest.objects.filter(pk=stopped_in_time.pk), at).get()

    assert listed.stage == State.ENDED
    assert Dossier(stopped_in_time, by=sam, at=at).stage == State.ENDED
    assert Line(stopped_in_time, policies.current(), at).stage == State.ENDED


def test_its_page_promises_nothing_that_its_products_do_not_keep(client, monkeypatch, stopped_in_time, sam):
    monkeypatch.setattr("django.utils.timezone.now", lambda: BEFORE + HOUR)
    client.force_login(sam)

    page = client.get(reverse("request", args=[stopped_in_time.reference])).content.decode()

    assert "Cooling off" not in page
    assert "stay reserved" not in page
    assert "data-countdown" not in page


def test_what_was_stopped_before_its_start_ended_when_it_was_stopped(stopped_in_time, sam):
    assert told(stopped_in_time, sam, BEFORE + HOUR) == {"Ended": BEFORE}


def test_what_was_stopped_while_it_ran_ended_when_it_was_stopped(aurora, olivia, sam):
    at = lives.NOW + timedelta(days=3)
    request = lives.live(aurora, lives.social_code(LAMP, start=1, days=9), by=olivia, supervisor=sam)
    running.stop(reference=request.reference, by=sam, at=at)

    assert told(request, sam, at + HOUR) == {"Ended": at, "Really gone by": at + 4 * HOUR}


def test_what_was_superseded_ended_when_its_amendment_went_live(aurora, olivia, sam):
    """Shoppers may still redeem the amendment; of this one nothing is left to be gone."""
    at = lives.NOW + timedelta(days=2)
    request = lives.live(aurora, lives.coupon(LAMP, start=1, days=7), by=olivia, supervisor=sam)
    amendment = lives.amended(request, {"budget": "900.00"}, by=olivia, supervisor=sam, at=at)
    lives.go_live(amendment, by=olivia, at=at)

    assert told(request, sam, at + HOUR) == {"Ended": at}
