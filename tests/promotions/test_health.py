"""What watches the server learns: whether the database answers, and how late the oldest due work is."""

from datetime import timedelta

import psycopg
import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from promoflow.catalog.models import Product
from promoflow.catalog.services import imports
from promoflow.outbox import services as outbox
from promoflow.outbox.models import Channel, Message
from promoflow.policies import selectors as policies
from promoflow.promotions import neighbours, waiting
from promoflow.promotions.models import Recheck
from promoflow.promotions.services import amending, rechecking, running
from tests import cast
from tests.catalog import sending
from tests.outbox.owing import added
from tests.outbox.owing import owe as owe_a_message
from tests.promotions import lives

pytestmark = pytest.mark.django_db

DURING = lives.NOW + timedelta(days=2)
SECOND = timedelta(seconds=1)


@pytest.fixture
def asked(client, monkeypatch):
    """The status and the answer, asked at an instant by somebody who is not signed in."""

    def ask(at):
        monkeypatch.setattr("django.utils.timezone.now", lambda: at)
        response = client.get(reverse("health"))
        return response.status_code, response.json()

    return ask


def answer(**late):
    """So many seconds late, by whose work it is."""
    kinds = ("clock", "messages", "checks", "imports")
    return {"database_answers": True, **{f"{kind}_late_seconds": late.get(kind, 0) for kind in kinds}}


def all_sent():
    Message.objects.update(outcome="skipped", closed=lives.NOW)


def test_a_desk_with_nothing_to_do_is_well(asked, aurora):
    assert asked(timezone.now()) == (200, answer())


def test_nobody_keeps_the_answer(client, aurora):
    assert "no-store" in client.get(reverse("health"))["Cache-Control"]


def test_it_answers_whoever_asks_the_server_itself_without_https(settings, aurora):
    settings.SECURE_SSL_REDIRECT = True

    assert cast.Client().get(reverse("health")).status_code == 200
    assert cast.Client().get(reverse("account_login")).status_code == 301


# --- The clock ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("late", "status"), [(120, 200), (121, 503)])
def test_two_minutes_after_a_promotion_should_have_ended_it_turns_red(
    asked, aurora, olivia, sam, late, status
):
    request = lives.live(aurora, by=olivia, supervisor=sam)
    all_sent()

    assert asked(request.runs_until + timedelta(seconds=late)) == (status, answer(clock=late))


def test_once_it_is_moved_it_is_well_again(asked, aurora, olivia, sam):
    request = lives.live(aurora, by=olivia, supervisor=sam)
    at = request.runs_until + timedelta(hours=1)

    running.move_due(at=at)
    all_sent()

    assert asked(at) == (200, answer())


def in_review(aurora, olivia, sam):
    return lives.submitted(aurora, by=olivia)


def approved(aurora, olivia, sam):
    return lives.approved(aurora, by=olivia, supervisor=sam)


def live(aurora, olivia, sam):
    return lives.live(aurora, by=olivia, supervisor=sam)


def shortened(aurora, olivia, sam):
    request = lives.live(aurora, lives.coupon(start=1, days=9), by=olivia, supervisor=sam)
    ends_at = request.newest.ends_at - timedelta(days=2)
    amending.shorten(reference=request.reference, by=olivia, at=DURING, ends_at=ends_at)
    return lives.again(request)


def amendment_in_review(aurora, olivia, sam):
    running_one = lives.live(aurora, lives.coupon(start=1, days=7), by=olivia, supervisor=sam)
    longer = {"ends_at": "2026-12-05T08:00:00Z"}
    return lives.submit(lives.amendment_of(running_one, longer, by=olivia, at=DURING), by=olivia, at=DURING)


def amendment_approved(aurora, olivia, sam):
    request = amendment_in_review(aurora, olivia, sam)
    lives.approve(request, by=sam, at=DURING)
    return lives.again(request)


DEADLINES = {
    in_review: lambda rules, offer, request: rules.decide_by(offer),
    approved: lambda rules, offer, request: rules.mark_live_by(offer),
    live: lambda rules, offer, request: request.runs_until,
    shortened: lambda rules, offer, request: request.runs_until,
    amendment_in_review: lambda rules, offer, request: rules.decide_by(offer),
    amendment_approved: lambda rules, offer, request: rules.mark_live_by(offer),
}


