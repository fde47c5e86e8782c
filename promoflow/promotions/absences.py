"""Who is away, and who decides in their place: for the decision, and as the pages say it."""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet, Value
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts import selectors as people
from accounts.models import User
from accounts.roles import MANAGER
from promoflow.catalog.models import Store
from promoflow.prepared import Prepared
from promoflow.promotions import selectors
from promoflow.promotions.models import Delegation, PromotionRequest, Verdict


def delegations_seen_by(user: User, at: datetime) -> QuerySet[Delegation]:
    """Those that are not over: one's own, those one stands in for, and those of the stores one manages."""
    managed = people.stores_of(user, MANAGER)
    return (
        Delegation.objects.filter(Q(absent=user) | Q(delegate=user) | Q(store__in=managed))
        .filter(ended_at__isnull=True, ends_at__gt=at)
        .annotate(
            may_end=ExpressionWrapper(Q(absent=user) | Q(store__in=managed), output_field=BooleanField())
        )
        .select_related("store", "absent", "delegate")
        .order_by("starts_at", "pk")
    )


def running(at: "datetime | Value") -> QuerySet[Delegation]:
    """Those that run at this instant, the oldest first."""
    return Delegation.objects.filter(ended_at__isnull=True, starts_at__lte=at, ends_at__gt=at).order_by("pk")


def within(store: Store, starts_at: datetime, ends_at: datetime) -> QuerySet[Delegation]:
    """Those of a store that run in some part of this time, the oldest first."""
    open_ = Delegation.objects.filter(store=store, ended_at__isnull=True)
    meanwhile = open_.filter(starts_at__lt=ends_at, ends_at__gt=starts_at)
    return meanwhile.select_related("absent", "delegate").order_by("pk")


_RUNNING: Final = Prepared(lambda at, store: running(at).filter(store=store).select_related("absent"))


def in_place(by: User, request: PromotionRequest, *, at: datetime) -> Delegation | None:
    """By which this person decides now in the place of somebody who could decide it themselves.

    Whoever approved this very content has spoken for themselves, also where that approval counts no more.
    """
    named = [one for one in _RUNNING(at=at, store=request.store_id) if one.delegate_id == by.pk]
    if not named:
        return None
    spoken = request.decisions.filter(revision=request.current_id, verdict=Verdict.APPROVE)
    humans = set(spoken.values_list("decided_by__person_id", flat=True))
    able = {person.pk for person in selectors.still_to_decide(request) if person.person_id not in humans}
    places = [one for one in named if one.absent_id in able]
    return min(places, key=lambda one: one.absent_id, default=None)


def you_decide(by: User, request: PromotionRequest, *, at: datetime) -> str:
    """That it is this person's to decide, and in whose place."""
    place = in_place(by, request, at=at)
    if place is None:
        return _("You decide.")
    return _("You decide, in place of %(name)s, who is away until %(day)s.") % {
        "name": place.absent.name,
        "day": date_format(place.last_day),
    }


def names(asked: Collection[User], request: PromotionRequest, *, at: datetime) -> list[str]:
    """The names of those who may decide; last come those who are away, and until when."""
    away = {one.absent_id: one for one in _RUNNING(at=at, store=request.store_id)}
    present = [person.name for person in asked if person.pk not in away]
    absent = [
        _("%(name)s (away until %(day)s)")
        % {"name": person.name, "day": date_format(away[person.pk].last_day)}
        for person in asked
        if person.pk in away
    ]
    return present + absent
