"""Reading the history: who may see which entries, a page of them, a subject's timeline.

A page costs the same wherever it lies and however long the history is: it begins where the reader stands, by
(at, id), and each store is read along an index that is in this order already.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, Protocol

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.db.models import F, Model, OuterRef, Q, QuerySet, Subquery, TextField
from django.db.models.functions import Cast, Coalesce
from django.db.models.lookups import IsNull
from guardian.shortcuts import get_objects_for_user

from promoflow.audit import chain, naming, searching
from promoflow.audit.events import ROWS, UNPLACED
from promoflow.audit.models import PEOPLES, Entry, Link, Mention

_ANY_ROLE: Final = ("operate_store", "supervise_store", "audit_store", "manage_store")
_OVERSEEING: Final = ("audit_store", "manage_store")


class Reader(Protocol):
    """What deciding who may see asks of an account; accounts.User is one."""

    @property
    def pk(self) -> Any: ...
    @property
    def is_active(self) -> bool: ...


@dataclass(frozen=True)
class Sight:
    """What a person may see: the entries of their stores, and of those without a store all or their own."""

    stores: tuple[int, ...]
    person: int
    oversees: bool
    """Auditors and managers also see who came, went and signed in."""
    oversees_all: bool
    """What may be about any store, and does not say which, is for those who oversee every one."""

    @property
    def without_store(self) -> Q:
        """Which entries they see of those that have no store."""
        own = Q(store_id=None, actor=self.person)
        if not self.oversees:
            return own
        return Q(store_id=None) if self.oversees_all else own | Q(~Q(event=UNPLACED), store_id=None)

    def covers(self, entry: Entry) -> bool:
        if entry.event == ROWS.code:
            return False
        if entry.store_id is not None:
            return entry.store_id in self.stores
        oversees = self.oversees_all if entry.event == UNPLACED else self.oversees
        return oversees or entry.actor_id == self.person


def sight_of(user: Reader) -> Sight:
    """What this person may see; nobody sees anything for being a superuser."""
    overseen = stores_with(user, _OVERSEEING)
    return Sight(
        stores=tuple(sorted(stores_with(user, _ANY_ROLE))),
        person=user.pk,
        oversees=bool(overseen),
        oversees_all=bool(overseen) and _are_all(overseen),
    )


def _are_all(stores: set[int]) -> bool:
    return not apps.get_model("catalog", "Store").objects.exclude(pk__in=stores).exists()


def stores_with(user: Reader, permissions: Sequence[str]) -> set[int]:
    """The stores on which an active person has any of the permissions; a superuser has none for being one."""
    if not user.is_active:
        return set()
    held = get_objects_for_user(
        user,
        [f"catalog.{permission}" for permission in permissions],
        klass=apps.get_model("catalog", "Store"),
        any_perm=True,
        with_superuser=False,
        accept_global_perms=False,
    )
    return set(held.values_list("pk", flat=True))


def stores_in(sight: Sight) -> list[tuple[int, str]]:
    """The stores that a person sees, as choices."""
    stores = apps.get_model("catalog", "Store").objects.filter(pk__in=sight.stores).order_by("name")
    return list(stores.values_list("pk", "name"))


def people_in(sight: Sight) -> QuerySet[Any]:
    """Whoever did something that the person may see, or was given a role on a store of theirs."""
    given = Entry.objects.filter(
        store_id__in=sight.stores, subject_type="accounts.user", subject_id=OuterRef("pk")
    ).order_by("pk")
    did = [
        lane.order_by("-store_id", "-at", "-key").values("key")
        for lane in _lanes(sight, Wanted(person=OuterRef("pk")), None, up=False)
    ]
    # Asked for the first in an index's order, not whether there is any: PostgreSQL would scan for that, and
    # read all of the history for an account that has none.
    first = [Subquery(entries[:1]) for entries in (*did, given.values("pk"))]
    return get_user_model()._default_manager.filter(IsNull(Coalesce(*first), False)).order_by("name", "pk")


def audits(user: Reader) -> bool:
    """Whether the person is an auditor of any store."""
    return bool(stores_with(user, ("audit_store",)))


def oversees_store(user: Reader, store_id: int) -> bool:
    """Whether the person manages or audits the store."""
    return store_id in stores_with(user, _OVERSEEING)


@dataclass(frozen=True)
class Wanted:
    """What the reader of the history asked for; what is empty does not narrow."""

    store: int | None = None
    person: int | OuterRef | None = None
    subject: str = ""
    asin: str = ""
    event: str = ""
    outcome: str = ""
    since: datetime | None = None
    until: datetime | None = None
    """The first instant that is not wanted any more."""
    words: str = ""


@dataclass(frozen=True)
class Mark:
    """A place in the order of the history: an entry's instant and key."""

    at: datetime
    pk: int

    def __str__(self) -> str:
        return f"{chain.microseconds(self.at)}-{self.pk}"

    @classmethod
    def read(cls, text: str) -> "Mark | None":
        """The mark out of an address; None if there is none, or somebody made it up."""
        match = re.fullmatch(r"(-?\d{1,16})-(\d{1,19})", text)
        return cls(chain.instant_of(int(match[1])), int(match[2])) if match else None


