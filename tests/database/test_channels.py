"""Raw SQL against what is promised of channels: none changes in secret, none moves, and each is told once."""

import pytest
from django.db import connection

from promoflow.outbox import services as outbox
from promoflow.outbox.models import Channel, Message
from promoflow.outbox.services import channels
from tests.database.attacks import refused
from tests.outbox.owing import NOW, added

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def channel(aurora, mia, service):
    return added(mia, aurora, topics=["review"])


INSERT = (
    "INSERT INTO outbox_channel (store_id, person_id, kind, name, sealed, masked, topics, language, added_at, added_by_id,"
    " digest, digest_hour, pause_reason, failures, last_error)"
    " VALUES (%s, %s, 'webhook', 'Mallory', 'x', 'x', '{review}', 'en', now(), %s, 'never', 9, '', 0, '')"
)


def test_no_channel_appears_without_its_entry(aurora, mia):
    refused("no_channel_without_its_entry", (INSERT, [aurora.pk, None, mia.pk]))

    assert not Channel.objects.exists()


@pytest.mark.parametrize(
    "change",
    [
        "sealed = 'elsewhere'",
        "masked = 'elsewhere'",
        "name = 'harmless'",
        "topics = '{review,running,alarms}'",
        "paused = now()",
        "removed = now(), sealed = ''",
    ],
)
def test_no_channel_changes_without_its_entry(channel, change):
    refused("no_channel_without_its_entry", f"UPDATE outbox_channel SET {change}")


def test_the_entry_of_a_test_message_covers_no_change(channel, mia):
    entry = (
        "INSERT INTO audit_entry (at, event, outcome, actor_name, store_name, subject_type, subject_id, subject, asins,"
        " state_before, state_after, before, after, why, address, user_agent)"
        " VALUES (now(), 'channel.tested', 'done', 'Mallory', '', 'outbox.channel', %s, 'x', '{}',"
        " '', '', '{}', '{}', '', '', '')"
    )

    refused("no_channel_without_its_entry", (entry, [channel.pk]), "UPDATE outbox_channel SET sealed = 'y'")


def test_what_delivery_notes_needs_no_entry(channel):
    Channel.objects.update(failures=1, failing_since=NOW, last_error="No", held_until=NOW)

    assert Channel.objects.get().failures == 1


@pytest.mark.parametrize("change", ["store_id = NULL, person_id = %s", "added_by_id = %s", "id = 10000 + %s"])
def test_a_channel_stays_with_whom_it_belongs_to(channel, sam, change):
    refused("channel_stays_where_it_is", (f"UPDATE outbox_channel SET {change}", [sam.pk]))


def test_a_removed_channel_does_not_come_back(channel, mia):
    channels.remove(channel=channel, by=mia, at=NOW)

    refused("channel_stays_where_it_is", "UPDATE outbox_channel SET removed = NULL, sealed = 'x'")


def test_a_channel_is_a_stores_or_a_persons_and_not_both(aurora, mia):
    refused("a_channel_is_a_stores_or_a_persons", (INSERT, [aurora.pk, mia.pk, mia.pk]))
    refused("a_channel_is_a_stores_or_a_persons", (INSERT, [None, None, mia.pk]))


def test_a_removed_channel_keeps_no_address(channel):
    refused("a_removed_channel_forgets_its_address", "UPDATE outbox_channel SET removed = now()")


def test_quiet_hours_have_both_ends(channel):
    refused("channel_is_quiet_from_and_until", "UPDATE outbox_channel SET quiet_from = '22:00'")


@pytest.mark.parametrize("change", ["digest = 'weekly'", "digest_hour = 24"])
def test_a_digest_is_one_that_the_desk_knows(channel, change):
    refused("channel_gathers_at_an_hour", f"UPDATE outbox_channel SET {change}")


COPY = (
    "INSERT INTO outbox_message (key, notice, recipient_id, channel_id, why, store_id, subject_type, subject_id, context,"
    " link, owed, due, attempts, outcome, reason)"
    " SELECT key, notice, {recipient}, {channel}, why, store_id, subject_type, subject_id, context, link, owed, due, 0,"
    " '', '' FROM outbox_message WHERE {which}"
)


def test_each_is_told_once_through_each(channel, aurora, sam):
    context = {"reference": "PR-1042", "title": "Coupon", "store": "Aurora US"}
    outbox.enqueue("request_approved", to=[sam], key="k", about=aurora, context=context, at=NOW, link="/")
    assert Message.objects.count() == 2

    for which in ("channel_id IS NULL", "recipient_id IS NULL"):
        again = COPY.format(recipient="recipient_id", channel="channel_id", which=which)
        refused("each_is_told_once_through_each", again)
    nowhere = COPY.format(recipient="NULL", channel="NULL", which="channel_id IS NULL")
    refused("a_message_goes_somewhere", nowhere)


def test_the_application_sets_channels_up_and_delivers_with_its_few_privileges(aurora, mia, sam, service):
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE promoflow_app")
    try:
        channel = added(mia, aurora, topics=["review"])
        context = {"reference": "PR-1042", "title": "Coupon", "kind": "coupon", "store": "Aurora US"}
        outbox.enqueue("request_approved", to=[sam], key="k", about=aurora, context=context, at=NOW, link="/")
        sent = outbox.deliver(at=NOW)
        channels.remove(channel=channel, by=mia, at=NOW)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE")

    assert sent == 2
