"""Signing in: with a password, with a second step, after forgetting, and no longer."""

import hashlib
import re
import time
from datetime import timedelta
from urllib.parse import quote

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.conf import settings
from django.contrib.messages import get_messages
from django.core import mail
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.template.loader import render_to_string
from django.test import Client
from django.urls import NoReverseMatch, reverse
from django.utils import timezone, translation

from accounts import hammering
from accounts.models import User
from accounts.services import people
from promoflow.audit.models import PEOPLES, Entry
from promoflow.outbox import services as outbox
from tests import cast

NEW_PASSWORD = "a lamp for every corner"


@pytest.fixture(autouse=True)
def _no_attempts_counted_yet(db):
    cache.clear()


def sign_in(client, email, password=cast.PASSWORD, **extra):
    return client.post(reverse("account_login"), {"login": email, "password": password, **extra})


def signed_in_as(client):
    key = client.session.get("_auth_user_id")
    return User.objects.get(pk=key) if key else None


def events():
    return list(Entry.objects.filter(PEOPLES).order_by("pk").values_list("event", flat=True))


def code_of(secret):
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def link_mailed_to(user):
    """Delivers what is owed, and reads the link out of the mail."""
    outbox.deliver(at=timezone.now())
    [message] = [message for message in mail.outbox if message.to == [user.email]][-1:]
    return re.search(r"https?://[^/]+(/sign-in/password/\S+)", message.body).group(1)


def set_password(client, link, password=NEW_PASSWORD):
    page = client.get(link, follow=True)
    return client.post(page.request["PATH_INFO"], {"password1": password, "password2": password})


# --- With a password ------------------------------------------------------------------------------------


def test_a_person_signs_in_and_the_history_knows(client, stranger):
    response = sign_in(client, "stranger@example.com")

    assert response.status_code == 302
    assert signed_in_as(client) == stranger
    entry = Entry.objects.get(event="person.signed_in")
    assert (entry.actor, entry.address) == (stranger, "127.0.0.1")


def test_whoever_signs_in_is_greeted_in_their_own_language(client, stranger):
    User.objects.filter(pk=stranger.pk).update(language="zh-hans")

    greeting = sign_in(client, "stranger@example.com", HTTP_ACCEPT_LANGUAGE="en")
    [sentence] = [str(message) for message in get_messages(greeting.wsgi_request)]

    with translation.override("zh-hans"):
        assert sentence == render_to_string("account/messages/logged_in.txt", {"user": stranger}).strip()
    assert "Success" not in sentence


def test_the_second_step_greets_in_it_too(client, sam):
    User.objects.filter(pk=sam.pk).update(language="zh-hant")
    sign_in(client, sam.email, HTTP_ACCEPT_LANGUAGE="en")

    greeting = client.post(reverse("mfa_authenticate"), {"code": cast.code()}, HTTP_ACCEPT_LANGUAGE="en")

    assert signed_in_as(client) == sam
    assert "Success" not in " ".join(str(message) for message in get_messages(greeting.wsgi_request))


def test_the_case_of_the_address_does_not_matter(client, stranger):
    sign_in(client, "Stranger@Example.com")

    assert signed_in_as(client) == stranger


def test_a_wrong_password_is_refused_and_recorded(client, stranger):
    response = sign_in(client, "stranger@example.com", "wrong")

    assert response.status_code == 200
    assert response.context["form"].errors
    assert signed_in_as(client) is None
    entry = Entry.objects.get(event="person.sign_in_failed")
    assert (entry.actor, entry.subject, entry.outcome) == (None, "Stranger", "refused")


def test_a_stranger_and_a_wrong_password_read_the_same(client, stranger):
    known = sign_in(client, "stranger@example.com", "wrong").context["form"].errors
    unknown = sign_in(client, "nobody@example.com", "wrong").context["form"].errors

    assert known == unknown
    assert Entry.objects.filter(event="person.sign_in_failed", after__email="nobody@example.com").exists()