@dataclass(frozen=True)
class Page:
    entries: list[Entry] = field(default_factory=list)
    newer: Mark | None = None
    """Where the page with newer entries begins, if there is one."""
    older: Mark | None = None


def page(
    *, sight: Sight, wanted: Wanted, before: Mark | None = None, after: Mark | None = None, size: int = 50
) -> Page:
    """The newest entries older than `before`, or the oldest newer than `after`; newest first, always."""
    up = after is not None
    look = _found if wanted.words else _keys
    found = look(sight, wanted, after or before, up=up, count=size + 1)
    more, keys = len(found) > size, found[:size]
    if up:
        keys.reverse()
    if not keys:
        return Page()
    rows = Entry.objects.select_related("link").in_bulk([mark.pk for mark in keys])
    return Page(
        entries=naming.shown(rows[mark.pk] for mark in keys),
        newer=keys[0] if (more if up else before is not None) else None,
        older=keys[-1] if (up or more) else None,
    )


def everything(*, sight: Sight, wanted: Wanted) -> Iterator[Entry]:
    """All that is wanted, newest first, a thousand at a time."""
    before: Mark | None = None
    while True:
        here = page(sight=sight, wanted=wanted, before=before, size=1000)
        yield from here.entries
        if here.older is None:
            return
        before = here.older


def _keys(sight: Sight, wanted: Wanted, start: Mark | None, *, up: bool, count: int) -> list[Mark]:
    """The marks next to `start`, going up or down: the best of each store, then the best of all."""
    order = ("at", "key") if up else ("-at", "-key")
    # A lane has one store, or none. Named in the order it lets PostgreSQL follow the index where there is
    # none: it takes `= 7` for a constant, but not `IS NULL`.
    own = ("store_id" if up else "-store_id", *order)
    lanes = [lane.order_by(*own)[:count] for lane in _lanes(sight, wanted, start, up=up)]
    if not lanes:
        return []
    first, *others = lanes
    rows = first.union(*others, all=True).order_by(*order)[:count] if others else first
    return [Mark(at, key) for at, key in rows]


def _found(sight: Sight, wanted: Wanted, start: Mark | None, *, up: bool, count: int) -> list[Mark]:
    """The marks of entries that hold the words: out of the nearest ones, else by index."""
    looked_at = max(1, count * searching.LOOKED_AT)
    near = _keys(sight, wanted, start, up=up, count=looked_at)
    entries = Entry.objects.filter(pk__in=[mark.pk for mark in near])
    hits = set(searching.among(entries, wanted.words).values_list("pk", flat=True))
    if len(hits) >= count or len(near) < looked_at:
        return [mark for mark in near if mark.pk in hits][:count]
    rest = _lane(_scope(sight, wanted), replace(wanted, asin=""), start, up=up)
    if wanted.asin:
        rest = rest.filter(asins__contains=[wanted.asin])
    return [Mark(at, key) for at, key in searching.by_index(rest, wanted.words, up=up)[:count]]


def _scope(sight: Sight, wanted: Wanted) -> Q:
    """All lanes as one condition."""
    stores = [store_id for store_id in sight.stores if wanted.store in {None, store_id}]
    scope = Q(store_id__in=stores)
    if wanted.store is None and not wanted.asin:
        scope |= sight.without_store
    return scope


def _lanes(sight: Sight, wanted: Wanted, start: Mark | None, *, up: bool) -> Iterator[QuerySet[Any, Any]]:
    """One query for each store in sight, and one for what has no store."""
    for store_id in sight.stores:
        if wanted.store in {None, store_id}:
            yield _lane(Q(store_id=store_id), wanted, start, up=up)
    if wanted.store is None and not wanted.asin:
        yield _lane(sight.without_store, wanted, start, up=up)


def _lane(scope: Q, wanted: Wanted, start: Mark | None, *, up: bool) -> QuerySet[Any, Any]:
    """The instants and keys of a lane. Those of an ASIN are read from its mentions, in the same order."""
    if wanted.asin:
        lane: QuerySet[Any, Any] = Mention.objects.filter(scope, asin=wanted.asin)
        key, prefix = "entry_id", "entry__"
    else:
        lane, key, prefix = Entry.objects.filter(PEOPLES, scope), "pk", ""
    conditions = {
        f"{prefix}actor": wanted.person,
        f"{prefix}subject": wanted.subject or None,
        f"{prefix}event": wanted.event or None,
        f"{prefix}outcome": wanted.outcome or None,
        "at__gte": wanted.since,
        "at__lt": wanted.until,
    }
    lane = lane.filter(**{name: value for name, value in conditions.items() if value is not None})
    if start is not None:
        way, end = ("gte", "lte") if up else ("lte", "gte")
        # Written so that the index begins at the instant, and only its ties are looked at twice.
        lane = lane.filter(**{f"at__{way}": start.at}).exclude(**{"at": start.at, f"{key}__{end}": start.pk})
    keys: QuerySet[Any, Any] = lane.annotate(key=F(key)).values_list("at", "key")
    return keys


