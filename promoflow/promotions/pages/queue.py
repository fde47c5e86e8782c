"""The review queue of one person: what they may decide and verify, as narrowly as they ask, in order."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Final, TypeVar

from django.core.paginator import Page, Paginator
from django.db.models import Exists, OuterRef, QuerySet, Value

from accounts import selectors as people
from accounts.models import User
from accounts.roles import MANAGER, SUPERVISOR
from promoflow.policies import selectors as policies
from promoflow.prepared import AnyOf, written_for
from promoflow.promotions import counting, selectors, waiting
from promoflow.promotions.counting import Counts
from promoflow.promotions.forms.filtering import QueueForm
from promoflow.promotions.models import Claim, PromotionRequest, SavedFilter
from promoflow.promotions.pages import lines
from promoflow.promotions.pages.lines import Line
from promoflow.rulebook.policy import Policy

PER_PAGE: Final = 50
# A page with a longer number there cannot be.
_LONGEST: Final = 9


class Queue:
    """Each part is read when it is first asked for."""

    def __init__(self, person: User, form: QueueForm, *, at: datetime, number: str | None = None) -> None:
        self.person, self.form, self.at = person, form, at
        self.policy = policies.current()
        self._number = number

    @cached_property
    def _grants(self) -> waiting.Grants:
        return waiting.grants_of(self.person)

    @cached_property
    def _standing(self) -> dict[str, Any]:
        return waiting.standing(self.person, self._grants)

    @cached_property
    def _hours(self) -> waiting.Hours:
        return waiting.hours_of(self.policy)

    @cached_property
    def counts(self) -> Counts:
        """Of all that waits, whatever the filter."""
        return counting.of(self._standing, self.policy, self.at, first=self._asked_first, most=PER_PAGE)

    @property
    def _asked_first(self) -> int:
        """Where the page begins that an address asks for, before anybody knows whether there is one."""
        number = self._number or ""
        return (max(1, int(number)) - 1) * PER_PAGE if number.isdecimal() and len(number) < _LONGEST else 0

    @cached_property
    def page(self) -> Page[int]:
        """Which of how many are shown; `lines` reads them."""
        return Paginator(range(self._length), PER_PAGE).get_page(self._number)

    @property
    def _length(self) -> int:
        if not self.form.is_narrowed:
            return self.counts.total
        return len(self._keys)

    @cached_property
    def _keys(self) -> list[int]:
        """Of all that the filter holds, in order."""
        return _asked(self.form, _in_turn, self._hours, **self._standing)

    @cached_property
    def lines(self) -> list[Line]:
        first = (self.page.number - 1) * PER_PAGE
        is_counted = not self.form.is_narrowed and first == self._asked_first
        keys = self.counts.keys if is_counted else self._keys[first : first + PER_PAGE]
        requests = written_for(_shown, self._hours)(keys=keys, at=self.at)
        found = lines.with_reports(requests, self.policy, self.at)
        for line in found:
            line.claim = getattr(line.request, "open_claim", None)
        return found

    @property
    def many_stores(self) -> bool:
        return len({line.request.store_id for line in self.lines}) > 1

    @property
    def overdue(self) -> list[Line]:
        return [line for line in self.lines if line.is_late]

    @property
    def to_decide(self) -> list[Line]:
        return [line for line in self.lines if not line.is_late]

    @cached_property
    def unverified(self) -> list[Line]:
        """What waits for this person's second look: what the filter holds, and the rest to be counted."""
        human, supervised = self._standing["human"], self._standing["supervised"]
        return self._lines(_asked(self.form, _unverified, human=human, supervised=supervised))

    @property
    def to_verify(self) -> list[Line]:
        return [line for line in self.unverified if self._wants(line) and not line.is_overdue]

    @property
    def to_verify_overdue(self) -> list[Line]:
        return [line for line in self.unverified if self._wants(line) and line.is_overdue]

    @staticmethod
    def _wants(line: Line) -> bool:
        return bool(getattr(line.request, "wanted", True))

    @property
    def late(self) -> int:
        """How many decisions and second looks should have been made by now, whatever the filter."""
        return self.counts.overdue + sum(line.is_overdue for line in self.unverified)

    @cached_property
    def others(self) -> list[Line]:
        """What waits for somebody else, because this person wrote on it."""
        if not self.counts.for_others:
            return []
        return self._lines(_asked(self.form, _others, self._hours, **self._standing))

    @cached_property
    def saved(self) -> list[SavedFilter]:
        return list(SavedFilter.objects.filter(saved_by=self.person))

    @property
    def supervises(self) -> bool:
        return any(role in (SUPERVISOR, MANAGER) for _store, role in self._grants)

    def _lines(self, requests: list[PromotionRequest]) -> list[Line]:
        return lines.of(requests, self.policy, self.at)


