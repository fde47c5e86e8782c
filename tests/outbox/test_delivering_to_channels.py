"""Chats, hours and digests in delivery: nothing is lost, nobody waits for anybody, and failures are seen."""

from datetime import UTC, datetime, time, timedelta

import pytest
from django.core import mail

from accounts.roles import SUPERVISOR
from promoflow.audit.models import Entry
from promoflow.outbox import chat, reaching, selectors
from promoflow.outbox import services as outbox
from promoflow.outbox.models import Channel, Message
from promoflow.outbox.services import channels, reading
from tests import cast
from tests.outbox.owing import added
from tests.outbox.webhooks import ADDRESSES

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
LATER = NOW + timedelta(days=5)
CONTEXT = {
    "reference": "PR-1042",
    "title": "Coupon",
    "kind": "coupon",
    "store": "Aurora US",
    "by": "Olivia",
    "zone": "America/Los_Angeles",
    "mark_live_by": LATER.isoformat(),
    "decide_by": LATER.isoformat(),
    "verify_by": (NOW + timedelta(minutes=30)).isoformat(),
}


def owe(*people, about, key="k", notice="request_approved", at=NOW, **more):
    outbox.enqueue(
        notice, to=people, key=key, about=about, context={**CONTEXT, **more}, at=at, link="/requests/PR-1042/"
    )


def outcomes(**which):
    return list(Message.objects.filter(**which).order_by("pk").values_list("outcome", flat=True))


def test_one_message_goes_to_mail_to_ones_own_chat_and_to_the_stores(aurora, mia, sam, service):
    added(mia, aurora, kind="slack", address=ADDRESSES["slack"])
    added(sam)

    owe(sam, about=aurora)
    owe(sam, about=aurora)

    assert outbox.deliver(at=NOW) == 3
    assert [message.to for message in mail.outbox] == [["sam@example.com"]]
    assert sorted(service.hosts) == ["hooks.example.com", "hooks.slack.com"]
    assert outbox.deliver(at=NOW + timedelta(days=1)) == 0


def test_a_chat_message_says_what_until_when_why_and_where(aurora, mia, sam, service):
    added(sam)

    owe(sam, about=aurora)
    outbox.deliver(at=NOW)

    assert service.written[0]["json"]["text"].splitlines() == [
        "PR-1042 is approved: Coupon",
        "Mark it live by Fri 27 Nov 2026, 04:00 PST, for you Fri 27 Nov 2026, 20:00 UTC+8.",
        "You get this because you wrote it, edited it or submitted it.",
        "http://127.0.0.1:8000/requests/PR-1042/",
    ]


def test_a_stores_channel_speaks_its_own_language_and_time(aurora, mia, sam, service):
    added(mia, aurora, language="zh-hans")

    owe(sam, about=aurora)
    outbox.deliver(at=NOW)

    lines = service.written[0]["json"]["text"].splitlines()
    assert lines[0] == "PR-1042 已批准：Coupon"
    assert "04:00 PST" in lines[1]
    assert "UTC+8" not in lines[1]


@pytest.mark.parametrize("trouble", ["500", "hanging", "unresolvable"])
def test_a_failing_channel_holds_nobody_up_rests_and_is_shown(
    aurora, mia, sam, sue, service, monkeypatch, trouble
):
    monkeypatch.setattr(reaching, "WHOLE_SECONDS", 0.3)
    bad = added(mia, aurora)
    resolve = service.line.resolve
    service.status = 500 if trouble == "500" else 200
    broken = reaching.Line(
        (lambda host, port: [] if host == "hooks.example.com" else resolve(host, port))
        if trouble == "unresolvable"
        else resolve,
        service.line.admits,
        service.line.trust,
    )
    service.wait = 1 if trouble == "hanging" else 0
    monkeypatch.setattr(reaching, "INTERNET", broken)
    for number in range(5):
        owe(sam, sue, about=aurora, key=f"k{number}")

    outbox.deliver(at=NOW)

    assert len(mail.outbox) == 10
    failed = Channel.objects.get(pk=bad.pk)
    assert (failed.failures, failed.failing_since) == (1, NOW)
    assert failed.held_until == NOW + timedelta(minutes=2)
    assert {"500": "answered 500", "hanging": "did not answer", "unresolvable": "No host is called"}[
        trouble
    ] in failed.last_error
    assert bad in selectors.in_trouble(mia)
    assert bad not in selectors.in_trouble(sam)
    # Five are owed to it, and one attempt was made.
    assert sum(Message.objects.filter(channel=bad).values_list("attempts", flat=True)) == 1


def test_it_is_tried_again_after_its_rest_and_then_all_of_it_goes(aurora, mia, sam, service):
    bad = added(mia, aurora)
    service.status = 500
    for number in range(3):
        owe(sam, about=aurora, key=f"k{number}")
    outbox.deliver(at=NOW)
    assert outbox.deliver(at=NOW + timedelta(minutes=1)) == 0
    service.status = 200

    assert outbox.deliver(at=NOW + timedelta(minutes=2)) == 3

    well = Channel.objects.get(pk=bad.pk)
    assert (well.failures, well.failing_since, well.last_error) == (0, None, "")
    assert outcomes(channel=bad) == ["sent"] * 3


