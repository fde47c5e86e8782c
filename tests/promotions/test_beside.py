"""Whole stores: what a report finds by its queries, beside a walk through everything that the store has."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from promoflow.catalog import selectors as catalog
from promoflow.catalog.models import Product
from promoflow.errors import Blocked
from promoflow.policies import selectors as policies
from promoflow.promotions import checker, neighbours
from promoflow.promotions.models import PromotionRequest
from promoflow.promotions.services import drafting, running
from promoflow.rulebook.conflicts import find_conflicts
from promoflow.rulebook.offers import MAY_RUN
from promoflow.rulebook.texts import as_text
from tests.promotions import lives
from tests.promotions.lives import FLOOR_LAMP, LAMP, NOW, SET

pytestmark = pytest.mark.django_db

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TERMS = {
    "coupon": {"budget": "500.00", "one_per_customer": True},
    "lightning_deal": {"committed_units": 50},
    "best_deal": {"committed_units": 50},
    "price_discount": {},
    "social_code": {"one_per_customer": True},
    "percentage_off": {"budget": "500.00", "claim_type": "group", "units_per_order": 1},
    "buy_one_get_one": {"budget": "500.00", "claim_type": "none", "buy_quantity": 3, "get_quantity": 1},
}


def typed(chance):
    """A promotion of any kind that Amazon would take, within two weeks, on one product or two."""
    kind = chance.choice(list(TERMS))
    made = lives.price_discount(
        *chance.sample([LAMP, FLOOR_LAMP, SET], chance.choice([1, 1, 2])),
        percent=chance.choice(["15.00", "20.00", "30.00"]),
        start=chance.randint(3, 14),
        days=chance.randint(1, 5),
    )
    made |= TERMS[kind] | {"kind": kind, "title": "Lamps"}
    if kind == "lightning_deal":
        made["ends_at"] = made["starts_at"].replace("T08", "T16")
    if kind == "buy_one_get_one":
        made |= {"discount_type": "free_items", "discount_value": None}
    if kind in ("social_code", "percentage_off"):
        made["claim_code"] = chance.choice(["25LAMPSX", "25LAMPSY", "25LAMPS0", "25LAMPSO"])
    return made


class World:
    """A store in which people draft, submit, approve, mark live, stop and withdraw as chance has it."""

    def __init__(self, store, operator, supervisor, chance):
        self.store, self.operator, self.supervisor, self.chance = store, operator, supervisor, chance
        self.let_go = []

    def request(self):
        request = lives.drafted(self.store, typed(self.chance), by=self.operator)
        far, ends = self.chance.randint(0, 5), (self.submit, self.approve, self.withdraw)
        steps = (self.submit, self.approve, self.go_live, self.amend, self.stop)[:far]
        # What the rules forbid stays where it has come to.
        with suppress(Blocked):
            for step in ends if far == 2 and self.chance.random() < 0.5 else steps:
                step(request)

    def submit(self, request):
        lives.submit(request, by=self.operator)

    def approve(self, request):
        lives.approve(request, by=self.supervisor)

    def go_live(self, request):
        if lives.again(request).state == "approved":
            lives.go_live(request, by=self.operator)

    def amend(self, request):
        if lives.again(request).state == "live" and self.chance.random() < 0.4:
            ends_at = as_text(lives.again(request).newest.ends_at + self.chance.randint(1, 3) * DAY)
            made = lives.amendment_of(lives.again(request), {"ends_at": ends_at}, by=self.operator)
            lives.submit(made, by=self.operator)
            for step in (self.approve, self.go_live)[: self.chance.randint(0, 2)]:
                step(made)

    def stop(self, request):
        """Its amendment goes with it, and may stand at Amazon where it was approved."""
        if lives.again(request).state == "live":
            at = lives.again(request).newest.starts_at + self.chance.choice([-30, -3, 1, 5]) * HOUR
            stood = [self.standing(one) for one in request.amendments.filter(state="approved")]
            running.stop(reference=request.reference, by=self.supervisor, at=at, note="Too dear.")
            self.let_go += stood

    def withdraw(self, request):
        if lives.again(request).state == "approved":
            stood = self.standing(request)
            said = {"note": "Too dear.", "may_run": True}
            drafting.withdraw(reference=request.reference, by=self.supervisor, at=NOW, **said)
            self.let_go.append(stood)

    def standing(self, request):
        return replace(neighbours.offer_of(lives.again(request)), state=MAY_RUN, decide_until=None)

    def everything(self):
        """Each request of the store as the rules see it, and what was let go although it may run.

        What an amendment has taken the place of is that amendment by now.
        """
        standing = PromotionRequest.objects.filter(store=self.store, succession=None)
        requests = standing.select_related("store", "current", "activation", "amends__current")
        return [*map(neighbours.offer_of, requests), *self.let_go]


@pytest.mark.parametrize(("seed", "family"), [(1, False), (2, True), (3, True)])
def test_a_report_leaves_nothing_out_that_the_store_has(aurora, olivia, sam, seed, family):
    """Half-way the lamp becomes a variation of the set, as an import may have it."""
    world = World(aurora, olivia, sam, Random(seed))
    for number in range(12):
        world.request()
        if family and number == 5:
            parent = Product.objects.get(store=aurora, asin=SET)
            Product.objects.filter(store=aurora, asin=LAMP).update(parent=parent)
    everything = world.everything()
    listed = catalog.listed(list(catalog.products_of(aurora, [LAMP, FLOOR_LAMP, SET]).values()))
    policy = policies.policy_of(policies.current_version())

    for _draft in range(8):
        draft = lives.drafted(aurora, typed(world.chance), by=olivia)
        report = checker.report_of(lives.again(draft), at=NOW)
        walked = find_conflicts(
            report.candidate, everything, listed, policy, NOW, zone=aurora.marketplace.time_zone
        )
        assert report.findings == walked
