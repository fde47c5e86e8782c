"""A clock that stood still for a day, or went back an hour: each is moved once, and nothing is undone."""

from datetime import timedelta

import pytest

from promoflow.audit.models import Entry
from promoflow.errors import Blocked, WrongState
from promoflow.outbox.models import Message
from promoflow.promotions.models import State
from promoflow.promotions.services import running
from tests.promotions import lives

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
MOVES = ("request.ended", "request.expired")


@pytest.fixture
def overdue(aurora, olivia, sam):
    """Live, approved and in review, each on a product of its own, a day after the last ran out."""
    ends = lives.live(aurora, lives.coupon(lives.LAMP, start=2, days=2), by=olivia, supervisor=sam)
    unmarked = lives.approved(aurora, lives.coupon(lives.SET, start=2, days=2), by=olivia, supervisor=sam)
    undecided = lives.submitted(aurora, lives.coupon(lives.FLOOR_LAMP, start=2, days=2), by=olivia)
    return [ends, unmarked, undecided], ends.current.ends_at + 24 * HOUR


def states(requests):
    return [lives.again(request).state for request in requests]


def test_a_clock_that_was_dead_for_a_day_moves_each_once(overdue):
    requests, at = overdue

    moved = [running.move_due(at=at + tick * timedelta(seconds=30)) for tick in range(3)]

    assert moved == [3, 0, 0]
    assert states(requests) == [State.ENDED, State.CANCELLED, State.CANCELLED]
    told = Entry.objects.filter(event__in=MOVES).values_list("subject_id", flat=True)
    assert sorted(told) == sorted(request.pk for request in requests)


def test_a_clock_that_goes_back_an_hour_moves_and_tells_nothing_again(overdue):
    requests, at = overdue
    running.move_due(at=at)
    entries, messages = Entry.objects.count(), Message.objects.count()

    assert running.move_due(at=at - HOUR) == 0

    assert states(requests) == [State.ENDED, State.CANCELLED, State.CANCELLED]
    assert (Entry.objects.count(), Message.objects.count()) == (entries, messages)


def test_what_ran_out_while_the_clock_was_dead_is_refused_before_it_moves(overdue, olivia):
    [_ends, unmarked, _undecided], at = overdue

    with pytest.raises((Blocked, WrongState)):
        lives.go_live(unmarked, by=olivia, at=at)

    assert lives.again(unmarked).state == State.APPROVED
