"""A desk that worked before more than one person could be needed: what was submitted then takes one."""

import pytest
from django.core.management import call_command

from promoflow.promotions.models import Decision, State
from promoflow.promotions.services import drafting
from tests.promotions import lives

pytestmark = pytest.mark.django_db(transaction=True)

ONE = {"approvals": 1, "role": "supervisor", "retype_asin": False, "why": []}


def test_older_rows_get_a_route_of_one_and_the_human_who_decided(aurora, olivia, sam, sue):
    draft = lives.drafted(aurora, by=olivia)
    waiting = lives.submitted(aurora, lives.coupon(lives.FLOOR_LAMP), by=olivia)
    done = lives.approved(aurora, lives.coupon(lives.SET), by=olivia, supervisor=sam)
    withdrawn = lives.drafted(aurora, by=olivia)
    drafting.withdraw(reference=withdrawn.reference, by=olivia, at=lives.NOW)

    call_command("migrate", "promotions", "0011", verbosity=0)
    call_command("migrate", "promotions", verbosity=0)

    assert [lives.again(request).route for request in (draft, waiting, done, withdrawn)] == [{}, ONE, ONE, {}]
    decision = Decision.objects.get(request=done)
    assert (decision.decided_by_human, decision.confirmed_at) == (sam.person_id, None)
    lives.go_live(done, by=olivia)
    lives.approve(waiting, by=sue)
    assert [lives.again(request).state for request in (done, waiting)] == [State.LIVE, State.APPROVED]
