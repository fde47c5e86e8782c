"""The clock by hand: `manage.py move_due` for a cron beside beat, or where beat is away."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from promoflow.audit.models import Entry
from promoflow.promotions import tasks
from promoflow.promotions.models import PromotionRequest, State
from tests.promotions import lives


@pytest.fixture
def overdue(aurora, olivia, sam):
    """Makes requests in review that nobody decided in time, by the clock of this machine."""
    now = timezone.now()
    today = now.astimezone(ZoneInfo("America/Los_Angeles")).replace(hour=0, minute=0, second=0, microsecond=0)
    window = {"starts_at": _z(today), "ends_at": _z(today + timedelta(days=3))}

    def make(number):
        asked_at = now - timedelta(days=20)
        return [
            lives.submitted(aurora, lives.coupon(**window, title=f"Lamps {n}"), by=olivia, at=asked_at)
            for n in range(number)
        ]

    return make


def _z(instant):
    return instant.astimezone(ZoneInfo("UTC")).isoformat().replace("+00:00", "Z")


def said(capsys):
    return capsys.readouterr().out.strip()


@pytest.mark.django_db
def test_it_moves_what_is_due_and_says_how_much_that_was(overdue, capsys):
    [request] = overdue(1)

    call_command("move_due")
    assert said(capsys) == "1 request was due and moved."
    assert lives.again(request).state == State.CANCELLED

    call_command("move_due")
    assert said(capsys) == "0 requests were due and moved."


@pytest.mark.django_db
def test_what_it_moved_the_next_tick_does_not_move_again(overdue):
    overdue(2)

    call_command("move_due")

    assert tasks.move_due() == 0
    assert Entry.objects.filter(event="request.expired").count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize("ahead", [timedelta(hours=20), timedelta(hours=-20)], ids=str)
def test_with_a_clock_that_is_wrong_it_moves_nothing_and_fails(overdue, monkeypatch, ahead):
    [request] = overdue(1)
    wrong = timezone.now() + ahead
    monkeypatch.setattr(timezone, "now", lambda: wrong)

    with pytest.raises(
        CommandError, match=r"Nothing is moved: this machine's clock says .* Set them right\."
    ):
        call_command("move_due")

    assert lives.again(request).state == State.IN_REVIEW


@pytest.mark.django_db(transaction=True)
def test_two_at_once_and_a_tick_of_beat_move_each_request_once(overdue, capsys):
    together = Barrier(3)

    def at_once(move):
        try:
            together.wait(timeout=60)
            return move()
        finally:
            connection.close()

    overdue(12)
    with ThreadPoolExecutor(3) as several:
        by_hand = [several.submit(at_once, lambda: call_command("move_due")) for _ in range(2)]
        by_beat = several.submit(at_once, tasks.move_due)
        for one in by_hand:
            one.result()

    moved = [int(line.partition(" ")[0]) for line in said(capsys).splitlines()]
    assert len(moved) == 2
    assert sum(moved) + by_beat.result() == 12
    assert not PromotionRequest.objects.exclude(state=State.CANCELLED).exists()
    assert Entry.objects.filter(event="request.expired").count() == 12
