"""Approvals at the same moment, by real processes against a committed database.

A small dose; PROMOFLOW_BENCHMARKS=1 manage.py test tests/promotions/test_races.py -s runs 500 rounds of each.
"""

import os
import random
from collections import Counter
from decimal import Decimal

import pytest
from django.db import connection

from promoflow.catalog.models import Product
from promoflow.promotions.models import PromotionRequest, State
from promoflow.promotions.services import drafting
from tests import cast
from tests.promotions import lives, racing, supervising

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race, pytest.mark.long]

FULL = "PROMOFLOW_BENCHMARKS" in os.environ
SUPERVISORS = 16
CHOSEN = [1, 10]


@pytest.fixture
def supervisors(aurora):
    return [cast.grant(cast.person(f"Super{n}"), aurora, "supervisor") for n in range(SUPERVISORS)]


@pytest.fixture
def shelf(aurora):
    """Nineteen products, so that any two who choose ten of them share one; their keys are not in order."""
    asins = [f"B0RACE{n:04}" for n in range(19)]
    Product.objects.bulk_create(
        Product(store=aurora, asin=asin, title="Lamp", price=Decimal("49.00"), floor_price=Decimal("25.00"))
        for asin in random.Random(1).sample(asins, len(asins))
    )
    return asins


def rivals(store, shelf, number, by):
    """Requests of which each blocks every other, on so many products in an order of their own."""
    chance = random.Random(number)
    kinds = (lives.coupon, lives.social_code)
    shelf = shelf if number > 1 else shelf[:1]
    return [
        lives.submitted(
            store,
            kinds[n % 2](*chance.sample(shelf, number), percent="10.00", start=chance.randint(10, 12)),
            by=by,
        )
        for n in range(SUPERVISORS)
    ]


def begin_again(request, by):
    """The same request anew, as a copy of what was approved and is withdrawn."""
    drafting.withdraw(reference=request.reference, by=by, at=lives.NOW, may_run=False)
    return lives.submit(drafting.copy(reference=request.reference, by=by, at=lives.NOW), by=by)


@pytest.mark.parametrize("number", CHOSEN)
def test_of_conflicting_approvals_at_once_exactly_one_passes(
    aurora, olivia, supervisors, shelf, number, database_url
):
    """Sixteen requests that block each other, sixteen supervisors in sixteen processes."""
    requests = rivals(aurora, shelf, number, olivia)
    spans, outcomes = [], Counter()
    rounds = 500 if FULL else 20 if number == 1 else 8

    with racing.desks(supervising.approve, supervisors, database_url) as desks:
        for _ in range(rounds):
            answers = racing.all_at_once(desks, requests)
            spans += [seconds for _, seconds in answers]
            outcomes.update(outcome for outcome, _ in answers)
            assert [outcome for outcome, _ in answers].count("done") == 1
            assert PromotionRequest.objects.filter(state=State.APPROVED).count() == 1
            assert racing.overlapping() == 0
            place = next(n for n, (outcome, _) in enumerate(answers) if outcome == "done")
            requests[place] = begin_again(requests[place], olivia)

    racing.tell(f"{rounds} rounds of {SUPERVISORS} on {number}", spans, outcomes)
    assert set(outcomes) <= {"done", "Stale", "Blocked"}
    assert racing.deadlocks() == 0


@pytest.mark.parametrize("number", CHOSEN)
def test_the_same_race_is_lost_where_one_only_looks_before_one_leaps(
    aurora, olivia, supervisors, shelf, number, database_url
):
    """The control: were it not lost nearly always, the races above would prove nothing."""
    requests = rivals(aurora, shelf, number, olivia)
    rounds, lost = 500 if FULL else 40, 0
    with connection.cursor() as cursor:
        # Neither the constraint nor the triggers come along.
        cursor.execute(
            "CREATE TABLE unguarded_reservation"
            " (LIKE promotions_reservation INCLUDING DEFAULTS INCLUDING IDENTITY)"
        )

    with racing.desks(supervising.check_then_insert, supervisors, database_url) as desks:
        for _ in range(rounds):
            racing.all_at_once(desks, requests)
            lost += racing.overlapping("unguarded_reservation") > 0
            with connection.cursor() as cursor:
                cursor.execute("TRUNCATE unguarded_reservation")

    print(f"\ncheck-then-insert on {number}: lost {lost} of {rounds} rounds")
    assert lost > 0.9 * rounds


def test_three_that_are_fine_in_pairs_never_break_the_floor_together(
    aurora, olivia, supervisors, database_url
):
    """49.00 less three times 19 % is below the floor of 25.00; less twice it is not, nor takes two people."""
    kinds = (lives.coupon, lives.price_discount, percentage_off)
    rounds = 500 if FULL else 20
    spans, outcomes = [], Counter()
    requests = [lives.submitted(aurora, kind(lives.FLOOR_LAMP, percent="19.00"), by=olivia) for kind in kinds]

    with racing.desks(supervising.insist, supervisors[:3], database_url) as desks:
        for _ in range(rounds):
            answers = racing.all_at_once(desks, requests)
            spans += [seconds for _, seconds in answers]
            outcomes.update(outcome for outcome, _ in answers)
            assert sorted(outcome for outcome, _ in answers) == ["Blocked", "done", "done"]
            assert PromotionRequest.objects.filter(state=State.APPROVED).count() == 2
            requests = [
                begin_again(request, olivia) if outcome == "done" else request
                for request, (outcome, _) in zip(requests, answers, strict=True)
            ]

    racing.tell(f"{rounds} rounds of three that break the floor", spans, outcomes)
    assert racing.deadlocks() == 0


def percentage_off(*asins, **changes):
    return lives.price_discount(*asins, **changes) | {
        "kind": "percentage_off",
        "claim_type": "none",
        "budget": "500.00",
        "one_per_customer": True,
    }
