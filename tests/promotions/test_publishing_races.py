"""Publishing and approving at the same moment, by real processes against a committed database."""

from collections import Counter

import pytest

from promoflow.policies import selectors as policies
from promoflow.policies.services import drafting as rules
from promoflow.promotions import selectors
from promoflow.promotions.models import PromotionRequest, State
from promoflow.promotions.services import drafting
from tests.policies import drafts
from tests.promotions import lives, racing, supervising

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race, pytest.mark.long]

ROUNDS = 60
PAIR = "pairs.coupon.price_discount"


def _held_and_forbidden() -> set[PromotionRequest]:
    """Everything approved that the version in force keeps apart; all of it is on one product and one day."""
    approved = list(PromotionRequest.objects.filter(state=State.APPROVED).select_related("current"))
    policy = policies.current()
    return {
        one
        for one in approved
        for other in approved
        if one != other and policy.pair(one.newest.kind, other.newest.kind) == "block"
    }


def test_what_is_approved_while_rules_are_published_is_refused_or_alarmed(
    aurora, mia, olivia, sam, sue, database_url
):
    """Version after version forbids a pair, just when somebody approves the second of it."""
    came: Counter[tuple[str, str]] = Counter()
    unalarmed: list[int] = []

    with racing.desks(supervising.approve_or_publish, [sam, sue], database_url) as (approver, publisher):
        for round_ in range(ROUNDS):
            first = lives.approved(
                aurora, lives.coupon(lives.LAMP, percent="10.00"), by=olivia, supervisor=sam
            )
            second = lives.submitted(aurora, lives.price_discount(lives.LAMP, percent="10.00"), by=olivia)
            drafts.drafted({PAIR: "block"}, by=mia)
            approver.send(second.reference)
            publisher.send("before" if round_ % 2 else "then")
            came[approver.recv()[0], publisher.recv()[0]] += 1

            forbidden = _held_and_forbidden()
            if forbidden != {alarm.request for alarm in selectors.open_alarms()}:
                unalarmed.append(round_)
            for request in (first, second):
                drafting.withdraw(reference=request.reference, by=olivia, at=lives.NOW, may_run=False)
            if policies.open_draft():
                rules.discard(by=mia, at=lives.NOW)
            if policies.current().pair("coupon", "price_discount") == "block":
                drafts.published({PAIR: "warn"}, manager=mia, publisher=sue)

    assert unalarmed == []
    assert racing.deadlocks() == 0
    assert set(came) <= {
        ("done", "done"),
        ("done", "Stale"),
        ("Stale", "done"),
        ("Blocked", "done"),
    }
    assert len(came) >= 2, came