def test_guessing_is_stopped(client, stranger):
    for _attempt in range(5):
        sign_in(client, "stranger@example.com", "wrong")

    response = sign_in(client, "stranger@example.com")

    assert signed_in_as(client) is None
    assert "Too many failed login attempts" in str(response.context["form"].errors)


@pytest.mark.parametrize("host", ["localhost:9001", "127.0.0.1", "LocalHost"])
def test_another_spelling_of_the_host_is_no_new_chance_to_guess(client, stranger, settings, host):
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
    for _attempt in range(5):
        client.post(
            reverse("account_login"),
            {"login": "stranger@example.com", "password": "wrong"},
            HTTP_HOST="localhost:8000",
        )

    client.post(
        reverse("account_login"), {"login": "stranger@example.com", "password": cast.PASSWORD}, HTTP_HOST=host
    )

    assert signed_in_as(client) is None


def test_many_attempts_on_others_do_not_forget_those_on_one(client, stranger):
    for _attempt in range(5):
        sign_in(client, "stranger@example.com", "wrong")

    # Django throws away from the front of the alphabet.
    for number in range(400):
        cache.set(f"somebody-else-{number}", [time.time()], 300)

    sign_in(client, "stranger@example.com")
    assert signed_in_as(client) is None


def test_each_attempt_that_comes_too_soon_is_recorded_as_such(client, stranger):
    for _attempt in range(5):
        sign_in(client, "stranger@example.com", "wrong")

    sign_in(client, "stranger@example.com")

    failed = Entry.objects.filter(event="person.sign_in_failed", subject="Stranger").order_by("pk")
    assert [entry.after.get("too_many_attempts", False) for entry in failed] == [False] * 5 + [True]


def test_a_wrong_code_is_recorded(client, sam):
    _with_two_steps(sam)
    sign_in(client, sam.email)

    answer = client.post(reverse("mfa_authenticate"), {"code": "000000"})

    assert answer.context["form"].errors
    assert signed_in_as(client) is None
    entry = Entry.objects.get(event="person.sign_in_failed")
    assert (entry.subject_id, entry.outcome) == (sam.pk, "refused")
    assert entry.after == {"email": sam.email, "step": "code"}


def test_a_wrong_code_to_confirm_with_is_recorded(client, sam):
    _with_two_steps(sam)
    client.force_login(sam)

    client.post(reverse("mfa_reauthenticate"), {"code": "000000"})

    entry = Entry.objects.get(event="person.confirm_failed")
    assert (entry.actor, entry.outcome) == (sam, "refused")


def test_a_wrong_password_in_the_way_of_a_new_one_is_recorded(client, stranger):
    client.force_login(stranger)
    new = {"password1": "a new long password", "password2": "a new long password"}

    client.post(reverse("account_change_password"), {"oldpassword": "wrong", **new})

    entry = Entry.objects.get(event="person.confirm_failed")
    assert (entry.actor, entry.after) == (stranger, {"step": "password"})


@pytest.mark.parametrize(
    ("email", "subject"), [("stranger@example.com", "Stranger"), ("nobody@example.com", "")]
)
def test_whoever_asks_for_a_link_to_set_a_password_is_recorded(client, stranger, email, subject):
    client.post(reverse("account_reset_password"), {"email": email})

    entry = Entry.objects.get(event="person.password_reset_asked")
    assert (entry.actor, entry.subject, entry.after) == (None, subject, {"email": email})
    assert entry.who == "Somebody not signed in"


def test_a_stranger_sends_no_file_that_fills_the_disk(client, stranger, settings):
    """It would be written down before anybody asks who sends it."""
    large = SimpleUploadedFile("large.png", bytes(settings.DATA_UPLOAD_MAX_MEMORY_SIZE))
    typed = {"login": "stranger@example.com", "password": cast.PASSWORD, "picture": large}

    assert client.post(reverse("account_login"), typed).status_code == 400
    assert "_auth_user_id" not in client.session

    client.force_login(stranger)
    assert client.post(reverse("preferences"), typed).status_code == 422