Row = TypeVar("Row")
Narrowing = Callable[[QuerySet[PromotionRequest]], QuerySet[PromotionRequest]]


def _asked(
    form: QueueForm,
    build: "Callable[..., QuerySet[PromotionRequest, Row]]",
    *fixed: Hashable,
    **values: Any,
) -> list[Row]:
    """A question of the queue by how it is narrowed, what is fixed in its statement, and its values.

    What is asked without a filter, as nearly always, is written once.
    """
    if form.is_narrowed:
        return list(build(form.narrow, *fixed, **values))
    return written_for(build, _as_it_is, *fixed)(**values)


def _as_it_is(requests: QuerySet[PromotionRequest]) -> QuerySet[PromotionRequest]:
    return requests


def _shown(hours: waiting.Hours, keys: Value, at: Value) -> QuerySet[PromotionRequest]:
    """What a page shows of each. It was sorted by itself, which is quick while nothing is carried along."""
    requests = PromotionRequest.objects.filter(AnyOf("pk", keys, array="bigint[]")).select_related(
        "store", "current__edited_by", "submitted_by", "activation"
    )
    return selectors.with_open_claim(waiting.in_order(requests, hours), at)


def _unverified(
    narrow: Narrowing, *, human: waiting.Human, supervised: waiting.Stores
) -> QuerySet[PromotionRequest]:
    wanted = Exists(narrow(PromotionRequest.objects.filter(pk=OuterRef("pk"))))
    unverified = waiting.verifiable(human, supervised).select_related("activation__live_by")
    return unverified.annotate(wanted=wanted).order_by("-wanted", "activation__live_at")[:PER_PAGE]


def _others(
    narrow: Narrowing,
    hours: waiting.Hours,
    *,
    human: waiting.Human,
    supervised: waiting.Stores,
    managed: waiting.Stores,
) -> QuerySet[PromotionRequest]:
    others = narrow(waiting.for_others(human, supervised, managed))
    return waiting.in_order(others, hours)[:PER_PAGE]


@dataclass(frozen=True, kw_only=True)
class Turn:
    """Where a request stands in the queue that somebody works through, and who is on it."""

    place: int
    """Counted from 1; 0 where the filter does not hold it."""
    of: int
    before: str
    after: str
    kept: str
    claim: Claim | None
    is_mine: bool


def turn_of(request: PromotionRequest, *, by: User, form: QueueForm, policy: Policy, at: datetime) -> Turn:
    """Its place in the person's queue, in the order and under the filter of the queue's page."""
    keys = _asked(form, _in_turn, waiting.hours_of(policy), **waiting.standing(by))
    place = _place(request, keys)
    claim = selectors.claim_of(request, at=at)
    return Turn(
        place=place,
        of=len(keys),
        before=_reference(keys, place - 2),
        after=_reference(keys, place),
        kept=form.kept,
        claim=claim,
        is_mine=claim is not None and people.same_person(claim.claimed_by, by),
    )


def following(request: PromotionRequest, *, by: User, form: QueueForm) -> str:
    """The reference of the one that comes after it; after the last comes the first of the others."""
    keys = _asked(form, _in_turn, waiting.hours_of(policies.current()), **waiting.standing(by))
    place = _place(request, keys)
    others = [key for key in (*keys[place:], *keys[:place]) if key != request.pk]
    return _reference(others, 0)


def _in_turn(
    narrow: Narrowing,
    hours: waiting.Hours,
    *,
    human: waiting.Human,
    supervised: waiting.Stores,
    managed: waiting.Stores,
) -> QuerySet[PromotionRequest, int]:
    """The keys of all that somebody of this standing may decide, in order."""
    decidable = narrow(waiting.decidable(human, supervised, managed))
    return waiting.in_order(decidable, hours).values_list("pk", flat=True)


def _place(request: PromotionRequest, keys: list[int]) -> int:
    """Counted from 1; 0 where it is not among them."""
    return keys.index(request.pk) + 1 if request.pk in keys else 0


def _reference(keys: list[int], at: int) -> str:
    return f"PR-{keys[at]}" if 0 <= at < len(keys) else ""
