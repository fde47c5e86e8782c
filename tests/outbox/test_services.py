"""Owing and delivering: once inside, at least once outside, never lost."""

import itertools
import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.core import mail
from django.core.mail import EmailMessage
from django.db import IntegrityError, connections, transaction

from accounts.roles import OPERATOR
from promoflow.celery import app
from promoflow.outbox import selectors, tasks
from promoflow.outbox import services as outbox
from promoflow.outbox.models import Message
from promoflow.outbox.services import delivering, failing
from tests import cast

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
CONTEXT = {"reference": "PR-1042", "title": "Coupon", "kind": "coupon", "store": "Aurora US", "by": "Olivia"}


def owe(*people, about, key="request.approved:1:3", notice="request_approved", at=NOW):
    outbox.enqueue(notice, to=people, key=key, about=about, context=CONTEXT, at=at, link="/requests/PR-1042/")


class Broken:
    """A mail server that refuses the first so many messages, or dies as a process would."""

    def __init__(self, monkeypatch, error, times=10**6):
        self.error, self.left = error, times
        self.send = EmailMessage.send
        monkeypatch.setattr(EmailMessage, "send", lambda message, **options: self(message))

    def __call__(self, message):
        if self.left > 0:
            self.left -= 1
            raise self.error
        return self.send(message)


def test_a_message_reaches_its_person(aurora, sam):
    owe(sam, about=aurora)

    assert outbox.deliver(at=NOW) == 1
    [message] = mail.outbox
    assert message.to == ["sam@example.com"]
    assert message.subject == "PR-1042 is approved: Coupon"
    assert "http://127.0.0.1:8000/requests/PR-1042/" in message.body
    assert message.extra_headers["Auto-Submitted"] == "auto-generated"
    stored = Message.objects.get()
    assert (stored.outcome, stored.closed, stored.attempts, stored.store_id) == ("sent", NOW, 1, aurora.pk)


def test_a_message_is_sent_once_however_often_it_is_owed_and_delivered(aurora, sam, sue):
    for _ in range(3):
        owe(sam, sue, sam, about=aurora)
        outbox.deliver(at=NOW)
    tasks.deliver_due()

    assert sorted(message.to for message in mail.outbox) == [["sam@example.com"], ["sue@example.com"]]


def test_each_person_gets_a_message_id_of_their_own_and_keeps_it(aurora, sam, sue):
    owe(sam, sue, about=aurora)
    outbox.deliver(at=NOW)
    Message.objects.update(outcome="", closed=None, due=NOW)
    outbox.deliver(at=NOW)

    ids = [(message.to[0], message.extra_headers["Message-ID"]) for message in mail.outbox]
    assert len(ids) == 4
    assert len(set(ids)) == 2


def test_the_database_refuses_a_second_message_of_one_key(aurora, sam):
    owe(sam, about=aurora)
    again = Message.objects.get()
    again.pk = None

    with pytest.raises(IntegrityError, match="each_is_told_once_through_each"):
        again.save()


@pytest.mark.django_db(transaction=True)
def test_what_rolls_back_owes_nothing(aurora, sam):
    with transaction.atomic():
        owe(sam, about=aurora)
        transaction.set_rollback(True)

    assert not Message.objects.exists()


def test_an_unknown_notice_is_refused(aurora, sam):
    with pytest.raises(ValueError, match="request_aproved"):
        owe(sam, about=aurora, notice="request_aproved")


def test_an_unknown_reason_is_refused(aurora, sam):
    for why in ("becuase", lambda person: "becuase"):
        with pytest.raises(ValueError, match="becuase"):
            outbox.enqueue(
                "request_approved",
                to=[sam],
                key="k",
                about=aurora,
                context=CONTEXT,
                at=NOW,
                link="/",
                why=why,
            )


def test_each_person_may_have_a_reason_of_their_own(aurora, sam, sue):
    reasons = {sam.pk: "approved"}
    outbox.enqueue(
        "request_approved",
        to=[sam, sue],
        key="k",
        about=aurora,
        context=CONTEXT,
        at=NOW,
        link="/",
        why=lambda person: reasons.get(person, ""),
    )

    assert dict(Message.objects.values_list("recipient__name", "why")) == {"Sam": "approved", "Sue": "wrote"}