def test_hammering_is_answered_with_429(client, stranger):
    statuses = [sign_in(client, f"person{n}@example.com", "wrong").status_code for n in range(31)]

    assert statuses[-1] == 429
    assert sign_in(client, "stranger@example.com").status_code == 429


def test_who_is_turned_away_unread_leaves_one_entry_for_each_window_and_address(
    client, stranger, monkeypatch
):
    for n in range(30):
        sign_in(client, f"person{n}@example.com", "wrong")
    failed = Entry.objects.filter(event="person.sign_in_failed")
    assert failed.count() == 30

    for _ in range(5):
        assert sign_in(client, "stranger@example.com", "wrong").status_code == 429

    entry = failed.order_by("pk").last()
    assert failed.count() == 31
    assert (entry.outcome, entry.actor, entry.subject) == ("refused", None, str(stranger))
    assert entry.after == {"email": "stranger@example.com", "turned_away": True}
    assert (entry.address, entry.who) == ("127.0.0.1", "Somebody not signed in")
    elsewhere = Client(REMOTE_ADDR="203.0.113.9")
    for n in range(33):
        sign_in(elsewhere, f"person{n}@example.com", "wrong")
    assert failed.count() == 31 + 30 + 1
    monkeypatch.setattr(hammering, "WINDOW", timedelta(0))
    cache.delete_many(f"turned-away:person.sign_in_failed:{_hashed(address)}" for address in SENDERS)
    sign_in(client, "stranger@example.com", "wrong")
    sign_in(client, "stranger@example.com", "wrong")
    assert failed.filter(after__turned_away=True).count() == 4


SENDERS = ("127.0.0.1", "203.0.113.9")


def _hashed(address):
    return hashlib.sha256(address.encode()).hexdigest()


def test_a_window_whose_entry_cannot_be_written_is_told_by_the_next_attempt(client, stranger, monkeypatch):
    for n in range(30):
        sign_in(client, f"person{n}@example.com", "wrong")
    before = Entry.objects.count()
    with monkeypatch.context() as patched:
        patched.setattr(Entry.objects, "create", _broken)
        with pytest.raises(RuntimeError, match="no room"):
            sign_in(client, "stranger@example.com")
    assert Entry.objects.count() == before
    assert signed_in_as(client) is None

    sign_in(client, "stranger@example.com")

    assert Entry.objects.order_by("pk").last().after["turned_away"] is True


def _broken(*args, **fields):
    raise RuntimeError("no room")


def test_nothing_but_the_entrance_is_open(client, db):
    for name in ("store-list", "store-new", "person-new", "preferences", "account_change_password"):
        response = client.get(reverse(name))

        assert response.status_code == 302
        assert response.url.startswith(reverse("account_login"))


@pytest.mark.parametrize(
    "name", ["account_signup", "account_email", "account_set_password", "socialaccount_signup"]
)
def test_pages_that_nobody_needs_are_not_there(name):
    with pytest.raises(NoReverseMatch):
        reverse(name)


def test_signing_out_takes_a_post(client, stranger):
    client.force_login(stranger)

    client.get(reverse("account_logout"))
    assert signed_in_as(client) == stranger

    client.post(reverse("account_logout"))
    assert signed_in_as(client) is None


def test_a_visitor_is_sent_on_to_where_they_wanted_and_nowhere_else(client, stranger):
    onward = sign_in(client, "stranger@example.com", next="/preferences/")
    client.post(reverse("account_logout"))
    outward = sign_in(client, "stranger@example.com", next="https://evil.example/")

    assert onward.url == "/preferences/"
    assert outward.url == reverse("desk")


