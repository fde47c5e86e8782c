"""What a use case can refuse: each refusal carries the sentence that the person will read."""

from collections.abc import Sequence
from typing import Any


class Refused(Exception):
    """A use case said no; `str()` of it is the sentence for the person."""

    recorded = False
    """Whether the history has been told of it."""

    def __init__(self, sentence: object) -> None:
        super().__init__(sentence)
        self.sentence = sentence

    def __str__(self) -> str:
        return str(self.sentence)


class NotAllowed(Refused):
    """This person may not do this."""


class WrongState(Refused):
    """Nobody may do this now: the record has moved on."""


class Taken(WrongState):
    """A colleague is on it; it is decided by them, or by whoever takes it over."""


class Stale(Refused):
    """What the person saw is no longer what is there.

    `changes` says what differs; `findings` are those of now where nothing tells how they differ.
    """

    def __init__(self, sentence: object, changes: Sequence[Any] = (), findings: Sequence[Any] = ()) -> None:
        super().__init__(sentence)
        self.changes = tuple(changes)
        self.findings = tuple(findings)


class Blocked(Refused):
    """The rules say no; `findings` are the reasons."""

    def __init__(self, sentence: object, findings: Sequence[Any] = ()) -> None:
        super().__init__(sentence)
        self.findings = tuple(findings)
