"""What waits for whom, and until when it can still be done."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    BooleanField,
    Case,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Least
from django.db.models.lookups import GreaterThan, LessThanOrEqual

from accounts import selectors as people
from accounts.models import User
from accounts.roles import MANAGER, OPERATOR, ROLES, SUPERVISOR
from promoflow.prepared import AnyOf
from promoflow.promotions import instants, selectors
from promoflow.promotions.models import Decision, PromotionRequest, Recheck, Revision, State, Verdict
from promoflow.rulebook.policy import Policy

SOON: Final = timedelta(hours=24)
_WEIGHTS: Final = ("warned", "worst_percent", "exposed")


def by_deadline(
    requests: QuerySet[PromotionRequest], policy: Policy, *, until: datetime | None = None
) -> QuerySet[PromotionRequest]:
    """In the order in which a decision stops reaching Amazon in time; only those that do so by `until`.

    Of those with the same time the riskiest is first, and what is not known is more than any number.
    """
    if until is not None:
        requests = requests.filter(LessThanOrEqual(deadline(policy), until))
    return in_order(requests, hours_of(policy))


def in_order(requests: QuerySet[PromotionRequest], hours: "Hours") -> QuerySet[PromotionRequest]:
    """The same by what the policy says of hours: what a statement that is written once depends on."""
    decide_by = latest(hours)
    risk = (F(weight).desc(nulls_first=True) for weight in _WEIGHTS)
    return requests.order_by(decide_by, *risk, "pk")


def deadline(policy: Policy) -> Case:
    """When a decision on the current revision stops reaching Amazon in time.

    What amends something that runs can be decided until that ends; only for those is it looked up.
    """
    return latest(hours_of(policy))


Hours = tuple[tuple[str, int], ...]
"""For each kind so many hours before its start a decision stops reaching Amazon in time."""


def hours_of(policy: Policy) -> Hours:
    return tuple((kind, rules.decide_hours) for kind, rules in policy.kinds.items())


def latest(hours: Hours) -> Case:
    return _of_amendments_its_end(instants.shifted("starts_at", -1, dict(hours)))


def _of_amendments_its_end(of_others: Any) -> Case:
    """Of what amends something that runs, the end of that; of all else this."""
    amended = PromotionRequest.objects.filter(pk=OuterRef("amends")).order_by()
    its_end = Subquery(amended.values_list(selectors.RUNS_UNTIL))
    return Case(When(amends__isnull=False, then=its_end), default=of_others)


Grants = Collection[tuple[int, str]]


def grants_of(person: User) -> Grants:
    """Their stores and roles; who asks for several of the lists below reads these once."""
    return people.grants_of(person, active_only=True)


def _stores(grants: Grants, *roles: str) -> set[int]:
    return {store for store, role in grants if role in roles}


def review_queue(for_user: User) -> QuerySet[PromotionRequest]:
    """What this person may decide and has not approved yet, the one that starts first on top."""
    return selectors.whole_of(decidable(**standing(for_user))).order_by("current__starts_at", "pk")


def standing(user: User, grants: Grants | None = None) -> dict[str, Any]:
    """Who this is as a human, and the stores on which they decide."""
    grants = grants_of(user) if grants is None else grants
    supervised, managed = _stores(grants, SUPERVISOR), _stores(grants, MANAGER)
    return {"human": user.person_id, "supervised": list(supervised), "managed": list(managed)}


Stores = list[int] | Value
Human = UUID | Value


def decidable(human: Human, supervised: Stores, managed: Stores) -> QuerySet[PromotionRequest]:
    """What somebody of this standing may decide and has not approved yet."""
    return _in_review(supervised, managed).exclude(_wrote(human) | _has_approved(human))


def for_others(human: Human, supervised: Stores, managed: Stores) -> QuerySet[PromotionRequest]:
    """What is in review on their stores and not theirs to decide, because they wrote on it.

    That is little of all that is in review: it is found by what they wrote, each way by an index of its own.
    """
    accounts, edited = _writings(human)
    ways = [
        PromotionRequest.objects.filter(AnyOf(field, ArraySubquery(accounts), array="bigint[]"))
        for field in ("created_by_id", "submitted_by_id")
    ]
    wrote = edited.union(*(way.order_by().values("pk") for way in ways))
    in_review = _in_review(supervised, managed).filter(AnyOf("id", ArraySubquery(wrote), array="bigint[]"))
    return selectors.whole_of(in_review)


def weighed(
    hours: Hours, human: Human, supervised: Stores, managed: Stores
) -> "QuerySet[Any, tuple[Any, ...]]":
    """All that is decidable and all that is for others, with what it is counted by and what orders it.

    In this order: key, store, kind, who wrote, edited and submitted it, whether it is for others, by when to
    decide, and the weights.
    """
    in_review = _in_review(supervised, managed).exclude(_has_approved(human))
    wrote = ExpressionWrapper(_wrote(human), output_field=BooleanField())
    return in_review.annotate(is_for_others=wrote, decide_by=latest(hours)).values_list(
        *("pk", "store", "current__kind", "created_by", "current__edited_by", "submitted_by"),
        *("is_for_others", "decide_by", *_WEIGHTS),
    )


def _in_review(supervised: Stores, managed: Stores) -> QuerySet[PromotionRequest]:
    asked = [
        Q(AnyOf("store_id", stores, array="bigint[]"), route__role=role)
        for stores, role in ((supervised, SUPERVISOR), (managed, MANAGER))
    ]
    return PromotionRequest.objects.filter(asked[0] | asked[1], state=State.IN_REVIEW)


def _has_approved(human: Human) -> Q:
    """Whether this human has given one of the approvals of the current content, under any account."""
    # Under which accounts, as it was then and as it is known today.
    of_theirs = Q(decided_by_human=human) | Q(decided_by__in=_accounts(human))
    given = Decision.objects.filter(of_theirs, verdict=Verdict.APPROVE, valid=True)
    return Q(current__in=given.order_by().values("revision"))


def _wrote(human: Human) -> Q:
    """Whether this human wrote, edited or submitted it, under any account.

    Keys are compared with lists that are read once, so that thousands of requests cost no join each.
    """
    accounts, edited = _writings(human)
    return Q(created_by__in=accounts) | Q(submitted_by__in=accounts) | Q(pk__in=edited)


def _accounts(human: Human) -> "QuerySet[User, Any]":
    return User.objects.filter(person_id=human).values("pk")


def _writings(human: Human) -> "tuple[QuerySet[User, Any], QuerySet[Revision, Any]]":
    """The accounts of this human, and the requests that they edited."""
    accounts = _accounts(human)
    theirs = AnyOf("edited_by_id", ArraySubquery(accounts), array="bigint[]")
    return accounts, Revision.objects.filter(theirs).order_by().values("request")


def to_verify(for_user: User) -> QuerySet[PromotionRequest]:
    """Live ones that still wait for the second look of somebody who did not mark them live, oldest first."""
    asked = standing(for_user)
    return verifiable(asked["human"], asked["supervised"])


def verifiable(human: Human, supervised: Stores) -> QuerySet[PromotionRequest]:
    """The same for somebody of this standing."""
    return (
        selectors.whole_of(PromotionRequest.objects.filter(AnyOf("store_id", supervised, array="bigint[]")))
        .filter(state=State.LIVE, activation__verified_at__isnull=True)
        .exclude(activation__live_by__person_id=human)
        .order_by("activation__live_at")
    )


def to_finish(for_user: User) -> QuerySet[PromotionRequest]:
    """What waits for this operator: drafts they wrote, and approved ones of their stores to mark live."""
    wrote = Q(created_by=for_user) | Q(current__edited_by=for_user)
    return (
        selectors.of_stores(people.stores_of(for_user, OPERATOR))
        .filter(Q(state=State.APPROVED) | Q(state=State.DRAFT) & wrote)
        .order_by("current__starts_at", "pk")
    )


def ending(requests: QuerySet[PromotionRequest], at: datetime) -> QuerySet[PromotionRequest]:
    """What of them is live and ends soon."""
    return requests.filter(LessThanOrEqual(selectors.RUNS_UNTIL, at + SOON), state=State.LIVE)


def due_to_move(at: datetime) -> QuerySet[PromotionRequest]:
    """Requests for which the clock may have run out; the policy says which of them it really has."""
    near = at + timedelta(days=3)
    return PromotionRequest.objects.filter(
        Q(state=State.IN_REVIEW, current__starts_at__lte=near)
        | Q(state=State.APPROVED, current__starts_at__lte=at)
        | Q(state=State.LIVE, current__ends_at__lte=at)
        | Q(state=State.LIVE, ends_early__lte=at)
    ).order_by("pk")


def due_since(at: datetime, policy: Policy) -> datetime | None:
    """Since when the request that is due longest should have been moved; None where none is due."""
    late_hours = dict.fromkeys(policy.kinds, policy.late_mark_hours)
    mark_live_by = Least(instants.shifted("starts_at", 1, late_hours), "current__ends_at")
    due = Case(
        When(state=State.IN_REVIEW, then=deadline(policy)),
        When(state=State.APPROVED, then=_of_amendments_its_end(mark_live_by)),
        default=selectors.RUNS_UNTIL,
    )
    since: datetime | None = (
        due_to_move(at).filter(LessThanOrEqual(due, at)).aggregate(first=Min(due))["first"]
    )
    return since


def unchecked_since() -> datetime | None:
    """Since when the check is owed that is owed longest; None where none is owed."""
    since: datetime | None = Recheck.objects.aggregate(first=Min("since"))["first"]
    return since


def approved_in_doubt() -> QuerySet[PromotionRequest]:
    """Approved ones with an approval that may count no more; whether enough do is asked under the lock.

    Whoever gave it has lost the role or the account, or is by now known as a human who wrote on it, or who
    gave another of its approvals.
    """
    approvals = Decision.objects.filter(verdict=Verdict.APPROVE, valid=True)
    human = OuterRef("decided_by__person_id")
    another = approvals.filter(
        revision=OuterRef("revision"), decided_by__person_id=human, pk__lt=OuterRef("pk")
    )
    writers = selectors.who_wrote(
        OuterRef(OuterRef("request")), OuterRef("request__created_by"), OuterRef("request__submitted_by")
    )
    lost = approvals.filter(
        ~Q(_still_holds_its_role()) | Q(Exists(writers.filter(person_id=human))) | Q(Exists(another)),
        # Decisions are kept for years: only those of what is approved now are looked at.
        request__state=State.APPROVED,
        revision=F("request__current"),
    )
    return PromotionRequest.objects.filter(pk__in=lost.values("request")).order_by("pk")


def _still_holds_its_role() -> Case:
    """Whether the person of a decision is active in the role that its route names."""
    holds = {
        role: User.objects.filter(
            pk=OuterRef("decided_by"),
            is_active=True,
            groups__storegrouppermission__content_object=OuterRef("request__store"),
            groups__storegrouppermission__permission__codename=ROLES[role].permission,
        )
        for role in (SUPERVISOR, MANAGER)
    }
    by_managers = When(request__route__role=MANAGER, then=Exists(holds[MANAGER]))
    return Case(by_managers, default=Exists(holds[SUPERVISOR]), output_field=BooleanField())


def half_way(at: datetime, policy: Policy) -> QuerySet[PromotionRequest]:
    """What is in review, and nearer to the instant by which to decide than to when it was submitted."""
    decide_by = deadline(policy)
    waited = ExpressionWrapper(Value(at) - F("submitted_at"), output_field=DurationField())
    left = ExpressionWrapper(decide_by - Value(at), output_field=DurationField())
    in_review = PromotionRequest.objects.filter(state=State.IN_REVIEW)
    return in_review.filter(LessThanOrEqual(left, waited), GreaterThan(decide_by, at)).order_by("pk")


def overdue_to_verify(at: datetime, policy: Policy) -> QuerySet[PromotionRequest]:
    """Live ones whose second look should have been taken by now."""
    before = at - timedelta(minutes=policy.verify_within_minutes)
    return PromotionRequest.objects.filter(
        state=State.LIVE, activation__verified_at__isnull=True, activation__live_at__lte=before
    ).order_by("pk")