def test_trying_again_at_once_does_not_wait_for_the_rest(aurora, mia, sam, service):
    bad = added(mia, aurora)
    service.status = 500
    owe(sam, about=aurora)
    outbox.deliver(at=NOW)
    service.status = 200

    channels.resume(channel=bad, by=mia, at=NOW)

    assert outbox.deliver(at=NOW) == 1


def test_one_that_fails_for_a_day_is_paused_and_its_managers_are_told(aurora, mia, sam, ada, service):
    bad = added(mia, aurora)
    service.status = 500
    owe(sam, about=aurora, key="first")
    at = NOW
    for _ in range(20):
        if Channel.objects.get(pk=bad.pk).paused is not None:
            break
        outbox.deliver(at=at)
        at += timedelta(hours=2)
        owe(sam, about=aurora, key=f"later {at}", at=at)

    outbox.deliver(at=at)

    assert timedelta(hours=24) <= Channel.objects.get(pk=bad.pk).paused - NOW <= timedelta(hours=32)
    told = Message.objects.filter(notice="channel_paused")
    assert [message.recipient for message in told] == [mia]
    paused = [message for message in mail.outbox if "paused the channel" in message.subject]
    assert [message.to for message in paused] == [["mia@example.com"]]
    assert "answered 500" in paused[0].body
    assert "hook-secret" not in paused[0].body
    entry = Entry.objects.get(event="channel.paused")
    assert (entry.actor, entry.subject) == (None, "The team")
    assert "" not in outcomes(channel=bad)


def test_ones_own_channel_that_fails_is_ones_own_trouble(aurora, mia, sam, service):
    bad = added(sam)
    service.status = 500
    owe(sam, about=aurora)
    outbox.deliver(at=NOW)

    assert bad in selectors.in_trouble(sam)
    assert bad not in selectors.in_trouble(mia)


class Killed(BaseException):
    """What the process sees of a kill: nothing after it runs."""


@pytest.mark.django_db(transaction=True)
def test_who_is_killed_after_sending_sends_again_under_the_same_key(aurora, mia, sam, service, monkeypatch):
    added(mia, aurora)
    owe(sam, about=aurora)
    Message.objects.filter(channel=None).update(outcome="skipped", closed=NOW)
    send = chat.send

    def die(*args, **options):
        send(*args, **options)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(chat, "send", die)
        with pytest.raises(Killed):
            outbox.deliver(at=NOW)

    assert outbox.deliver(at=NOW + timedelta(seconds=29)) == 0
    assert outbox.deliver(at=NOW + timedelta(seconds=30)) == 1
    keys = [one["headers"]["Idempotency-Key"] for one in service.written]
    assert len(keys) == 2
    assert len(set(keys)) == 1


def test_without_mail_it_is_read_in_the_inbox(aurora, sam, service):
    reading.prefer(by=sam, at=NOW, mail=False)
    owe(sam, about=aurora, key="a")
    owe(sam, about=sam, key="b", notice="person_secured", event="person.password_set")

    outbox.deliver(at=NOW)

    assert [message.subject for message in mail.outbox] == ["The way you sign in to promoflow changed"]
    assert outcomes(recipient=sam) == ["skipped", "sent"]
    assert selectors.unread(sam) == 2


NIGHT = {"quiet_from": time(22), "quiet_until": time(7)}
# In Shanghai, where sam is: 23:00 on the 22nd.
AT_NIGHT = datetime(2026, 11, 22, 15, tzinfo=UTC)
MORNING = datetime(2026, 11, 22, 23, tzinfo=UTC)


def test_quiet_hours_hold_mail_and_chat_back_until_they_end(aurora, sam, service):
    reading.prefer(by=sam, at=NOW, **NIGHT)
    added(sam)
    owe(sam, about=aurora, at=AT_NIGHT)

    assert outbox.deliver(at=AT_NIGHT) == 0
    assert outbox.deliver(at=MORNING - timedelta(minutes=1)) == 0
    assert Message.objects.filter(attempts=0).count() == 2
    assert outbox.deliver(at=MORNING) == 2


@pytest.mark.parametrize(
    "notice", ["request_not_verified", "request_alarmed", "request_stopped", "request_live"]
)
def test_what_cannot_wait_comes_at_night(aurora, sam, notice):
    """A second look is due within the hour: told in the morning it would be told too late."""
    reading.prefer(by=sam, at=NOW, digest="daily", **NIGHT)
    verify_by = (AT_NIGHT + timedelta(hours=1)).isoformat()
    owe(sam, about=aurora, notice=notice, at=AT_NIGHT, verify_by=verify_by)

    assert outbox.deliver(at=AT_NIGHT) == 1


def test_a_stores_channel_is_quiet_by_the_marketplaces_clock(aurora, mia, sam, service):
    added(mia, aurora, **NIGHT)
    night = datetime(2026, 11, 23, 7, tzinfo=UTC)
    owe(sam, about=aurora, at=night)

    outbox.deliver(at=night)
    assert service.written == []
    outbox.deliver(at=night + timedelta(hours=8))
    assert len(service.written) == 1


