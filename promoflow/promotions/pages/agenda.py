"""What waits for one person at an instant, and what runs in their stores."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Final

from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_stubs_ext import StrPromise

from accounts import selectors as people
from accounts.models import User
from accounts.roles import MANAGER, OPERATOR, SUPERVISOR
from promoflow.catalog.models import Product, Store
from promoflow.outbox import selectors as messages
from promoflow.policies import selectors as policies
from promoflow.promotions import selectors, waiting
from promoflow.promotions.models import Alarm as RulesAlarm
from promoflow.promotions.models import PromotionRequest, State
from promoflow.promotions.pages import lines
from promoflow.promotions.pages.lines import Line
from promoflow.promotions.wording import words

FEW: Final = 6


@dataclass(frozen=True)
class Section:
    """A few of the requests of one sort, how many there are, and where to see all."""

    code: str
    title: StrPromise
    clock: str
    lines: list[Line]
    count: int
    url: str


@dataclass(frozen=True)
class Alarm:
    """Something that is late or about to be."""

    line: Line
    sentence: str
    at: datetime


class Agenda:
    """Each part is read when it is first asked for."""

    def __init__(self, person: User, *, at: datetime) -> None:
        self.person, self.at = person, at
        self.policy = policies.current()
        self.grants = people.grants_of(person, active_only=True)
        self.requests = selectors.visible(person)

    def _stores(self, role: str) -> set[int]:
        return {store for store, granted in self.grants if granted == role}

    @property
    def has_role(self) -> bool:
        return bool(self.grants)

    @property
    def drafts(self) -> bool:
        return bool(self._stores(OPERATOR))

    @property
    def supervises(self) -> bool:
        return bool(self._stores(SUPERVISOR))

    @cached_property
    def empty_stores(self) -> str:
        """The names of this manager's stores that have nothing yet that could be promoted."""
        filled = Exists(Product.objects.filter(store=OuterRef("pk")))
        stores = Store.objects.filter(~filled, pk__in=self._stores(MANAGER)).order_by("name")
        return words.listed([store.name for store in stores], at_most=3)

    @cached_property
    def undelivered(self) -> int:
        """How many messages of their stores this manager should know were given up."""
        return messages.undelivered(self.person).count()

    @property
    def mine(self) -> list[Section]:
        """What waits for this person."""
        sections = []
        if self.drafts:
            sections.append(self.to_finish)
        if self.supervises:
            sections += [self.to_decide, self.to_verify]
        return sections

    @property
    def running(self) -> list[Section]:
        """What runs in their stores, whoever it waits for."""
        return [self.live, self.ending, self.cooling]

    @cached_property
    def to_finish(self) -> Section:
        finish = waiting.to_finish(self.person)
        title = gettext_lazy("Mine to finish")
        return self._section("to-finish", title, finish, "start", _listed(desk="to-finish"))

    @cached_property
    def to_decide(self) -> Section:
        decidable = waiting.by_deadline(waiting.review_queue(self.person), self.policy)
        return self._section(
            "to-decide", gettext_lazy("Mine to decide"), decidable, "decide", reverse("review-queue")
        )

    @cached_property
    def to_verify(self) -> Section:
        unverified = waiting.to_verify(self.person)
        return self._section(
            "to-verify", gettext_lazy("Mine to verify"), unverified, "verify", reverse("review-queue")
        )

    @cached_property
    def live(self) -> Section:
        live = self.requests.filter(state=State.LIVE).order_by(selectors.RUNS_UNTIL, "pk")
        return self._section("live", gettext_lazy("Live now"), live, "end", _listed(state=State.LIVE))

    @cached_property
    def ending(self) -> Section:
        ending = waiting.ending(self.requests, self.at).order_by(selectors.RUNS_UNTIL, "pk")
        title = gettext_lazy("Ending within a day")
        return self._section("ending", title, ending, "end", _listed(desk="ending"))

    @cached_property
    def cooling(self) -> Section:
        cooling = selectors.cooling(self.requests, self.at)
        title = gettext_lazy("Cooling off")
        return self._section(
            "cooling", title, cooling.order_by("pk"), "gone", _listed(state=selectors.COOLING)
        )

    @cached_property
    def alarms(self) -> list[Alarm]:
        """The most pressing first."""
        alarms = [
            *(
                Alarm(line, _("Nobody has taken the second look."), line.verify_by)
                for line in self._unverified()
            ),
            *(
                Alarm(line, _("It has started and is not marked live."), line.mark_live_by)
                for line in self._unmarked()
            ),
            *(Alarm(line, _("Nobody has decided yet."), line.decide_by) for line in self._undecided()),
        ]
        return sorted(alarms, key=lambda alarm: alarm.at)

    @cached_property
    def blocked(self) -> list[tuple[Line, RulesAlarm]]:
        """What the rules block by now, and these operators and supervisors are to act on."""
        stores = self._stores(OPERATOR) | self._stores(SUPERVISOR)
        alarms = selectors.open_alarms().select_related("request__activation", "request__amends")
        ours = alarms.filter(request__store__in=stores)
        return [(Line(alarm.request, self.policy, self.at), alarm) for alarm in ours]

    def _unverified(self) -> list[Line]:
        overdue = waiting.overdue_to_verify(self.at, self.policy)
        return self._lines(self.requests.filter(pk__in=overdue.order_by().values("pk")))

    def _unmarked(self) -> list[Line]:
        started = self.requests.filter(state=State.APPROVED, current__starts_at__lte=self.at)
        return self._lines(started.filter(amends__isnull=True))

    def _undecided(self) -> list[Line]:
        in_review = self.requests.filter(state=State.IN_REVIEW)
        return self._lines(waiting.by_deadline(in_review, self.policy, until=self.at + waiting.SOON))

    def _lines(self, requests: QuerySet[PromotionRequest]) -> list[Line]:
        return lines.of(requests[:FEW], self.policy, self.at)

    def _section(
        self, code: str, title: StrPromise, requests: QuerySet[PromotionRequest], clock: str, url: str
    ) -> Section:
        few = self._lines(requests)
        count = len(few) if len(few) < FEW else requests.count()
        return Section(code, title, clock, few, count, url)


def _listed(**narrowed: str) -> str:
    return reverse("request-list", query=narrowed)
