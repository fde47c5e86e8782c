"""A person hears of something by the bell, reads it by keyboard alone, and chooses how to be told."""

import pytest
from django.urls import reverse

from promoflow.outbox.models import Channel, Message, Preference
from tests.outbox.webhooks import ADDRESSES
from tests.promotions import lives

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_supervisor_finds_and_reads_a_message_by_keyboard(browse, aurora, olivia, sam):
    request = lives.submitted(aurora, by=olivia)
    page = browse(sam)
    page.goto(reverse("desk"))
    bell = page.get_by_role("link", name="Inbox: 1 unread message")

    bell.focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name=f"{request.reference} waits for your decision").first.focus()
    page.keyboard.press("Enter")

    page.wait_for_url(f"**{reverse('request', args=[request.reference])}")
    assert page.get_by_role("link", name="Inbox: nothing unread").count() == 1
    assert Message.objects.get(recipient=sam).seen is not None


def test_a_phone_shows_the_inbox_without_scrolling_sideways(browse, aurora, olivia, sam):
    lives.submitted(aurora, by=olivia)
    page = browse(sam, phone=True)

    for name in ("inbox", "telling", "telling-add"):
        page.goto(reverse(name))
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_manager_sets_a_channel_up_and_tests_it(browse, aurora, mia, service):
    page = browse(mia)
    page.goto(reverse("store-channels", args=[aurora.pk]))
    page.get_by_role("link", name="Add a channel").first.click()
    page.get_by_label("Service").select_option("webhook")
    page.get_by_label("Name").fill("The team")
    page.get_by_label("Webhook address").fill("https://nowhere.example/x")
    page.get_by_role("button", name="Add").click()
    page.get_by_text("No host is called nowhere.example.").first.wait_for()
    assert page.get_by_label("Name").input_value() == "The team"

    page.get_by_label("Webhook address").fill(ADDRESSES["webhook"])
    page.get_by_role("button", name="Add").click()
    page.get_by_role("button", name="Send a test message").click()

    page.get_by_text("took the test message").wait_for()
    assert "A test by Mia" in service.texts[0]
    assert Channel.objects.get().worked is not None


def test_a_person_chooses_quiet_hours(browse, aurora, sam):
    page = browse(sam)
    page.goto(reverse("telling"))
    page.get_by_label("Quiet from").fill("22:00")
    page.get_by_label("Quiet until").fill("07:00")
    page.get_by_role("button", name="Keep").click()

    page.get_by_text("Your choice is kept.").wait_for()
    assert Preference.objects.get().quiet_from.hour == 22