@pytest.mark.parametrize("kind", DEADLINES, ids=lambda kind: kind.__name__)
def test_it_is_late_since_the_instant_from_which_on_the_clock_would_move_it(aurora, olivia, sam, kind):
    request, rules = lives.again(kind(aurora, olivia, sam)), policies.current()
    due = DEADLINES[kind](rules, neighbours.offer_of(request), request)

    assert waiting.due_since(due - SECOND, rules) is None
    assert waiting.due_since(due + SECOND, rules) == due
    running.move_due(at=due + SECOND)
    assert waiting.due_since(due + SECOND, rules) is None


# --- The outbox -----------------------------------------------------------------------------------------


def test_messages_that_no_worker_takes_turn_it_red(asked, aurora, olivia):
    all_sent()
    lives.submitted(aurora, by=olivia)
    at = lives.NOW + timedelta(minutes=3)

    assert asked(at) == (503, answer(messages=180))
    outbox.deliver(at=at)
    assert asked(at) == (200, answer())


def test_what_is_tried_again_later_is_not_late_before(asked, aurora, sam):
    all_sent()
    owe_a_message(sam, about=aurora)
    due = lives.NOW + timedelta(hours=5)
    Message.objects.filter(outcome="").update(due=due)

    assert asked(due) == (200, answer())
    assert asked(due + 200 * SECOND) == (503, answer(messages=200))


def test_what_a_failing_channel_holds_back_is_late_once_it_may_be_tried_again(asked, aurora, sam, service):
    added(sam)
    owe_a_message(sam, about=aurora)
    Message.objects.filter(channel=None).update(outcome="sent", closed=lives.NOW)
    assert Message.objects.filter(outcome="").count() == 1
    Channel.objects.update(failures=1, failing_since=lives.NOW, held_until=lives.NOW + timedelta(hours=5))

    assert asked(lives.NOW + timedelta(hours=5)) == (200, answer())
    assert asked(lives.NOW + timedelta(hours=5, minutes=4)) == (503, answer(messages=240))


# --- Checks of what stands on changed products ----------------------------------------------------------


def test_changed_prices_that_nobody_checks_turn_it_red(asked, aurora, olivia, sam):
    lives.live(aurora, by=olivia, supervisor=sam)
    all_sent()
    Product.objects.filter(store=aurora).update(price="18.99")
    since = Recheck.objects.get().since

    assert asked(since + timedelta(minutes=2)) == (200, answer(checks=120))
    assert asked(since + timedelta(minutes=3)) == (503, answer(checks=180))


@pytest.mark.django_db(transaction=True)
def test_once_they_are_checked_it_is_well_again(asked, aurora, olivia, sam):
    lives.live(aurora, by=olivia, supervisor=sam)
    all_sent()
    Product.objects.filter(store=aurora).update(price="18.99")
    since = Recheck.objects.get().since

    rechecking.check_again(at=lives.NOW)
    all_sent()

    assert asked(since + timedelta(minutes=3)) == (200, answer())


# --- Imports --------------------------------------------------------------------------------------------


def test_an_import_that_no_worker_takes_turns_it_red(asked, aurora, mia):
    source = sending.upload(aurora, sending.report(), by=mia)

    assert asked(source.created_at + timedelta(minutes=2)) == (200, answer(imports=120))
    assert asked(source.created_at + timedelta(minutes=3)) == (503, answer(imports=180))


def test_one_that_somebody_is_at_may_take_its_time(asked, aurora, mia, database_url):
    source = sending.upload(aurora, sending.report(), by=mia)

    with psycopg.connect(database_url) as worker:
        worker.execute("SELECT pg_advisory_lock(%s, %s)", [imports._LOCK_CLASS, source.pk])
        assert asked(source.created_at + timedelta(hours=1)) == (200, answer())


# --- The database ---------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_without_its_database_it_says_so(client, monkeypatch):
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "PORT", "1")

    response = client.get(reverse("health"))

    assert (response.status_code, response.json()) == (503, {"database_answers": False})
