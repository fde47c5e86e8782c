"""The clock of the tests that show pages."""

import pytest

from tests.promotions import lives


@pytest.fixture
def now(monkeypatch):
    """The clock stands where the requests of these tests are."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: lives.NOW)
