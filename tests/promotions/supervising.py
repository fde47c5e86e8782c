"""Supervisors in processes of their own; nothing of Django is imported before it is set up there.

One process sets Django up and forks into as many as there are desks: sixteen set-ups take sixteen times as
long, and opening no connection before the fork leaves each its own.
"""

import os
import time
from collections.abc import Callable, Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from promoflow.promotions.models import PromotionRequest

Deed = Callable[[str, str, Barrier], tuple[str, float]]


def open_desks(deed: Deed, people: Sequence[str], desks: Sequence[Connection], url: str) -> None:
    """Seat a person at each desk, who does the deed at the same moment as the others."""
    os.environ["DATABASE_URL"] = url
    # Nobody works off what a race owes.
    os.environ["CELERY_BROKER_URL"] = "memory://"
    # As in a web server, whose pages stand ready before anybody asks.
    from promoflow import wsgi

    assert wsgi.application
    fork = get_context("fork")
    together = fork.Barrier(len(people))
    seated = [
        fork.Process(target=_sit, args=(deed, email, desk, together), daemon=True)
        for email, desk in zip(people, desks, strict=True)
    ]
    for process in seated:
        process.start()
    for process in seated:
        process.join()


def _sit(deed: Deed, email: str, desk: Connection, together: Barrier) -> None:
    """Do the deed on each request that the desk names, and say what came of it and how long it took."""
    while reference := desk.recv():
        desk.send(deed(email, reference, together))


def approve(email: str, reference: str, together: Barrier) -> tuple[str, float]:
    """Approve it as the page showed it before anybody moved."""
    from promoflow.promotions.selectors import get
    from tests.promotions import lives

    request = get(reference)
    page = lives.as_shown(request)
    return _timed(lambda: lives.approve_as_shown(request, page, by=_person(email)), together)


def claim(email: str, reference: str, together: Barrier) -> tuple[str, float]:
    """Say that one is on it."""
    from promoflow.promotions.services import claiming
    from tests.promotions.lives import NOW

    person = _person(email)
    return _timed(lambda: claiming.claim(reference=reference, by=person, at=NOW), together)


def insist(email: str, reference: str, together: Barrier) -> tuple[str, float]:
    """Approve it, and read the page again as long as it was stale."""
    from promoflow.errors import Stale
    from promoflow.promotions.selectors import get
    from tests.promotions import lives

    request, person = get(reference), _person(email)
    first = lives.as_shown(request)

    def again_and_again() -> None:
        page = first
        while True:
            try:
                lives.approve_as_shown(request, page, by=person)
                return
            except Stale:
                page = lives.as_shown(request)

    return _timed(again_and_again, together)


def approve_or_publish(email: str, what: str, together: Barrier) -> tuple[str, float]:
    """Approve the request of this reference; or publish the open draft, as seen before or just then."""
    if what.startswith("PR-"):
        return approve(email, what, together)
    from promoflow.policies.selectors import open_draft
    from promoflow.promotions.services import publishing
    from tests.policies import drafts
    from tests.promotions.lives import NOW

    draft, person = open_draft(), _person(email)
    seen = drafts.as_shown(draft)

    def publish() -> None:
        page = seen if what == "before" else drafts.as_shown(draft)
        publishing.publish(by=person, at=NOW, confirmed_at=NOW, **page)

    return _timed(publish, together)


def check_then_insert(_email: str, reference: str, together: Barrier) -> tuple[str, float]:
    """What a desk without locks and without the constraint would do, in a table that has neither.

    Between the look and the leap it thinks as long as the real one does.
    """
    from django.db import connection, transaction

    from promoflow.errors import Blocked
    from promoflow.promotions import checker
    from promoflow.promotions.selectors import get
    from tests.promotions import lives

    request = get(reference)
    revision = request.newest
    mine = {"revision": revision.pk, "from": revision.starts_at, "to": revision.ends_at}

    def naively() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT FROM unguarded_reservation u JOIN promotions_revisionproduct p USING (product_id)"
                " WHERE p.revision_id = %(revision)s AND u.danger && tstzrange(%(from)s, %(to)s)",
                mine,
            )
            if cursor.rowcount:
                raise Blocked("Somebody was here before.")
            checker.report_of(request, at=lives.NOW)
            cursor.execute(
                "INSERT INTO unguarded_reservation"
                " (request_id, revision_id, product_id, conflict_group, member, danger, held)"
                " SELECT v.request_id, v.id, p.product_id, 0, 0, tstzrange(%(from)s, %(to)s), true"
                " FROM promotions_revision v JOIN promotions_revisionproduct p ON p.revision_id = v.id"
                " WHERE v.id = %(revision)s",
                mine,
            )

    return _timed(naively, together)