def test_without_its_entry_nobody_signs_in(client, stranger, monkeypatch):
    def broken(*args, **kwargs):
        raise RuntimeError("the history is full")

    monkeypatch.setattr("promoflow.audit.services.record", broken)

    with pytest.raises(RuntimeError):
        sign_in(client, "stranger@example.com")

    assert client.get(reverse("preferences")).status_code == 302


# --- Deactivated ----------------------------------------------------------------------------------------


def test_a_deactivated_person_cannot_sign_in(client, aurora, mia, sam):
    people.deactivate(user=sam, by=mia, at=timezone.now())

    sign_in(client, "sam@example.com")

    assert signed_in_as(client) is None


def test_an_account_that_was_shut_in_the_database_alone_cannot_sign_in_either(client, stranger):
    User.objects.filter(pk=stranger.pk).update(is_active=False)

    response = sign_in(client, "stranger@example.com")

    assert response.url == reverse("account_inactive")
    assert signed_in_as(client) is None
    assert client.get(response.url).status_code == 200
    assert Entry.objects.get(event="person.sign_in_failed").after["active"] is False


def test_a_running_session_dies_at_the_next_request(client, aurora, mia, sam):
    client.force_login(sam)
    assert client.get(reverse("preferences")).status_code == 200

    people.deactivate(user=sam, by=mia, at=timezone.now())

    assert client.get(reverse("preferences")).status_code == 302


def test_an_old_session_stays_dead_when_the_account_comes_back(client, aurora, mia, sam):
    client.force_login(sam)

    people.deactivate(user=sam, by=mia, at=timezone.now())
    people.reactivate(user=sam, by=mia, at=timezone.now())

    assert client.get(reverse("preferences")).status_code == 302


def test_a_link_from_before_stays_dead_when_the_account_comes_back(client, aurora, mia, sam):
    client.post(reverse("account_reset_password"), {"email": sam.email})
    link = link_mailed_to(sam)

    people.deactivate(user=sam, by=mia, at=timezone.now())
    people.reactivate(user=sam, by=mia, at=timezone.now())

    assert client.get(link).context["token_fail"]


# --- Setting a password ---------------------------------------------------------------------------------


def test_whoever_is_added_sets_a_password_and_signs_in(client, aurora, mia):
    nina = people.add(
        email="nina@example.com", name="Nina", language="en", time_zone="UTC", by=mia, at=timezone.now()
    )
    link = link_mailed_to(nina)

    response = set_password(client, link)
    sign_in(client, "nina@example.com", NEW_PASSWORD)

    assert response.url == reverse("account_reset_password_from_key_done")
    assert client.get(response.url).status_code == 200
    assert signed_in_as(client) == nina
    assert "person.password_set" in events()
    assert client.get(link).context["token_fail"]


def test_whoever_forgot_the_password_sets_a_new_one(client, stranger):
    response = client.post(reverse("account_reset_password"), {"email": "Stranger@example.com"})
    assert client.get(response.url).status_code == 200

    set_password(client, link_mailed_to(stranger))

    assert sign_in(client, "stranger@example.com").context["form"].errors
    sign_in(client, "stranger@example.com", NEW_PASSWORD)
    assert signed_in_as(client) == stranger


def test_who_has_an_account_is_not_told(client, stranger):
    known = client.post(reverse("account_reset_password"), {"email": "stranger@example.com"})
    unknown = client.post(reverse("account_reset_password"), {"email": "nobody@example.com"})

    assert (known.status_code, known.url) == (unknown.status_code, unknown.url)
    outbox.deliver(at=timezone.now())
    assert [message.to for message in mail.outbox] == [["stranger@example.com"]]


def test_a_weak_password_is_refused(client, stranger):
    client.post(reverse("account_reset_password"), {"email": stranger.email})

    response = set_password(client, link_mailed_to(stranger), "short")

    assert "at least 12 characters" in str(response.context["form"].errors)


