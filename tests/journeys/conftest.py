"""People who arrive at the desk by its sign-in page."""

from collections.abc import Callable

import pytest

from accounts.models import User
from tests.journeys.visitor import Visitor

Arrive = Callable[[User], Visitor]


@pytest.fixture(params=["plain", "htmx"])
def arrive(request: pytest.FixtureRequest) -> Arrive:
    """Signs somebody in, who then goes through plain pages, or sends what htmx would send."""
    return lambda person: Visitor(person, htmx=request.param == "htmx")
