"""Whole worlds of promotions, minute by minute: what the checker says against a walk by the facts alone.

Nothing here asks the policy or the sweep: the paddings and the forbidden pairs are those of the domain facts
(2.4 and section 3), and the prices those of the slow evaluator.
"""

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from math import ceil

from hypothesis import given, settings
from hypothesis import strategies as st

from promoflow.catalog.marketplaces import MARKETPLACES
from promoflow.rulebook.case import Case
from promoflow.rulebook.conflicts import findings_of
from promoflow.rulebook.kinds import KINDS
from promoflow.rulebook.offers import ListedProduct, Window
from tests.rulebook.evaluator import cheapest
from tests.rulebook.making import DAY, NOW, POLICY
from tests.rulebook.strategies import named, offers

MINUTE = timedelta(minutes=1)
LAST = 240

PARENT, CHILD, ALONE = "B000000001", "B000000002", "B000000003"
DEALS = {"lightning_deal", "best_deal"}
HELD = ("approved", "live", "ended")
# The house rules of F003, and no kind beside itself.
FORBIDDEN = {frozenset((kind,)) for kind in KINDS} | {
    frozenset(("coupon", other)) for other in ("social_code", *DEALS)
}
HARMLESS = {
    frozenset(("lightning_deal", "best_deal")),
    frozenset(("price_discount", "lightning_deal")),
    frozenset(("price_discount", "best_deal")),
    frozenset(("price_discount", "percentage_off")),
}


@st.composite
def in_minutes(draw, **changes):
    """A promotion of some hours at odd minutes, on one product, on both, or on a parent alone."""
    drawn = draw(offers(last_hour=LAST, **changes))
    chosen = draw(st.sampled_from([{CHILD}, {ALONE}, {CHILD, ALONE}, {PARENT}]))

    def shrunk(instant):
        return None if instant is None else DAY + (instant - DAY) / 60

    window = Window(shrunk(drawn.window.starts_at), shrunk(drawn.window.ends_at))
    stopped_at = shrunk(drawn.stopped_at)
    if stopped_at is not None:
        # Some are stopped long before they start: an hour, or a day and more.
        stopped_at -= draw(st.sampled_from([0, 0, 60, 360, 1500, 1800])) * MINUTE
    asins = frozenset(chosen)
    return named(drawn, "", window=window, stopped_at=stopped_at, asins=asins, chosen=asins)


@st.composite
def worlds(draw):
    market = draw(st.sampled_from(list(MARKETPLACES.values())))
    unit = Decimal(1).scaleb(-market.decimals)

    def product(asin, parent=""):
        price, floor = draw(st.integers(1, 20_000)) * unit, draw(st.none() | st.integers(0, 15_000))
        return ListedProduct(
            asin=asin,
            title="Lamp",
            price=price,
            floor=None if floor is None else floor * unit,
            currency=market.currency,
            parent=parent,
        )

    candidate = draw(in_minutes(states=("draft",)))
    if PARENT in candidate.chosen:
        candidate = named(candidate, "", asins=frozenset({CHILD}))
    candidate = named(candidate, "", stopped_at=None, currency=market.currency)
    states = (*HELD, "in_review", "may_run")
    beside = [
        named(other, f"PR-{1001 + number}", currency=market.currency)
        for number, other in enumerate(draw(st.lists(in_minutes(states=states), max_size=5)))
    ]
    if len(beside) > 1 and draw(st.booleans()):
        first, second = beside[:2]
        # An amendment is of the kind and at least of the time and the products of what it amends.
        window = Window(first.window.starts_at, max(first.window.ends_at, second.window.ends_at))
        beside[1] = named(
            first,
            second.reference,
            amends=first.reference,
            state=second.state,
            window=window,
            stopped_at=None,
        )
    return candidate, beside, [product(CHILD, PARENT), product(ALONE)], market.time_zone


def danger(offer):
    """When it may touch a sale, by section 3 of the facts: from a minute to before another."""
    starts_at, ends_at, stopped = offer.window.starts_at, offer.window.ends_at, offer.stopped_at
    hours = timedelta(hours=1)
    early = starts_at - 6 * hours if offer.kind == "coupon" else starts_at
    if stopped is not None and offer.kind in {"coupon", *DEALS}:
        locked = starts_at - (6 if offer.kind == "coupon" else 25) * hours
        ends_at = early if stopped <= locked else ends_at
    elif stopped is not None:
        ends_at = max(early, min(ends_at, stopped + 4 * hours))
    return early, ends_at


