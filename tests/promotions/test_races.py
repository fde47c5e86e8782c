"""Approvals at the same moment, by real processes against a committed database."""

import multiprocessing
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

import pytest
from django.db import connection

from promoflow.promotions.models import PromotionRequest, State
from promoflow.promotions.services import drafting
from tests import cast
from tests.promotions import lives
from tests.promotions.supervising import supervise

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race, pytest.mark.long]

ROUNDS = 200
SUPERVISORS = 8


@contextmanager
def _supervisors(emails: list[str], url: str) -> Iterator[list[Connection]]:
    spawn = multiprocessing.get_context("spawn")
    together = spawn.Barrier(len(emails))
    desks, processes = [], []
    for email in emails:
        mine, theirs = spawn.Pipe()
        process = spawn.Process(target=supervise, args=(email, url, theirs, together), daemon=True)
        process.start()
        theirs.close()
        desks.append(mine)
        processes.append(process)
    try:
        yield desks
    finally:
        for desk in desks:
            desk.send("")
            desk.close()
        for process in processes:
            process.join(timeout=20)
            process.close()


def _deadlocks() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return int(cursor.fetchone()[0])


def test_of_conflicting_approvals_at_once_exactly_one_passes(aurora, olivia, database_url):
    """Eight requests that block each other, eight supervisors in eight processes: one winner, every round."""
    supervisors = [cast.grant(cast.person(f"Super{n}"), aurora, "supervisor") for n in range(SUPERVISORS)]
    kinds = (lives.coupon, lives.social_code)
    requests = [
        lives.submitted(aurora, kinds[n % 2](lives.LAMP, lives.FLOOR_LAMP, percent="10.00"), by=olivia)
        for n in range(SUPERVISORS)
    ]
    winners: Counter[int] = Counter()
    others: Counter[str] = Counter()

    with _supervisors([person.email for person in supervisors], database_url) as desks:
        for _ in range(ROUNDS):
            for desk, request in zip(desks, requests, strict=True):
                desk.send(request.reference)
            answers = [desk.recv() for desk in desks]
            winners[answers.count("approved")] += 1
            others.update(answer for answer in answers if answer != "approved")
            assert PromotionRequest.objects.filter(state=State.APPROVED).count() == 1
            place = answers.index("approved")
            drafting.withdraw(reference=requests[place].reference, by=olivia, at=lives.NOW)
            again = drafting.copy(reference=requests[place].reference, by=olivia, at=lives.NOW)
            requests[place] = lives.submit(again, by=olivia)

    assert winners == {1: ROUNDS}
    assert set(others) <= {"Stale", "Blocked"}
    assert _deadlocks() == 0