@pytest.mark.parametrize("language", ["zh-hans", "zh-hant"])
def test_a_short_password_is_refused_in_the_language_of_the_page(client, stranger, language):
    people.change_preferences(by=stranger, language=language, time_zone="Asia/Shanghai", at=timezone.now())
    sign_in(client, stranger.email)
    short = {"oldpassword": cast.PASSWORD, "password1": "short", "password2": "short"}

    response = client.post(reverse("account_change_password"), short)

    [sentence] = response.context["form"].errors["password1"]
    assert "12" in sentence
    assert not re.search("[a-z]", sentence), "no English is left"


def test_a_person_changes_the_password_and_is_told(client, stranger):
    sign_in(client, stranger.email)

    response = client.post(
        reverse("account_change_password"),
        {"oldpassword": cast.PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD},
    )

    assert response.status_code == 302
    stranger.refresh_from_db()
    assert stranger.check_password(NEW_PASSWORD)
    outbox.deliver(at=timezone.now())
    assert "a password was set for your account" in mail.outbox[-1].body
    assert "person.password_set" in events()


def test_changing_the_password_ends_the_other_sessions(client, stranger):
    elsewhere = Client()
    sign_in(elsewhere, stranger.email)
    sign_in(client, stranger.email)

    client.post(
        reverse("account_change_password"),
        {"oldpassword": cast.PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD},
    )

    assert client.get(reverse("preferences")).status_code == 200
    assert elsewhere.get(reverse("preferences")).status_code == 302


def test_the_old_password_is_asked_for(client, stranger):
    sign_in(client, stranger.email)

    client.post(
        reverse("account_change_password"),
        {"oldpassword": "wrong", "password1": NEW_PASSWORD, "password2": NEW_PASSWORD},
    )

    stranger.refresh_from_db()
    assert stranger.check_password(cast.PASSWORD)


# --- The second step ------------------------------------------------------------------------------------


def test_two_step_verification_is_switched_on_with_a_real_code(
    client, stranger, django_capture_on_commit_callbacks
):
    sign_in(client, stranger.email)
    open_the_second_step(client)
    secret = client.session["mfa.totp.secret"]

    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("mfa_activate_totp"), {"code": code_of(secret)})

    kinds = set(Authenticator.objects.filter(user=stranger).values_list("type", flat=True))
    assert kinds == {"totp", "recovery_codes"}
    assert "person.two_step_on" in events()
    assert client.get(reverse("mfa_index")).status_code == 200
    assert client.get(reverse("mfa_view_recovery_codes")).status_code == 200


def test_a_wrong_code_switches_nothing_on(client, stranger):
    sign_in(client, stranger.email)
    open_the_second_step(client)

    client.post(reverse("mfa_activate_totp"), {"code": "000000"})

    assert not Authenticator.objects.exists()


def test_whoever_once_reset_the_password_can_switch_it_on_too(client, stranger):
    """allauth would note an unverified address at a reset, and then refuse the second step."""
    client.post(reverse("account_reset_password"), {"email": stranger.email})
    set_password(client, link_mailed_to(stranger))
    sign_in(client, stranger.email, NEW_PASSWORD)
    open_the_second_step(client, NEW_PASSWORD)

    client.post(reverse("mfa_activate_totp"), {"code": code_of(client.session["mfa.totp.secret"])})

    assert Authenticator.objects.filter(user=stranger, type="totp").exists()


def test_a_password_alone_is_not_enough_with_the_second_step(client, stranger):
    secret = _with_two_steps(stranger)

    response = sign_in(client, stranger.email)

    assert response.url == reverse("mfa_authenticate")
    assert signed_in_as(client) is None
    assert client.get(reverse("preferences")).status_code == 302
    client.post(reverse("mfa_authenticate"), {"code": code_of(secret)})
    assert signed_in_as(client) == stranger


def test_a_wrong_second_step_is_refused(client, stranger):
    _with_two_steps(stranger)
    sign_in(client, stranger.email)

    client.post(reverse("mfa_authenticate"), {"code": "000000"})

    assert signed_in_as(client) is None


