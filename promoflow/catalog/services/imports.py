"""Imports: uploading a file, confirming what it would change, discarding it, and doing what is owed.

Whoever works on an import holds its advisory lock, which ends with the connection: a worker that dies leaves
nothing to be tidied up, and the next tick begins where the database says.
"""

import hashlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, connection, transaction
from django.db.models import Min
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from accounts.models import User
from promoflow import stored
from promoflow.audit import services as audit
from promoflow.catalog.files.lines import Unreadable
from promoflow.catalog.models import Import, Store
from promoflow.catalog.permissions import check_can_import
from promoflow.catalog.services import applying, reading
from promoflow.errors import Blocked, Stale, WrongState
from promoflow.repeating import mark_of

logger = logging.getLogger(__name__)

_MOST_ATTEMPTS: Final = 5
# The first half of the advisory lock's key; the second is the import's.
_LOCK_CLASS: Final = 4_710_001


def upload(
    *,
    store: Store,
    kind: str,
    file: "UploadedFile[bytes]",
    by: User,
    at: datetime,
    once: UUID | None = None,
) -> tuple[Import, bool]:
    """Keep the file and owe its reading; a file that is open already stays that import, and False says so.

    `once` is the key of the form: sent again with the same file, it finds what it made, open or not.
    """
    check_can_import(by, store, kind)
    digest = _sha256(file)
    mark = mark_of(once, str(store.pk).encode(), kind.encode(), digest.encode())
    if found := _made_before(by, mark):
        return found, True
    if found := _open_import(store, kind, digest):
        return found, False
    source = Import(store=store, kind=kind, name=(file.name or "")[:255], sha256=digest, size=file.size or 0)
    source.created_at, source.created_by, source.once = at, by, mark
    source.file.save(source.name, file, save=False)
    try:
        _keep(source)
    except BaseException as error:
        source.file.delete(save=False)
        if not isinstance(error, IntegrityError):
            raise
        if found := _made_before(by, mark):
            return found, True
        if found := _open_import(store, kind, digest):
            return found, False
        raise
    return source, True


@transaction.atomic(durable=True)
def _keep(source: Import) -> None:
    check_can_import(source.created_by, source.store, source.kind)
    source.save()
    audit.record(
        "import.uploaded",
        by=source.created_by,
        at=source.created_at,
        on=source,
        after={"kind": source.kind, "file": source.name, "sha256": source.sha256, "size": source.size},
    )


def _made_before(by: User, mark: UUID | None) -> Import | None:
    return Import.objects.filter(created_by=by, once=mark).first() if mark else None


def _open_import(store: Store, kind: str, sha256: str) -> Import | None:
    return Import.objects.filter(store=store, kind=kind, sha256=sha256, status__in=Import.OPEN).first()


def _sha256(file: "UploadedFile[bytes]") -> str:
    digest = hashlib.sha256()
    for block in file.chunks():
        digest.update(block)
    file.seek(0)
    return digest.hexdigest()


@transaction.atomic(durable=True)
def apply(*, pk: int, comparison: int, by: User, at: datetime, why: str = "") -> Import:
    """Confirm the comparison that the person saw; a worker carries it out. Doing it twice changes nothing.

    Lower floors need a reason from a file as they do by hand.
    """
    source = _lock(pk)
    check_can_import(by, source.store, source.kind)
    if source.status in (Import.Status.APPLYING, Import.Status.APPLIED):
        return source
    if source.status != Import.Status.READY:
        raise WrongState(
            _("This import cannot be applied: %(status)s.") % {"status": source.get_status_display()}
        )
    if source.comparison != comparison:
        raise Stale(
            _("Since this page was shown, the import was compared with the catalog again. Look at it again.")
        )
    _explain_lower_floors(source, by=by, at=at, why=why)
    source.status = Import.Status.APPLYING
    source.confirmed_at, source.confirmed_by = at, by
    source.attempts = 0
    source.clear_problem()
    source.save(update_fields=["status", "confirmed_at", "confirmed_by", "attempts", *Import.TROUBLE])
    return source


