"""Loading the demonstration: the store, its people and products, and the lives of its requests, in order."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import User
from promoflow.audit.models import Entry
from promoflow.catalog.models import Import, Store
from promoflow.catalog.services import imports, stores
from promoflow.promotions.management.demonstration import (
    incidents,
    joint,
    past,
    people,
    present,
    products,
    telling,
)
from promoflow.promotions.management.demonstration.clock import Clock
from promoflow.promotions.management.demonstration.deeds import Deed, Life
from promoflow.promotions.models import PromotionRequest
from promoflow.promotions.services import amending, drafting, rechecking, running

NAME: Final = "Aurora Home US"
_MERCHANT: Final = "A2AURORAHOME01"
_UNITED_STATES: Final = "ATVPDKIKX0DER"


class Moment(NamedTuple):
    """Something that happens at an instant unless it has happened; `do` says whether it had to."""

    at: datetime
    do: Callable[[], bool]


def load(*, at: datetime) -> bool:
    """Tell the story of the store up to `at`; whether there was anything left to tell.

    A load that was killed goes on where it stopped, in the times of its beginning. What was told to its end,
    or by a version of the desk that told another story, is never told again: people work there by now.
    """
    begun = _first_loaded_at()
    at = begun or at.replace(second=0, microsecond=0)
    clock = Clock(at)
    story = "\n".join(life.what for life in lives(clock))
    being_told = settings.DATA_DIR / "story"
    if begun is None:
        being_told.write_text(story, "utf-8")
    elif not being_told.exists() or being_told.read_text("utf-8") != story:
        return False
    told = _tell(clock)
    being_told.unlink()
    return told


def _tell(clock: Clock) -> bool:
    store = _open_store(clock)
    parts = (_people, _files, _requests, _floors, _telling)
    moments = sorted((moment for part in parts for moment in part(store, clock)), key=_when)
    # No short cut: each moment has to be asked.
    told = [moment.do() for moment in moments]
    if any(told):
        running.move_due(at=clock.now)
    return any(told)


def lives(clock: Clock) -> list[Life]:
    """Every request of the demonstration, in the order in which they are drafted."""
    parts = (past, present, joint, incidents)
    return sorted((life for part in parts for life in part.lives(clock)), key=_when)


def _when(what: Moment | Life) -> datetime:
    return what.at


def _first_loaded_at() -> datetime | None:
    opened = Entry.objects.filter(event="store.added", subject=NAME).order_by("pk").first()
    return opened.at + BEFORE if opened else None


# The store was opened this long before the demonstration was loaded.
BEFORE: Final = timedelta(days=22)


def _open_store(clock: Clock) -> Store:
    at = clock.now - BEFORE
    root = people.who_sets_up(at=at)
    manager = people.invite(people.MANAGING, by=root, at=at)
    found = Store.objects.filter(name=NAME).first()
    return found or stores.add(
        name=NAME, merchant_id=_MERCHANT, marketplace_id=_UNITED_STATES, manager=manager, by=root, at=at
    )


def _people(store: Store, clock: Clock) -> Iterator[Moment]:
    for part in people.CAST:
        if part is not people.MANAGING:
            at = clock.day(part.joined, 17, 30)
            yield Moment(at, _joining(part, store, at))


def _joining(part: people.Part, store: Store, at: datetime) -> Callable[[], bool]:
    return lambda: people.join(part, store, by=_person(people.MANAGING.key), at=at)


def _telling(store: Store, clock: Clock) -> Iterator[Moment]:
    """The store's chat is new, and people have read their inboxes until last night."""
    opened, read = clock.ago(hours=23), clock.ago(hours=22)
    yield Moment(opened, lambda: telling.open_channel(store, by=_person(people.MANAGING.key), at=opened))
    for part in people.CAST:
        yield Moment(read, _reading(part, read))


def _reading(part: people.Part, at: datetime) -> Callable[[], bool]:
    return lambda: telling.read_inbox(_person(part.key), at=at)


def _person(key: str) -> User:
    return User.objects.get(email=f"{key}@aurora.example")


