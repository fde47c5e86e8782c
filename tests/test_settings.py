"""What the environment says becomes settings, or is refused in words."""

import runpy

import pytest
from django.core.exceptions import ImproperlyConfigured

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
