"""What is over: requests that ran, were stopped, were refused or were taken back."""

from promoflow.promotions.management.demonstration.clock import Clock
from promoflow.promotions.management.demonstration.deeds import (
    Life,
    approved,
    edited,
    marked_live,
    overtaken,
    rejected,
    returned,
    stopped,
    submitted,
    verified,
    withdrawn,
)
from promoflow.promotions.management.demonstration.offers import (
    best_deal,
    buy_one_get_one,
    coupon,
    lightning_deal,
    percentage_off,
    price_discount,
    social_code,
)
from promoflow.promotions.management.demonstration.products import DUVETS


def lives(clock: Clock) -> tuple[Life, ...]:
    return (*_ended(clock), *_stopped(clock), *_refused(clock), *_taken_back(clock))


def _ended(clock: Clock) -> tuple[Life, ...]:
    return (
        Life(
            what="ended, a parent with its children",
            by="mei",
            at=clock.day(-18, 18, 10),
            typed=coupon(
                "Autumn coupon on Cloud duvets", DUVETS, percent=15, window=(clock.day(-15), clock.day(-9))
            ),
            deeds=(
                submitted(clock.day(-18, 18, 25), by="mei"),
                approved(clock.day(-18, 21, 0), by="sam"),
                marked_live(clock.day(-17, 19, 0), by="mei"),
                verified(clock.day(-17, 19, 35), by="sam"),
                overtaken(clock.day(-9, 0, 1)),
            ),
        ),
        Life(
            what="ended, returned once, refused once on going live",
            by="mei",
            at=clock.day(-16, 18, 30),
            typed=percentage_off(
                "Kitchen towels: more off for more",
                "B0DAUTW006",
                percent=25,
                window=(clock.day(-13, 9), clock.day(-7, 21)),
            ),
            deeds=(
                submitted(clock.day(-16, 18, 50), by="mei"),
                returned(
                    clock.day(-16, 20, 15), by="sam", note="25 % eats the margin on towels. Please try 15 %."
                ),
                edited(clock.day(-16, 21, 5), by="mei", discount_value="15.00"),
                submitted(clock.day(-16, 21, 10), by="mei"),
                approved(clock.day(-15, 18, 0), by="sam"),
                marked_live(clock.day(-13, 10, 30), by="mei", slip={"discount_value": "50.00"}),
                verified(clock.day(-13, 11, 0), by="sam"),
                overtaken(clock.day(-7, 21, 1)),
            ),
        ),
        Life(
            what="ended",
            by="hao",
            at=clock.day(-8, 19, 0),
            typed=price_discount(
                "Prime members: 12 % off cookware",
                "B0DAUCW12P",
                percent=12,
                window=(clock.day(-6, 0), clock.day(-3, 0)),
            ),
            deeds=(
                submitted(clock.day(-8, 19, 5), by="hao"),
                approved(clock.day(-8, 22, 0), by="wei"),
                marked_live(clock.day(-7, 18, 20), by="hao"),
                verified(clock.day(-7, 18, 55), by="sam"),
                overtaken(clock.day(-3, 0, 1)),
            ),
        ),
    )


def _stopped(clock: Clock) -> tuple[Life, ...]:
    return (
        Life(
            what="cooling, a coupon to its original end",
            by="mei",
            at=clock.day(-6, 18, 0),
            typed=coupon(
                "Diffuser coupon, 500 ml", "B0DAUDF500", percent=20, window=(clock.day(-3), clock.day(6))
            ),
            deeds=(
                submitted(clock.day(-6, 18, 10), by="mei"),
                approved(clock.day(-6, 20, 40), by="wei"),
                marked_live(clock.day(-5, 18, 0), by="mei"),
                verified(clock.day(-5, 18, 30), by="sam"),
                stopped(
                    clock.day(-1, 19, 45), by="mei", note="Fewer than 40 left in the warehouse in Ontario."
                ),
            ),
        ),
        Life(
            what="cooling, a code for four hours",
            by="hao",
            at=clock.day(-6, 20, 0),
            typed=social_code(
                "Sunrise clock with early-bird creators",
                "B0DAUSA001",
                code="5UNRISEXY",
                percent=30,
                window=(clock.day(-3, 9), clock.day(7, 9)),
            ),
            deeds=(
                submitted(
                    clock.day(-6, 20, 15),
                    by="hao",
                    reason="The club's code goes to its members by name; no creator has it.",
                ),
                approved(clock.day(-5, 19, 0), by="sam"),
                marked_live(clock.day(-4, 18, 0), by="hao"),
                verified(clock.day(-4, 18, 20), by="wei"),
                stopped(clock.ago(hours=1.5), by="sam", note="The code turned up on a coupon forum."),
            ),
        ),
    )


def _refused(clock: Clock) -> tuple[Life, ...]:
    return (
        Life(
            what="rejected",
            by="mei",
            at=clock.day(-7, 18, 30),
            typed=buy_one_get_one(
                "Two candle sets, one free", "B0DAUCS004", window=(clock.day(-3, 9), clock.day(4, 9))
            ),
            deeds=(
                submitted(clock.day(-7, 18, 45), by="mei"),
                rejected(
                    clock.day(-7, 21, 10),
                    by="wei",
                    note="No buy one get one improvisations, please. A plain coupon does the same.",
                ),
            ),
        ),
        Life(
            what="draft, returned",
            by="hao",
            at=clock.day(-2, 18, 0),
            typed=best_deal(
                "Best Deal on the 15 lb weighted blanket",
                "B0DAUWB15L",
                price="44.90",
                units=150,
                window=(clock.day(6, 0), clock.day(13, 0)),
            ),
            deeds=(
                submitted(clock.day(-2, 18, 20), by="hao"),
                returned(
                    clock.ago(hours=3),
                    by="sam",
                    note="Start after the gift guide is out, and make it 200 units.",
                ),
            ),
        ),
    )


def _taken_back(clock: Clock) -> tuple[Life, ...]:
    return (
        Life(
            what="cancelled, expired",
            by="mei",
            at=clock.day(-12, 18, 0),
            typed=lightning_deal(
                "Lightning Deal on the 4 qt air fryer",
                "B0DAUAF4QT",
                price="64.00",
                units=80,
                window=(clock.day(-10, 12), clock.day(-10, 20)),
            ),
            deeds=(
                submitted(clock.day(-12, 18, 30), by="mei"),
                overtaken(clock.day(-11, 11, 1)),
            ),
        ),
        Life(
            what="cancelled, withdrawn",
            by="hao",
            at=clock.day(-3, 20, 0),
            typed=coupon("Bath mat coupon", "B0DAUBT001", percent=20, window=(clock.day(4), clock.day(11))),
            deeds=(
                submitted(clock.day(-3, 20, 10), by="hao"),
                withdrawn(clock.day(-2, 18, 30), by="hao", note="The mats arrive two weeks later."),
            ),
        ),
        Life(
            what="cancelled, revoked",
            by="mei",
            at=clock.day(-4, 21, 0),
            typed=best_deal(
                "Best Deal on the 1.0 l kettle",
                "B0DAUKT10L",
                price="39.90",
                units=120,
                window=(clock.day(4, 0), clock.day(9, 0)),
            ),
            deeds=(
                submitted(clock.day(-4, 21, 10), by="mei"),
                approved(clock.day(-3, 18, 15), by="wei"),
                withdrawn(
                    clock.ago(hours=5),
                    by="sam",
                    note="A competitor's price made it pointless.",
                    may_run=False,
                ),
            ),
        ),
    )
