"""Hypothesis strategies for offers on one product."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from hypothesis import strategies as st

from promoflow.rulebook.kinds import KINDS
from promoflow.rulebook.offers import Discount, Offer, Window
from tests.rulebook.making import ASIN, DAY


@st.composite
def discounts(draw, kind):
    discount_type = draw(st.sampled_from(KINDS[kind].discount_types))
    if discount_type == "free_items":
        return Discount(discount_type)
    if discount_type == "percent":
        return Discount(discount_type, Decimal(draw(st.integers(0, 10_000))) / 100)
    return Discount(discount_type, Decimal(draw(st.integers(1, 15_000))) / 100)


@st.composite
def offers(draw, *, kinds=tuple(KINDS), states=("approved", "live", "ended"), last_hour=48):
    """An offer in whole hours after DAY; a few have been stopped."""
    kind = draw(st.sampled_from(kinds))
    starts = draw(st.integers(0, last_hour - 1))
    ends = draw(st.integers(starts + 1, last_hour))
    stopped = draw(st.none() | st.integers(0, last_hour))
    coded = kind in ("percentage_off", "buy_one_get_one")
    return Offer(
        reference="",
        state=draw(st.sampled_from(states)),
        kind=kind,
        discount=draw(discounts(kind)),
        asins=frozenset({ASIN}),
        window=Window(DAY + timedelta(hours=starts), DAY + timedelta(hours=ends)),
        currency="USD",
        claim_type=draw(st.sampled_from(["none", "single_use", "group"])) if coded else None,
        combinability=(
            draw(st.sampled_from([None, "preferential", "unrestricted", "exclusive"])) if coded else None
        ),
        buy_quantity=draw(st.integers(1, 3)) if kind == "buy_one_get_one" else None,
        get_quantity=draw(st.integers(1, 3)) if kind == "buy_one_get_one" else None,
        stopped_at=None if stopped is None else DAY + timedelta(hours=stopped),
    )


def drafts():
    """What a candidate is before anybody has decided or stopped it."""
    return offers(states=["draft"]).map(lambda offer: named(offer, "", stopped_at=None))


@st.composite
def sets_of_offers(draw, *, most=6, **kinds_and_states):
    """Several offers, each with a reference of its own."""
    drawn = draw(st.lists(offers(**kinds_and_states), max_size=most))
    return [named(offer, f"PR-{1001 + number}") for number, offer in enumerate(drawn)]


def named(offer, reference, **changes):
    return replace(offer, reference=reference, **changes)


prices = st.integers(1, 20_000).map(lambda cents: Decimal(cents) / 100)