def _files(store: Store, clock: Clock) -> Iterator[Moment]:
    first, week_later = clock.day(-20, 17), clock.day(-6, 17)
    listings, floors = Import.Kind.LISTINGS, Import.Kind.FLOORS
    report = products.listing_report

    def moment(at: datetime, kind: str, name: str, by: str, body: bytes, *, apply: bool = True) -> Moment:
        return Moment(at, lambda: _import(store, kind, name, body, by=by, at=at, apply=apply))

    yield moment(first, listings, _named("All+Listings+Report", first), "mei", report({}, *products.BROKEN))
    yield moment(
        first + timedelta(minutes=25), floors, "floor-prices.csv", people.MANAGING.key, products.floors()
    )
    yield moment(
        week_later,
        listings,
        _named("All+Listings+Report", week_later),
        "mei",
        report(products.WEEK_LATER),
    )
    today = clock.ago(hours=2)
    newest = report({**products.WEEK_LATER, **products.TODAY}, *products.NEW_TODAY)
    yield moment(today, listings, _named("All+Listings+Report", today), "hao", newest, apply=False)


def _named(name: str, at: datetime) -> str:
    return f"{name}+{at:%m-%d-%Y}.txt"


def _import(store: Store, kind: str, name: str, body: bytes, *, by: str, at: datetime, apply: bool) -> bool:
    """Upload the file, have it read and, unless it is to wait for somebody, applied."""
    wanted = Import.Status.APPLIED if apply else Import.Status.READY
    latest = Import.objects.filter(store=store, kind=kind, name=name).order_by("pk").last()
    if latest and (latest.status == wanted or not apply):
        return False
    source, _new = imports.upload(
        store=store, kind=kind, file=SimpleUploadedFile(name, body), by=_person(by), at=at
    )
    _have_it_done(source, at)
    if apply:
        imports.apply(pk=source.pk, comparison=source.comparison, by=_person(by), at=at)
        _have_it_done(source, at)
    if source.status != wanted:
        raise RuntimeError(f"{name} is {source.status}, not {wanted}: {source.problem}")
    return True


def _have_it_done(source: Import, at: datetime) -> None:
    """What the worker does at its next tick."""
    imports.work(at=at)
    source.refresh_from_db()


def _floors(store: Store, clock: Clock) -> Iterator[Moment]:
    """A dearer delivery raises the floor of what is approved, and the next tick raises the alarm."""
    raised, ticked = clock.ago(hours=4), clock.ago(hours=3.9)
    yield Moment(raised, lambda: products.raise_floor(store, by=_person(people.MANAGING.key), at=raised))
    yield Moment(ticked, lambda: rechecking.check_again(at=ticked) > 0)


def _requests(store: Store, clock: Clock) -> Iterator[Moment]:
    told = lives(clock)
    for number, life in enumerate(told):
        amends = next((place for place, other in enumerate(told) if other.what == life.amends), None)
        yield Moment(life.at, _drafting(store, life, number, amends))
        for step, deed in enumerate(life.deeds, start=2):
            yield Moment(deed.at, _doing(store, deed, number, step))


def _drafting(store: Store, life: Life, number: int, amends: int | None) -> Callable[[], bool]:
    def draft() -> bool:
        if store.requests.count() > number:
            return False
        by = _person(life.by)
        if amends is None:
            drafting.create(store=store, typed=life.typed, by=by, at=life.at)
        else:
            amended = store.requests.order_by("pk")[amends]
            amending.amend(reference=amended.reference, by=by, at=life.at)
        return True

    return draft


def _doing(store: Store, deed: Deed, number: int, step: int) -> Callable[[], bool]:
    """Each deed is the next step of its request, so a request says how far its life was told."""

    def do() -> bool:
        request = store.requests.select_related("store", "current").order_by("pk")[number]
        if request.step >= step:
            return False
        deed.do(_cast(), request)
        return True

    return do


def _cast() -> Mapping[str, User]:
    """Whoever has joined by now, by their keys."""
    keys = {part.email: part.key for part in people.CAST}
    return {keys[person.email]: person for person in User.objects.filter(email__in=keys)}


def by_purpose(store: Store, clock: Clock) -> dict[str, PromotionRequest]:
    """The requests by what they are there to show."""
    found = store.requests.select_related("store", "current").order_by("pk")
    return {life.what: request for life, request in zip(lives(clock), found, strict=False)}