def test_a_code_works_once(client, stranger):
    secret = _with_two_steps(stranger)
    code = code_of(secret)
    sign_in(client, stranger.email)
    client.post(reverse("mfa_authenticate"), {"code": code})
    second = Client()
    sign_in(second, stranger.email)

    second.post(reverse("mfa_authenticate"), {"code": code})

    assert signed_in_as(second) is None


def test_a_recovery_code_stands_in_once(client, stranger):
    _with_two_steps(stranger)
    code = RecoveryCodes.activate(stranger).get_unused_codes()[0]
    sign_in(client, stranger.email)
    client.post(reverse("mfa_authenticate"), {"code": code})
    second = Client()
    sign_in(second, stranger.email)
    second.post(reverse("mfa_authenticate"), {"code": code})

    assert signed_in_as(client) == stranger
    assert signed_in_as(second) is None


def test_a_person_deactivated_between_the_two_steps_does_not_get_in(client, aurora, mia, sam):
    secret = _with_two_steps(sam)
    sign_in(client, sam.email)

    people.deactivate(user=sam, by=mia, at=timezone.now())
    client.post(reverse("mfa_authenticate"), {"code": code_of(secret)})

    assert client.get(reverse("preferences")).status_code == 302


def test_a_manager_lets_somebody_in_who_lost_the_phone(client, aurora, mia, sam):
    _with_two_steps(sam)

    people.take_off_two_step(user=sam, by=mia, at=timezone.now())

    sign_in(client, sam.email)
    assert signed_in_as(client) == sam
    assert "person.two_step_off" in events()


def test_a_manager_who_takes_the_second_step_off_is_told_of_to_its_owner(aurora, mia, sam):
    _with_two_steps(sam)

    people.take_off_two_step(user=sam, by=mia, at=timezone.now())
    outbox.deliver(at=timezone.now())

    [told] = mail.outbox
    assert told.to == [sam.email]
    assert "Mia switched two-step verification off for your account:" in told.body
    assert "If you did not ask for that, tell another manager" in told.body


def test_the_password_is_asked_for_again_before_how_one_signs_in_changes(client, stranger):
    sign_in(client, stranger.email)

    response = client.get(reverse("mfa_activate_totp"))
    wrong = client.post(response.url, {"password": "wrong"})

    assert response.url.startswith(reverse("account_reauthenticate"))
    assert wrong.context["form"].errors
    entry = Entry.objects.get(event="person.sign_in_failed")
    assert (entry.actor, entry.subject) == (stranger, "Stranger")


# --- The password alone does not touch the second step --------------------------------------------------

GUARDED = (
    "mfa_view_recovery_codes",
    "mfa_download_recovery_codes",
    "mfa_generate_recovery_codes",
    "mfa_deactivate_totp",
)


@pytest.fixture
def left_open(sam):
    """A session of sam's that was left open: no code was typed in it."""
    RecoveryCodes.activate(sam)
    client = Client()
    client.force_login(sam, settings.AUTHENTICATION_BACKENDS[0])
    return client


def unused_codes(user):
    return Authenticator.objects.get(user=user, type="recovery_codes").wrap().get_unused_codes()


@pytest.mark.parametrize(
    ("method", "name"),
    [
        *(("get", name) for name in GUARDED),
        *(("post", name) for name in ("mfa_generate_recovery_codes", "mfa_deactivate_totp")),
    ],
)
def test_a_session_left_open_and_the_password_do_not_open_it(left_open, sam, method, name):
    codes = unused_codes(sam)
    left_open.post(reverse("account_reauthenticate"), {"password": cast.PASSWORD})

    answer = getattr(left_open, method)(reverse(name))

    assert answer.url == f"{reverse('mfa_reauthenticate')}?next={quote(reverse(name), safe='')}"
    assert set(Authenticator.objects.filter(user=sam).values_list("type", flat=True)) == {
        "totp",
        "recovery_codes",
    }
    assert unused_codes(sam) == codes