def _explain_lower_floors(source: Import, *, by: User, at: datetime, why: str) -> None:
    lowered = source.changes.filter(lowers_floor=True).count()
    if not lowered:
        return
    if not why.strip():
        raise Blocked(_("Say why the floors may be lower: every later discount may go as deep as that."))
    audit.record(
        "import.lowering_confirmed",
        by=by,
        at=at,
        on=source,
        store=source.store,
        after={"lowered": lowered},
        why=why,
    )


@transaction.atomic(durable=True)
def discard(*, pk: int, by: User, at: datetime) -> Import:
    """Drop an import that was not applied, with its file. Discarding twice changes nothing."""
    source = _lock(pk)
    check_can_import(by, source.store, source.kind)
    if source.status == Import.Status.DISCARDED:
        return source
    if source.status in (Import.Status.APPLYING, Import.Status.APPLIED):
        raise WrongState(
            _("This import cannot be discarded: %(status)s.") % {"status": source.get_status_display()}
        )
    before = source.status
    source.status = Import.Status.DISCARDED
    source.discarded_at, source.discarded_by = at, by
    source.save(update_fields=["status", "discarded_at", "discarded_by"])
    reading.forget_lines(source)
    audit.record("import.discarded", by=by, at=at, on=source, states=(before, source.status))
    stored.delete_after_this(str(source.file))
    return source


def work(*, at: datetime) -> int:
    """Do what is owed to every import that no other worker is at; says how many were taken up."""
    owed = Import.objects.filter(status__in=Import.OWED).order_by("pk").values_list("pk", flat=True)
    return sum(_take_up(pk, at=at) for pk in owed)


def due_since() -> datetime | None:
    """Since when the import that waits longest is owed; None where none is, or a worker is at one.

    A long file is no trouble, nor is what waits behind it.
    """
    if _somebody_works():
        return None
    owed = Import.objects.filter(status__in=Import.OWED)
    since: datetime | None = owed.aggregate(first=Min(Coalesce("confirmed_at", "created_at")))["first"]
    return since


def _somebody_works() -> bool:
    held = """
        SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid = %s
            AND objsubid = 2 AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))
    """
    with connection.cursor() as cursor:
        cursor.execute(held, [_LOCK_CLASS])
        (somebody,) = cursor.fetchone()
    return bool(somebody)


def _take_up(pk: int, *, at: datetime) -> bool:
    with _alone(pk) as alone:
        source = _begin(pk) if alone else None
        if source is None:
            return False
        try:
            _go_on(source, at=at)
        except reading.Gone:
            pass
        except Exception:
            # The next tick tries again; after a few attempts the import is given up.
            logger.exception("import %s: attempt %s failed", source.pk, source.attempts)
        return True


@contextmanager
def _alone(pk: int) -> Iterator[bool]:
    """Whether no other worker is at this import; the lock holds until the block or the connection ends."""
    key = [_LOCK_CLASS, pk % 2**31]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", key)
        (alone,) = cursor.fetchone()
        try:
            yield alone
        finally:
            if alone:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", key)


@transaction.atomic(durable=True)
def _begin(pk: int) -> Import | None:
    """The import with one more attempt counted, or None where nothing is owed any more."""
    source = _lock(pk)
    if not source.is_owed:
        return None
    if source.status == Import.Status.WAITING:
        source.status = Import.Status.READING
    source.attempts += 1
    source.save(update_fields=["status", "attempts"])
    return source


def _go_on(source: Import, *, at: datetime) -> None:
    given_up = source.attempts > _MOST_ATTEMPTS
    if source.status == Import.Status.APPLYING:
        if given_up:
            applying.put_back(source, "not-applied")
        else:
            applying.apply(source, at=at)
    elif given_up:
        _fail(source, Unreadable("given-up"))
    else:
        _read(source)


def _read(source: Import) -> None:
    try:
        reading.read(source)
    except Unreadable as problem:
        _fail(source, problem)


@transaction.atomic(durable=True)
def _fail(source: Import, problem: Unreadable) -> None:
    source = _lock(source.pk)
    if source.status != Import.Status.READING:
        return
    source.status = Import.Status.FAILED
    source.problem_code, source.problem_values = problem.code, problem.values
    source.save(update_fields=["status", *Import.TROUBLE])
    reading.forget_lines(source)


def _lock(pk: int) -> Import:
    return (
        Import.objects.select_related("store", "created_by", "confirmed_by")
        .select_for_update(no_key=True, of=("self",))
        .get(pk=pk)
    )
