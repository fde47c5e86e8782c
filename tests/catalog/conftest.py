"""Uploads of the tests land in a folder of their own."""

import pytest


@pytest.fixture(autouse=True)
def _uploads_apart(settings, tmp_path):
    default = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(tmp_path / "files")},
    }
    settings.STORAGES = {**settings.STORAGES, "default": default}
    settings.CELERY_BROKER_URL = "memory://"