def edit_or_approve(email: str, order: str, together: Barrier) -> tuple[str, float]:
    """Edit the request, or approve what its page showed before anybody moved; after so many seconds."""
    what, reference, wait = order.split()
    from promoflow.promotions.selectors import get
    from promoflow.promotions.services import drafting
    from tests.promotions import lives

    request, person = get(reference), _person(email)
    page, number = lives.as_shown(request), request.newest.number

    def do() -> None:
        time.sleep(float(wait))
        if what == "approve":
            lives.approve_as_shown(request, page, by=person)
            return
        typed = lives.coupon(title=f"After revision {number}", percent="45.00")
        drafting.edit(reference=reference, revision=number, typed=typed, by=person, at=lives.NOW)

    return _timed(do, together)


def approve_while_it_lasts(email: str, order: str, together: Barrier) -> tuple[str, float]:
    """For so many seconds: approve one's own request again and again; whoever is root takes roles away."""
    from promoflow.errors import Refused
    from tests.promotions import lives

    person, author = _person(email), _person("olivia@example.com")

    def once(reference: str) -> None:
        from promoflow.promotions.selectors import get

        request = get(reference)
        try:
            lives.approve(request, by=person)
        except Refused:
            return
        _renew(request, author)

    return _by_turns(email, order, together, once)


def approve_without_the_lock(email: str, order: str, together: Barrier) -> tuple[str, float]:
    """The control: read the role, ask the rules as long as the desk does, and then say it."""
    from django.db import connection, transaction

    from accounts.selectors import holds_role
    from promoflow.promotions import checker
    from promoflow.promotions.selectors import get
    from tests.promotions import lives

    person = _person(email)

    def once(reference: str) -> None:
        request = get(reference)
        with transaction.atomic(), connection.cursor() as cursor:
            if holds_role(person, request.store_id, "supervisor"):
                checker.report_of(request, at=lives.NOW)
                cursor.execute("INSERT INTO approvals VALUES (%s, clock_timestamp())", [email])

    return _by_turns(email, order, together, once)


def _by_turns(email: str, order: str, together: Barrier, once: Callable[[str], None]) -> tuple[str, float]:
    seconds, store, reference = order.split()

    def all_along() -> None:
        until = time.monotonic() + float(seconds)
        while time.monotonic() < until:
            if reference == "-":
                _take_a_role_away(int(store))
            else:
                once(reference)

    return _timed(all_along, together)


def _take_a_role_away(store_id: int) -> None:
    """From somebody, for a moment; the clock is read after it is gone for certain, and before it is back."""
    import random

    from django.db import connection

    from accounts.selectors import people_with_role
    from promoflow.catalog.models import Store
    from tests import cast

    store = Store.objects.get(pk=store_id)
    somebody = random.choice(people_with_role(store_id, "supervisor"))
    cast.revoke(somebody, store, "supervisor")
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        gone = cursor.fetchone()[0]
        time.sleep(random.uniform(0.01, 0.1))
        cursor.execute("SELECT clock_timestamp()")
        back = cursor.fetchone()[0]
        cursor.execute("INSERT INTO revocations VALUES (%s, %s, %s)", [somebody.email, gone, back])
    cast.grant(somebody, store, "supervisor")


def _renew(request: "PromotionRequest", author: object) -> None:
    """In review again, with content of its own."""
    from promoflow.promotions.content import decode
    from promoflow.promotions.services import drafting
    from tests.promotions import lives

    newest = lives.again(request).newest
    typed = lives.coupon(*decode(newest.body)["asins"], title=f"After revision {newest.number}")
    drafting.edit(reference=request.reference, revision=newest.number, typed=typed, by=author, at=lives.NOW)
    lives.submit(request, by=author)


def _person(email: str) -> object:
    from accounts.models import User

    return User.objects.get(email=email)


def _timed(deed: Callable[[], object], together: Barrier) -> tuple[str, float]:
    together.wait(timeout=60)
    started = time.perf_counter()
    try:
        deed()
        outcome = "done"
    except Exception as trouble:
        outcome = type(trouble).__name__
    return outcome, time.perf_counter() - started
