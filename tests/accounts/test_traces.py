"""What the desk changes of how somebody signs in has its reason in the same transaction."""

import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.contrib.auth.tokens import default_token_generator
from django.core.cache import cache
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone
from django.utils.http import int_to_base36

from accounts.models import User
from accounts.services import people
from promoflow.audit import replaying
from promoflow.audit.models import PEOPLES, Entry
from tests import cast

pytestmark = pytest.mark.django_db(transaction=True)

NEW_PASSWORD = "a lamp for every corner"
TWICE = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD}


@pytest.fixture(autouse=True)
def _each_change_is_explained(aurora, sam):
    cache.clear()
    RecoveryCodes.activate(sam)
    before = replaying.unexplained()

    yield

    assert replaying.unexplained() == before
    assert list(replaying.mismatches()) == []


def events():
    return list(Entry.objects.filter(PEOPLES).order_by("pk").values_list("event", flat=True))


def changed(table):
    """What was told last of a table: the columns that changed."""
    fact = Entry.objects.filter(event="rows.changed", subject_type=table).latest("pk")
    return [*fact.after.values()]


def signed_in(client, user, **fields):
    client.post(reverse("account_login"), {"login": user.email, "password": cast.PASSWORD})
    if fields:
        client.post(reverse("mfa_authenticate"), fields)
    assert client.session.get("_auth_user_id") == str(user.pk)


def unused_codes(user):
    return Authenticator.objects.get(user=user, type="recovery_codes").wrap().get_unused_codes()


def test_signing_in(client, mia, sam):
    signed_in(client, mia)
    signed_in(cast.Client(), sam, code=cast.code())


def test_signing_in_with_a_recovery_code(client, sam):
    signed_in(client, sam, code=unused_codes(sam)[0])

    assert changed("mfa_authenticator") == [{"data": "changed"}]


def test_a_wrong_code_counts_as_an_attempt(client, sam):
    """Also though the right one and what is told of it are one transaction."""
    client.post(reverse("account_login"), {"login": sam.email, "password": cast.PASSWORD})
    for _attempt in range(5):
        client.post(reverse("mfa_authenticate"), {"code": "000000"})

    client.post(reverse("mfa_authenticate"), {"code": unused_codes(sam)[0]})

    assert "_auth_user_id" not in client.session
    assert len(unused_codes(sam)) == 10


def test_confirming_with_a_recovery_code(client, sam):
    client.force_login(sam)

    client.post(reverse("mfa_reauthenticate"), {"code": unused_codes(sam)[0]})

    assert "person.recovery_code_used" in events()


def test_a_password_that_was_kept_in_an_older_way(client, mia, settings):
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.PBKDF2SHA1PasswordHasher",
        *settings.PASSWORD_HASHERS,
    ]

    signed_in(client, mia)

    assert changed("accounts_user") == [{"password": "changed"}]
    assert events()[-2:] == ["person.password_rehashed", "person.signed_in"]


def test_changing_the_password(client, mia):
    signed_in(client, mia)

    client.post(reverse("account_change_password"), {"oldpassword": cast.PASSWORD, **TWICE})

    assert changed("accounts_user") == [{"password": "changed"}]
    assert events()[-1] == "person.password_set"


def test_setting_a_forgotten_password(client, mia):
    key = {"uidb36": int_to_base36(mia.pk), "key": default_token_generator.make_token(mia)}
    page = client.get(reverse("account_reset_password_from_key", kwargs=key), follow=True)

    client.post(page.request["PATH_INFO"], TWICE)

    assert changed("accounts_user") == [{"password": "changed"}]
    assert events()[-1] == "person.password_set"


def test_a_password_set_at_the_machine(mia, monkeypatch):
    monkeypatch.setattr("getpass.getpass", lambda **_prompt: NEW_PASSWORD)

    call_command("changepassword", mia.email, verbosity=0)

    entry = Entry.objects.filter(event="person.password_set").latest("pk")
    assert (entry.actor, entry.subject, entry.why) == (None, "Mia", "manage.py changepassword")
    assert User.objects.get(pk=mia.pk).check_password(NEW_PASSWORD)


def test_switching_two_step_verification_on_and_off(client, mia):
    signed_in(client, mia)
    client.post(reverse("account_reauthenticate"), {"password": cast.PASSWORD})
    client.get(reverse("mfa_activate_totp"))
    secret = client.session["mfa.totp.secret"]

    client.post(
        reverse("mfa_activate_totp"), {"code": format_hotp_value(hotp_value(secret, int(time.time()) // 30))}
    )
    assert events()[-1] == "person.two_step_on"
    client.get(reverse("mfa_view_recovery_codes"))
    assert events()[-1] == "person.recovery_codes_read"
    client.post(reverse("mfa_generate_recovery_codes"))
    assert events()[-1] == "person.recovery_codes_made"
    client.post(reverse("mfa_deactivate_totp"))
    assert events()[-1] == "person.two_step_off"
    assert events().count("person.recovery_codes_made") == 1


def test_what_switches_nothing_is_not_told(client, mia):
    signed_in(client, mia)
    client.post(reverse("account_reauthenticate"), {"password": cast.PASSWORD})
    client.get(reverse("mfa_activate_totp"))
    before = events()

    client.post(reverse("mfa_activate_totp"), {"code": "000000"})

    assert events() == before


def test_what_a_manager_does_with_an_account(mia, sam):
    nina = people.add(
        email="nina@example.com", name="Nina", language="en", time_zone="UTC", by=mia, at=timezone.now()
    )
    people.rename(user=nina, name="Nina Vogel", by=mia, at=timezone.now())
    assert changed("accounts_user") == [{"name": "changed"}]
    people.take_off_two_step(user=sam, by=mia, at=timezone.now())
    people.deactivate(user=nina, by=mia, at=timezone.now())
    people.change_preferences(by=mia, language="en", time_zone="Asia/Tokyo", at=timezone.now())
