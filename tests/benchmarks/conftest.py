"""What the benchmarks have in common."""

import pytest

from promoflow.celery import app


@pytest.fixture(autouse=True)
def _nobody_works(monkeypatch):
    """A commit rings at no worker's door."""
    monkeypatch.setattr(app.conf, "broker_url", "memory://")
