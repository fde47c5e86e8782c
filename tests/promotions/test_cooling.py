"""After the stop: how long until it is really gone, and what may start when on its products."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from promoflow.policies import selectors as policies
from promoflow.promotions.models import Reservation
from promoflow.promotions.pages import safe_starts
from promoflow.promotions.services import running
from tests.promotions import lives
from tests.promotions.lives import LAMP

pytestmark = pytest.mark.django_db

# Two days into the code of these tests.
STOPPED = lives.NOW + timedelta(days=3)
GONE = STOPPED + timedelta(hours=4)


@pytest.fixture(autouse=True)
def _now(monkeypatch):
    """The clock stands where the requests of these tests are."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: STOPPED)


@pytest.fixture
def stopped(aurora, olivia, sam):
    """A social code that ran and was stopped just now: it is gone four hours later."""
    request = lives.live(aurora, lives.social_code(LAMP, start=1, days=9), by=olivia, supervisor=sam)
    running.stop(reference=request.reference, by=sam, at=STOPPED)
    return lives.again(request)


def starts(request):
    found = safe_starts.of(request, policy=policies.current(), at=STOPPED)
    return {start.kind: (start.starts_at, start.waits) for start in found}


def test_a_coupon_starts_at_a_midnight_after_the_code_is_gone(stopped):
    """F003, second incident: a coupon starts up to six hours early, so its own padding counts too."""
    starts_at, waits = starts(stopped)["coupon"]

    assert waits
    assert starts_at - timedelta(hours=6) >= GONE
    assert starts_at == datetime(2026, 11, 26, 8, tzinfo=UTC)


def test_what_may_meet_it_waits_for_amazon_alone(stopped):
    starts_at, waits = starts(stopped)["price_discount"]

    assert not waits
    assert starts_at < GONE


def test_what_else_holds_the_products_counts(stopped, aurora, olivia, sam):
    lives.approved(aurora, lives.coupon(LAMP, start=5, days=3), by=olivia, supervisor=sam, at=STOPPED)

    starts_at, _waits = starts(stopped)["lightning_deal"]

    assert starts_at >= lives.NOW.replace(hour=8) + timedelta(days=8)


def test_the_page_counts_down_and_says_what_may_start_when(client, stopped, olivia):
    client.force_login(olivia)

    page = client.get(reverse("request", args=[stopped.reference])).content.decode()

    assert "data-countdown" in page
    assert 'datetime="2026-11-25T14:00:00+00:00"' in page
    assert "What may start on its products" in page
    assert "waits for this one to be gone" in page


def test_the_page_of_what_is_gone_counts_nothing(client, monkeypatch, stopped, olivia):
    monkeypatch.setattr("django.utils.timezone.now", lambda: GONE)
    client.force_login(olivia)

    assert "data-countdown" not in client.get(reverse("request", args=[stopped.reference])).content.decode()


@pytest.mark.parametrize("name", ["request", "request-verify"])
def test_the_button_to_stop_it_is_on_its_pages(client, aurora, olivia, sam, sue, name):
    request = lives.live(aurora, lives.social_code(LAMP, start=1, days=9), by=olivia, supervisor=sam)
    client.force_login(sue)

    page = client.get(reverse(name, args=[request.reference])).content.decode()

    assert 'data-key="s"' in page
    assert f'action="{reverse("request-stop", args=[request.reference])}"' in page


@pytest.mark.parametrize(
    ("typed", "is_over"),
    [(lives.coupon(LAMP), False), (lives.social_code(LAMP), True)],
    ids=["before Amazon locks it", "at its very end"],
)
def test_what_a_stop_leaves_nothing_of_holds_nothing(aurora, olivia, sam, typed, is_over):
    live = lives.live(aurora, typed, by=olivia, supervisor=sam)
    at = live.newest.ends_at if is_over else lives.NOW

    running.stop(reference=live.reference, by=sam, at=at)

    assert not Reservation.objects.filter(request=live, held=True).exists()