def touches(offer, minute):
    starts_at, ends_at = danger(offer)
    return starts_at <= minute < ends_at


def minutes_of(offer):
    starts_at, ends_at = danger(offer)
    return [starts_at + number * MINUTE for number in range((ends_at - starts_at) // MINUTE)]


def sells(offer, asin):
    return asin in offer.asins or (asin == CHILD and PARENT in offer.chosen)


def worst(product, candidate, beside, *, with_one=None):
    """The lowest price of any minute, walked through one by one; None where no minute has them all."""
    together, prices = {}, []
    beside = [other for other in beside if sells(other, product.asin)]
    for minute in minutes_of(candidate):
        running = tuple(other for other in beside if touches(other, minute))
        if with_one is None or any(other is with_one for other in running):
            key = tuple(map(id, running))
            if key not in together:
                together[key] = cheapest(product.price, product.currency, [candidate, *running])
            prices.append(together[key])
    return min(prices, default=None)


def floor_of(product):
    if product.floor is not None:
        return Fraction(product.floor)
    units = 1 if product.currency == "JPY" else 100
    return Fraction(ceil(Fraction(product.price) / 2 * units), units)


def breaks(product, price):
    return price == 0 or price < floor_of(product)


def may_meet(candidate, others):
    return [other for other in others if frozenset((candidate.kind, other.kind)) not in FORBIDDEN]


@given(world=worlds())
@settings(max_examples=200)
def test_the_checker_agrees_with_a_walk_through_every_minute(world):
    candidate, beside, products, zone = world
    case = Case.of(candidate, beside, products, POLICY, NOW, zone)
    found = findings_of(case)

    for product in products:
        if product.asin not in candidate.asins:
            continue
        assert case.worst[product.asin].worst.price == worst(product, candidate, of(beside, *HELD))
        assert told(found, product, "free", "below-floor") == blocked(product, candidate, beside)
        assert told(found, product, "review-below-floor") == warned(product, candidate, beside)
        assert pairs(found, product) == forbidden(product, candidate, beside)
        assert still_running(found, product) == may_still_run(product, candidate, beside)


def of(beside, *states):
    return [other for other in beside if other.state in states]


def told(found, product, *codes):
    return [(each.code, each.price) for each in found if each.asin == product.asin and each.code in codes]


def blocked(product, candidate, beside):
    price = worst(product, candidate, may_meet(candidate, of(beside, *HELD)))
    return [("below-floor" if price else "free", price)] if breaks(product, price) else []


def warned(product, candidate, beside):
    if blocked(product, candidate, beside):
        return []
    price = worst(product, candidate, may_meet(candidate, of(beside, *HELD, "in_review")))
    return [("review-below-floor", price)] if breaks(product, price) else []


def pairs(found, product):
    codes = ("kinds-forbidden", "cooling-off", "review-conflict")
    return {each.others[0]: each.price for each in found if each.asin == product.asin and each.code in codes}


def forbidden(product, candidate, beside):
    """Whatever may never meet it and does, with the lowest price while both may sell the product."""
    meeting = {}
    for other in of(beside, *HELD, "in_review"):
        held = [each for each in of(beside, *HELD) if each is not other]
        price = worst(product, candidate, [*held, other], with_one=other)
        if price is not None and not may_meet(candidate, [other]):
            meeting[other.reference] = price
    return meeting


def still_running(found, product):
    return {
        each.others[0]: each.price
        for each in found
        if each.asin == product.asin and each.code == "may-still-run"
    }


def may_still_run(product, candidate, beside):
    told_of = {}
    for other in of(beside, "may_run"):
        price = worst(product, candidate, [*of(beside, *HELD), other], with_one=other)
        harmless = frozenset((candidate.kind, other.kind)) in HARMLESS
        if price is not None and (not harmless or breaks(product, price)):
            told_of[other.reference] = price
    return told_of