@pytest.mark.parametrize("name", GUARDED)
def test_a_password_typed_before_there_was_an_authenticator_does_not_open_it(client, stranger, name):
    sign_in(client, stranger.email)
    client.post(reverse("account_reauthenticate"), {"password": cast.PASSWORD})
    RecoveryCodes.activate(cast.two_step(stranger))

    assert client.get(reverse(name)).url.startswith(reverse("mfa_reauthenticate"))


def test_the_password_is_not_asked_of_whoever_has_an_authenticator(left_open):
    asked = left_open.get(reverse("account_reauthenticate"))
    assert asked.url == reverse("mfa_reauthenticate")

    assert not left_open.get(asked.url).context["reauthentication_alternatives"]


@pytest.mark.parametrize("name", GUARDED)
def test_a_code_opens_it_and_leads_back(left_open, name):
    asked = left_open.get(reverse(name))

    back = left_open.post(asked.url, {"code": cast.code(), "next": reverse(name)})

    assert back.url == reverse(name)
    assert left_open.get(back.url).status_code == 200


@pytest.mark.parametrize("name", GUARDED)
def test_after_ten_minutes_it_takes_another_code(left_open, sam, name):
    cast.confirmed(left_open, sam, minutes_ago=10.1)

    assert left_open.get(reverse(name)).url.startswith(reverse("mfa_reauthenticate"))


@pytest.mark.parametrize("name", ["mfa_view_recovery_codes", "mfa_download_recovery_codes"])
def test_who_looks_at_recovery_codes_is_recorded(left_open, sam, name):
    left_open.get(reverse(name))
    assert not Entry.objects.filter(event="person.recovery_codes_read").exists()

    left_open.post(reverse("mfa_reauthenticate"), {"code": cast.code()})
    left_open.get(reverse(name))

    entry = Entry.objects.get(event="person.recovery_codes_read")
    assert (entry.actor, entry.subject) == (sam, "Sam")


def told_of_a_recovery_code(user):
    entry = Entry.objects.get(event="person.recovery_code_used")
    assert (entry.actor, entry.subject) == (user, str(user))
    outbox.deliver(at=timezone.now())
    return "a recovery code of your account was used" in mail.outbox[-1].body


def test_the_owner_is_told_of_a_recovery_code_that_somebody_signed_in_with(client, stranger):
    _with_two_steps(stranger)
    code = RecoveryCodes.activate(stranger).get_unused_codes()[0]
    sign_in(client, stranger.email)

    client.post(reverse("mfa_authenticate"), {"code": code})

    assert told_of_a_recovery_code(stranger)


def test_the_owner_is_told_of_a_recovery_code_that_somebody_confirmed_with(left_open, sam):
    left_open.post(reverse("mfa_reauthenticate"), {"code": unused_codes(sam)[0]})

    assert told_of_a_recovery_code(sam)


def test_nobody_is_told_of_the_code_of_an_authenticator(left_open):
    left_open.post(reverse("mfa_reauthenticate"), {"code": cast.code()})

    assert not Entry.objects.filter(event="person.recovery_code_used").exists()


def test_without_its_entry_a_recovery_code_confirms_nothing(left_open, sam, monkeypatch):
    monkeypatch.setattr("promoflow.audit.services.record", _broken)

    with pytest.raises(RuntimeError):
        left_open.post(reverse("mfa_reauthenticate"), {"code": unused_codes(sam)[0]})

    monkeypatch.undo()
    assert left_open.get(reverse("mfa_deactivate_totp")).url.startswith(reverse("mfa_reauthenticate"))


def open_the_second_step(client, password=cast.PASSWORD):
    client.post(reverse("account_reauthenticate"), {"password": password})
    response = client.get(reverse("mfa_activate_totp"))
    assert response.status_code == 200


def _with_two_steps(user):
    cast.two_step(user)
    return cast.SECRET
