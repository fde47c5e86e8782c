"""Setting up channels: who may, what is checked, what the history keeps, and what it never shows."""

from datetime import time

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from promoflow.audit.models import Entry
from promoflow.errors import Blocked, NotAllowed, WrongState
from promoflow.outbox import sealing, selectors
from promoflow.outbox import services as outbox
from promoflow.outbox.models import Channel, Message, Preference
from promoflow.outbox.services import channels, reading
from tests import cast
from tests.outbox.owing import ADDRESS, ALL, NOW, added, owe


def last(event):
    return Entry.objects.filter(event=event).latest("pk")


def test_a_manager_adds_a_channel_and_its_address_is_sealed(aurora, mia, service):
    channel = added(mia, aurora)

    stored = Channel.objects.get()
    assert (stored.store, stored.person, stored.masked) == (aurora, None, "hooks.example.com/…7890")
    assert sealing.open_(stored.sealed) == ADDRESS
    entry = last("channel.added")
    assert (entry.actor, entry.subject, entry.store_id) == (mia, "The team", aurora.pk)
    assert entry.after["address"] == "hooks.example.com/…7890"
    assert channel.service == "Webhook (JSON to an address of your own)"


def test_no_row_but_the_sealed_one_knows_the_address(aurora, mia, service):
    channel = added(mia, aurora)
    channels.change(channel=channel, by=mia, at=NOW, address=ADDRESS + "x", name="Another")
    channels.try_out(channel=channel, by=mia, at=NOW)
    channels.remove(channel=channel, by=mia, at=NOW)

    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            name = connection.ops.quote_name(table)
            cursor.execute(f"SELECT count(*) FROM {name} t WHERE t::text LIKE '%%hook-secret%%'")
            assert cursor.fetchone() == (0,), table


@pytest.mark.parametrize("who", ["olivia", "sam", "ada", "stranger", "root"])
def test_nobody_else_adds_one_to_the_store(aurora, service, request, who):
    with pytest.raises(NotAllowed, match="Only a manager of the store"):
        added(request.getfixturevalue(who), aurora)

    assert not Channel.objects.exists()


def test_the_manager_of_another_store_adds_none_here(aurora, service):
    boris = cast.person("Boris")
    cast.store("Borealis DE", marketplace_id="A1PA6795UKMFR9", manager=boris)

    with pytest.raises(NotAllowed):
        added(boris, aurora)


def test_everybody_adds_a_channel_of_their_own_and_nobody_else_touches_it(aurora, sam, mia, root, service):
    channel = added(sam)

    assert (channel.store, channel.person) == (None, sam)
    for person in (mia, root):
        for deed in (channels.pause, channels.resume, channels.remove, channels.try_out):
            with pytest.raises(NotAllowed, match="somebody else's own"):
                deed(channel=channel, by=person, at=NOW)
    assert service.written == []


@pytest.mark.parametrize("address", ["https://nowhere.example/x", "http://hooks.example.com/x", "x"])
def test_an_address_that_leads_nowhere_is_refused(aurora, mia, service, address):
    with pytest.raises(Blocked):
        added(mia, aurora, address=address)
    channel = added(mia, aurora)
    with pytest.raises(Blocked):
        channels.change(channel=channel, by=mia, at=NOW, address=address)

    assert Channel.objects.get().sealed == channel.sealed


def test_a_choice_that_is_none_is_refused(aurora, mia, service):
    with pytest.raises(ValidationError):
        added(mia, aurora, topics=[])
    with pytest.raises(ValidationError):
        added(mia, aurora, quiet_from=time(22))


def test_a_change_is_recorded_before_and_after(aurora, mia, service):
    channel = added(mia, aurora)

    channels.change(channel=channel, by=mia, at=NOW, name="Night watch", topics=["alarms"], quiet_from=None)

    entry = last("channel.changed")
    assert (entry.before["name"], entry.after["name"]) == ("The team", "Night watch")
    assert (entry.before["topics"], entry.after["topics"]) == (sorted(ALL), ["alarms"])


