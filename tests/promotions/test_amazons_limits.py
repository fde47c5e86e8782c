"""Amazon's limits at submission: whatever way a content came in, what Amazon would refuse is refused here."""

import pytest

from promoflow.audit.models import Entry
from promoflow.errors import Blocked
from promoflow.promotions.models import State
from promoflow.promotions.services import drafting
from tests.promotions import lives
from tests.promotions.lives import LAMP

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("typed", "named"),
    [
        (lives.coupon(percent="4.00"), "from 5 % to 50 %"),
        (lives.coupon(budget="99.00"), "no budget below $100.00"),
        (lives.social_code(claim_code="SHORT"), "codes of 8 to 12 characters"),
        (lives.coupon(days=91), "from 24 to 2160 hours"),
        (lives.coupon(title="Lamps 20% off"), "Leave “20%” out: Amazon shows shoppers the discount beside"),
        (lives.coupon(title="Prime Day lamps"), "Leave “prime day” out: Amazon refuses a coupon's title"),
    ],
)
def test_what_amazon_would_refuse_is_not_submitted(aurora, olivia, typed, named):
    request = lives.drafted(aurora, typed | {"asins": [lives.SET]}, by=olivia)

    with pytest.raises(Blocked) as refused:
        lives.submit(request, by=olivia)

    assert str(refused.value).startswith("Amazon would refuse it: ")
    assert named in str(refused.value)
    assert lives.again(request).state == State.DRAFT
    entry = Entry.objects.filter(event="request.submit_refused").get()
    assert entry.why == str(refused.value)


def test_a_copy_is_held_to_the_limits_of_today(aurora, olivia):
    old = lives.drafted(aurora, lives.coupon(LAMP, percent="4.00"), by=olivia)
    copy = drafting.copy(reference=old.reference, by=olivia, at=lives.NOW)

    with pytest.raises(Blocked, match="Amazon takes from 5 % to 50 %"):
        lives.submit(copy, by=olivia)


def test_what_amazon_takes_is_submitted(aurora, olivia):
    assert (
        lives.submitted(aurora, lives.coupon(lives.SET, percent="50.00"), by=olivia).state == State.IN_REVIEW
    )


def test_the_page_says_why_it_may_not_be_submitted(client, monkeypatch, aurora, olivia):
    monkeypatch.setattr("django.utils.timezone.now", lambda: lives.NOW)
    request = lives.drafted(aurora, lives.coupon(lives.SET, budget="99.00"), by=olivia)
    client.force_login(olivia)

    page = client.get(f"/requests/{request.reference}/").content.decode()

    assert "Amazon would refuse it: Amazon takes no budget below $100.00. Edit it first." in page
