"""Claims at the same moment, by real processes against a committed database."""

from collections import Counter

import pytest

from promoflow.promotions.models import Claim
from tests import cast
from tests.promotions import lives, racing, supervising

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race, pytest.mark.long]

ROUNDS = 10


def test_of_several_who_claim_one_request_at_once_exactly_one_is_on_it(aurora, olivia, database_url):
    supervisors = [cast.grant(cast.person(f"Super{n}"), aurora, "supervisor") for n in range(4)]
    spans, outcomes = [], Counter()

    with racing.desks(supervising.claim, supervisors, database_url) as desks:
        for _ in range(ROUNDS):
            request = lives.submitted(aurora, by=olivia)
            found = racing.all_at_once(desks, [request] * len(supervisors))
            assert sorted(outcome for outcome, _ in found) == ["Taken"] * 3 + ["done"]
            assert Claim.objects.filter(request=request, released_at__isnull=True).count() == 1
            outcomes += Counter(outcome for outcome, _ in found)
            spans += [span for _, span in found]

    racing.tell("claims at once", spans, outcomes)
    assert outcomes == {"done": ROUNDS, "Taken": 3 * ROUNDS}
