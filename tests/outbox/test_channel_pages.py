"""The pages where people choose how they and their stores are told."""

from datetime import UTC, datetime, time

import pytest
from django.urls import reverse

from promoflow.outbox import sealing
from promoflow.outbox import services as outbox
from promoflow.outbox.models import Channel, Preference
from promoflow.outbox.services import channels
from tests.outbox.owing import added
from tests.outbox.webhooks import ADDRESSES

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TYPED = {
    "kind": "slack",
    "name": "#promotions",
    "address": ADDRESSES["slack"],
    "topics": ["review", "alarms"],
    "language": "en",
    "digest": "never",
    "digest_hour": "9",
    "quiet_from": "",
    "quiet_until": "",
}


def test_a_manager_adds_a_channel_tests_pauses_resumes_and_removes_it(client, aurora, mia, service):
    client.force_login(mia)
    assert reverse("store-channels", args=[aurora.pk]) in client.get(reverse("store", args=[aurora.pk])).text

    answer = client.post(reverse("store-channel-new", args=[aurora.pk]), TYPED)
    channel = Channel.objects.get()
    assert answer["Location"] == reverse("channel", args=[channel.pk])
    assert "Nothing sent yet" in client.get(answer["Location"]).text

    tested = client.post(reverse("channel-test", args=[channel.pk]), follow=True).text
    assert "Slack took the test message" in tested
    assert "Works" in tested
    assert "A test by Mia" in service.texts[0]

    paused = client.post(reverse("channel-pause", args=[channel.pk]), follow=True).text
    assert "Resume" in paused
    client.post(reverse("channel-resume", args=[channel.pk]))
    assert Channel.objects.get().paused is None

    gone = client.post(reverse("channel-remove", args=[channel.pk]), follow=True).text
    assert "No channel yet" in gone


def test_an_address_is_never_shown_whole_again(client, aurora, mia, service):
    channel = added(mia, aurora, kind="slack", address=ADDRESSES["slack"])
    client.force_login(mia)

    for address in (
        reverse("channel", args=[channel.pk]),
        reverse("store-channels", args=[aurora.pk]),
        reverse("history"),
    ):
        page = client.get(address).text
        assert "TIiajkdnlazkcOXrIdevi7FQ" not in page
        assert "hooks.slack.com/…i7FQ" in page or address == reverse("history")


def test_a_change_without_an_address_keeps_it(client, aurora, mia, service):
    channel = added(mia, aurora)
    client.force_login(mia)

    client.post(reverse("channel", args=[channel.pk]), {**TYPED, "address": "", "topics": ["alarms"]})

    changed = Channel.objects.get()
    assert (changed.name, changed.topics, changed.kind) == ("#promotions", ["alarms"], "webhook")
    assert sealing.open_(changed.sealed) == ADDRESSES["webhook"]


@pytest.mark.parametrize(
    ("wrong", "beside", "sentence"),
    [
        ({"address": "http://hooks.slack.com/x"}, "address", "An address of Slack looks like"),
        ({"address": ""}, "address", "This field is required."),
        ({"kind": "webhook", "address": "https://nowhere.example/"}, "address", "No host is called"),
        ({"kind": "pigeon"}, "kind", "not one of the available choices"),
        ({"topics": []}, "topics", "Choose at least one"),
        ({"topics": ["secrets"]}, "topics", "not one of the available choices"),
        ({"name": ""}, "name", "This field is required."),
        ({"quiet_from": "22:00"}, "quiet_until", "give both, or neither"),
        ({"quiet_until": "07:00"}, "quiet_from", "give both, or neither"),
        ({"quiet_from": "22:00", "quiet_until": "22:00"}, "quiet_until", "at another time"),
        ({"quiet_from": "late", "quiet_until": "07:00"}, "quiet_from", "Enter a valid time."),
        ({"digest": "weekly"}, "digest", "not one of the available choices"),
        ({"digest_hour": "24"}, "digest_hour", "not one of the available choices"),
    ],
)
def test_bad_input_is_said_beside_its_field_and_kept(client, aurora, mia, service, wrong, beside, sentence):
    client.force_login(mia)

    answer = client.post(reverse("store-channel-new", args=[aurora.pk]), {**TYPED, **wrong})

    assert answer.status_code == 422
    assert sentence in " ".join(answer.context["form"].errors[beside])
    assert "#promotions" in answer.text or "name" in wrong
    assert not Channel.objects.exists()


