"""After another secret key: the addresses of channels are sealed anew, and nobody types one again."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from promoflow.audit.models import Entry
from promoflow.outbox import sealing
from promoflow.outbox.services import channels
from tests.outbox.owing import ADDRESS, NOW, added

pytestmark = pytest.mark.django_db(transaction=True)


def reseal():
    told = StringIO()
    call_command("reseal_channels", stdout=told)
    return told.getvalue()


@pytest.fixture
def channel(aurora, mia, service):
    return added(mia, aurora)


@pytest.fixture
def old_key(channel, settings):
    """The channel is there already when the desk gets another key."""
    old = settings.SECRET_KEY
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "the key of today", [old]
    return old


def test_an_address_needs_its_old_key_no_more(channel, old_key, settings):
    assert reseal() == "Addresses sealed anew: 1.\n"

    settings.SECRET_KEY_FALLBACKS = []
    channel.refresh_from_db()
    assert sealing.open_(channel.sealed) == ADDRESS


def test_the_history_tells_of_it_as_of_nobody(channel, old_key):
    reseal()

    entry = Entry.objects.get(event="channel.changed")
    assert (entry.actor, entry.subject, entry.why) == (None, "The team", "manage.py reseal_channels")
    assert entry.store_id == channel.store_id


def test_a_second_run_changes_nothing(channel, old_key):
    reseal()
    channel.refresh_from_db()
    sealed = channel.sealed

    assert reseal() == "Addresses sealed anew: 0.\n"

    channel.refresh_from_db()
    assert channel.sealed == sealed
    assert Entry.objects.filter(event="channel.changed").count() == 1


def test_an_address_that_no_key_opens_is_named_and_the_others_are_sealed(
    aurora, mia, channel, old_key, settings
):
    settings.SECRET_KEY_FALLBACKS = ["the key between"]
    settings.SECRET_KEY = "the key between"
    other = added(mia, aurora, name="The others")
    settings.SECRET_KEY = "the key of today"

    with pytest.raises(CommandError, match=r"The team \(Aurora US, hooks.example.com/…7890\)"):
        reseal()

    settings.SECRET_KEY_FALLBACKS = []
    other.refresh_from_db()
    assert sealing.open_(other.sealed) == ADDRESS


def test_what_was_removed_stays_forgotten(channel, mia, old_key):
    channels.remove(channel=channel, by=mia, at=NOW)

    assert reseal() == "Addresses sealed anew: 0.\n"

    channel.refresh_from_db()
    assert channel.sealed == ""
