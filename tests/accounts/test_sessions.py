"""A session ends: so long after signing in, whatever is done in it, and so long after its last use."""

import html
import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from promoflow.promotions.models import PromotionRequest, State
from promoflow.promotions.screenshots import Screenshot
from tests import cast
from tests.promotions import attachments, lives
from tests.promotions.lives import LAMP

IDLE = "You were signed out, because nothing was done here for 30 minutes. Sign in again to go on."
OVER = "You were signed out, because you signed in 12 hours ago. Sign in again to go on."
BY_ITSELF = {"Unattended": "yes", "HX-Request": "true"}


@pytest.fixture(autouse=True)
def _no_attempts_counted_yet(db):
    cache.clear()


@pytest.fixture
def clock(monkeypatch):
    """Moves the desk's clock so many minutes on."""
    began = timezone.now()

    def at(minutes):
        monkeypatch.setattr("django.utils.timezone.now", lambda: began + timedelta(minutes=minutes))

    at(0)
    return at


def sign_in(client):
    client.post(reverse("account_login"), {"login": "stranger@example.com", "password": cast.PASSWORD})
    assert is_signed_in(client)


def is_signed_in(client, **headers):
    return client.get(reverse("preferences"), headers=headers).status_code == 200


# --- Nothing done for a while ---------------------------------------------------------------------------


def test_half_an_hour_without_use_signs_out_and_the_page_of_signing_in_says_why(client, stranger, clock):
    sign_in(client)

    clock(30)
    response = client.get(reverse("preferences"), follow=True)

    assert response.redirect_chain == [(f"{reverse('account_login')}?next={reverse('preferences')}", 302)]
    assert response.text.count(IDLE) == 1
    assert not is_signed_in(client)


def test_who_goes_on_working_stays_signed_in(client, stranger, clock):
    sign_in(client)

    for minutes in range(0, 600, 29):
        clock(minutes)
        assert is_signed_in(client)


def test_a_page_that_asks_by_itself_is_no_use(client, stranger, clock):
    sign_in(client)

    for minutes in range(1, 30):
        clock(minutes)
        assert is_signed_in(client, **BY_ITSELF)
    clock(30)

    assert not is_signed_in(client, **BY_ITSELF)


def test_a_page_left_open_that_asks_by_itself_leads_to_signing_in(client, stranger, clock):
    sign_in(client)

    clock(30)
    asked = client.get(reverse("preferences"), headers=BY_ITSELF)

    assert asked["HX-Redirect"].startswith(reverse("account_login"))
    assert IDLE in client.get(asked["HX-Redirect"]).text


def test_looking_writes_at_most_once_a_minute(client, stranger, clock):
    sign_in(client)

    written = []
    for minutes in (0.5, 0.9, 1, 1.9, 2):
        clock(minutes)
        with CaptureQueriesContext(connection) as asked:
            assert is_signed_in(client)
        written.append(sum(query["sql"].startswith("UPDATE") for query in asked))

    assert written == [0, 0, 1, 0, 1]


def test_a_form_sent_too_late_does_nothing_and_the_page_says_so_after_signing_in_again(
    client, aurora, olivia, clock
):
    client.force_login(olivia)
    address = f"{reverse('request-new')}?store={aurora.pk}&kind=coupon"

    clock(31)
    sent = client.post(address, lives.coupon(LAMP))
    client.force_login(olivia)
    sign_in = html.unescape(re.search(r'href="([^"]+next=[^"]+)"', sent.text)[1])
    back = client.get(parse_qs(urlsplit(sign_in).query)["next"][0], follow=True)

    assert IDLE in sent.text
    assert lives.coupon(LAMP)["title"] in sent.text
    assert "nor by what you sent before you signed in" in back.text
    assert not PromotionRequest.objects.exists()


def test_a_deed_without_words_sent_too_late_leads_to_signing_in_and_back(client, aurora, olivia, clock):
    client.force_login(olivia)

    clock(31)
    sent = client.post(reverse("inbox-read-all"))

    assert IDLE in client.get(sent.url).text


