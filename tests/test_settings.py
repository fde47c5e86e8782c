"""What the environment says becomes settings, or is refused in words."""

import runpy

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client, override_settings
from django.urls import reverse

from tests import cast
from tests.architecture.sources import ROOT


@pytest.fixture
def read(monkeypatch):
    """The settings of a server with these variables."""

    def settings(**variables):
        monkeypatch.delenv("PROMOFLOW_DEMO", raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return runpy.run_path(str(ROOT / "promoflow" / "settings.py"))

    return settings


def test_earlier_keys_are_still_good_while_a_key_is_replaced(read):
    assert read()["SECRET_KEY_FALLBACKS"] == []
    assert read(PROMOFLOW_EARLIER_SECRET_KEYS="second, first")["SECRET_KEY_FALLBACKS"] == ["second", "first"]


def test_mail_goes_over_tls_from_the_first_byte_or_after_asking(read):
    begins = read(PROMOFLOW_MAIL_SSL="1")

    assert (begins["EMAIL_USE_SSL"], begins["EMAIL_USE_TLS"]) == (True, False)
    with pytest.raises(ImproperlyConfigured, match=r"port 587.*port 465"):
        read(PROMOFLOW_MAIL_TLS="1")


def test_beat_keeps_its_schedule_in_the_data_folder(read, tmp_path):
    settings = read(PROMOFLOW_DATA_DIR=str(tmp_path))

    assert settings["CELERY_BEAT_SCHEDULE_FILENAME"] == str(tmp_path / "beat-schedule")


def test_rabbitmq_says_that_it_has_a_call(read):
    """Else a broker that goes down has taken calls that nobody knows to be lost."""
    of_rabbitmq = read(CELERY_BROKER_URL="amqps://desk@mq.example//")

    assert of_rabbitmq["CELERY_BROKER_TRANSPORT_OPTIONS"] == {"confirm_publish": True}
    # Others refuse an option that they do not know.
    assert read(CELERY_BROKER_URL="redis://mq.example/0")["CELERY_BROKER_TRANSPORT_OPTIONS"] == {}


# --- What a browser is told -----------------------------------------------------------------------------

OF_A_BROWSER = (
    "SECURE_",
    "SESSION_COOKIE_",
    "CSRF_COOKIE_",
    "LANGUAGE_COOKIE_",
    "X_FRAME_",
    "CONTENT_SECURITY_",
)
HEADERS = {
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains; preload",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


@pytest.fixture
def browser(read):
    """A browser before a server under https."""
    settings = read(PROMOFLOW_HTTPS="1")
    with override_settings(**{name: settings[name] for name in settings if name.startswith(OF_A_BROWSER)}):
        yield Client()


@pytest.mark.django_db
def test_under_https_a_page_says_what_a_browser_may_do_with_it(browser):
    page = browser.get(reverse("account_login"), secure=True)

    told = {name: page.headers.get(name) for name in HEADERS}
    assert told == HEADERS
    nonce = f"'nonce-{page.wsgi_request.csp_nonce}'"
    policy = dict(part.split(maxsplit=1) for part in page["Content-Security-Policy"].split("; "))
    assert policy == {
        "default-src": "'none'",
        "script-src": f"'self' {nonce}",
        "style-src": f"'self' {nonce}",
        "img-src": "'self' data: https:",
        "font-src": "'self'",
        "connect-src": "'self'",
        "manifest-src": "'self'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
        "object-src": "'none'",
    }


@pytest.mark.django_db
def test_under_https_cookies_are_this_servers_alone_and_no_scripts(browser, olivia):
    """A `__Host-` cookie is set by nobody else, not even by a neighbouring name of the same domain."""
    typed = {"login": olivia.email, "password": cast.PASSWORD}

    signed_in = browser.post(reverse("account_login"), typed, secure=True).cookies
    cookies = {**browser.get(reverse("preferences"), secure=True).cookies, **signed_in}

    assert set(cookies) == {"__Host-session", "__Host-csrf", "__Host-language", "messages"}
    for cookie in cookies.values():
        told = {name: cookie[name] for name in ("secure", "httponly", "samesite", "path", "domain")}
        assert told == {"secure": True, "httponly": True, "samesite": "Lax", "path": "/", "domain": ""}


@pytest.mark.django_db
def test_under_https_nothing_is_answered_without_it(browser):
    answer = browser.get(reverse("account_login"))

    assert (answer.status_code, answer["Location"]) == (301, "https://testserver" + reverse("account_login"))
