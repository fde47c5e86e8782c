"""The inbox: everything that a person is told, unread first, and only a POST reads it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from promoflow.errors import NotAllowed
from promoflow.outbox import selectors
from promoflow.outbox import services as outbox
from promoflow.outbox.models import Message
from promoflow.outbox.services import reading

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
CONTEXT = {
    "reference": "PR-1042",
    "title": "Coupon",
    "store": "Aurora US",
    "zone": "America/Los_Angeles",
    "decide_by": "2026-11-27T08:00:00+00:00",
}


def owe(*people, about, key="k", notice="request_submitted", at=NOW, link="/", **more):
    outbox.enqueue(notice, to=people, key=key, about=about, context=CONTEXT, at=at, link=link, **more)


def page_of(client, person, **query):
    client.force_login(person)
    return client.get(reverse("inbox"), query)


def test_a_message_says_what_why_until_when_and_leads_to_its_page(client, aurora, sam):
    owe(sam, about=aurora, why="decides", link="/requests/PR-1042/")

    shown = page_of(client, sam).content.decode()

    assert "PR-1042 waits for your decision: Coupon" in shown
    assert "You get this because you may decide on it." in shown
    assert "Decide by Fri 27 Nov 2026, 00:00 PST, for you Fri 27 Nov 2026, 16:00 UTC+8." in shown
    opened = client.post(reverse("inbox-open", args=[Message.objects.get().pk]))
    assert (opened.status_code, opened["Location"]) == (303, "/requests/PR-1042/")
    assert Message.objects.get().seen is not None


def test_everything_owed_is_in_the_inbox_mailed_or_not(client, aurora, sam):
    owe(sam, about=aurora, key="a")
    outbox.deliver(at=NOW)
    owe(sam, about=aurora, key="b")

    assert len(page_of(client, sam).context["page"]) == 2


def test_unread_ones_come_first_and_then_the_newest(client, aurora, sam):
    for day in range(4):
        owe(sam, about=aurora, key=f"k{day}", at=NOW + timedelta(days=day))
    for key in ("k1", "k3"):
        reading.read(Message.objects.get(key=key), by=sam, at=NOW)

    shown = [message.key for message in page_of(client, sam).context["page"]]

    assert shown == ["k2", "k0", "k3", "k1"]


def test_a_page_holds_fifty(client, aurora, sam):
    for number in range(51):
        owe(sam, about=aurora, key=f"k{number}")

    assert len(page_of(client, sam).context["page"]) == 50
    assert len(page_of(client, sam, page=2).context["page"]) == 1


def test_looking_reads_nothing(client, aurora, sam):
    owe(sam, about=aurora)
    page_of(client, sam)

    for name in ("inbox-open", "inbox-read"):
        assert client.get(reverse(name, args=[Message.objects.get().pk])).status_code == 303
    assert client.get(reverse("inbox-read-all")).status_code == 303
    assert Message.objects.get().seen is None


def test_one_is_read_by_a_press(client, aurora, sam):
    owe(sam, about=aurora, key="a")
    owe(sam, about=aurora, key="b")
    client.force_login(sam)

    client.post(reverse("inbox-read", args=[Message.objects.get(key="a").pk]))

    assert list(Message.objects.filter(seen=None).values_list("key", flat=True)) == ["b"]


def test_all_are_read_but_for_what_came_since(client, aurora, sam, sue):
    owe(sam, sue, about=aurora, key="a")
    newest = page_of(client, sam).context["newest"]
    owe(sam, about=aurora, key="b")

    client.post(reverse("inbox-read-all"), {"newest": newest})

    assert list(Message.objects.filter(seen=None).values_list("key", "recipient")) == [
        ("a", sue.pk),
        ("b", sam.pk),
    ]


@pytest.mark.parametrize("newest", ["", "x", "-1", "9" * 40, "1e9"])
def test_what_no_page_sends_reads_nothing(client, aurora, sam, newest):
    owe(sam, about=aurora)
    client.force_login(sam)

    assert client.post(reverse("inbox-read-all"), {"newest": newest}).status_code == 303
    assert Message.objects.get().seen is None


def test_nobody_reads_or_opens_anothers(client, aurora, sam, sue, root):
    owe(sam, about=aurora, link="/requests/PR-1042/")
    message = Message.objects.get()
    for person in (sue, root):
        assert list(page_of(client, person).context["page"]) == []
        for name in ("inbox-open", "inbox-read"):
            assert client.post(reverse(name, args=[message.pk])).status_code == 403
        with pytest.raises(NotAllowed, match="somebody else's inbox"):
            reading.read(message, by=person, at=NOW)

    assert Message.objects.get().seen is None


def test_a_link_that_opens_an_account_is_in_the_mail_alone(client, sam):
    owe(sam, about=sam, notice="password_reset", link="/sign-in/password/secret-key/")

    shown = page_of(client, sam).content.decode()
    opened = client.post(reverse("inbox-open", args=[Message.objects.get().pk]))

    assert "Set a new password for promoflow" in shown
    assert "secret-key" not in shown + opened["Location"]


def test_the_bell_counts_what_is_unread_with_one_indexed_query(client, aurora, sam):
    owe(sam, about=aurora, key="a")
    owe(sam, about=aurora, key="b")
    client.force_login(sam)

    with CaptureQueriesContext(connection) as few:
        shown = client.get(reverse("telling")).content.decode()
    Message.objects.update(seen=NOW)
    Message.objects.bulk_create(
        Message(key=f"k{number}", notice="request_submitted", recipient=sam, subject_id=1, owed=NOW, due=NOW)
        for number in range(150)
    )
    with CaptureQueriesContext(connection) as many:
        crowded = client.get(reverse("telling")).content.decode()

    assert "Inbox: 2 unread messages" in shown
    assert "Inbox: 99+ unread messages" in crowded
    assert len(few) == len(many)
    Message.objects.bulk_create(
        Message(key=f"s{number}", notice="a", recipient=sam, subject_id=1, owed=NOW, due=NOW, seen=NOW)
        for number in range(3000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE outbox_message")
    plan = Message.objects.filter(recipient=sam.pk, channel=None, seen=None)[:100].explain()
    assert "message_unread" in plan
    assert selectors.unread(sam) == 100


def test_without_anything_unread_the_bell_is_silent(client, sam):
    shown = page_of(client, sam).content.decode()

    assert "Inbox: nothing unread" in shown
    assert "bell-count" not in shown