def test_stopping_takes_one_press_of_whoever_is_signed_in(client, aurora, olivia, sam, clock):
    running = lives.approved(aurora, lives.coupon(LAMP), by=olivia, supervisor=sam)
    lives.go_live(running, by=olivia, screenshot=Screenshot(attachments.picture(), "image/png"))
    client.force_login(olivia)

    clock(29)
    client.post(reverse("request-stop", args=[running.reference]))

    assert lives.again(running).state == State.ENDED


# --- Signed in long ago ---------------------------------------------------------------------------------


def test_twelve_hours_after_signing_in_it_ends_whatever_was_done_in_it(client, stranger, clock):
    sign_in(client)

    for minutes in range(0, 12 * 60, 15):
        clock(minutes)
        assert is_signed_in(client)
    clock(12 * 60)
    response = client.get(reverse("preferences"), follow=True)

    assert response.text.count(OVER) == 1
    assert not is_signed_in(client)


def test_signing_in_again_begins_anew(client, stranger, clock):
    sign_in(client)
    clock(12 * 60)
    assert not is_signed_in(client)

    sign_in(client)
    clock(12 * 60 + 29)

    assert is_signed_in(client)


def test_a_new_password_does_not_prolong_it(client, stranger, clock):
    sign_in(client)
    for minutes in range(0, 12 * 60, 20):
        clock(minutes)
        assert is_signed_in(client)
    new = "a lamp for every corner"

    client.post(
        reverse("account_change_password"),
        {"oldpassword": cast.PASSWORD, "password1": new, "password2": new},
    )
    stranger.refresh_from_db()
    assert stranger.check_password(new)
    assert is_signed_in(client)
    clock(12 * 60)

    assert not is_signed_in(client)


def test_a_session_from_before_there_were_limits_begins_with_its_next_page(stranger, clock):
    client = Client()
    client.force_login(stranger, backend="allauth.account.auth_backends.AuthenticationBackend")
    clock(60)
    assert is_signed_in(client)

    clock(91)

    assert not is_signed_in(client)


# --- What is typed meanwhile ----------------------------------------------------------------------------


def of_the_page(client, user):
    return client.get(reverse("person-here", args=[user.pk]), headers={"HX-Request": "true"})


def test_typing_is_use_though_nothing_is_sent(client, stranger, clock):
    sign_in(client)

    for minutes in range(0, 60, 5):
        clock(minutes)
        assert of_the_page(client, stranger).status_code == 200

    assert is_signed_in(client)


def test_a_page_hears_that_its_session_has_ended_and_what_is_typed_stays(client, stranger, clock):
    sign_in(client)

    clock(30)
    told = of_the_page(client, stranger)

    assert told.status_code == 200
    assert "What you typed is still on this page" in told.text
    assert "csrfmiddlewaretoken" not in told.text


def test_a_page_that_asks_for_a_part_with_what_is_typed_is_not_left(client, aurora, olivia, clock):
    client.force_login(olivia)

    clock(30)
    checked = client.post(reverse("request-check"), lives.coupon(LAMP), headers={"HX-Request": "true"})

    assert (checked.status_code, checked["HX-Trigger"]) == (204, "signed-out")


def test_after_signing_in_anew_its_forms_get_the_token_of_now(stranger, clock):
    client = Client(enforce_csrf_checks=True)
    client.force_login(stranger, backend="allauth.account.auth_backends.AuthenticationBackend")

    told = of_the_page(client, stranger)

    token = re.search(r'name="csrfmiddlewaretoken"\s+value="(\w+)"', told.text)[1]
    assert client.post(reverse("inbox-read-all"), {"csrfmiddlewaretoken": token}).status_code == 303


def test_the_page_of_one_person_gets_nothing_from_the_session_of_another(client, stranger, mia):
    client.force_login(mia)

    told = of_the_page(client, stranger)

    assert "You are not signed in any more" in told.text
    assert "csrfmiddlewaretoken" not in told.text