def test_a_daily_digest_is_one_mail_and_one_chat_message(aurora, sam, sue, service):
    reading.prefer(by=sam, at=NOW, digest="daily", digest_hour=9)
    added(sam)
    for number in range(3):
        owe(sam, sue, about=aurora, key=f"k{number}", title=f"Coupon {number}")
    outbox.deliver(at=NOW)
    assert [message.to for message in mail.outbox] == [["sue@example.com"]] * 3
    assert service.written == []

    assert outbox.deliver(at=datetime(2026, 11, 23, 1, tzinfo=UTC)) == 6

    digest = mail.outbox[-1]
    assert digest.subject == "3 messages from the desk"
    for part in ("Coupon 0", "Coupon 1", "Coupon 2", "Mark it live by", "you wrote it", "/requests/PR-1042/"):
        assert part in digest.body
    assert "{{" not in digest.body
    assert "/inbox/" in digest.body
    [written] = service.texts
    assert "Coupon 0" in written
    assert "Coupon 2" in written
    assert outbox.deliver(at=datetime(2026, 11, 24, 1, tzinfo=UTC)) == 0


def test_one_message_alone_is_no_digest(aurora, sam):
    reading.prefer(by=sam, at=NOW, digest="hourly")
    owe(sam, about=aurora)

    outbox.deliver(at=NOW + timedelta(hours=1))

    assert mail.outbox[0].subject == "PR-1042 is approved: Coupon"


def test_a_chat_gets_as_much_of_a_digest_as_it_takes(aurora, sam, service):
    reading.prefer(by=sam, at=NOW, digest="hourly")
    added(sam, kind="wecom", address=ADDRESSES["wecom"])
    for number in range(30):
        owe(sam, about=aurora, key=f"k{number}", title=f"黑色星期五优惠券 {number}")

    outbox.deliver(at=NOW + timedelta(hours=1))

    [written] = service.written
    text = written["json"]["text"]["content"]
    assert len(text.encode()) <= 2048
    assert "30 messages from the desk" in text
    assert "more: http://127.0.0.1:8000/inbox/" in text


@pytest.mark.django_db(transaction=True)
def test_a_digest_that_was_sent_by_who_died_is_the_same_digest_again(aurora, sam, service, monkeypatch):
    reading.prefer(by=sam, at=NOW, digest="hourly")
    owe(sam, about=aurora, key="a")
    owe(sam, about=aurora, key="b")
    outbox.deliver(at=NOW)
    at = NOW + timedelta(hours=1)
    with monkeypatch.context() as patch:
        send = mail.EmailMessage.send

        def die(message, **options):
            send(message)
            raise Killed

        patch.setattr(mail.EmailMessage, "send", die)
        with pytest.raises(Killed):
            outbox.deliver(at=at)
    owe(sam, about=aurora, key="c", at=at)

    assert outbox.deliver(at=at + timedelta(minutes=4)) == 2

    first, second = mail.outbox
    assert first.extra_headers["Message-ID"] == second.extra_headers["Message-ID"]
    assert first.body == second.body


def test_changing_ones_mind_counts_for_what_is_owed_already(aurora, sam):
    reading.prefer(by=sam, at=NOW, digest="daily")
    owe(sam, about=aurora)
    outbox.deliver(at=NOW)

    reading.prefer(by=sam, at=NOW, digest="never")

    assert outbox.deliver(at=NOW) == 1


def test_an_address_of_a_lost_key_is_said_to_be_lost(aurora, mia, sam, service, settings):
    bad = added(mia, aurora)
    owe(sam, about=aurora)
    settings.SECRET_KEY = "another"

    outbox.deliver(at=NOW)

    assert "Type it again" in Channel.objects.get(pk=bad.pk).last_error
    assert service.written == []


def test_who_lost_their_role_while_a_digest_waited_reads_nothing_of_the_store(aurora, sam, service):
    reading.prefer(by=sam, at=NOW, digest="daily", digest_hour=9)
    added(sam)
    owe(sam, about=aurora, key="a", notice="request_mentioned", note="The floor is 9.99.")
    owe(sam, about=sam, key="b", notice="person_secured", event="person.password_set")
    cast.revoke(sam, aurora, SUPERVISOR)

    outbox.deliver(at=NOW + timedelta(days=1))

    assert [message.subject for message in mail.outbox] == ["The way you sign in to promoflow changed"]
    assert service.written == []
    reasons = set(Message.objects.filter(key="a").values_list("outcome", "reason"))
    assert reasons == {("skipped", "Sam has no role on its store any more")}


def test_who_was_deactivated_is_written_to_nowhere(aurora, sam, service):
    added(sam)
    owe(sam, about=aurora)
    type(sam).objects.filter(pk=sam.pk).update(is_active=False)

    assert outbox.deliver(at=NOW) == 0
    assert service.written == []
    assert outcomes(recipient=sam) == ["skipped", "skipped"]