def test_a_private_address_is_refused_beside_the_field(client, sam):
    client.force_login(sam)

    for address in ("https://127.0.0.1/x", "https://localhost/x", "https://[::1]/x"):
        typed = {**TYPED, "kind": "webhook", "address": address}
        answer = client.post(reverse("telling-add"), typed)
        assert answer.status_code == 422
        assert "private network" in str(answer.context["form"].errors["address"])


def test_a_test_that_does_not_arrive_says_why(client, aurora, mia, service):
    channel = added(mia, aurora)
    service.status = 500
    client.force_login(mia)

    shown = client.post(reverse("channel-test", args=[channel.pk]), follow=True).text

    assert "The test message did not arrive. The service answered 500" in shown


def test_one_chooses_ones_own_hours_and_channels(client, sam, service):
    client.force_login(sam)
    typed = {"quiet_from": "22:00", "quiet_until": "07:00", "digest": "daily", "digest_hour": "18"}

    answer = client.post(reverse("telling"), typed, follow=True)
    client.post(reverse("telling-add"), TYPED)

    chosen = Preference.objects.get()
    assert (chosen.mail, chosen.quiet_from, chosen.quiet_until) == (False, time(22), time(7))
    assert (chosen.digest, chosen.digest_hour) == ("daily", 18)
    assert 'value="22:00"' in answer.text
    assert "#promotions" in client.get(reverse("telling")).text


def test_the_desk_shows_a_manager_what_does_not_work(client, aurora, mia, olivia, sam, service):
    channel = added(mia, aurora)
    service.status = 500
    context = {"reference": "PR-1042", "title": "Coupon", "kind": "coupon", "store": "Aurora US"}
    outbox.enqueue("request_approved", to=[sam], key="k", about=aurora, context=context, at=NOW, link="/")
    outbox.deliver(at=NOW)

    client.force_login(mia)
    desk = client.get(reverse("desk")).text
    page = client.get(reverse("channel", args=[channel.pk])).text
    client.force_login(sam)
    others = client.get(reverse("desk")).text

    assert "Channels that do not work" in desk
    assert "The service answered 500" in desk
    assert "Failing" in page
    assert "Try again now" in page
    assert "Channels that do not work" not in others


def test_nobody_sees_or_changes_anothers_channel(client, aurora, mia, sam, sue, root, service):
    own = added(sam)
    of_store = added(mia, aurora)
    client.force_login(sue)
    for channel in (own, of_store):
        for name in ("channel-test", "channel-pause", "channel-resume", "channel-remove"):
            assert client.post(reverse(name, args=[channel.pk])).status_code == 403
        assert client.get(reverse("channel", args=[channel.pk])).status_code == 403
    client.force_login(mia)
    assert client.get(reverse("channel", args=[own.pk])).status_code == 403

    assert service.written == []
    assert Channel.objects.filter(paused=None, removed=None).count() == 2


def test_a_forger_changes_neither_owner_nor_kind(client, aurora, mia, sam, service):
    channel = added(mia, aurora)
    client.force_login(mia)

    forged = {**TYPED, "address": "", "kind": "feishu", "store": "", "person": sam.pk, "added_by": sam.pk}
    client.post(reverse("channel", args=[channel.pk]), {**forged, "sealed": "x", "masked": "x"})

    changed = Channel.objects.get()
    assert (changed.kind, changed.store_id, changed.person_id) == ("webhook", aurora.pk, None)
    assert sealing.open_(changed.sealed) == ADDRESSES["webhook"]


def test_a_removed_channel_is_nowhere(client, aurora, mia, service):
    channel = added(mia, aurora)
    channels.remove(channel=channel, by=mia, at=NOW)
    client.force_login(mia)

    assert client.get(reverse("channel", args=[channel.pk])).status_code == 409
    assert "The team" not in client.get(reverse("store-channels", args=[aurora.pk])).text