def test_a_test_message_is_really_sent(aurora, mia, service):
    channel = added(mia, aurora)

    assert channels.try_out(channel=channel, by=mia, at=NOW) == ""
    assert "A test by Mia" in service.texts[0]
    assert Channel.objects.get().worked == NOW

    service.status = 404
    assert "answered 404" in channels.try_out(channel=channel, by=mia, at=NOW)
    assert last("channel.tested").actor == mia


def test_a_paused_channel_is_told_nothing_until_it_is_resumed(aurora, mia, sam, service):
    channel = added(mia, aurora)
    owe(sam, about=aurora, key="before")
    channels.pause(channel=channel, by=mia, at=NOW)
    owe(sam, about=aurora, key="during")
    outbox.deliver(at=NOW)
    assert service.written == []

    channels.resume(channel=channel, by=mia, at=NOW)
    owe(sam, about=aurora, key="after")
    outbox.deliver(at=NOW)

    told = Message.objects.filter(channel=channel).order_by("pk").values_list("key", "outcome")
    assert list(told) == [("before", "skipped"), ("after", "sent")]
    assert len(service.written) == 1


def test_a_removed_channel_forgets_its_address_and_stays_removed(aurora, mia, sam, service):
    channel = added(mia, aurora)
    owe(sam, about=aurora)

    channels.remove(channel=channel, by=mia, at=NOW)

    outbox.deliver(at=NOW)
    assert service.written == []
    assert Channel.objects.get().sealed == ""
    assert Message.objects.get(channel=channel).outcome == "skipped"
    for deed in (channels.pause, channels.resume, channels.remove, channels.try_out):
        with pytest.raises(WrongState, match="was removed"):
            deed(channel=channel, by=mia, at=NOW)


def test_a_channel_is_told_only_of_what_was_chosen(aurora, mia, sam, service):
    added(mia, aurora, topics=["alarms"])

    owe(sam, about=aurora, key="a", notice="request_approved")
    owe(sam, about=aurora, key="b", notice="request_alarmed")
    owe(sam, about=aurora, key="c", notice="password_reset")

    assert list(Message.objects.filter(recipient=None).values_list("key", flat=True)) == ["b"]


DEEDS = {
    "add": lambda channel, by: added(by, channel.store),
    "change": lambda channel, by: channels.change(channel=channel, by=by, at=NOW, name="Other"),
    "pause": lambda channel, by: channels.pause(channel=channel, by=by, at=NOW),
    "resume": lambda channel, by: channels.resume(channel=channel, by=by, at=NOW),
    "remove": lambda channel, by: channels.remove(channel=channel, by=by, at=NOW),
    "try out": lambda channel, by: channels.try_out(channel=channel, by=by, at=NOW),
    "prefer": lambda channel, by: reading.prefer(by=by, at=NOW, mail=False),
}


def _everything():
    with connection.cursor() as cursor:
        found = {}
        for model in (Channel, Message, Preference, Entry):
            cursor.execute(f"SELECT to_jsonb(t)::text FROM {model._meta.db_table} t ORDER BY 1")
            found[model.__name__] = cursor.fetchall()
        return found


@pytest.mark.parametrize("deed", DEEDS)
def test_where_the_history_cannot_be_written_nothing_has_happened(
    deed, aurora, mia, sam, service, monkeypatch
):
    class Full(Exception):
        pass

    def refuse(*_, **__):
        raise Full

    channel = added(mia, aurora)
    owe(sam, about=aurora)
    before = _everything()
    monkeypatch.setattr(Entry.objects, "create", refuse)

    with pytest.raises(Full):
        DEEDS[deed](channel, mia)

    assert _everything() == before
    assert service.written == []


def test_how_one_is_told_is_recorded(sam):
    reading.prefer(by=sam, at=NOW, mail=False, quiet_from=time(22), quiet_until=time(7), digest="daily")

    entry = last("person.telling_changed")
    assert entry.before == {"mail": True, "quiet": "", "digest": "never", "digest_hour": 9}
    assert entry.after == {"mail": False, "quiet": "22:00-07:00", "digest": "daily", "digest_hour": 9}
    assert selectors.preference(sam.pk).mail is False