def timeline(subject: Model) -> QuerySet[Entry]:
    """All that happened to a record, oldest first. Whoever may see the record may see this."""
    return Entry.objects.filter(subject_type=subject._meta.label_lower, subject_id=subject.pk).order_by("pk")


def newest_of(event: str) -> Entry | None:
    """The newest entry of an event that belongs to no store."""
    return Entry.objects.filter(store_id=None, event=event).order_by("-at", "-pk").first()


# What a link and its entry hold, JSON as PostgreSQL prints it: the same text that was hashed.
_COLUMNS: Final = ("seq", "sealed", "prev_hash", "row_hash")
_PRINTED: Final = {"before": "before_printed", "after": "after_printed"}


def plain_rows(links: QuerySet[Link]) -> Iterator[dict[str, Any]]:
    """Links with their entries as plain values, in the order of the chain, a few at a time.

    Inside a transaction, and past Django's conversions: a million of them are read in seconds, not a minute.
    """
    printed = {name: Cast(f"entry__{field}", TextField()) for field, name in _PRINTED.items()}
    fields = [_PRINTED.get(field, f"entry__{field}") for field in chain.FIELDS]
    rows = links.order_by("seq").annotate(**printed).values_list(*_COLUMNS, *fields)
    sql, parameters = rows.query.sql_with_params()
    # psycopg's own cursor, but Django's errors: who waits for a database that is away knows those.
    with (
        connection.wrap_database_errors,
        connection.connection.cursor("plain_rows", binary=True) as cursor,
    ):
        cursor.itersize = 2000
        for row in cursor.execute(sql, parameters):
            yield dict(zip((*_COLUMNS, *chain.FIELDS), row, strict=True))


@dataclass(frozen=True)
class Place:
    """An entry's place in the chain, and whether its hash still holds."""

    link: Link
    holds: bool
    previous: int | None
    """The key of the entry before, and after, among those that the reader may see."""
    next: int | None


def place_of(entry: Entry, sight: Sight) -> Place | None:
    """Where an entry stands in the chain; None if it has no place, which only an attack can bring about."""
    links = Link.objects.filter(entry=entry)
    link = links.first()
    if link is None:
        return None
    with transaction.atomic():
        [row] = plain_rows(links)
    expected = chain.row_hash(row["prev_hash"], row["seq"], row["sealed"], row)
    previous, following = (_beside(entry, sight, up=up) for up in (False, True))
    return Place(link, expected == row["row_hash"], previous, following)


def _beside(entry: Entry, sight: Sight, *, up: bool) -> int | None:
    """The key of the next entry in the order of the history."""
    found = _keys(sight, Wanted(), Mark(entry.at, entry.pk), up=up, count=1)
    return found[0].pk if found else None


def rows_of(entry: Entry, link: Link) -> list[Entry]:
    """What the database itself told in the entry's transaction, in order; a hundred at most."""
    return list(_sealed_with(entry, link).filter(event=ROWS.code)[:100])


def deed_of(rows: Entry, sight: Sight) -> Entry | None:
    """The deed with which it is shown what the database itself told, for whoever may see the deed."""
    link = Link.objects.filter(entry=rows).first() if rows.event == ROWS.code else None
    if link is None:
        return None
    return next((deed for deed in _sealed_with(rows, link).filter(PEOPLES) if sight.covers(deed)), None)


def _sealed_with(entry: Entry, link: Link) -> QuerySet[Entry]:
    """All entries of the entry's transaction, in order: what is sealed together stands together.

    Exactly those, since who may see rows hangs on it: numbers of transactions come again in a restored
    database, and places further away are another deed's.
    """
    others = Link.objects.exclude(entry__txid=entry.txid).values_list("seq", flat=True)
    sealed = Entry.objects.filter(txid=entry.txid)
    if last_before := others.filter(seq__lt=link.seq).order_by("-seq").first():
        sealed = sealed.filter(link__seq__gt=last_before)
    if first_after := others.filter(seq__gt=link.seq).order_by("seq").first():
        sealed = sealed.filter(link__seq__lt=first_after)
    return sealed.select_related("link").order_by("link__seq")


def may_see_rows(user: Reader, entry: Entry, link: Link) -> bool:
    """Whether the person oversees every store that the entry's transaction was about.

    Most rows do not say of which store they are. Where an entry beside them has none, they may be of any.
    """
    overseen = stores_with(user, _OVERSEEING)
    about = set(_sealed_with(entry, link).filter(PEOPLES).values_list("store_id", flat=True))
    return _are_all(overseen) if None in about else about <= overseen
