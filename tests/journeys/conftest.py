"""People who arrive at the desk by its sign-in page."""

from collections.abc import Callable, Iterator

import pytest

from accounts.models import User
from tests.audit.labelled import without_label
from tests.journeys.visitor import Visitor

Arrive = Callable[[User], Visitor]


@pytest.fixture(params=["plain", "htmx"])
def arrive(request: pytest.FixtureRequest, db: None) -> Iterator[Arrive]:
    """Signs somebody in, who then goes through plain pages, or sends what htmx would send.

    Whatever the history keeps of it is told in words.
    """
    yield lambda person: Visitor(person, htmx=request.param == "htmx")
    assert without_label() == set()
