"""What the clock asks each minute: it grows with what stands, not with all that was ever decided.

Not part of the ordinary run; PROMOFLOW_BENCHMARKS=1 manage.py test tests/benchmarks/test_clock.py -s
"""

import os

import pytest
from django.db import connection

from promoflow.policies import selectors as policies
from promoflow.promotions import waiting
from promoflow.promotions.models import Decision, PromotionRequest, State
from tests.benchmarks.measuring import side_by_side, times_as_much
from tests.benchmarks.pending import Pending
from tests.promotions import lives
from tests.unguarded import unguarded

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        "PROMOFLOW_BENCHMARKS" not in os.environ, reason="a benchmark: set PROMOFLOW_BENCHMARKS=1"
    ),
]

APPROVED = 1_000
DECIDED = [1_000, 10_000, 60_000]

APPROVE = """
INSERT INTO promotions_decision (request_id, revision_id, digest, editor_id, report_id, report_digest,
    verdict, note, acknowledged, retyped_asin, fields, decided_at, decided_by_id, decided_by_human, valid)
SELECT q.id, v.id, v.digest, v.edited_by_id, c.id, c.digest,
    'approve', '', '{}', '', '{}', q.submitted_at, %s, %s, true
FROM promotions_promotionrequest q
JOIN promotions_revision v ON v.id = q.current_id
JOIN promotions_conflictreport c ON c.revision_id = v.id
WHERE q.state = 'in_review'
"""


@pytest.mark.parametrize("decided", DECIDED)
def test_what_the_clock_asks_each_minute(aurora, olivia, sam, decided):
    Pending(aurora, [olivia]).fill(decided)
    # Nobody approved these: triggers are off.
    with unguarded("promotions_promotionrequest", "promotions_decision"), connection.cursor() as cursor:
        cursor.execute(APPROVE, [sam.pk, sam.person_id])
        PromotionRequest.objects.update(state=State.ENDED)
        some = PromotionRequest.objects.order_by("pk").values("pk")[:APPROVED]
        PromotionRequest.objects.filter(pk__in=some).update(state=State.APPROVED)
    with connection.cursor() as cursor:
        for model in (PromotionRequest, Decision):
            cursor.execute(f"VACUUM (ANALYZE) {model._meta.db_table}")
    policy = policies.current()
    floor, *asked = side_by_side(
        lambda: list(PromotionRequest.objects.filter(state=State.APPROVED).values("pk")),
        lambda: list(waiting.approved_in_doubt()),
        lambda: list(waiting.due_to_move(lives.NOW)),
        lambda: list(waiting.half_way(lives.NOW, policy)),
        lambda: list(waiting.overdue_to_verify(lives.NOW, policy)),
    )

    names = ("approved in doubt", "due to move", "half-way", "overdue to verify")
    for name, cost in zip(names, asked, strict=True):
        print(
            f"{decided:>7} decided, {APPROVED} approved: {name} {cost}; keys of the approved {floor}", end=""
        )
        print(f", {times_as_much(cost, floor)}")