def test_a_failed_message_is_tried_again_later_and_then_sent(aurora, sam, monkeypatch):
    Broken(monkeypatch, ConnectionRefusedError("nobody there"), times=2)
    owe(sam, about=aurora)

    assert outbox.deliver(at=NOW) == 0
    first = Message.objects.get()
    assert outbox.deliver(at=NOW + timedelta(minutes=1)) == 0
    assert Message.objects.get().attempts == 1
    assert outbox.deliver(at=NOW + timedelta(minutes=2)) == 0
    assert outbox.deliver(at=NOW + timedelta(minutes=6)) == 1

    assert first.reason == "ConnectionRefusedError: nobody there"
    assert Message.objects.get().outcome == "sent"
    assert Message.objects.get().reason == ""
    assert len(mail.outbox) == 1


def test_a_mail_is_dated_by_its_cause_however_late_it_goes(aurora, sam):
    owe(sam, about=aurora)

    outbox.deliver(at=NOW + timedelta(hours=6))

    assert mail.outbox[0].message()["Date"] == "Sun, 22 Nov 2026 12:00:00 +0000"


def test_waits_double_up_to_six_hours():
    minutes = [failing.wait_after(attempt) // timedelta(minutes=1) for attempt in range(1, 13)]

    assert minutes == [2, 4, 8, 16, 32, 64, 128, 256, 360, 360, 360, 360]


def test_after_twelve_failures_it_is_given_up_visibly_and_can_be_tried_again(aurora, sam, mia, monkeypatch):
    broken = Broken(monkeypatch, OSError("no"), times=12)
    owe(sam, about=aurora)
    at = NOW
    while Message.objects.get().outcome == "":
        outbox.deliver(at=at)
        at += timedelta(hours=6)
    given_up = Message.objects.get()

    outbox.try_again(given_up, by=mia, at=at)

    assert (given_up.outcome, given_up.attempts, given_up.reason) == ("failed", 12, "OSError: no")
    assert broken.left == 0
    assert outbox.deliver(at=at) == 1


def test_a_mail_server_that_is_away_is_told_of_and_all_that_waited_goes_once_it_is_back(
    aurora, mia, sam, sue, monkeypatch
):
    Broken(monkeypatch, OSError("no route"), times=4)
    owe(sam, about=aurora, key="a")
    for minutes in (0, 2, 6):
        outbox.deliver(at=NOW + timedelta(minutes=minutes))
    owe(sue, about=aurora, key="b", at=NOW + timedelta(minutes=7))
    outbox.deliver(at=NOW + timedelta(minutes=7))
    away = selectors.outage(mia)

    back = outbox.deliver(at=NOW + timedelta(minutes=9))

    assert (away.since, away.failures, away.last_error) == (NOW, 4, "OSError: no route")
    assert back == 2, "the one that was to wait until 12:14 goes as well"
    assert selectors.outage(mia) is None


def test_what_one_mail_waits_for_is_no_outage_of_all(aurora, mia, sam, sue, monkeypatch):
    Broken(monkeypatch, OSError("no such mailbox"), times=1)
    owe(sam, about=aurora, key="a")
    owe(sue, about=aurora, key="b")

    assert outbox.deliver(at=NOW) == 1

    assert selectors.outage(mia) is None
    assert Message.objects.get(outcome="").due == NOW + timedelta(minutes=2)


def test_a_message_that_cannot_be_written_is_no_outage(aurora, mia, sam):
    owe(sam, about=aurora)
    Message.objects.update(context={"kind": "no such kind"})

    outbox.deliver(at=NOW)

    assert selectors.outage(mia) is None


def test_one_bad_message_keeps_nobody_else_from_their_mail(aurora, sam, sue):
    owe(sam, about=aurora, key="a")
    Message.objects.update(context={"kind": "no such kind"})
    owe(sue, about=aurora, key="b")

    assert outbox.deliver(at=NOW) == 1
    assert [message.to for message in mail.outbox] == [["sue@example.com"]]
    assert "no such kind" in Message.objects.get(key="a").reason


def test_who_was_deactivated_gets_nothing(aurora, sam):
    owe(sam, about=aurora)
    type(sam).objects.filter(pk=sam.pk).update(is_active=False)

    assert outbox.deliver(at=NOW) == 0
    assert mail.outbox == []
    assert Message.objects.get().outcome == "skipped"
    assert Message.objects.get().reason == "Sam was deactivated"


def test_each_reads_it_in_their_own_time_zone(aurora):
    there = cast.grant(cast.person("Rosa", time_zone="America/New_York"), aurora, OPERATOR)
    here = cast.person("Wei", language="zh-hans", time_zone="Asia/Shanghai")
    cast.grant(here, aurora, OPERATOR)
    instant = datetime(2026, 11, 27, 8, tzinfo=UTC).isoformat()
    context = {**CONTEXT, "zone": "America/Los_Angeles", "starts_at": instant}
    outbox.enqueue(
        "request_approved", to=[there, here], key="k", about=aurora, context=context, at=NOW, link="/"
    )

    outbox.deliver(at=NOW)

    bodies = {message.to[0]: message.body for message in mail.outbox}
    assert "27 Nov 2026, 03:00 EST" in bodies["rosa@example.com"]
    assert "16:00 UTC+8" in bodies["wei@example.com"]


def test_a_link_that_opens_an_account_is_forgotten_once_it_is_sent(aurora, sam):
    owe(sam, about=sam, notice="password_reset", key="a")
    owe(sam, about=aurora, key="b")

    outbox.deliver(at=NOW)

    links = dict(Message.objects.values_list("notice", "link"))
    assert links == {"password_reset": "", "request_approved": "/requests/PR-1042/"}


class Killed(BaseException):
    """What the process sees of a kill: nothing after it runs."""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("sent_before_the_kill", [False, True])
def test_who_is_killed_between_claim_and_close_leaves_it_due_again(
    aurora, sam, monkeypatch, sent_before_the_kill
):
    owe(sam, about=aurora)
    send = EmailMessage.send

    def die(message, **options):
        if sent_before_the_kill:
            send(message)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(EmailMessage, "send", die)
        with pytest.raises(Killed):
            outbox.deliver(at=NOW)

    # A server that takes its time for each of a dozen replies is no dead worker.
    longest = timedelta(seconds=12 * settings.EMAIL_TIMEOUT)
    assert outbox.deliver(at=NOW + longest - timedelta(seconds=1)) == 0
    assert outbox.deliver(at=NOW + longest) == 1
    assert outbox.deliver(at=NOW + timedelta(days=1)) == 0
    ids = [message.extra_headers["Message-ID"] for message in mail.outbox]
    assert len(ids) == (2 if sent_before_the_kill else 1)
    assert len(set(ids)) == 1


def test_a_long_run_hands_over_and_the_next_goes_on(aurora, sam, monkeypatch):
    for number in range(5):
        owe(sam, about=aurora, key=f"k{number}")
    seconds = itertools.count(step=2)
    monkeypatch.setattr(delivering, "monotonic", lambda: next(seconds))

    assert [outbox.deliver(at=NOW) for _run in range(3)] == [2, 2, 1]


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_eight_workers_send_each_message_once(aurora, sam):
    for number in range(60):
        owe(sam, about=aurora, key=f"k{number}")

    def work():
        # On a busy machine one run ends before all is sent.
        while outbox.deliver(at=NOW):
            pass
        connections.close_all()

    workers = [threading.Thread(target=work) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    ids = [message.extra_headers["Message-ID"] for message in mail.outbox]
    assert len(ids) == len(set(ids)) == 60
    assert not Message.objects.exclude(outcome="sent").exists()


@pytest.mark.django_db(transaction=True)
def test_a_dead_broker_costs_nobody_their_message(aurora, sam, monkeypatch):
    def dead(*args, **options):
        raise ConnectionRefusedError("no broker")

    monkeypatch.setattr(app, "send_task", dead)
    with transaction.atomic():
        owe(sam, about=aurora)

    assert outbox.deliver(at=NOW) == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("ended_by", ["the number", "the time"])
def test_who_ends_before_all_is_sent_calls_the_next(aurora, sam, sue, monkeypatch, ended_by):
    owe(sam, sue, about=aurora)
    rings = []
    monkeypatch.setattr(app, "send_task", lambda name, **options: rings.append(name))
    if ended_by == "the time":
        clock = itertools.count(0, 3)
        monkeypatch.setattr(delivering, "monotonic", lambda: next(clock))

    assert outbox.deliver(at=NOW, limit=1 if ended_by == "the number" else 9) == 1
    assert rings == ["promoflow.outbox.tasks.deliver_due"]

    monkeypatch.undo()
    rings.clear()
    monkeypatch.setattr(app, "send_task", lambda name, **options: rings.append(name))
    assert outbox.deliver(at=NOW) == 1
    assert rings == []


@pytest.mark.django_db(transaction=True)
def test_the_doorbell_rings_after_the_commit_and_not_before(aurora, sam, monkeypatch):
    rings = []
    monkeypatch.setattr(app, "send_task", lambda name, **options: rings.append(name))
    with transaction.atomic():
        owe(sam, about=aurora)
        assert rings == []

    assert rings == [tasks.deliver_due.name]
