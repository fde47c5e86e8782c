"""Requests read for pages and services: what somebody may see, who is concerned, and the lock."""

import re
import unicodedata
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import (
    Case,
    Exists,
    F,
    FilteredRelation,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Least
from django.db.models.lookups import GreaterThan, LessThan

from accounts import selectors as people
from accounts.models import User
from accounts.roles import OPERATOR, SUPERVISOR
from promoflow.catalog import selectors as catalog
from promoflow.catalog.models import Product, Store
from promoflow.prepared import AnyOf, Prepared
from promoflow.promotions import instants, quorum
from promoflow.promotions.models import (
    BEFORE_LIVE,
    STANDING,
    Alarm,
    Claim,
    ConflictReport,
    Decision,
    PromotionRequest,
    Reservation,
    Revision,
    RevisionProduct,
    State,
    Verdict,
)
from promoflow.rulebook.offers import MAY_RUN, Window
from promoflow.rulebook.policy import Policy

# No danger window reaches so far beyond the end of what it is of.
_LATELY = timedelta(days=7)

# What `PromotionRequest.runs_until` says of one request at hand.
RUNS_UNTIL: Final = Least("current__ends_at", "ends_early")


def number_of(reference: str) -> int:
    """1042 of "PR-1042", "pr 1042" or "1042", in any width; 0, which no request has, of anything else."""
    typed = unicodedata.normalize("NFKC", reference)
    found = re.fullmatch(r"\s*(?:PR[-\s]?)?(\d{1,15})\s*", typed, re.IGNORECASE)
    return int(found[1]) if found else 0


SCHEDULED, COOLING = "scheduled", "cooling"


def with_stage(requests: QuerySet[PromotionRequest], at: datetime) -> QuerySet[PromotionRequest]:
    """Adds `stage`: the state, with approved ones yet to start and ended ones yet to be gone told apart."""
    holds = Reservation.objects.filter(
        request=OuterRef("pk"), held=True, conflict_group=0, danger__endswith__gt=at
    )
    return requests.annotate(
        stage=Case(
            When(state=State.APPROVED, current__starts_at__gt=at, then=Value(SCHEDULED)),
            When(Q(state=State.ENDED) & Exists(holds), then=Value(COOLING)),
            default=F("state"),
            output_field=TextField(),
        )
    )


def stage(request: PromotionRequest, *, danger: Window, at: datetime) -> str:
    """The same of one request at hand, whose danger window is known."""
    if request.state == State.APPROVED and request.newest.starts_at > at:
        return SCHEDULED
    is_gone = not danger or danger.ends_at <= at or hasattr(request, "succession")
    if request.state == State.ENDED and not is_gone:
        return COOLING
    return str(request.state)


def cooling(requests: QuerySet[PromotionRequest], at: datetime) -> QuerySet[PromotionRequest]:
    """The ended ones that shoppers may still redeem."""
    return with_stage(requests.filter(state=State.ENDED), at).filter(Q(stage=COOLING))


def visible(to: User) -> QuerySet[PromotionRequest]:
    """The requests of every store on which the person holds a role."""
    return of_stores(people.stores_of(to))


def of_stores(stores: Collection[int]) -> QuerySet[PromotionRequest]:
    return whole_of(PromotionRequest.objects.filter(store__in=stores))


def whole_of(requests: QuerySet[PromotionRequest]) -> QuerySet[PromotionRequest]:
    """With all that a page or a line shows of them."""
    return requests.select_related(
        "store",
        "current__edited_by",
        "created_by",
        "submitted_by",
        "activation",
        "succession",
        "amends__current",
    )


def get(reference: str) -> PromotionRequest:
    """The request with its content, whoever asks."""
    return _only(_GIVEN(number=number_of(reference)), reference)


def at_hand(reference: str, to: User) -> PromotionRequest:
    """The same, if the person may see it: for a deed, whose service reads and locks the request anew."""
    found = _AT_HAND(number=number_of(reference), stores=list(people.stores_of(to)))
    return _only(found, reference)


def whole(reference: str, to: User) -> PromotionRequest:
    """The request as its page shows it, if the person may see it."""
    found = _WHOLE(number=number_of(reference), stores=list(people.stores_of(to)))
    return _only(found, reference)


def _only(found: list[PromotionRequest], reference: str) -> PromotionRequest:
    if not found:
        raise PromotionRequest.DoesNotExist(reference)
    return found[0]


_GIVEN: Final = Prepared(
    lambda number: PromotionRequest.objects.filter(pk=number).select_related("store", "current")
)
_AT_HAND: Final = Prepared(
    lambda number, stores: PromotionRequest.objects.filter(
        AnyOf("store_id", stores, array="bigint[]"), pk=number
    ).select_related("store", "current")
)
_WHOLE: Final = Prepared(
    lambda number, stores: whole_of(
        PromotionRequest.objects.filter(AnyOf("store_id", stores, array="bigint[]"), pk=number)
    ).select_related("copied_from")
)


def lock(reference: str) -> PromotionRequest:
    """The request with its row locked to the end of the transaction, and what it amends locked before it."""
    number = number_of(reference)
    _LOCKING(number=number)
    rows = _LOCKED(number=number)
    if not rows or rows[-1].pk != number:
        raise PromotionRequest.DoesNotExist(reference)
    *earlier, request = rows
    if earlier:
        request.amends = earlier[0]
    return request


def _and_what_it_amends(number: Value) -> QuerySet[PromotionRequest]:
    amended = PromotionRequest.objects.filter(pk=number).values("amends")
    return PromotionRequest.objects.filter(pk__in=[number, Subquery(amended)]).order_by("pk")


# Locked first and read then, by a statement of its own: one that had to wait knows the row as its colleague
# left it, and the rows beside it as they were before.
_LOCKING: Final = Prepared(
    lambda number: _and_what_it_amends(number).select_for_update(no_key=True).values_list("pk")
)
_LOCKED: Final = Prepared(
    lambda number: _and_what_it_amends(number).select_related("store", "current", "activation")
)


def lock_open_amendment(amended: PromotionRequest) -> PromotionRequest | None:
    """The amendment that is under way, locked after what it amends."""
    found = open_amendments(amended)
    if not found.select_for_update(no_key=True).values_list("pk"):
        return None
    return found.select_related("store", "current", "amends__current").first()


def open_amendments(amended: PromotionRequest) -> QuerySet[PromotionRequest]:
    """At most one: what is drafted, in review or approved, and not live yet."""
    return amended.amendments.filter(state__in=BEFORE_LIVE)


def locked_if_free(reference: str) -> PromotionRequest | None:
    """None if somebody works on it at this moment: the next tick looks again."""
    asked = PromotionRequest.objects.filter(pk=number_of(reference))
    if not asked.select_for_update(skip_locked=True, no_key=True).values_list("pk"):
        return None
    return asked.select_related("store", "current", "activation").get()


def contributors(request: PromotionRequest) -> set[UUID]:
    """The humans behind every account that wrote, edited or submitted it."""
    return set(_CONTRIBUTORS(**_writing(request)))


def eligible_supervisors(request: PromotionRequest) -> list[User]:
    """The people who may decide on it: active in the role that its route names, who did not write it."""
    role = quorum.role(request)
    return people.people_with_role(request.store_id, role, besides=contributors(request))


def still_to_decide(request: PromotionRequest) -> list[User]:
    """Those of them who have not approved it yet."""
    given = quorum.approved_by(request)
    return [person for person in eligible_supervisors(request) if person.person_id not in given]


def operators(request: PromotionRequest) -> list[User]:
    """Who wrote or submitted it and still holds a role there, and so must know what became of it."""
    return _OPERATORS(store=request.store_id, **_writing(request))


def concerned(request: PromotionRequest) -> list[User]:
    """Who must hear what became of it: its operators, and whoever may decide on it."""
    return _each_once(operators(request), eligible_supervisors(request))


def still_asked(request: PromotionRequest) -> list[User]:
    """Who must hear that it waits on: its operators, and whoever may give the next approval."""
    return _each_once(operators(request), still_to_decide(request))


def who_can_stop(request: PromotionRequest) -> list[User]:
    """Everybody who works on its store: whoever drafts there and whoever decides."""
    return _each_once(*(people.people_with_role(request.store_id, role) for role in (OPERATOR, SUPERVISOR)))


def _each_once(*groups: Iterable[User]) -> list[User]:
    return sorted({person for group in groups for person in group}, key=lambda person: person.pk)


def _writing(request: PromotionRequest) -> dict[str, int | None]:
    return {
        "request": request.pk,
        "created_by": request.created_by_id,
        "submitted_by": request.submitted_by_id,
    }


def who_wrote(request: Value | F, created_by: Value | F, submitted_by: Value | F) -> QuerySet[User]:
    """The accounts that wrote, edited or submitted it."""
    edited = Revision.objects.filter(request=request).order_by().values("edited_by")
    return User.objects.filter(Q(pk__in=edited) | Q(pk__in=[created_by, submitted_by]))


_CONTRIBUTORS: Final = Prepared(
    lambda request, created_by, submitted_by: who_wrote(request, created_by, submitted_by).values_list(
        "person_id", flat=True
    )
)
_OPERATORS: Final = Prepared(
    lambda store, request, created_by, submitted_by: (
        who_wrote(request, created_by, submitted_by)
        .filter(is_active=True, groups__storegrouppermission__content_object=store)
        .distinct()
    )
)


def last_seen_revision(request: PromotionRequest, person: User) -> Revision | None:
    """The newest earlier revision that this human decided, commented on or claimed: looking leaves no row."""
    human = person.person_id
    seen = Q(decisions__decided_by__person_id=human) | Q(comments__said_by__person_id=human)
    claim = request.claims.filter(claimed_by__person_id=human).order_by("-claimed_at").first()
    if claim:
        seen |= Q(pk__in=request.revisions.filter(edited_at__lte=claim.claimed_at).order_by("-number")[:1])
    return request.revisions.filter(seen, number__lt=request.newest.number).order_by("-number").first()


def open_return(request: PromotionRequest) -> Decision | None:
    """The return that a draft was sent back with, until it is submitted again."""
    if request.state != State.DRAFT:
        return None
    last = request.decisions.select_related("decided_by").order_by("-pk").first()
    if last is None or last.verdict != Verdict.RETURN:
        return None
    submitted_since = ConflictReport.objects.filter(revision__request=request, pk__gt=last.report_id)
    return None if submitted_since.exists() else last


def standing() -> QuerySet[PromotionRequest]:
    """What is approved or live, and so has to bear new rules."""
    return (
        PromotionRequest.objects.filter(state__in=STANDING)
        .select_related("store", "current", "activation")
        .order_by("pk")
    )


def lock_holding(at: datetime) -> list[PromotionRequest]:
    """Everything that holds products or may again, locked in key order: standing, or ended not long ago."""
    recently = Q(state=State.ENDED, current__ends_at__gt=at - _LATELY)
    return list(
        PromotionRequest.objects.select_for_update(of=("self",), no_key=True)
        .select_related("store", "current", "activation")
        .filter(Q(state__in=STANDING) | recently, succession__isnull=True)
        .order_by("pk")
    )


def verifiers(request: PromotionRequest) -> list[User]:
    """The people who may take the second look: active supervisors who did not mark it live."""
    live_by = {request.activation.live_by.person_id}
    return people.people_with_role(request.store_id, SUPERVISOR, besides=live_by)


def on_family(product: Product, *, at: datetime) -> QuerySet[PromotionRequest]:
    """What holds the product, its parent or a variation of either, now or later, or asks for it in review."""
    family = catalog.relatives(product).values("pk")
    holding = Reservation.objects.filter(
        product__in=family, held=True, conflict_group=0, danger__endswith__gt=at
    )
    asking = Revision.objects.filter(
        request__state=State.IN_REVIEW, request__current=F("pk"), rows__product__in=family
    )
    return (
        PromotionRequest.objects.filter(
            Q(pk__in=holding.values("request")) | Q(pk__in=asking.values("request"))
        )
        .select_related("store", "current", "activation")
        .order_by("current__starts_at", "pk")
    )


def open_claims(at: "datetime | Value") -> QuerySet[Claim]:
    """Those that hold: not released, not lapsed, and the request has not moved since."""
    return Claim.objects.filter(_holding(at, step="request__step")).select_related("claimed_by")


def with_open_claim(
    requests: QuerySet[PromotionRequest], at: "datetime | Value"
) -> QuerySet[PromotionRequest]:
    """Adds `open_claim`, with its person, to what is read anyway: the same as `open_claims`."""
    held = FilteredRelation("claims", condition=_holding(at, claim="claims__", step="step"))
    found = requests.annotate(open_claim=held)
    return found.select_related("open_claim__claimed_by")  # type: ignore[misc]


def _holding(at: "datetime | Value", *, claim: str = "", step: str) -> Q:
    """Whether a claim holds, as it is reached from where it is asked; `step` is that of its request."""
    holds = {"released_at__isnull": True, "ends_at__gt": at, "step": F(step)}
    return Q(**{f"{claim}{name}": value for name, value in holds.items()})


def claim_of(request: PromotionRequest, *, at: datetime) -> Claim | None:
    """Who is on it, if somebody is; there is at most one."""
    return next(iter(_CLAIMS(request=request.pk, at=at)), None)


_CLAIMS: Final = Prepared(lambda request, at: open_claims(at).filter(request=request).order_by("pk")[:1])


def open_alarms() -> QuerySet[Alarm]:
    """Those of what is approved or live with the very content that was alarmed, not settled."""
    return (
        Alarm.objects.filter(
            settled_at__isnull=True, request__state__in=STANDING, revision=F("request__current")
        )
        .select_related("report__policy", "raised_by", "request__store", "request__current")
        .order_by("raised_at", "pk")
    )


def alarm_of(request: PromotionRequest) -> Alarm | None:
    """The open alarm of a request; there is at most one."""
    return open_alarms().filter(request=request).first()


def on_calendar(store: Store, view: Window, policy: Policy) -> QuerySet[PromotionRequest]:
    """What holds a product of the store at some time in view, or asks to in review."""
    holding = Reservation.objects.filter(
        request=OuterRef("pk"), held=True, conflict_group=0, danger__overlap=(view.starts_at, view.ends_at)
    )
    before = {kind: rules.hours_before for kind, rules in policy.kinds.items()}
    after = {kind: rules.hours_after for kind, rules in policy.kinds.items()}
    asking = (
        Q(state=State.IN_REVIEW)
        & Q(LessThan(instants.shifted("starts_at", -1, before), view.ends_at))
        & Q(GreaterThan(instants.shifted("ends_at", 1, after), view.starts_at))
    )
    return (
        PromotionRequest.objects.filter(store=store)
        .filter(Q(Exists(holding)) | asking)
        .select_related("store", "current", "activation")
        .order_by("current__starts_at", "pk")
    )


def let_go_on_calendar(store: Store, view: Window) -> QuerySet[PromotionRequest]:
    """What left *approved* unmarked and may run on a product of the store at some time in view."""
    reserved = _let_go().filter(product__store=store, danger__overlap=(view.starts_at, view.ends_at))
    held_again = Q(request__state=State.APPROVED, revision=F("request__current"))
    return (
        PromotionRequest.objects.filter(pk__in=reserved.exclude(held_again).values("request"))
        .annotate(stage=Value(MAY_RUN, output_field=TextField()))
        .select_related("current")
    )


def _let_go() -> QuerySet[Reservation]:
    return Reservation.objects.filter(may_run=True, conflict_group=0)


def on_products(products: Iterable[int] | QuerySet[Product, Any]) -> Q:
    """Whether a request touches one of the products."""
    return Q(Exists(RevisionProduct.objects.filter(revision=OuterRef("current"), product__in=products)))


def of_requests(requests: QuerySet[PromotionRequest]) -> Q:
    """Whether a product is touched by one of the requests, also since it joined a chosen parent's family."""
    touched = RevisionProduct.objects.filter(revision__in=requests.order_by().values("current"))
    joined = touched.filter(chosen=True, product__children__isnull=False)
    return Q(pk__in=touched.values("product").union(joined.values("product__children")))


def of_let_go(requests: QuerySet[PromotionRequest]) -> Q:
    """Whether one of the requests may still run on a product, as it was approved for it or for its parent."""
    reserved = _let_go().filter(request__in=requests.order_by().values("pk"))
    joined = reserved.filter(product__children__isnull=False)
    return Q(pk__in=reserved.values("product").union(joined.values("product__children")))
