"""Two kinds that may meet only with a reason: whoever submits second gives it, approved or not."""

import pytest
from django.urls import reverse

from promoflow.errors import Blocked
from promoflow.promotions import checker
from promoflow.promotions.models import State
from promoflow.promotions.services import drafting
from promoflow.promotions.wording import sentences
from tests.answers import text_of
from tests.promotions import lives
from tests.promotions.lives import LAMP, SET

pytestmark = pytest.mark.django_db

UNASKED = "gave no reason, for it came up only after they had submitted the request."


@pytest.fixture
def coupon(aurora, olivia):
    return lives.submitted(aurora, lives.coupon(SET, percent="22.00"), by=olivia)


@pytest.fixture
def drafted(aurora, oscar, coupon):
    return lives.drafted(aurora, lives.price_discount(SET, percent="20.00"), by=oscar)


@pytest.fixture
def discount(drafted, oscar):
    return lives.submit(drafted, by=oscar)


def key(other):
    return f"kinds-doubtful:{SET}:{other.reference}"


def doubts(request, at=lives.NOW):
    found = checker.report_of(lives.again(request), at=at).findings
    return [finding for finding in found if finding.code == "kinds-doubtful"]


def test_without_a_reason_nobody_submits_beside_what_is_in_review(coupon, drafted, oscar):
    report = checker.report_of(drafted, at=lives.NOW)

    with pytest.raises(Blocked, match="Give your reason") as refused:
        drafting.submit(
            reference=drafted.reference,
            revision=1,
            report=report.digest.hex(),
            reasons={},
            by=oscar,
            at=lives.NOW,
        )

    assert key(coupon) in [finding.key for finding in refused.value.findings]


def test_its_sentence_says_that_the_other_is_in_review(coupon, drafted):
    [found] = doubts(drafted)

    said = sentences.sentence(found, zone="America/Los_Angeles")

    assert f"{coupon.reference} (coupon, 22 % off) is also in review, for {SET} from Dec 2 to Dec 4" in said
    assert "These two kinds add up (Price Discount, coupon): together they would sell it for" in said


def test_the_reason_counts_when_the_other_is_approved_by_then(client, monkeypatch, coupon, discount, sam):
    lives.approve(coupon, by=sam)
    monkeypatch.setattr("django.utils.timezone.now", lambda: lives.NOW)
    client.force_login(sam)

    page = client.get(reverse("request", args=[discount.reference]))

    [remark] = [one for one in page.context["dossier"].warnings if one.shown.key == key(coupon)]
    assert remark.reason == "The stock is meant for this."
    assert not remark.unasked
    assert UNASKED not in text_of(page)


def test_whoever_submitted_first_is_not_asked_and_the_page_says_so(
    client, monkeypatch, coupon, discount, olivia, sam
):
    assert key(discount) not in lives.again(coupon).reasons
    monkeypatch.setattr("django.utils.timezone.now", lambda: lives.NOW)
    client.force_login(sam)

    page = text_of(client.get(reverse("request", args=[coupon.reference])))

    assert f"{olivia.name} {UNASKED}" in page


def test_it_is_approved_all_the_same_once_the_warning_is_acknowledged(coupon, discount, sam):
    with pytest.raises(Blocked, match="Acknowledge each warning"):
        lives.approve(coupon, by=sam, acknowledged=[])

    lives.approve(coupon, by=sam)

    assert lives.again(coupon).state == State.APPROVED


def test_what_is_decided_is_not_asked_about_what_is_in_review(coupon, discount, sam):
    lives.approve(coupon, by=sam)

    assert doubts(coupon) == []
    assert [found.key for found in doubts(discount)] == [key(coupon)]


def test_an_amendment_in_review_and_what_it_amends_are_asked_about_once(aurora, olivia, oscar, sam):
    live = lives.live(aurora, lives.coupon(LAMP, start=9, days=7), by=olivia, supervisor=sam)
    lives.submit(lives.amendment_of(live, {"budget": "900.00"}, by=olivia), by=olivia)

    beside = lives.drafted(aurora, lives.price_discount(LAMP), by=oscar)

    assert [found.others for found in doubts(beside)] == [(live.reference,)]
