"""Edit against approve, and losing the role against approve, by real processes on a committed database.

A small dose; PROMOFLOW_BENCHMARKS=1 manage.py test tests/promotions/test_who_may_races.py -s runs 1,000
interleavings, and 20 seconds of six approvers.
"""

import os
import random
from collections import Counter
from decimal import Decimal

import pytest
from django.db import connection

from promoflow.catalog.models import Product
from promoflow.promotions.models import State
from promoflow.promotions.services import drafting
from tests import cast
from tests.promotions import lives, racing, supervising

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race, pytest.mark.long]

FULL = "PROMOFLOW_BENCHMARKS" in os.environ
APPROVERS = 6


@pytest.fixture
def supervisors(aurora):
    return [cast.grant(cast.person(f"Super{n}"), aurora, "supervisor") for n in range(APPROVERS)]


UNSEEN = """
SELECT count(*) FROM promotions_decision d JOIN promotions_promotionrequest q ON q.id = d.request_id
WHERE d.verdict = 'approve' AND d.valid AND d.revision_id <> q.current_id
"""


def count(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return int(cursor.fetchone()[0])


def test_no_interleaving_of_edit_and_approve_approves_unseen_content(
    aurora, olivia, supervisors, database_url
):
    """The author edits while a supervisor approves what the page showed before; either may be first."""
    rounds, outcomes, spans = (1000 if FULL else 40), Counter(), []
    chance = random.Random(7)
    request = lives.submitted(aurora, by=olivia)

    with racing.desks(supervising.edit_or_approve, [olivia, supervisors[0]], database_url) as desks:
        for number in range(rounds):
            seen = lives.again(request).newest
            ahead = chance.uniform(-0.08, 0.08)
            orders = [
                f"edit {request.reference} {max(0, ahead):.4f}",
                f"approve {request.reference} {max(0, -ahead):.4f}",
            ]
            (edited, first), (approved, second) = told(desks, orders)
            outcomes[f"edit {edited}, approve {approved}"] += 1
            spans += [first, second]
            newest = lives.again(request)
            if newest.state == State.APPROVED:
                assert newest.current_id == seen.pk, "approved is not what the page showed"
            assert count(UNSEEN) == 0
            request = renewed(request, number, by=olivia)

    racing.tell(f"{rounds} interleavings of edit and approve", spans, outcomes)
    assert racing.deadlocks() == 0
    assert len(outcomes) > 1, "only one order ever happened: that is no race"


def renewed(request, number, *, by):
    """In review again, with content of its own."""
    drafting.edit(
        reference=request.reference,
        revision=lives.again(request).newest.number,
        typed=lives.coupon(title=f"Round {number}"),
        by=by,
        at=lives.NOW,
    )
    return lives.submit(request, by=by)


def told(desks, orders):
    for desk, order in zip(desks, orders, strict=True):
        desk.send(order)
    for desk in desks:
        assert desk.poll(120), "somebody never answered"
    return [desk.recv() for desk in desks]


# When an approval begins to be committed: a deferred trigger is the last that runs before.
CLOCKS = """
CREATE TABLE approvals (email text, at timestamptz);
CREATE TABLE revocations (email text, gone timestamptz, back timestamptz);
CREATE FUNCTION note_approval() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO approvals SELECT email, clock_timestamp() FROM accounts_user WHERE id = NEW.decided_by_id;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER zz_noted AFTER INSERT ON promotions_decision
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION note_approval();
"""
LATE = """
SELECT count(*) FROM approvals a
WHERE EXISTS (SELECT FROM revocations r WHERE r.email = a.email AND a.at > r.gone AND a.at < r.back)
"""


@pytest.mark.parametrize("locked", [True, False], ids=["the desk", "the control without the lock"])
def test_no_approval_is_committed_after_the_role_was_revoked(
    locked, aurora, olivia, supervisors, database_url
):
    """Six approve, each a request of their own, while one after another loses the role and gets it back."""
    seconds = 20 if FULL else 4
    asins = [f"B0RACE{n:04}" for n in range(APPROVERS)]
    Product.objects.bulk_create(
        Product(store=aurora, asin=asin, title="Lamp", price=Decimal("49.00"), floor_price=Decimal("25.00"))
        for asin in asins
    )
    requests = [lives.submitted(aurora, lives.coupon(asin), by=olivia) for asin in asins]
    with connection.cursor() as cursor:
        cursor.execute(CLOCKS)
    deed = supervising.approve_while_it_lasts if locked else supervising.approve_without_the_lock
    orders = [f"{seconds} {aurora.pk} {request.reference}" for request in requests]

    with racing.desks(deed, [*supervisors, cast.root()], database_url) as desks:
        answers = told(desks, [*orders, f"{seconds} {aurora.pk} -"])
        # On a busy machine too few are revoked in that time for one to meet an approval.
        patience = 0 if locked else 10
        while patience and not count(LATE):
            patience -= 1
            answers += told(desks, [*orders, f"{seconds} {aurora.pk} -"])

    made, revoked = count("SELECT count(*) FROM approvals"), count("SELECT count(*) FROM revocations")
    late = count(LATE)
    print(f"\n{APPROVERS} approvers: {made} approvals, {revoked} revocations, {late} after one")
    assert {outcome for outcome, _ in answers} == {"done"}
    assert made
    assert revoked
    if locked:
        assert late == 0
    else:
        assert late > 0, "the control is never late: the race above proves nothing"


def test_one_person_in_many_windows_approves_once(aurora, olivia, supervisors, database_url):
    """Eight presses of one person at one moment, where two people are needed: one row, one entry."""
    request = lives.submitted(aurora, lives.deep(), by=olivia)

    with racing.desks(supervising.approve, [supervisors[0]] * 8, database_url) as desks:
        answers = racing.all_at_once(desks, [request] * 8)

    assert Counter(outcome for outcome, _ in answers)["done"] == 1
    assert lives.again(request).state == State.IN_REVIEW
    assert count("SELECT count(*) FROM promotions_decision") == 1
    assert count("SELECT count(*) FROM audit_entry WHERE event = 'request.endorsed'") == 1
